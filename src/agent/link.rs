//! Where the daemon is, for an agent's tool server: a small file that the daemon writes anew whenever it starts, and that only it can write.

use super::spec::Tools;
use serde::{Deserialize, Serialize};

/// What the file says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// Host and port.
    pub authority: String,
    /// What to present there: good for this attempt alone, and for as long as it and this daemon live.
    pub token: String,
    /// Whether the agent reviews.
    pub review: bool,
}

impl Daemon {
    /// The text of the file.
    pub fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Reads the file; none where somebody else wrote it.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The tools it is offered.
    pub fn tools(&self) -> Tools {
        if self.review { Tools::Review } else { Tools::Work }
    }
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon").field("authority", &self.authority).finish_non_exhaustive()
    }
}
