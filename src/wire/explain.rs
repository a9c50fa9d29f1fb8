//! `GET /work-units/{chunk}/explain`: why a unit does not start now, the same value that dispatch used.

use super::conflicts::Conflict;
use super::names::{PhaseName, StatusName};
use super::times::Moment;
use super::unit::describe_wait;
use crate::domain::ids::ChunkName;
use crate::domain::schedule::{Pause, Waiting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a unit stands and what it waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The chunk.
    pub chunk: String,
    /// Its phase.
    pub phase: PhaseName,
    /// Its status.
    pub status: StatusName,
    /// Its place in the order of dispatch, from 1; none when it is not in it.
    pub position: Option<usize>,
    /// What it waits for; none when it may start, or does not wait to start.
    pub waiting: Option<WaitingFor>,
    /// The units it depends on.
    pub depends_on: Vec<Dependency>,
    /// Agents at work now.
    pub running: usize,
    /// Agents at work at once, at most.
    pub max_agents: u32,
    /// How many units wait for this one, directly or through others.
    pub blocks_count: usize,
    /// The verdicts by which it waits for other units: those that dispatch used.
    #[serde(default)]
    pub conflicts: Vec<Conflict>,
}

/// One unit that another depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dependency {
    /// The chunk.
    pub chunk: String,
    /// Its unit's status; none when it has no unit, so that the documents of the base decide.
    pub status: Option<StatusName>,
}

/// What a unit waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WaitingFor {
    /// `paused`, `until`, `account`, `login`, `chunks`, `process`, `slot` or `phase_slot`.
    pub kind: String,
    /// One line.
    pub text: String,
    /// Until when, where it is for a moment.
    pub until: Option<Moment>,
    /// For which chunks.
    pub chunks: Vec<String>,
}

impl From<&Waiting> for WaitingFor {
    fn from(waiting: &Waiting) -> Self {
        let (kind, until) = match waiting {
            Waiting::Paused(_) => ("paused", None),
            Waiting::Until(wait) => ("until", Some(wait.until)),
            Waiting::Account { until, .. } => ("account", Some(*until)),
            Waiting::Login { .. } => ("login", None),
            Waiting::Chunks(_) => ("chunks", None),
            Waiting::Process => ("process", None),
            Waiting::Slot => ("slot", None),
            Waiting::PhaseSlot(_) => ("phase_slot", None),
        };
        let chunks = match waiting {
            Waiting::Chunks(by) => by.iter().map(ChunkName::to_string).collect(),
            _ => Vec::new(),
        };
        Self { kind: kind.to_owned(), text: describe(waiting), until: until.map(Moment::from), chunks }
    }
}

/// The operator's line about what a unit waits for.
pub fn describe(waiting: &Waiting) -> String {
    match waiting {
        Waiting::Paused(pause) => format!("dispatch is {}", describe_pause(pause)),
        Waiting::Until(wait) => describe_wait(wait),
        Waiting::Account { account, .. } => format!("the allowance of {account} is used up"),
        Waiting::Login { account } => {
            format!("nobody is logged in for {account}; once somebody is: ve orch resume {account}")
        }
        Waiting::Chunks(by) => {
            format!("waits for {}", by.iter().map(ChunkName::as_str).collect::<Vec<_>>().join(", "))
        }
        Waiting::Process => "its last process has not ended yet".to_owned(),
        Waiting::Slot => "all agents are at work".to_owned(),
        Waiting::PhaseSlot(phase) => format!("all agents for {} are at work", PhaseName(*phase)),
    }
}

/// Why nothing is dispatched, as what follows "dispatch is".
pub fn describe_pause(pause: &Pause) -> String {
    const MIB: u64 = 1024 * 1024;
    match pause {
        Pause::Operator => "paused by the operator".to_owned(),
        Pause::Memory { free } => format!("paused: only {} MiB of memory are free", free / MIB),
        Pause::Disk { free } => format!("paused: only {} MiB of disk are free", free / MIB),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::ids::AgentName;
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;
    use crate::domain::work_unit::Wait;

    #[test]
    fn every_reason_has_a_line() {
        let agent = AgentName::parse("claude").unwrap();
        let back_off = Wait { until: Timestamp(9), error: Some("overloaded".into()) };
        let chunks = ["b", "a"].map(|name| ChunkName::parse(name).unwrap()).into();
        for (waiting, kind, text) in [
            (Waiting::Paused(Pause::Operator), "paused", "dispatch is paused by the operator"),
            (
                Waiting::Paused(Pause::Disk { free: 5 << 20 }),
                "paused",
                "dispatch is paused: only 5 MiB of disk are free",
            ),
            (Waiting::Until(back_off), "until", "tries again after an error of the provider: overloaded"),
            (
                Waiting::Account { account: agent.clone(), until: Timestamp(9) },
                "account",
                "the allowance of claude is used up",
            ),
            (
                Waiting::Login { account: agent },
                "login",
                "nobody is logged in for claude; once somebody is: ve orch resume claude",
            ),
            (Waiting::Chunks(chunks), "chunks", "waits for a, b"),
            (Waiting::Process, "process", "its last process has not ended yet"),
            (Waiting::Slot, "slot", "all agents are at work"),
            (Waiting::PhaseSlot(Phase::Review), "phase_slot", "all agents for REVIEW are at work"),
        ] {
            let shown = WaitingFor::from(&waiting);
            assert_eq!((shown.kind.as_str(), shown.text.as_str()), (kind, text));
            assert_eq!(shown.until.is_some(), matches!(kind, "until" | "account"), "{kind}");
            assert_eq!(shown.chunks.len(), if kind == "chunks" { 2 } else { 0 }, "{kind}");
        }
    }
}
