//! A unit as it is accepted, before the database gives it an id.

use super::ids::{ChunkName, UnitId};
use super::phase::Phase;
use super::report::Usage;
use super::time::Timestamp;
use super::work_unit::{Counters, Status, WorkUnit};
use std::collections::BTreeSet;

/// What is said about a unit when it is accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct NewUnit {
    /// Its chunk.
    pub chunk: ChunkName,
    /// Where it starts.
    pub phase: Phase,
    /// Ready, held, or blocked from the start.
    pub status: Status,
    /// Higher goes first.
    pub priority: i32,
    /// Chunks whose units must be done before.
    pub depends_on: BTreeSet<ChunkName>,
    /// Whether the dependencies were declared.
    pub explicit_deps: bool,
    /// Whether its worktree stays after landing.
    pub retain: bool,
}

impl NewUnit {
    /// The unit as it is from `now` on.
    pub fn into_unit(self, id: UnitId, now: Timestamp) -> WorkUnit {
        WorkUnit {
            id,
            chunk: self.chunk,
            formerly: BTreeSet::new(),
            phase: self.phase,
            status: self.status,
            priority: self.priority,
            depends_on: self.depends_on,
            explicit_deps: self.explicit_deps,
            base: None,
            tip: None,
            session: None,
            session_used: Usage::default(),
            notes: Vec::new(),
            live: None,
            green: Vec::new(),
            answered: None,
            counters: Counters::default(),
            decision: None,
            approved: None,
            set_up: false,
            retain: self.retain,
            hold: false,
            created_at: now,
            updated_at: now,
        }
    }
}
