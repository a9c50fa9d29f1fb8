//! Facts in, orders out: the words between the life cycle and the actors.

use super::account::Halted;
use super::attempt::{AttemptChange, Ladder};
use super::chunk::ChunkStatus;
use super::each::Each;
use super::ids::{AgentName, AttemptId, ChunkName, ObjectId, SessionId};
use super::landing::{MergeResult, MoveResult};
use super::phase::Phase;
use super::report::{Outcome, QuestionSet, ReviewDecision, Usage};
use super::time::Timestamp;
use super::work_unit::WorkUnit;
use super::workspace::Base;
use std::collections::BTreeSet;

/// Something that happened to a unit. Past tense: a fact cannot be refused, only found not to fit.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The operator answered items of a question, by index, or said something about another entry (index 0).
    Answered {
        /// Item index and answer.
        answers: Vec<(usize, String)>,
        /// The agent does not get them before; none: as soon as it can. Until an agent has them they can be taken back.
        until: Option<Timestamp>,
    },
    /// The operator takes back the answer to an item of the question, by index, or all that was answered.
    Retracted {
        /// Which one; none: all.
        item: Option<usize>,
    },
    /// The operator approved what the unit waits with.
    Approved,
    /// The operator wants another try with clean counters and a fresh conversation.
    Retried,
    /// The operator holds the unit back.
    Held,
    /// The operator lets it go on.
    Released,
    /// The operator changed its priority.
    Prioritized(i32),
    /// The operator wants its worktree kept after landing, or no longer.
    Retained(bool),
    /// The operator changed what it depends on.
    DependenciesSet(BTreeSet<ChunkName>),
    /// The operator moved it to another phase.
    PhaseSet(Phase),
    /// The operator leaves the phase undone.
    Skipped,
    /// The operator stopped the attempt, keeping the conversation, with words for it or to hold the unit.
    Interrupted {
        /// What the agent is told when it goes on.
        message: Option<String>,
    },
    /// The operator ended it.
    Canceled,
    /// The operator removed it.
    Deleted,
    /// The operator declared it done.
    DeclaredDone,
    /// The operator changed several things at once: all of them or, if one does not fit, none.
    Patched(Patch),
    /// The operator needs its worktree no longer: it goes, and after landing its branch with it.
    Pruned,
    /// The operator removes its worktree and keeps its branch; a later dispatch makes another one from it.
    Cleared,

    /// The scheduler gave it a slot; this agent plays.
    Dispatched {
        /// The agent of its phase.
        agent: AgentName,
    },
    /// What it waits for changed; empty: nothing any more.
    BlockersChanged {
        /// The chunks in the way.
        by: BTreeSet<ChunkName>,
    },
    /// Units it depends on ended without their work.
    DependencyLost {
        /// Which ones.
        lost: BTreeSet<ChunkName>,
    },
    /// Its warm process has waited long enough.
    Cooled,

    /// Its worktree is ready.
    Prepared {
        /// Where it was cut.
        base: Each<Base>,
        /// What the operator should know about it: what was missing, or preserved, or not up to date.
        remarks: Vec<String>,
    },
    /// Its worktree could not be made ready.
    PreparationFailed {
        /// Why.
        reason: String,
    },
    /// The process of an attempt runs.
    Started {
        /// Which.
        attempt: AttemptId,
        /// Process id of its shim.
        pid: u32,
    },
    /// An agent named its conversation.
    Named {
        /// Which attempt.
        attempt: AttemptId,
        /// The session.
        session: SessionId,
        /// Version of the agent program.
        version: Option<String>,
    },
    /// An agent asked the operator.
    Asked {
        /// Which attempt.
        attempt: AttemptId,
        /// What.
        set: QuestionSet,
    },
    /// A reviewer decided.
    Decided {
        /// Which attempt.
        attempt: AttemptId,
        /// What.
        decision: ReviewDecision,
    },
    /// An agent used tokens: the sum of its attempt, told once, at the end.
    Used {
        /// Which attempt.
        attempt: AttemptId,
        /// How much.
        usage: Usage,
        /// What its whole conversation has used so far.
        session: Usage,
    },
    /// The process of an attempt is gone.
    Ended {
        /// Which.
        attempt: AttemptId,
        /// How.
        outcome: Outcome,
    },
    /// What an attempt left is in the unit's branch on the host.
    Gathered(Gathered),
    /// What an attempt left could not be brought home; it stays where it is.
    GatherFailed {
        /// Why.
        reason: String,
    },
    /// The mechanical rebase ended.
    Rebased(RebaseResult),
    /// The merge in memory ended.
    Merged(MergeResult),
    /// The move of the target branch ended.
    Moved(MoveResult),
    /// Its directories are gone; what they held is safe.
    Removed {
        /// The ref that keeps work not landed, where there was any.
        preserved: Option<String>,
    },
    /// Its directories could not be removed; they stay.
    RemoveFailed {
        /// Why.
        reason: String,
    },
    /// The actor that leads it fell over too often.
    Crashed {
        /// The panic's message.
        reason: String,
    },
}

