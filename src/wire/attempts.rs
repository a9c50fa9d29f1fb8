//! Attempts of a unit, and what they cost.

use super::names::PhaseName;
use super::times::Moment;
use crate::domain::attempt::{Live, Stage};
use crate::domain::ids::{AgentName, ObjectId, SessionId};
use crate::domain::journal::AttemptRecord;
use crate::domain::report;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /work-units/{chunk}/attempts`, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempts {
    /// The chunk.
    pub chunk: String,
    /// The attempts.
    pub attempts: Vec<Attempt>,
}

/// One started process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// From 1; goes on when a phase is entered again.
    pub number: i64,
    /// UUID: marker, token and fence.
    pub id: String,
    /// `agent`, `setup`, `worker gate` or `integration gate`.
    pub kind: String,
    /// The unit's phase then.
    pub phase: PhaseName,
    /// The agent that played it; none for setup and gates.
    pub agent: Option<String>,
    /// Version of the agent program, where it says it.
    pub agent_version: Option<String>,
    /// `starting`, `running`, `suspended`, `stopping` or `ended`.
    pub status: String,
    /// Process id of its shim, while it lives.
    pub pid: Option<u32>,
    /// The conversation.
    pub session_id: Option<String>,
    /// When it was opened.
    pub started_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// `finished`, `suspended`, `interrupted`, `failed` or `crashed`, once it has ended.
    pub outcome: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// Tokens.
    pub usage: Usage,
    /// Dollars.
    pub cost_usd: f64,
    /// The shell command of a setup or gate; none for agents.
    pub command: Option<String>,
    /// The commit that a gate judges, in the repository with the documents; none for all others.
    pub judges: Option<String>,
    /// Path of its raw log.
    pub log: Option<String>,
}

impl Attempt {
    /// The attempt as clients see it, given the process that its unit has now and the path of its log, if it is there.
    pub fn new(record: &AttemptRecord, live: Option<&Live>, log: Option<String>) -> Self {
        let stage = live.filter(|live| live.attempt == record.attempt).map(|live| live.stage);
        let status = match (record.ended_at, stage) {
            (Some(_), _) => "ended",
            (None, Some(Stage::Warm)) => "suspended",
            (None, Some(Stage::Stopping(_) | Stage::Gathering)) => "stopping",
            (None, _) if record.pid.is_some() => "running",
            (None, _) => "starting",
        };
        Self {
            number: record.number,
            id: record.attempt.to_string(),
            kind: record.kind.clone(),
            phase: record.phase.into(),
            agent: record.agent.as_ref().map(AgentName::to_string),
            agent_version: record.agent_version.clone(),
            status: status.to_owned(),
            pid: record.pid.filter(|_| record.ended_at.is_none()),
            session_id: record.session.as_ref().map(SessionId::to_string),
            started_at: record.started_at.into(),
            ended_at: record.ended_at.map(Moment::from),
            outcome: record.outcome.clone(),
            error: record.error.clone(),
            usage: record.usage.into(),
            cost_usd: dollars(record.usage.cost),
            command: record.command.clone(),
            judges: record.judges.as_ref().map(ObjectId::to_string),
            log,
        }
    }
}

/// Tokens by cache class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Fresh input.
    pub input_tokens: u64,
    /// Output.
    pub output_tokens: u64,
    /// Input read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Input written to the provider's cache.
    pub cache_write_tokens: u64,
}

impl Usage {
    /// The sum of both.
    pub fn plus(self, other: Usage) -> Usage {
        Usage {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cache_read_tokens: self.cache_read_tokens.saturating_add(other.cache_read_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_add(other.cache_write_tokens),
        }
    }
}

impl From<report::Usage> for Usage {
    fn from(usage: report::Usage) -> Self {
        Self {
            input_tokens: usage.input,
            output_tokens: usage.output,
            cache_read_tokens: usage.cache_read,
            cache_write_tokens: usage.cache_write,
        }
    }
}

/// Dollars from the micro-dollars that the domain counts in: exact up to nine thousand million of them.
pub fn dollars(micro: u64) -> f64 {
    micro as f64 / 1e6
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::attempt::AttemptKind;
    use crate::domain::ids::{AttemptId, UnitId};
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;

    #[test]
    fn the_status_is_that_of_the_process() {
        let attempt = AttemptId::parse("0b7f6d6e-58e1-4c5d-9d0e-000000000001").unwrap();
        let record = AttemptRecord {
            unit: UnitId(1),
            attempt: attempt.clone(),
            number: 3,
            kind: "agent".into(),
            phase: Phase::Plan,
            agent: None,
            agent_version: None,
            pid: Some(42),
            session: None,
            started_at: Timestamp(0),
            ended_at: None,
            outcome: None,
            error: None,
            usage: report::Usage { cost: 1_250_000, ..report::Usage::default() },
            command: None,
            judges: None,
        };
        let live =
            |stage| Live { attempt: attempt.clone(), kind: AttemptKind::Agent, agent: None, command: None, stage };
        let shown = |live: Option<Live>| Attempt::new(&record, live.as_ref(), None);
        assert_eq!(shown(Some(live(Stage::Working))).status, "running");
        assert_eq!(shown(Some(live(Stage::Warm))).status, "suspended");
        assert_eq!(shown(Some(live(Stage::Gathering))).status, "stopping");
        assert!((shown(None).cost_usd - 1.25).abs() < 1e-9);
        let ended = AttemptRecord { ended_at: Some(Timestamp(1)), ..record.clone() };
        let ended = Attempt::new(&ended, None, None);
        assert_eq!((ended.status.as_str(), ended.pid), ("ended", None));
    }
}
