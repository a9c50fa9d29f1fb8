//! Mirrors of events.

use super::report::conversation;
use super::stored::{self, mirrored};
use crate::domain::chunk::ChunkStatus;
use crate::domain::each::Each;
use crate::domain::event::{Event, Gathered, Patch, RebaseResult, Wanted};
use crate::domain::ids::{AgentName, AttemptId, ChunkName, ObjectId, SessionId};
use crate::domain::landing::{MergeResult, MoveResult};
use crate::domain::phase::Phase;
use crate::domain::report::{Outcome, QuestionSet, ReviewDecision, Usage};
use crate::domain::time::Timestamp;
use crate::domain::workspace::Base;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mirrored! {
    Event => EventDef,
    Patch => PatchDef,
    Wanted => WantedDef,
    Gathered => GatheredDef,
    RebaseResult => RebaseResultDef,
    ChunkStatus => ChunkStatusDef,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Event", rename_all = "snake_case")]
enum EventDef {
    Answered {
        answers: Vec<(usize, String)>,
        #[serde(with = "stored", default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    Retracted {
        item: Option<usize>,
    },
    Approved,
    Retried,
    Held,
    Released,
    Prioritized(i32),
    Retained(bool),
    DependenciesSet(#[serde(with = "stored")] BTreeSet<ChunkName>),
    PhaseSet(#[serde(with = "stored")] Phase),
    Skipped,
    Interrupted {
        message: Option<String>,
    },
    Canceled,
    Deleted,
    DeclaredDone,
    Patched(#[serde(with = "stored")] Patch),
    Pruned,
    Cleared,

    Dispatched {
        #[serde(with = "stored")]
        agent: AgentName,
    },
    BlockersChanged {
        #[serde(with = "stored")]
        by: BTreeSet<ChunkName>,
    },
    DependencyLost {
        #[serde(with = "stored")]
        lost: BTreeSet<ChunkName>,
    },
    Cooled,

    Prepared {
        #[serde(with = "stored")]
        base: Each<Base>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        remarks: Vec<String>,
    },
    PreparationFailed {
        reason: String,
    },
    Started {
        #[serde(with = "stored")]
        attempt: AttemptId,
        pid: u32,
    },
    Named {
        #[serde(with = "stored")]
        attempt: AttemptId,
        #[serde(with = "stored")]
        session: SessionId,
        version: Option<String>,
    },
    Asked {
        #[serde(with = "stored")]
        attempt: AttemptId,
        #[serde(with = "stored")]
        set: QuestionSet,
    },
    Decided {
        #[serde(with = "stored")]
        attempt: AttemptId,
        #[serde(with = "stored")]
        decision: ReviewDecision,
    },
    Used {
        #[serde(with = "stored")]
        attempt: AttemptId,
        #[serde(with = "stored")]
        usage: Usage,
        #[serde(with = "conversation", alias = "session_cost")]
        session: Usage,
    },
    Ended {
        #[serde(with = "stored")]
        attempt: AttemptId,
        #[serde(with = "stored")]
        outcome: Outcome,
    },
    Gathered(#[serde(with = "stored")] Gathered),
    GatherFailed {
        reason: String,
    },
    Rebased(#[serde(with = "stored")] RebaseResult),
    Merged(#[serde(with = "stored")] MergeResult),
    Moved(#[serde(with = "stored")] MoveResult),
    Removed {
        preserved: Option<String>,
    },
    RemoveFailed {
        reason: String,
    },
    Crashed {
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Patch")]
struct PatchDef {
    priority: Option<i32>,
    retain: Option<bool>,
    #[serde(with = "stored")]
    depends_on: Option<BTreeSet<ChunkName>>,
    #[serde(with = "stored")]
    phase: Option<Phase>,
    #[serde(with = "stored")]
    status: Option<Wanted>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Wanted", rename_all = "snake_case")]
enum WantedDef {
    Ready,
    Pending,
    Done,
    Canceled,
    NeedsAttention,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Gathered")]
struct GatheredDef {
    #[serde(with = "stored")]
    tip: Each<ObjectId>,
    changes_code: bool,
    #[serde(with = "stored")]
    chunk: Option<ChunkStatus>,
    #[serde(with = "stored", default, skip_serializing_if = "Vec::is_empty")]
    successors: Vec<ChunkName>,
    feedback_open: bool,
    contains_base: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "RebaseResult", rename_all = "snake_case")]
enum RebaseResultDef {
    Clean {
        #[serde(with = "stored")]
        base: Each<Base>,
        #[serde(with = "stored")]
        tip: Each<ObjectId>,
    },
    Conflict {
        #[serde(with = "stored")]
        base: Each<Base>,
        paths: Vec<String>,
    },
    Failed(String),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ChunkStatus", rename_all = "snake_case")]
enum ChunkStatusDef {
    Future,
    Implementing,
    Active,
    Composite,
    Superseded,
    Historical,
}