/// Changes by hand, applied in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Its priority.
    pub priority: Option<i32>,
    /// Whether its worktree is kept after landing.
    pub retain: Option<bool>,
    /// What it depends on.
    pub depends_on: Option<BTreeSet<ChunkName>>,
    /// Where in the life of the chunk it stands.
    pub phase: Option<Phase>,
    /// Where it stands, by the verb that brings it there from where it is by then.
    pub status: Option<Wanted>,
    /// Why it waits for the operator.
    pub reason: Option<String>,
}

/// A status to which the operator can bring a unit by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Released, tried again, or freed of what is in its way.
    Ready,
    /// Held.
    Pending,
    /// Declared done.
    Done,
    /// Canceled.
    Canceled,
    /// Parked in the operator's queue.
    NeedsAttention,
}

/// What was found in a unit's branch after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// The branch's tip on the host.
    pub tip: Each<ObjectId>,
    /// Whether the work changes anything outside `docs/`.
    pub changes_code: bool,
    /// The chunk's status in its document; none when the document is gone.
    pub chunk: Option<ChunkStatus>,
    /// Chunks that are new in the branch, while the document is gone: the one it was renamed to, where there is only one.
    pub successors: Vec<ChunkName>,
    /// Whether `REVIEW_FEEDBACK.md` is still there.
    pub feedback_open: bool,
    /// Whether the branch contains the tip of its base branch as it was when the attempt began.
    pub contains_base: bool,
}

/// How a mechanical rebase ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RebaseResult {
    /// The branch contains the base now.
    Clean {
        /// The base it contains.
        base: Each<Base>,
        /// The branch's tip.
        tip: Each<ObjectId>,
    },
    /// Both sides changed the same places: an agent is needed.
    Conflict {
        /// The base that is to be merged in.
        base: Each<Base>,
        /// Which files.
        paths: Vec<String>,
    },
    /// It could not be tried.
    Failed(String),
}

/// An order to the actors. Idempotent: `resume` gives it again after a crash.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make private repository and worktree ready.
    Prepare,
    /// Start the process of the live attempt, or attach to it.
    Run(AttemptId),
    /// Give the live attempt the answers in the unit's notes.
    Deliver(AttemptId),
    /// Stop the live attempt; one that was never started is not.
    Stop(AttemptId, Ladder),
    /// Commit what the attempt left and bring it to the host.
    Gather,
    /// Set the chunk's status to ACTIVE in the worktree, then gather.
    MarkActive,
    /// Merge the base into the branch, mechanically.
    Rebase,
    /// Take the landing's next step.
    Land,
    /// Give up the turn on the target branch.
    LeaveTurn,
    /// Remove the unit's directories, keeping its work.
    Remove,
    /// Remove the unit's worktree and repository, keeping its work, its branch and what its agents' conversations need.
    Clear,
}

/// The moment of a transition: everything it needs that is not a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub now: Timestamp,
    /// An id no attempt has had, for the one this step may open.
    pub fresh: AttemptId,
}

/// What a transition decided: the unit as it is from now on, and the orders that follow once it is saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The new row.
    pub unit: WorkUnit,
    /// What it says about the records of attempts, in this order.
    pub attempts: Vec<AttemptChange>,
    /// What was met that halts an account.
    pub halted: Option<Halted>,
    /// What is to be done, in this order.
    pub effects: Vec<Effect>,
}

