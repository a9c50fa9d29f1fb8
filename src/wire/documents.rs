//! `GET /work-units/{chunk}/documents`: what the chunk's documents say.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The documents of a unit's chunk as they are at its tip, or on the base where it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Documents {
    /// The chunk.
    pub chunk: String,
    /// The commit they were read from; none when there is none that could be read.
    pub commit: Option<String>,
    /// Markdown of the goal document, frontmatter included; none when it is not there.
    pub goal: Option<String>,
    /// Markdown of the plan; none when it is not there.
    pub plan: Option<String>,
}
