//! Which units start now, and for every other one why it waits. Sees all units, then cuts to the free slots.

use super::account::{Halts, Opening};
use super::attempt::Stage;
use super::dependency::{self, Behind, Graph};
use super::ids::{AgentName, ChunkName, UnitId};
use super::phase::Phase;
use super::rules::Rules;
use super::time::Timestamp;
use super::work_unit::{Activity, Status, Wait, WorkUnit};
use std::collections::{BTreeMap, BTreeSet};

/// All that a plan is made from.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// Every unit that is not deleted.
    pub units: BTreeMap<UnitId, WorkUnit>,
    /// Pairs, lower id first, that must not overlap between first dispatch and landing.
    pub apart: BTreeSet<(UnitId, UnitId)>,
    /// Units that nobody has looked at yet. Nothing says that one of them may overlap with another unit; that is only so for a moment.
    pub unknown: BTreeSet<UnitId>,
    /// Accounts on which nobody is started.
    pub halts: Halts,
    /// When a unit was last started on an account.
    pub started: BTreeMap<AgentName, Timestamp>,
    /// Why nothing is dispatched at all, where that is so.
    pub pause: Option<Pause>,
}

/// Why nothing is dispatched at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The operator said so.
    Operator,
    /// Less memory is free than the floor, in bytes.
    Memory {
        /// What is free.
        free: u64,
    },
    /// Less disk is free than the floor, in bytes.
    Disk {
        /// What is free.
        free: u64,
    },
}

/// Why a unit that could run does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing is dispatched.
    Paused(Pause),
    /// For a moment.
    Until(Wait),
    /// For the allowance of the agent's account.
    Account {
        /// Which.
        account: AgentName,
        /// Until when.
        until: Timestamp,
    },
    /// For somebody to log in.
    Login {
        /// To which account.
        account: AgentName,
    },
    /// For other chunks.
    Chunks(BTreeSet<ChunkName>),
    /// For the end of its own last process.
    Process,
    /// For a slot.
    Slot,
    /// For a slot of its phase.
    PhaseSlot(Phase),
}

/// What to do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Units to dispatch, in this order.
    pub dispatch: Vec<UnitId>,
    /// Units whose blockers are not what they were.
    pub blockers: Vec<(UnitId, BTreeSet<ChunkName>)>,
    /// Units that wait for what will not come.
    pub lost: Vec<(UnitId, BTreeSet<ChunkName>)>,
    /// Units whose warm process is one too many, or has waited long enough.
    pub cool: Vec<UnitId>,
    /// Why each unit that is ready or blocked does not start now.
    pub waiting: BTreeMap<UnitId, Waiting>,
    /// When to look again though nothing happens.
    pub wake: Option<Timestamp>,
    /// Ready and blocked units, the most urgent first.
    pub queue: Vec<UnitId>,
    /// For every chunk that something waits for: what waits behind it.
    pub behind: BTreeMap<ChunkName, Behind>,
}

/// Decides which units start now.
pub fn plan(board: &Board, rules: &Rules, now: Timestamp) -> Plan {
    Planner::new(board, rules, now).plan()
}

/// Who waits for whom among units that have not ended, by the names they bear now: for declared dependencies, and for what is in the way now.
pub fn waits<'a>(units: impl IntoIterator<Item = &'a WorkUnit>) -> Graph {
    let units: Vec<&WorkUnit> = units.into_iter().collect();
    let by_chunk = by_chunk(&units);
    let waiting = units.iter().filter(|unit| !unit.is_terminal());
    waiting
        .map(|unit| {
            let by = match &unit.status {
                Status::Blocked { by } => by.iter().chain(&unit.depends_on).collect::<Vec<_>>(),
                _ => unit.depends_on.iter().collect(),
            };
            (unit.chunk.clone(), by.into_iter().map(|need| today(&by_chunk, need).clone()).collect())
        })
        .collect()
}

/// Every unit under all of its names. A name that one unit bears now is not that of one that bore it before.
fn by_chunk<'a>(units: &[&'a WorkUnit]) -> BTreeMap<&'a ChunkName, &'a WorkUnit> {
    let before = units.iter().flat_map(|unit| unit.formerly.iter().map(|chunk| (chunk, *unit)));
    before.chain(units.iter().map(|unit| (&unit.chunk, *unit))).collect()
}

