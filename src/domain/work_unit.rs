//! A chunk on its way through the orchestrator: one record, whose status carries exactly the data it needs.

use super::attempt::{Live, Stage};
use super::attention::Ask;
use super::each::Each;
use super::ids::{ChunkName, ObjectId, SessionId, UnitId};
use super::landing::{Landing, Merge};
use super::phase::Phase;
use super::report::{Outcome, QuestionSet, ReviewDecision, Usage};
use super::time::Timestamp;
use super::workspace::Base;
use std::collections::BTreeSet;

/// One unit. Changed only by [`transition`](super::lifecycle::transition).
#[derive(Clone, Debug, PartialEq)]
pub struct WorkUnit {
    /// Never reused.
    pub id: UnitId,
    /// Unique among units not deleted.
    pub chunk: ChunkName,
    /// Names that an agent gave up for it: whoever still uses one of them means this unit.
    pub formerly: BTreeSet<ChunkName>,
    /// Where in the life of the chunk it stands.
    pub phase: Phase,
    /// Where the unit stands now.
    pub status: Status,
    /// Higher goes first.
    pub priority: i32,
    /// Chunks whose units must be done before.
    pub depends_on: BTreeSet<ChunkName>,
    /// Whether the operator or the documents declared the dependencies, so that guesses do not serialise.
    pub explicit_deps: bool,
    /// Where it was cut and where it lands; none before the first dispatch.
    pub base: Option<Each<Base>>,
    /// The last commit of its work that was brought into the unit's branch on the host.
    pub tip: Option<Each<ObjectId>>,
    /// The conversation the next attempt resumes.
    pub session: Option<SessionId>,
    /// What that conversation has used so far: some agents tell totals, attempts are charged differences.
    pub session_used: Usage,
    /// What the next attempt is told before anything else.
    pub notes: Vec<Note>,
    /// The process that exists, or may exist, for it.
    pub live: Option<Live>,
    /// Commands of gates that were green on what is judged now.
    pub green: Vec<String>,
    /// What the operator has answered and no agent has taken yet.
    pub answered: Option<Answered>,
    /// What was counted against its limits.
    pub counters: Counters,
    /// The decision of the review at work.
    pub decision: Option<ReviewDecision>,
    /// The tip whose sensitive changes the operator approved.
    pub approved: Option<ObjectId>,
    /// Whether the project's setup command has run in its worktree.
    pub set_up: bool,
    /// Whether its worktree stays after landing.
    pub retain: bool,
    /// Whether the operator holds it, though it cannot stop here: it does before its next step that can wait.
    pub hold: bool,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What an answer changed, to be restored when the operator takes it back.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The entry of the queue, with the answers where it asked something.
    pub ask: Ask,
    /// What the next attempt would have been told without the answer.
    pub notes: Vec<Note>,
    /// What was counted before.
    pub counters: Counters,
}

/// What was counted against a unit's limits. `retry` clears all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Failures in a row that were tried again.
    pub errors: u32,
    /// FEEDBACK cycles.
    pub review_cycles: u32,
    /// Reminders in a row that an attempt ended without what its phase must leave.
    pub nudges: u32,
    /// Landings that went back to REBASE for a conflict.
    pub rebases: u32,
}

/// Where a unit stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Accepted but not admitted.
    Pending(Admission),
    /// May be dispatched, when its wait is over.
    Ready {
        /// From when, and why not before.
        wait: Option<Wait>,
    },
    /// Has a slot; its worktree is being prepared, its agent not yet alive.
    Assigned,
    /// Something is at work.
    Running(Activity),
    /// Waits for other chunks.
    Blocked {
        /// Which ones; never empty.
        by: BTreeSet<ChunkName>,
    },
    /// Waits for the operator.
    NeedsAttention(Ask),
    /// Its work is in the target branch, or the operator said so.
    Done {
        /// What proves it.
        proof: Proof,
        /// What is left to tidy up.
        leftovers: Leftovers,
    },
    /// Gave up under a policy that says so.
    Failed {
        /// Why.
        reason: String,
    },
    /// The operator ended it.
    Canceled {
        /// What is left to tidy up.
        leftovers: Leftovers,
    },
    /// The operator removed it; its record stays as a tombstone.
    Deleted {
        /// What is left to tidy up.
        leftovers: Leftovers,
    },
}

/// What keeps a pending unit from being admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The operator holds it.
    Held,
    /// The operator holds it on its way home: released, it goes on with the gates, not with an agent.
    LandingHeld,
    /// Its goal waits for approval.
    Approval,
}

/// A wait on the wall clock: the provider failed, and the unit tries again a little later, or an answer can still be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Until when.
    pub until: Timestamp,
    /// The error in the agent's words; none where it waits for the operator's second thoughts.
    pub error: Option<String>,
}

