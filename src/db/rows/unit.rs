//! Mirrors of a unit's record, all but the names and dates that are columns.

use super::report::conversation;
use super::stored::{self, mirrored};
use crate::domain::attempt::{AttemptKind, Ladder, Live, Stage};
use crate::domain::attention::Ask;
use crate::domain::each::Each;
use crate::domain::ids::{AgentName, AttemptId, ChunkName, ObjectId, SessionId, UnitId};
use crate::domain::phase::Phase;
use crate::domain::report::{QuestionSet, ReviewDecision, Usage};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Answered, Counters, Note, Nudge, Status, WorkUnit};
use crate::domain::workspace::Base;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mirrored! {
    Answered => AnsweredDef,
    Counters => CountersDef,
    Note => NoteDef,
    Nudge => NudgeDef,
    Live => LiveDef,
    AttemptKind => AttemptKindDef,
    Stage => StageDef,
    Ladder => LadderDef,
}

/// What the `data` column of a unit holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct UnitData {
    // Absent in what was stored before units could be renamed.
    #[serde(with = "stored", default, skip_serializing_if = "BTreeSet::is_empty")]
    formerly: BTreeSet<ChunkName>,
    #[serde(with = "stored")]
    phase: Phase,
    #[serde(with = "stored")]
    status: Status,
    priority: i32,
    #[serde(with = "stored")]
    depends_on: BTreeSet<ChunkName>,
    explicit_deps: bool,
    #[serde(with = "stored")]
    base: Option<Each<Base>>,
    #[serde(with = "stored")]
    tip: Option<Each<ObjectId>>,
    #[serde(with = "stored")]
    session: Option<SessionId>,
    #[serde(with = "conversation", alias = "session_cost")]
    session_used: Usage,
    #[serde(with = "stored")]
    notes: Vec<Note>,
    #[serde(with = "stored")]
    live: Option<Live>,
    // Absent in what was stored before gates were told by their commands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    green: Vec<String>,
    // Absent in what was stored before answers could be taken back.
    #[serde(with = "stored", default, skip_serializing_if = "Option::is_none")]
    answered: Option<Answered>,
    #[serde(with = "stored")]
    counters: Counters,
    #[serde(with = "stored")]
    decision: Option<ReviewDecision>,
    #[serde(with = "stored")]
    approved: Option<ObjectId>,
    set_up: bool,
    retain: bool,
    // Absent in what was stored before units could be held at any time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    hold: bool,
}

/// The columns that `data` does not repeat.
pub(crate) struct UnitKey {
    /// Its id.
    pub(crate) id: UnitId,
    /// Its chunk.
    pub(crate) chunk: ChunkName,
    /// When it was accepted.
    pub(crate) created_at: Timestamp,
    /// When it last changed.
    pub(crate) updated_at: Timestamp,
}

impl From<&WorkUnit> for UnitData {
    fn from(unit: &WorkUnit) -> Self {
        // Taken apart by name, so that a new field does not compile until it is stored.
        let WorkUnit {
            id: _,
            chunk: _,
            formerly,
            phase,
            status,
            priority,
            depends_on,
            explicit_deps,
            base,
            tip,
            session,
            session_used,
            notes,
            live,
            green,
            answered,
            counters,
            decision,
            approved,
            set_up,
            retain,
            hold,
            created_at: _,
            updated_at: _,
        } = unit.clone();
        Self {
            formerly,
            phase,
            status,
            priority,
            depends_on,
            explicit_deps,
            base,
            tip,
            session,
            session_used,
            notes,
            live,
            green,
            answered,
            counters,
            decision,
            approved,
            set_up,
            retain,
            hold,
        }
    }
}

impl UnitData {
    /// The unit of these columns.
    pub(crate) fn into_unit(self, key: UnitKey) -> WorkUnit {
        WorkUnit {
            id: key.id,
            chunk: key.chunk,
            formerly: self.formerly,
            phase: self.phase,
            status: self.status,
            priority: self.priority,
            depends_on: self.depends_on,
            explicit_deps: self.explicit_deps,
            base: self.base,
            tip: self.tip,
            session: self.session,
            session_used: self.session_used,
            notes: self.notes,
            live: self.live,
            green: self.green,
            answered: self.answered,
            counters: self.counters,
            decision: self.decision,
            approved: self.approved,
            set_up: self.set_up,
            retain: self.retain,
            hold: self.hold,
            created_at: key.created_at,
            updated_at: key.updated_at,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Answered")]
struct AnsweredDef {
    #[serde(with = "stored")]
    ask: Ask,
    #[serde(with = "stored")]
    notes: Vec<Note>,
    #[serde(with = "stored")]
    counters: Counters,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Counters")]
struct CountersDef {
    errors: u32,
    review_cycles: u32,
    nudges: u32,
    rebases: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Note", rename_all = "snake_case")]
enum NoteDef {
    Answers {
        #[serde(with = "stored")]
        set: QuestionSet,
        answers: Vec<String>,
    },
    Message(String),
    Feedback(#[serde(with = "stored")] ReviewDecision),
    Nudge(#[serde(with = "stored")] Nudge),
    Continue,
    Conflict {
        paths: Vec<String>,
    },
    SessionLost,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Nudge", rename_all = "snake_case")]
enum NudgeDef {
    Decision,
    ChunkStatus,
    Feedback,
    Merge,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Live")]
struct LiveDef {
    #[serde(with = "stored")]
    attempt: AttemptId,
    #[serde(with = "stored")]
    kind: AttemptKind,
    #[serde(with = "stored")]
    agent: Option<AgentName>,
    // Absent in what was stored before commands were kept with their attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(with = "stored")]
    stage: Stage,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AttemptKind", rename_all = "snake_case")]
enum AttemptKindDef {
    Agent,
    Setup,
    WorkerGate(usize),
    IntegrationGate(usize),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Stage", rename_all = "snake_case")]
enum StageDef {
    Working,
    Warm,
    Stopping(#[serde(with = "stored")] Ladder),
    Gathering,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Ladder", rename_all = "snake_case")]
enum LadderDef {
    Suspend,
    End,
}
