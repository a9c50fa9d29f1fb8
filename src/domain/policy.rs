//! Every limit and delay, with its default and its why. Configuration changes the values; the meaning stays here.

use super::time::Timestamp;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// Every limit and delay of the orchestrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Agents at work at once. Four keep one operator busy; memory and account limits come soon after.
    pub max_agents: u32,
    /// Of these, reviews: they read much and write nothing, so that more would only starve the writing.
    pub max_review: u32,
    /// Gates at once: a test suite takes the whole machine, and two of them time each other out.
    pub max_gates: u32,
    /// Agents kept alive beside the slots while their question waits: each holds memory and does nothing.
    pub max_warm: u32,
    /// How long such an agent is kept: an operator at the keyboard answers within minutes; later a resumed session is as good.
    pub warm_for: Duration,
    /// Wall clock of one attempt. A phase that takes longer is lost rather than slow.
    pub attempt_timeout: Duration,
    /// Silence after which an attempt counts as hung: no output, no open tool call, no question, no CPU used by its tree.
    pub silence_timeout: Duration,
    /// Wall clock of the setup command: a cold package cache takes minutes.
    pub setup_timeout: Duration,
    /// Free memory, in bytes, below which nothing is dispatched: an agent with a compiler needs this much before it helps.
    pub memory_floor: u64,
    /// Free disk, in bytes, below which nothing is dispatched: a full disk stops the database too.
    pub disk_floor: u64,
    /// Memory of one unit's processes, in bytes: one runaway build must not take the machine.
    pub unit_memory: u64,
    /// Processes and threads of one unit: ends a fork bomb, and leaves room for a parallel build.
    pub unit_processes: u32,
    /// Output of one attempt, in bytes: beyond it is a loop, not a transcript.
    pub attempt_output: u64,
    /// How long logs of units that have ended are kept: a question about an old landing seldom comes after a quarter.
    pub log_age: Duration,
    /// Room for the logs of all units that have ended, in bytes.
    pub log_total: u64,
    /// How long the journal of units that have ended is kept.
    pub journal_age: Duration,
    /// Reviews that may send the work back. Further ones repeat themselves, and the operator decides better.
    pub review_cycles: u32,
    /// Reminders to a reviewer that ended without a decision.
    pub review_nudges: u32,
    /// Resumptions of a COMPLETE that left the chunk's status as it was.
    pub completion_retries: u32,
    /// Returns to REBASE because landing met a conflict.
    pub rebase_retries: u32,
    /// Turns that an agent may take in one attempt, where its adapter can say so.
    pub max_turns: u32,
    /// Turns to repair a status that COMPLETE left as it was: one edit and one commit.
    pub max_turns_completion: u32,
    /// Attempts that fell over and are started again in the same session: a second fall is seldom chance, a third never.
    pub crash_retries: u32,
    /// Repetition after errors of the model's provider.
    pub retry: Backoff,
    /// What becomes of a unit that was tried again as often as it may be.
    pub exhausted: Exhausted,
    /// Wait for an account's allowance when nobody says when it returns.
    pub unknown_limit_wait: Duration,
    /// Added at random, up to this, to the moment an account's allowance returns: everybody's clock strikes the hour at once.
    pub resume_jitter: Duration,
    /// Between two starts on an account whose allowance has just returned: all at once would use it up at once.
    pub resume_stagger: Duration,
    /// Waiting time that lifts a unit by one step of priority, so that nothing starves.
    pub ageing: Duration,
    /// How long nothing may happen before the scheduler looks all the same: a net under the events, not the way units start.
    pub dispatch_interval: Duration,
    /// Worktrees on disk beyond which the operator is warned.
    pub worktree_warning: u32,
    /// How long a shim keeps its agent without a daemon: longer than an upgrade, shorter than a night.
    pub daemon_grace: Duration,
    /// What the conflict oracle may do and when it is sure.
    pub conflicts: ConflictPolicy,
    /// How work becomes part of the target branch.
    pub landing: LandingStyle,
    /// Whether a goal that an agent wrote waits for the operator before it is planned.
    pub approve_goals: bool,
    /// Restarts of a service of the daemon before the daemon gives itself up to its keeper.
    pub service_restarts: RestartBudget,
    /// Restarts of one unit's actor before the unit needs attention.
    pub unit_restarts: RestartBudget,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_agents: 4,
            max_review: 2,
            max_gates: 1,
            max_warm: 2,
            warm_for: 5 * MINUTE,
            attempt_timeout: 2 * HOUR,
            silence_timeout: 15 * MINUTE,
            setup_timeout: 15 * MINUTE,
            memory_floor: 512 * MIB,
            disk_floor: 2 * GIB,
            unit_memory: 8 * GIB,
            unit_processes: 4096,
            attempt_output: GIB,
            log_age: 90 * 24 * HOUR,
            log_total: 10 * GIB,
            journal_age: 90 * 24 * HOUR,
            review_cycles: 3,
            review_nudges: 2,
            completion_retries: 2,
            rebase_retries: 2,
            max_turns: 100,
            max_turns_completion: 20,
            crash_retries: 2,
            retry: Backoff::default(),
            exhausted: Exhausted::Ask,
            unknown_limit_wait: 15 * MINUTE,
            resume_jitter: MINUTE,
            resume_stagger: Duration::from_secs(10),
            ageing: 30 * MINUTE,
            dispatch_interval: Duration::from_secs(1),
            worktree_warning: 10,
            daemon_grace: HOUR,
            conflicts: ConflictPolicy::default(),
            landing: LandingStyle::Merge,
            approve_goals: false,
            service_restarts: RestartBudget { restarts: 5, within: MINUTE },
            unit_restarts: RestartBudget { restarts: 3, within: 5 * MINUTE },
        }
    }
}

