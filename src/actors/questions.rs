//! The questions that other actors and the HTTP side put to the database, one function each.

use super::persistence::Query;
use crate::domain::account::Halts;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::journal::{AttemptRecord, Entry, Line, Spent, Timeline, Transition};
use crate::domain::prediction::Prediction;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use std::collections::BTreeMap;

/// Every unit that is not deleted.
pub fn units() -> Query<Vec<WorkUnit>> {
    Query::new(|store| store.units())
}

/// Every unit that still needs an actor, deleted ones with leftovers among them.
pub fn unsettled() -> Query<Vec<WorkUnit>> {
    Query::new(|store| store.unsettled())
}

/// A unit as saved last, with the entry that says what happened then.
pub fn latest(unit: UnitId) -> Query<Option<(WorkUnit, Entry)>> {
    Query::new(move |store| store.latest(unit))
}

/// The changes of a unit's public status, oldest first.
pub fn history(unit: UnitId) -> Query<Vec<Transition>> {
    Query::new(move |store| store.history(unit))
}

/// The attempts of a unit, oldest first.
pub fn attempts(unit: UnitId) -> Query<Vec<AttemptRecord>> {
    Query::new(move |store| store.attempts(unit))
}

/// What all units did since a moment.
pub fn timeline(since: Timestamp) -> Query<Timeline> {
    Query::new(move |store| store.timeline(since))
}

/// At most `limit` attempts of gates that began at or after a moment or are at work, the latest first.
pub fn gate_attempts(since: Timestamp, limit: u32) -> Query<Vec<(ChunkName, AttemptRecord)>> {
    Query::new(move |store| store.gate_attempts(since, limit))
}

/// What all attempts there ever were used.
pub fn spending() -> Query<Vec<Spent>> {
    Query::new(|store| store.spending())
}

/// The unit of a chunk, also a deleted one: the latest of that name.
pub fn unit(chunk: ChunkName) -> Query<Option<WorkUnit>> {
    Query::new(move |store| store.unit(&chunk))
}

/// At most `limit` journal entries after `seq`.
pub fn events_since(seq: i64, limit: usize) -> Query<Vec<Line>> {
    Query::new(move |store| store.events_since(seq, limit))
}

/// The oldest sequence number in the journal, where it has any, and the newest.
pub fn journal_bounds() -> Query<(Option<i64>, i64)> {
    Query::new(|store| Ok((store.oldest_event()?, store.newest_seq()?)))
}

/// Accounts that are halted, or were.
pub fn halts() -> Query<Halts> {
    Query::new(|store| store.halts())
}

/// What the operator stored.
pub fn settings() -> Query<BTreeMap<String, String>> {
    Query::new(|store| store.settings())
}

/// Forgets the journal of units that were settled and last changed before `before`; how many entries that were.
pub fn prune_events(before: Timestamp) -> Query<usize> {
    Query::new(move |store| store.prune_events(before))
}

/// All that the oracle said, in the order in which it did.
pub fn predictions() -> Query<Vec<Prediction>> {
    Query::new(|store| store.predictions())
}

/// What the oracle said and nobody knows the outcome of.
pub fn open_predictions() -> Query<Vec<Prediction>> {
    Query::new(|store| store.open_predictions())
}
