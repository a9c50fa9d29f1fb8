//! What the conflict oracle says about pairs of chunks.

use super::names::VerdictName;
use super::times::Moment;
use serde::{Deserialize, Serialize};

/// One verdict with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// One chunk.
    pub chunk_a: String,
    /// The other.
    pub chunk_b: String,
    /// What holds for them.
    pub verdict: VerdictName,
    /// Probability, 0 to 1.
    pub confidence: f64,
    /// One line.
    pub reason: String,
    /// `PROPOSED`, `GOAL`, `PLAN`, `LIVE` or `COMPLETED`: the lower of the two chunks' stages.
    pub analysis_stage: String,
    /// Files that both touch.
    pub overlapping_files: Vec<String>,
    /// Symbols that both touch.
    pub overlapping_symbols: Vec<String>,
    /// When it was found.
    pub created_at: Moment,
    /// Whether the operator decided it.
    #[serde(default)]
    pub by_operator: bool,
}

/// `GET /conflicts` and `GET /conflicts/{chunk}`, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflicts {
    /// The chunk that was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<String>,
    /// The verdicts.
    pub conflicts: Vec<Conflict>,
    /// How many there are.
    pub count: usize,
}

impl Conflicts {
    /// The list of these verdicts.
    pub fn new(chunk: Option<String>, conflicts: Vec<Conflict>) -> Self {
        Self { chunk, count: conflicts.len(), conflicts }
    }
}