/// Exponential delays between repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Before the first repetition.
    pub initial: Duration,
    /// No delay is longer: an overload passes within minutes, and an operator who watches should see it try.
    pub max: Duration,
    /// Repetitions before the operator is asked.
    pub attempts: u32,
    /// Percent of a delay that chance may take off, so that units that failed together do not return together.
    pub jitter: u8,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { initial: Duration::from_millis(100), max: Duration::from_secs(5), attempts: 30, jitter: 25 }
    }
}

/// What becomes of a unit that was tried again as often as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// The operator is asked.
    Ask,
    /// It has failed: for a night in which nobody looks. Who depends on it is told.
    Fail,
}

/// What the conflict oracle may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OracleMode {
    /// Its verdicts order the work.
    Enforce,
    /// Its verdicts are shown and order nothing.
    Advise,
}

/// When the conflict oracle is sure. Figures are percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictPolicy {
    /// What its verdicts do.
    pub mode: OracleMode,
    /// Probability of a conflict between two chunks of which nothing is known: most pairs of a project never meet.
    pub prior: u8,
    /// From this probability on, two units are serialised: waiting costs less than merging.
    pub serialize_from: u8,
    /// Below this probability they are independent; between the two, the operator is asked.
    pub independent_below: u8,
}

impl Default for ConflictPolicy {
    fn default() -> Self {
        Self { mode: OracleMode::Enforce, prior: 10, serialize_from: 60, independent_below: 30 }
    }
}

/// How work becomes part of the target branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LandingStyle {
    /// A merge commit: the agent's commits stay as they were tested.
    Merge,
    /// One commit with all of the work.
    Squash,
    /// The target branch moves to the unit's own commit.
    FastForward,
}

/// How often something may be restarted before that is no cure any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartBudget {
    /// Restarts allowed.
    pub restarts: u32,
    /// Within this time.
    pub within: Duration,
}

impl RestartBudget {
    /// Whether one more restart at `now` is allowed after those at the moments in `earlier`.
    pub fn allows(&self, earlier: &[Timestamp], now: Timestamp) -> bool {
        let recent = earlier.iter().filter(|at| now.since(**at) < self.within).count();
        u32::try_from(recent).is_ok_and(|recent| recent < self.restarts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_counts_only_recent_restarts() {
        let budget = RestartBudget { restarts: 2, within: Duration::from_secs(60) };
        let at = Timestamp::from_seconds;
        assert!(budget.allows(&[], at(0)));
        assert!(budget.allows(&[at(0)], at(1)));
        assert!(!budget.allows(&[at(0), at(1)], at(59)));
        assert!(budget.allows(&[at(0), at(1)], at(60)));
    }

    #[test]
    fn defaults_are_consistent() {
        let policy = Policy::default();
        assert!(policy.max_review <= policy.max_agents);
        assert!(policy.silence_timeout < policy.attempt_timeout);
        assert!(policy.retry.initial < policy.retry.max);
        assert!(policy.conflicts.prior < policy.conflicts.independent_below);
        assert!(policy.conflicts.independent_below < policy.conflicts.serialize_from);
    }
}
