//! The records that tell a unit's story: what the database keeps beside the row, and what is shown as history.

use super::account::AccountEvent;
use super::event::{Event, Moment};
use super::ids::{AgentName, AttemptId, ChunkName, ObjectId, SessionId, UnitId};
use super::phase::Phase;
use super::report::Usage;
use super::time::Timestamp;
use super::who::Who;
use super::work_unit::WorkUnit;

/// One saved event, in the order of its sequence number.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Grows by at least one from entry to entry, over all units.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Whose doing.
    pub who: Who,
    /// Which unit.
    pub unit: UnitId,
    /// Its chunk at that moment.
    pub chunk: ChunkName,
    /// What happened; none for the unit's acceptance.
    pub event: Option<Event>,
    /// The id an attempt opened by this step has.
    pub fresh: AttemptId,
    /// Public status before; none for the unit's acceptance.
    pub from: Option<String>,
    /// Public status after.
    pub to: String,
    /// Phase after.
    pub phase: Phase,
}

/// One saved event of an account, numbered with those of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEntry {
    /// Its place among all entries.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Whose doing.
    pub who: Who,
    /// Which account.
    pub account: AgentName,
    /// What happened.
    pub event: AccountEvent,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// Of a unit.
    Unit(Entry),
    /// Of an account.
    Account(AccountEntry),
}

impl Line {
    /// Its place in the journal.
    pub fn seq(&self) -> i64 {
        match self {
            Line::Unit(entry) => entry.seq,
            Line::Account(entry) => entry.seq,
        }
    }
}

/// One change of a unit's public status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// Public status before; none for the first.
    pub from: Option<String>,
    /// Public status after.
    pub to: String,
    /// Phase after.
    pub phase: Phase,
    /// Whose doing.
    pub who: Who,
    /// Name of the event, with its reason where it has one.
    pub why: String,
}

/// One started process, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Its unit.
    pub unit: UnitId,
    /// Its id.
    pub attempt: AttemptId,
    /// Counts a unit's attempts from 1, over all phases and re-entries.
    pub number: i64,
    /// The kind's name.
    pub kind: String,
    /// The unit's phase.
    pub phase: Phase,
    /// The agent that played it; none for setup and gates.
    pub agent: Option<AgentName>,
    /// Version of the agent program, where it said it.
    pub agent_version: Option<String>,
    /// Process id of its shim, once it ran.
    pub pid: Option<u32>,
    /// Its conversation.
    pub session: Option<SessionId>,
    /// When it was opened.
    pub started_at: Timestamp,
    /// When it ended; none while it may live.
    pub ended_at: Option<Timestamp>,
    /// One word; none while it may live.
    pub outcome: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// Tokens and cost.
    pub usage: Usage,
    /// The shell command of a setup or gate.
    pub command: Option<String>,
    /// The commit that a gate judged.
    pub judges: Option<ObjectId>,
}

/// What the attempts of a unit at one phase used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The unit.
    pub unit: UnitId,
    /// Its chunk.
    pub chunk: ChunkName,
    /// The phase.
    pub phase: Phase,
    /// How many attempts there were.
    pub attempts: usize,
    /// Tokens and cost of all of them.
    pub usage: Usage,
}

/// What all units did since a moment, each with its chunk, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Attempts that lived in that time.
    pub attempts: Vec<(ChunkName, AttemptRecord)>,
    /// Changes of status.
    pub changes: Vec<(ChunkName, Transition)>,
}

/// All that happened to a unit, in order: replayed through `transition` it gives the unit as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// The unit as it was accepted.
    pub accepted: WorkUnit,
    /// What happened since.
    pub events: Vec<(Moment, Event)>,
}