/// An event that does not fit the unit's state. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IllegalEvent {
    /// The event's name.
    pub event: &'static str,
    /// What a unit then cannot do or be, as a fragment: "cannot be held".
    pub refused: &'static str,
    /// The status's public name.
    pub status: &'static str,
    /// Why, as a fragment.
    pub why: &'static str,
}

impl std::fmt::Display for IllegalEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a unit that is {} {}: {}", self.status, self.refused, self.why)
    }
}

impl std::error::Error for IllegalEvent {}

impl Event {
    /// What a unit that refuses it is said not to do or be.
    pub fn refused(&self) -> &'static str {
        match self {
            Event::Answered { .. } => "cannot be answered",
            Event::Approved => "cannot be approved",
            Event::Retried => "cannot be tried again",
            Event::Held => "cannot be held",
            Event::Released => "cannot be released",
            Event::Prioritized(_) => "cannot be given another priority",
            Event::Retained(_) => "cannot have its worktree kept or let go",
            Event::DependenciesSet(_) => "cannot be made to wait for other chunks",
            Event::PhaseSet(_) => "cannot be moved to another phase",
            Event::Skipped => "cannot leave its phase undone",
            Event::Interrupted { .. } => "cannot be interrupted",
            Event::Canceled => "cannot be canceled",
            Event::Deleted => "cannot be deleted",
            Event::DeclaredDone => "cannot be declared done",
            Event::Patched(_) => "cannot be changed like this",
            Event::Pruned | Event::Cleared => "cannot have its worktree removed",
            _ => "does not expect this",
        }
    }

    /// The event's name in the journal and in errors.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Answered { .. } => "answered",
            Event::Retracted { .. } => "retracted",
            Event::Approved => "approved",
            Event::Retried => "retried",
            Event::Held => "held",
            Event::Released => "released",
            Event::Prioritized(_) => "prioritized",
            Event::Retained(_) => "retained",
            Event::DependenciesSet(_) => "dependencies set",
            Event::PhaseSet(_) => "phase set",
            Event::Skipped => "skipped",
            Event::Interrupted { .. } => "interrupted",
            Event::Canceled => "canceled",
            Event::Deleted => "deleted",
            Event::DeclaredDone => "declared done",
            Event::Patched(_) => "patched",
            Event::Pruned => "pruned",
            Event::Cleared => "cleared",
            Event::Dispatched { .. } => "dispatched",
            Event::BlockersChanged { .. } => "blockers changed",
            Event::DependencyLost { .. } => "dependency lost",
            Event::Cooled => "cooled",
            Event::Prepared { .. } => "prepared",
            Event::PreparationFailed { .. } => "preparation failed",
            Event::Started { .. } => "started",
            Event::Named { .. } => "session named",
            Event::Asked { .. } => "asked",
            Event::Decided { .. } => "decided",
            Event::Used { .. } => "used",
            Event::Ended { .. } => "ended",
            Event::Gathered(_) => "gathered",
            Event::GatherFailed { .. } => "gather failed",
            Event::Rebased(_) => "rebased",
            Event::Merged(_) => "merged",
            Event::Moved(_) => "moved",
            Event::Removed { .. } => "removed",
            Event::RemoveFailed { .. } => "remove failed",
            Event::Crashed { .. } => "crashed",
        }
    }
}

impl super::work_unit::Status {
    /// The public name.
    pub fn name(&self) -> &'static str {
        use super::work_unit::Status;
        match self {
            Status::Pending(_) => "PENDING",
            Status::Ready { .. } => "READY",
            Status::Assigned => "ASSIGNED",
            Status::Running(_) => "RUNNING",
            Status::Blocked { .. } => "BLOCKED",
            Status::NeedsAttention(_) => "NEEDS_ATTENTION",
            Status::Done { .. } => "DONE",
            Status::Failed { .. } => "FAILED",
            Status::Canceled { .. } => "CANCELED",
            Status::Deleted { .. } => "DELETED",
        }
    }
}
