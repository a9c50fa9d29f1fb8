//! How a daemon ended for good: a note that its keeper leaves for `status` and the next `start`.

use super::files;
use super::lock;
use crate::domain::time::Timestamp;
use crate::project::layout::Layout;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;

/// The last end of a daemon that its keeper did not start again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// When the keeper gave up, in microseconds since the Unix epoch.
    pub at: i64,
    /// Crashes that it counted.
    pub crashes: u32,
    /// The last one, for instance "was killed by signal 9".
    pub last: String,
    /// What the operator can do.
    pub hint: String,
}

impl Crash {
    pub(super) fn new(crashes: u32, last: String, hint: String) -> Self {
        Self { at: lock::now().0, crashes, last, hint }
    }

    /// When the keeper gave up.
    pub fn at(&self) -> Timestamp {
        Timestamp(self.at)
    }

    pub(super) fn write(&self, layout: &Layout) {
        let Ok(text) = serde_json::to_string(self) else {
            return;
        };
        if let Err(error) = files::replace(&file(layout), &text) {
            tracing::error!("failed to {error}");
        }
    }
}

/// Reads the note, if the last daemon crashed for good.
pub fn last_crash(layout: &Layout) -> Option<Crash> {
    serde_json::from_slice(&fs::read(file(layout)).ok()?).ok()
}

/// Removes the note.
pub(super) fn forget(layout: &Layout) {
    // Mostly there is none; one that stays is only old news.
    fs::remove_file(file(layout)).ok();
}

fn file(layout: &Layout) -> PathBuf {
    layout.state().join("crashed")
}
