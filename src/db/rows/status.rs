//! Mirrors of where a unit stands.

use super::stored::{self, mirrored};
use crate::domain::attention::{About, Ask};
use crate::domain::each::Each;
use crate::domain::ids::{ChunkName, ObjectId};
use crate::domain::landing::{Landing, Merge};
use crate::domain::report::{Outcome, QuestionSet};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Activity, Admission, Leftovers, Proof, Status, Wait};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mirrored! {
    Status => StatusDef,
    Admission => AdmissionDef,
    Wait => WaitDef,
    Activity => ActivityDef,
    Proof => ProofDef,
    Leftovers => LeftoversDef,
    Ask => AskDef,
    About => AboutDef,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Status", rename_all = "snake_case")]
enum StatusDef {
    Pending(#[serde(with = "stored")] Admission),
    Ready {
        #[serde(with = "stored")]
        wait: Option<Wait>,
    },
    Assigned,
    Running(#[serde(with = "stored")] Activity),
    Blocked {
        #[serde(with = "stored")]
        by: BTreeSet<ChunkName>,
    },
    NeedsAttention(#[serde(with = "stored")] Ask),
    Done {
        #[serde(with = "stored")]
        proof: Proof,
        #[serde(with = "stored")]
        leftovers: Leftovers,
    },
    Failed {
        reason: String,
    },
    Canceled {
        #[serde(with = "stored")]
        leftovers: Leftovers,
    },
    Deleted {
        #[serde(with = "stored")]
        leftovers: Leftovers,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Admission", rename_all = "snake_case")]
enum AdmissionDef {
    Held,
    LandingHeld,
    Approval,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Wait")]
struct WaitDef {
    #[serde(with = "stored")]
    until: Timestamp,
    error: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Activity", rename_all = "snake_case")]
enum ActivityDef {
    Setup,
    Agent,
    Gathering {
        #[serde(with = "stored")]
        outcome: Outcome,
    },
    MarkingActive,
    Rebasing,
    WorkerGate(usize),
    Landing(#[serde(with = "stored")] Landing),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Proof", rename_all = "snake_case")]
enum ProofDef {
    Landed {
        #[serde(with = "stored")]
        merge: Each<Merge>,
        gates: usize,
        kept: Vec<String>,
    },
    Contained {
        #[serde(with = "stored")]
        tip: ObjectId,
    },
    Operator,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Leftovers", rename_all = "snake_case")]
enum LeftoversDef {
    Directories,
    Nothing,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Ask")]
struct AskDef {
    #[serde(with = "stored")]
    since: Timestamp,
    reason: String,
    #[serde(with = "stored")]
    about: About,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "About", rename_all = "snake_case")]
enum AboutDef {
    Question {
        #[serde(with = "stored")]
        set: QuestionSet,
        answers: Vec<Option<String>>,
    },
    Review,
    Failure,
    Completion,
    NoChange,
    Landing,
    Parked,
    Trust {
        #[serde(with = "stored")]
        tip: ObjectId,
        paths: Vec<String>,
    },
    Dependency {
        #[serde(with = "stored")]
        lost: BTreeSet<ChunkName>,
    },
}
