//! `GET /timeline`: what all units did since a moment; the material of the dashboard's charts.

use super::attempts::Attempt;
use super::lists::HistoryEntry;
use super::times::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What all units did since a moment, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    /// From when on.
    pub since: Moment,
    /// The daemon's clock when it answered.
    pub now: Moment,
    /// Attempts that lived in that time, those that still live among them.
    pub attempts: Vec<Attempted>,
    /// Changes of status.
    pub changes: Vec<Changed>,
}

/// An attempt of some unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempted {
    /// The unit's chunk.
    pub chunk: String,
    /// The attempt.
    #[serde(flatten)]
    pub attempt: Attempt,
}

/// A change of status of some unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// The unit's chunk.
    pub chunk: String,
    /// The change.
    #[serde(flatten)]
    pub change: HistoryEntry,
}