/// What a chunk is called today.
fn today<'a>(by_chunk: &BTreeMap<&'a ChunkName, &'a WorkUnit>, chunk: &'a ChunkName) -> &'a ChunkName {
    by_chunk.get(chunk).map_or(chunk, |unit| &unit.chunk)
}

/// Whether a unit is between its first dispatch and its landing; also while its worktree is still being made.
fn begins(unit: &WorkUnit) -> bool {
    unit.has_begun() || matches!(unit.status, Status::Assigned)
}

struct Planner<'a> {
    board: &'a Board,
    rules: &'a Rules,
    now: Timestamp,
    behind: BTreeMap<ChunkName, Behind>,
    by_chunk: BTreeMap<&'a ChunkName, &'a WorkUnit>,
    /// Units that start as soon as those at work that they must not overlap with are done.
    next: BTreeSet<UnitId>,
    /// When a unit of a halted account starts last, as far as this plan goes.
    started: BTreeMap<AgentName, Timestamp>,
    plan: Plan,
}

impl<'a> Planner<'a> {
    fn new(board: &'a Board, rules: &'a Rules, now: Timestamp) -> Self {
        let by_chunk = by_chunk(&board.units.values().collect::<Vec<_>>());
        let (next, started) = (BTreeSet::new(), BTreeMap::new());
        let behind = dependency::behind(&waits(board.units.values()));
        Self { board, rules, now, behind, by_chunk, next, started, plan: Plan::default() }
    }

    fn plan(mut self) -> Plan {
        self.cool();
        let mut slots = Slots::of(self.board, self.rules);
        let units = self.board.units.values();
        let mut begun: BTreeSet<UnitId> = units.filter(|unit| begins(unit)).map(|unit| unit.id).collect();
        let candidates = self.candidates();
        self.plan.queue = candidates.iter().map(|unit| unit.id).collect();
        for unit in candidates {
            let lost = self.lost(unit);
            if !lost.is_empty() {
                self.plan.lost.push((unit.id, lost));
                continue;
            }
            if let Some(wait) = self.wait(unit) {
                self.plan.waiting.insert(unit.id, Waiting::Until(wait));
                continue;
            }
            let undecided = self.undecided(unit, &begun);
            if !undecided.is_empty() {
                self.plan.waiting.insert(unit.id, Waiting::Chunks(undecided));
                continue;
            }
            let by = self.blockers(unit, &begun);
            if self.is_next(unit, &by) {
                self.next.insert(unit.id);
            }
            if by != blocked_by(unit) {
                self.plan.blockers.push((unit.id, by.clone()));
            }
            match self.obstacle(unit, by, &slots) {
                Some(waiting) => {
                    self.plan.waiting.insert(unit.id, waiting);
                }
                None => {
                    slots.take(unit.phase);
                    begun.insert(unit.id);
                    self.plan.dispatch.push(unit.id);
                }
            }
        }
        self.plan.behind = self.behind;
        self.plan
    }