/// What is at work for a running unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Activity {
    /// The project's setup command.
    Setup,
    /// An agent.
    Agent,
    /// The end of an attempt is being looked at: its work is committed and brought to the host.
    Gathering {
        /// How the attempt ended.
        outcome: Outcome,
    },
    /// The chunk's status is being set to ACTIVE, as the operator approved.
    MarkingActive,
    /// Base and branch are being merged, mechanically.
    Rebasing,
    /// A worker gate, by index.
    WorkerGate(usize),
    /// The landing.
    Landing(Landing),
}

impl Activity {
    /// One word for lists.
    pub fn name(&self) -> &'static str {
        match self {
            Activity::Setup => "setup",
            Activity::Agent => "agent",
            Activity::Gathering { .. } => "gathering",
            Activity::MarkingActive => "marking active",
            Activity::Rebasing => "rebasing",
            Activity::WorkerGate(_) => "gate",
            Activity::Landing(landing) => landing.name(),
        }
    }
}

/// Why a unit counts as done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The branch holds this commit, and every integration gate was green on exactly its tree.
    Landed {
        /// What landed.
        merge: Each<Merge>,
        /// How many gates were green on it.
        gates: usize,
        /// Files of the operator's checkout whose edit slipped in and was kept.
        kept: Vec<String>,
    },
    /// The work was in the target branch already.
    Contained {
        /// The commit that contains it, where the documents are.
        tip: ObjectId,
    },
    /// The operator declared it; shown as unproven everywhere.
    Operator,
}

/// What is left to tidy up once a unit has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    /// Its directories, after its work is safe.
    Directories,
    /// Nothing.
    Nothing,
}

/// Something the next attempt is told first. Kept until an attempt has made progress with it.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The operator's answers to a set of questions.
    Answers {
        /// What was asked.
        set: QuestionSet,
        /// One answer per item.
        answers: Vec<String>,
    },
    /// Words of the operator.
    Message(String),
    /// The review's feedback, also written to `REVIEW_FEEDBACK.md`.
    Feedback(ReviewDecision),
    /// The attempt before ended without what its phase must leave.
    Nudge(Nudge),
    /// The attempt before was cut off; go on.
    Continue,
    /// The base and the work conflict in these files.
    Conflict {
        /// Which files.
        paths: Vec<String>,
    },
    /// The conversation before is lost; this is a fresh one on the same work.
    SessionLost,
}

/// What an attempt ended without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudge {
    /// A review decision.
    Decision,
    /// The chunk's new status.
    ChunkStatus,
    /// An answer to every point of the review: the feedback file is still there.
    Feedback,
    /// A merge: the base is not in the branch.
    Merge,
}

impl WorkUnit {
    /// Whether nothing will ever happen to it without the operator, and nothing is left to tidy up.
    pub fn is_settled(&self) -> bool {
        let ended = matches!(self.status, Status::Failed { .. }) || self.leftovers() == Some(Leftovers::Nothing);
        ended && self.live.is_none()
    }

    /// What is left to tidy up of a unit that ended; none where its status keeps no account of that.
    pub fn leftovers(&self) -> Option<Leftovers> {
        match &self.status {
            Status::Done { leftovers, .. } | Status::Canceled { leftovers } | Status::Deleted { leftovers } => {
                Some(*leftovers)
            }
            _ => None,
        }
    }

    /// Whether `chunk` names it, now or before it was renamed.
    pub fn answers_to(&self, chunk: &ChunkName) -> bool {
        self.chunk == *chunk || self.formerly.contains(chunk)
    }

    /// Whether it has ended, well or not.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self.status,
            Status::Done { .. } | Status::Failed { .. } | Status::Canceled { .. } | Status::Deleted { .. }
        )
    }

    /// Whether work of it is in no branch but its own, given how many commits of it its target does not contain.
    pub fn is_unlanded(&self, unmerged: usize) -> bool {
        unmerged > 0
            && !matches!(self.status, Status::Done { proof: Proof::Landed { .. } | Proof::Contained { .. }, .. })
    }

    /// Whether it holds one of the slots for agents.
    pub fn holds_slot(&self) -> bool {
        match &self.status {
            Status::Assigned => true,
            Status::Running(activity) => !matches!(activity, Activity::Landing(_)),
            _ => self.live.as_ref().is_some_and(|live| live.stage == Stage::Working),
        }
    }

    /// Whether its work is under way: between first dispatch and the end.
    pub fn has_begun(&self) -> bool {
        self.base.is_some() && !self.is_terminal()
    }

    /// Whether it needs no agent to go on: REBASE does not, until a conflict or words of the operator ask for one.
    pub fn rebases_mechanically(&self) -> bool {
        self.phase == Phase::Rebase && self.session.is_none() && self.notes.is_empty()
    }

    /// The entry in the operator's queue, if it has one.
    pub fn ask(&self) -> Option<&Ask> {
        match &self.status {
            Status::NeedsAttention(ask) => Some(ask),
            _ => None,
        }
    }
}
