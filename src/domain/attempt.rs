//! One started process for a unit: an agent, a setup command or a gate.

use super::ids::{AgentName, AttemptId, ObjectId, SessionId};
use super::phase::Phase;
use super::report::Usage;

/// What kind of process an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptKind {
    /// An agent at work on a phase.
    Agent,
    /// The project's setup command, before the first agent.
    Setup,
    /// A worker gate, by index, in the unit's worktree.
    WorkerGate(usize),
    /// An integration gate, by index, on exactly the tree that would land.
    IntegrationGate(usize),
}

impl AttemptKind {
    /// The kind as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            AttemptKind::Agent => "agent",
            AttemptKind::Setup => "setup",
            AttemptKind::WorkerGate(_) => "worker gate",
            AttemptKind::IntegrationGate(_) => "integration gate",
        }
    }
}

/// The process that exists, or may exist, for a unit. At most one at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Which attempt it is.
    pub attempt: AttemptId,
    /// What kind of process.
    pub kind: AttemptKind,
    /// The agent that plays it; none for setup and gates.
    pub agent: Option<AgentName>,
    /// The shell command of a setup or gate; none for agents.
    pub command: Option<String>,
    /// What is wanted of it now.
    pub stage: Stage,
}

/// What is wanted of a live process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// To work.
    Working,
    /// To wait, warm, for the answer to its question; holds no slot.
    Warm,
    /// To end: politely with the session kept, or at once.
    Stopping(Ladder),
    /// Nothing more: it is gone, and its work is being brought into the unit's branch.
    Gathering,
}

/// How a process is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ladder {
    /// Interrupt, end of input, SIGTERM, kill: the session can be resumed.
    Suspend,
    /// SIGTERM to the whole tree, then SIGKILL until none is left.
    End,
}

/// What a step says about an attempt's record, saved with the unit.
#[derive(Clone, Debug, PartialEq)]
pub enum AttemptChange {
    /// It exists from now on.
    Opened {
        /// Its id.
        attempt: AttemptId,
        /// Its kind.
        kind: AttemptKind,
        /// The unit's phase.
        phase: Phase,
        /// The agent that plays it; none for setup and gates.
        agent: Option<AgentName>,
        /// The shell command of a setup or gate; none for agents.
        command: Option<String>,
        /// The commit that a gate judges, in the repository with the documents; none for all others.
        judges: Option<ObjectId>,
    },
    /// Its process runs.
    Started {
        /// Which.
        attempt: AttemptId,
        /// Process id of its shim.
        pid: u32,
    },
    /// Its conversation has a name.
    Named {
        /// Which.
        attempt: AttemptId,
        /// The session.
        session: SessionId,
        /// Version of the agent program, where it says it.
        version: Option<String>,
    },
    /// What it has used so far, in sum.
    Used {
        /// Which.
        attempt: AttemptId,
        /// Tokens and cost of this attempt.
        usage: Usage,
    },
    /// It ended.
    Closed {
        /// Which.
        attempt: AttemptId,
        /// One word: finished, suspended, interrupted, failed, crashed.
        outcome: &'static str,
        /// What went wrong, in the agent's words or ours.
        error: Option<String>,
    },
}