    /// Ready and blocked units, the most urgent first.
    fn candidates(&self) -> Vec<&'a WorkUnit> {
        let waits = |unit: &&WorkUnit| matches!(unit.status, Status::Ready { .. } | Status::Blocked { .. });
        let mut units: Vec<&WorkUnit> = self.board.units.values().filter(waits).collect();
        units.sort_by_cached_key(|unit| (std::cmp::Reverse(self.urgency(unit)), unit.created_at, unit.id));
        units
    }

    /// A delivered answer first, then work under way, then a score in which waiting counts without bound, so that nothing starves.
    fn urgency(&self, unit: &WorkUnit) -> (bool, bool, i64) {
        let ageing = i64::try_from(self.rules.policy.ageing.as_micros()).unwrap_or(i64::MAX).max(1);
        // One that has not begun waits from its first day: what blocks it now and then must not make it young again.
        let since = if unit.has_begun() { unit.updated_at } else { unit.created_at };
        let waited = self.now.0.saturating_sub(since.0).max(0) / ageing;
        let chain = self.behind.get(&unit.chunk).map_or(0, |behind| behind.chain);
        let score =
            i64::from(unit.priority).saturating_add(waited).saturating_add(i64::try_from(chain).unwrap_or(0) * 10);
        (unit.live.as_ref().is_some_and(|live| live.stage == Stage::Warm), unit.has_begun() && waited == 0, score)
    }

    fn blockers(&self, unit: &WorkUnit, begun: &BTreeSet<UnitId>) -> BTreeSet<ChunkName> {
        let pending = |chunk: &&ChunkName| {
            self.by_chunk.get(*chunk).is_some_and(|other| !matches!(other.status, Status::Done { .. }))
        };
        let mut by: BTreeSet<ChunkName> =
            unit.depends_on.iter().filter(pending).map(|need| today(&self.by_chunk, need).clone()).collect();
        // Of two that have begun already, the older goes on: each waiting for the other would be for ever.
        let precedes = |other: &&UnitId| !unit.has_begun() || **other < unit.id;
        let next = self.next.iter().filter(|_| !unit.has_begun());
        for other in begun.iter().filter(precedes).chain(next).filter(|other| self.apart(unit.id, **other)) {
            if let Some(other) = self.board.units.get(other)
                && !self.depends(other, &unit.chunk)
            {
                by.insert(other.chunk.clone());
            }
        }
        by
    }

    /// The units at work of which, or of `unit` itself, nothing is known yet. That is not worth a blocked unit: it is over in a moment.
    fn undecided(&self, unit: &WorkUnit, begun: &BTreeSet<UnitId>) -> BTreeSet<ChunkName> {
        let unknown = &self.board.unknown;
        let others: Vec<&UnitId> = match unknown.contains(&unit.id) {
            true => begun.iter().collect(),
            false => begun.intersection(unknown).collect(),
        };
        let others = others.into_iter().filter(|other| **other != unit.id);
        others.filter_map(|other| Some(self.board.units.get(other)?.chunk.clone())).collect()
    }

    fn apart(&self, a: UnitId, b: UnitId) -> bool {
        let Board { apart, unknown, .. } = self.board;
        a != b && (unknown.contains(&a) || unknown.contains(&b) || apart.contains(&(a.min(b), a.max(b))))
    }

    /// Whether only work that is getting on keeps `unit` from its start. Nobody less urgent may then slip in before it: in a steady
    /// stream there is always somebody whom it must not overlap with.
    fn is_next(&self, unit: &WorkUnit, by: &BTreeSet<ChunkName>) -> bool {
        let gets_on = |chunk: &ChunkName| {
            self.by_chunk.get(chunk).is_some_and(|other| {
                begins(other)
                    && matches!(other.status, Status::Ready { .. } | Status::Assigned | Status::Running(_))
                    && !unit.depends_on.iter().any(|need| other.answers_to(need))
            })
        };
        !unit.has_begun() && !by.is_empty() && by.iter().all(gets_on)
    }

    /// Whether `unit` waits, directly or through others, for `chunk`: dependencies settle the order of a pair that must not overlap.
    fn depends(&self, unit: &WorkUnit, chunk: &ChunkName) -> bool {
        let (Status::Ready { .. } | Status::Blocked { .. }) = unit.status else { return false };
        let mut met: BTreeSet<&ChunkName> = BTreeSet::new();
        let mut next: Vec<&ChunkName> = unit.depends_on.iter().collect();
        while let Some(need) = next.pop() {
            if today(&self.by_chunk, need) == chunk {
                return true;
            }
            if met.insert(need)
                && let Some(other) = self.by_chunk.get(need)
                && !other.is_terminal()
            {
                next.extend(&other.depends_on);
            }
        }
        false
    }

    fn lost(&self, unit: &WorkUnit) -> BTreeSet<ChunkName> {
        let lost = |chunk: &&ChunkName| {
            self.by_chunk
                .get(*chunk)
                .is_none_or(|other| matches!(other.status, Status::Canceled { .. } | Status::Failed { .. }))
        };
        unit.depends_on.iter().filter(lost).cloned().collect()
    }

    /// The moment a unit waits for. Who is in its way is looked at after that: being blocked would make it forget its wait.
    fn wait(&mut self, unit: &WorkUnit) -> Option<Wait> {
        match &unit.status {
            Status::Ready { wait: Some(wait) } if wait.until > self.now => {
                self.wake_at(wait.until);
                Some(wait.clone())
            }
            _ => None,
        }
    }

    fn obstacle(&mut self, unit: &WorkUnit, by: BTreeSet<ChunkName>, slots: &Slots) -> Option<Waiting> {
        if !by.is_empty() {
            return Some(Waiting::Chunks(by));
        }
        if unit.live.as_ref().is_some_and(|live| live.stage != Stage::Warm) {
            return Some(Waiting::Process);
        }
        if let Some(pause) = &self.board.pause {
            return Some(Waiting::Paused(pause.clone()));
        }
        // A warm process has its allowance, and a mechanical rebase needs none.
        let waits = slots.obstacle(unit.phase);
        let needs_none = unit.live.is_some() || unit.rebases_mechanically();
        if needs_none || waits.is_some() { waits } else { self.account(self.rules.agent_for(unit.phase)) }
    }

    /// A limit or a missing login belongs to the account: what one unit met holds all that work on it.
    fn account(&mut self, agent: &AgentName) -> Option<Waiting> {
        let account = self.rules.account_of(agent);
        let halt = self.board.halts.get(account)?;
        let last = self.started.get(account).or_else(|| self.board.started.get(account)).copied();
        match halt.opening(last, &self.rules.policy, self.now) {
            Opening::Open => {
                self.started.insert(account.clone(), self.now);
                None
            }
            Opening::At(until) => {
                self.wake_at(until);
                // Whoever comes next in this queue comes next to this one's turn.
                self.started.insert(account.clone(), until);
                Some(Waiting::Account { account: account.clone(), until })
            }
            Opening::AfterLogin => Some(Waiting::Login { account: account.clone() }),
        }
    }

    fn cool(&mut self) {
        let is_warm = |unit: &WorkUnit| unit.live.as_ref().is_some_and(|live| live.stage == Stage::Warm);
        let waiting = self.board.units.values().filter(|unit| is_warm(unit));
        let mut warm: Vec<(Timestamp, UnitId)> =
            waiting.filter_map(|unit| unit.ask().map(|ask| (ask.since, unit.id))).collect();
        warm.sort_unstable();
        let spare = warm.len().saturating_sub(self.rules.policy.max_warm as usize);
        for (place, (since, unit)) in warm.into_iter().enumerate() {
            let until = since + self.rules.policy.warm_for;
            if place < spare || until <= self.now {
                self.plan.cool.push(unit);
            } else {
                self.wake_at(until);
            }
        }
    }

    fn wake_at(&mut self, moment: Timestamp) {
        self.plan.wake = Some(self.plan.wake.map_or(moment, |earlier| earlier.min(moment)));
    }
}

