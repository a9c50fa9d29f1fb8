//! Lists of units, and what a verb answers that is not about one unit alone.

use super::names::{PhaseName, VerdictName};
use super::times::Moment;
use super::unit::WorkUnit;
use crate::domain::journal::Transition;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /work-units` by age, `GET /work-units/queue` in the order of dispatch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkUnits {
    /// The units.
    pub work_units: Vec<WorkUnit>,
    /// How many there are.
    pub count: usize,
}

impl WorkUnits {
    /// The list of these units.
    pub fn new(work_units: Vec<WorkUnit>) -> Self {
        Self { count: work_units.len(), work_units }
    }
}

/// Answer of `POST /work-units/inject`: the unit, and what the operator should know about its chunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Injected {
    /// The unit.
    #[serde(flatten)]
    pub unit: WorkUnit,
    /// Warnings; absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Answer of `POST /work-units/inject-batch`, in the order of dependencies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InjectedBatch {
    /// One entry per chunk.
    pub results: Vec<Injected>,
}

/// Answer of `POST /work-units/retry-all`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retried {
    /// How many there are.
    pub count: usize,
    /// The chunks that are tried again.
    pub chunks: Vec<String>,
}

/// Answer of `DELETE /work-units/{chunk}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deleted {
    /// Always true.
    pub deleted: bool,
    /// The chunk.
    pub chunk: String,
}

/// Answer of `POST /work-units/{chunk}/resolve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resolved {
    /// The chunk.
    pub chunk: String,
    /// The other one.
    pub other_chunk: String,
    /// What holds now.
    pub verdict: VerdictName,
    /// Chunks in the way of the first.
    pub blocked_by: Vec<String>,
}

/// `GET /work-units/{chunk}/history`: every change of status, the first one first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct History {
    /// The chunk.
    pub chunk: String,
    /// The changes.
    pub history: Vec<HistoryEntry>,
}

/// One change of status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    /// The status before; none when the unit was made.
    pub old_status: Option<String>,
    /// The status after.
    pub new_status: String,
    /// When.
    pub timestamp: Moment,
    /// The phase after.
    #[serde(default)]
    pub phase: Option<PhaseName>,
    /// Who did it: the operator, a token's label, an attempt, or a rule.
    #[serde(default)]
    pub who: Option<String>,
    /// Why, in one line.
    #[serde(default)]
    pub why: Option<String>,
}

impl From<&Transition> for HistoryEntry {
    fn from(transition: &Transition) -> Self {
        Self {
            old_status: transition.from.clone(),
            new_status: transition.to.clone(),
            timestamp: transition.at.into(),
            phase: Some(transition.phase.into()),
            who: Some(transition.who.to_string()),
            why: Some(transition.why.clone()),
        }
    }
}

/// Answer of `POST /url`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// The dashboard with a one-time code behind `#`, which browsers do not send.
    pub url: String,
}

/// Answer of `POST /session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// What to present from now on, for thirty days or until the project's token changes.
    pub token: String,
}

/// Answer of `POST /stop`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stopping {
    /// Always true.
    pub stopping: bool,
    /// How many agents are asked to end now; each keeps its session, and goes on after the next start.
    pub agents: usize,
}

/// Answer of `POST /pause` and `POST /resume`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Paused {
    /// Whether nothing is dispatched because the operator said so.
    pub paused: bool,
}
