//! `GET /board`: all units by status, and the chunks that could become units.

use super::names::StatusName;
use super::unit::WorkUnit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All units by status, behind what is planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Board {
    /// Chunks of the base branch that are FUTURE and no units, by name.
    pub backlog: Vec<BacklogChunk>,
    /// One column per status, in the order of a unit's life; empty ones, too.
    pub columns: Vec<Column>,
    /// Documents that could not be read; absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The units of one status, by age.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Column {
    /// The status.
    pub status: StatusName,
    /// The units.
    pub work_units: Vec<WorkUnit>,
}

/// A chunk that nobody has injected yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacklogChunk {
    /// The chunk.
    pub chunk: String,
    /// What it is to reach, on one line; may be empty.
    pub summary: String,
    /// The chunks it says it depends on.
    pub depends_on: Vec<String>,
}
