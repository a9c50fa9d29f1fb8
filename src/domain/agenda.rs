//! The operator's queue: everything that waits for a decision, what frees most work first.

use super::account::{Halt, HaltReason, Halts};
use super::dependency::{self, Freed, Graph};
use super::ids::{AgentName, ChunkName, UnitId};
use super::policy::Policy;
use super::schedule::{self, Waiting};
use super::time::Timestamp;
use super::work_unit::{Status, WorkUnit};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Something that waits for the operator and is not the entry of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Nothing says whether two chunks may run at once; until the operator does, they do not.
    Undecided {
        /// Which two.
        pair: [ChunkName; 2],
    },
    /// Nobody is started on an account: its allowance is used up, or nobody is logged in.
    Halted {
        /// Which.
        account: AgentName,
        /// Why.
        halt: Halt,
    },
    /// The configuration on disk is not valid; the last good one counts.
    Configuration {
        /// Why not.
        problem: String,
    },
    /// Committed files say something sensitive that the operator has not accepted.
    Untrusted {
        /// What differs, by name.
        names: Vec<String>,
    },
    /// What has landed is to be at `origin` and could not be pushed.
    Unpushed {
        /// Which branch.
        branch: String,
        /// Why not.
        why: String,
    },
    /// More worktrees are on disk than the operator wants.
    Worktrees {
        /// How many there are.
        there: usize,
        /// How many are fine.
        fine: u32,
    },
}

impl Matter {
    /// The kind as shown to operators.
    pub fn kind(&self) -> &'static str {
        match self {
            Matter::Undecided { .. } => "conflict",
            Matter::Halted { halt: Halt { why: HaltReason::Limit { .. }, .. }, .. } => "limit",
            Matter::Halted { .. } => "login",
            Matter::Configuration { .. } => "configuration",
            Matter::Untrusted { .. } => "trust",
            Matter::Unpushed { .. } => "push",
            Matter::Worktrees { .. } => "worktrees",
        }
    }

    /// The verbs that make sense for it, the most useful first.
    pub fn verbs(&self) -> &'static [&'static str] {
        match self {
            Matter::Undecided { .. } => &["resolve", "analyze"],
            Matter::Halted { .. } => &["resume"],
            Matter::Configuration { .. } => &["config"],
            Matter::Untrusted { .. } => &["trust"],
            Matter::Unpushed { .. } => &[],
            Matter::Worktrees { .. } => &["worktree list", "prune"],
        }
    }

    /// Chunks that go on as soon as it is settled.
    fn holds(&self, units: &[WorkUnit], waiting: &BTreeMap<UnitId, Waiting>) -> BTreeSet<ChunkName> {
        match self {
            Matter::Undecided { pair: [a, b] } => {
                let waits = |unit: &&WorkUnit| match &unit.status {
                    Status::Blocked { by } => {
                        (unit.chunk == *a && by.contains(b)) || (unit.chunk == *b && by.contains(a))
                    }
                    _ => false,
                };
                units.iter().filter(waits).map(|unit| unit.chunk.clone()).collect()
            }
            Matter::Halted { account, .. } => {
                let waits = |unit: &&WorkUnit| match waiting.get(&unit.id) {
                    Some(Waiting::Account { account: of, .. } | Waiting::Login { account: of }) => of == account,
                    _ => false,
                };
                units.iter().filter(waits).map(|unit| unit.chunk.clone()).collect()
            }
            Matter::Configuration { .. }
            | Matter::Untrusted { .. }
            | Matter::Unpushed { .. }
            | Matter::Worktrees { .. } => BTreeSet::new(),
        }
    }
}

/// What an entry of the queue is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A unit, by its place in the list that the queue was made from.
    Unit(usize),
    /// Something else.
    Matter(Matter),
}

/// One entry of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub subject: Subject,
    /// Since when it waits; a clock of its own.
    pub since: Timestamp,
    /// What an answer would free.
    pub frees: Freed,
}

impl Entry {
    /// Longest chain of waiting work first, then the number of units, then what waits longest.
    fn key(&self) -> (Reverse<usize>, Reverse<usize>, Timestamp) {
        (Reverse(self.frees.chain), Reverse(self.frees.chunks.len()), self.since)
    }
}

/// All that waits for the operator, the most urgent first. `waiting` says why units do not start, `matters` what waits beside them, each
/// with the moment since when.
pub fn queue(
    units: &[WorkUnit],
    waiting: &BTreeMap<UnitId, Waiting>,
    matters: impl IntoIterator<Item = (Matter, Timestamp)>,
) -> Vec<Entry> {
    let graph = schedule::waits(units);
    let asks = units.iter().enumerate().filter_map(|(place, unit)| {
        let ask = unit.ask()?;
        let frees = dependency::freed_by(&BTreeSet::from([unit.chunk.clone()]), &graph);
        Some(Entry { subject: Subject::Unit(place), since: ask.since, frees })
    });
    let matters = matters.into_iter().map(|(matter, since)| {
        let frees = freed_with(matter.holds(units, waiting), &graph);
        Entry { subject: Subject::Matter(matter), since, frees }
    });
    let mut entries: Vec<Entry> = asks.chain(matters).collect();
    entries.sort_by_key(Entry::key);
    entries
}

/// These chunks, and all that waits for them.
fn freed_with(direct: BTreeSet<ChunkName>, graph: &Graph) -> Freed {
    let behind = dependency::freed_by(&direct, graph);
    let chain = if direct.is_empty() { 0 } else { behind.chain + 1 };
    Freed { chain, chunks: &behind.chunks | &direct }
}

/// What waits for the operator because of how things stand: halted accounts, and more worktrees than are `fine`.
pub fn noticed(units: &[WorkUnit], halts: &Halts, policy: &Policy, now: Timestamp) -> Vec<(Matter, Timestamp)> {
    let lasting = halts.iter().filter(|(_, halt)| !halt.is_over(policy, now));
    let halted = |(account, halt): (&AgentName, &Halt)| {
        (Matter::Halted { account: account.clone(), halt: halt.clone() }, halt.since)
    };
    let mut matters: Vec<(Matter, Timestamp)> = lasting.map(halted).collect();
    let mut cut: Vec<Timestamp> = units.iter().filter(|unit| has_worktree(unit)).map(|unit| unit.created_at).collect();
    cut.sort();
    let fine = policy.worktree_warning;
    // The first one too many is when it began.
    let begun = usize::try_from(fine).ok().and_then(|fine| cut.get(fine));
    matters.extend(begun.map(|since| (Matter::Worktrees { there: cut.len(), fine }, *since)));
    matters
}

/// Whether it has a worktree on disk.
fn has_worktree(unit: &WorkUnit) -> bool {
    let is_kept = unit.retain && matches!(unit.status, Status::Done { .. });
    unit.base.is_some() && (!unit.is_settled() || is_kept)
}

#[cfg(test)]
#[path = "agenda/tests.rs"]
mod tests;