fn blocked_by(unit: &WorkUnit) -> BTreeSet<ChunkName> {
    match &unit.status {
        Status::Blocked { by } => by.clone(),
        _ => BTreeSet::new(),
    }
}

/// Free slots: for all, and for reviews among them.
struct Slots {
    agents: usize,
    reviews: usize,
}

impl Slots {
    fn of(board: &Board, rules: &Rules) -> Self {
        let busy = board.units.values().filter(|unit| unit.holds_slot());
        let (mut agents, mut reviews) = (0, 0);
        for unit in busy {
            agents += 1;
            if unit.phase == Phase::Review && !matches!(unit.status, Status::Running(Activity::WorkerGate(_))) {
                reviews += 1;
            }
        }
        Self {
            agents: (rules.policy.max_agents as usize).saturating_sub(agents),
            reviews: (rules.policy.max_review as usize).saturating_sub(reviews),
        }
    }

    fn obstacle(&self, phase: Phase) -> Option<Waiting> {
        match phase {
            _ if self.agents == 0 => Some(Waiting::Slot),
            Phase::Review if self.reviews == 0 => Some(Waiting::PhaseSlot(phase)),
            _ => None,
        }
    }

    fn take(&mut self, phase: Phase) {
        self.agents -= 1;
        if phase == Phase::Review {
            self.reviews -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
