//! Mirrors of the way home: base, merge, landing.

use super::stored::{self, mirrored};
use crate::domain::each::Each;
use crate::domain::ids::{BranchName, ObjectId};
use crate::domain::landing::{Landing, Merge, MergeResult, MoveResult};
use crate::domain::workspace::Base;
use serde::{Deserialize, Serialize};

mirrored! {
    Base => BaseDef,
    Merge => MergeDef,
    Landing => LandingDef,
    MergeResult => MergeResultDef,
    MoveResult => MoveResultDef,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Base")]
struct BaseDef {
    #[serde(with = "stored")]
    branch: BranchName,
    #[serde(with = "stored")]
    commit: ObjectId,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Merge")]
struct MergeDef {
    #[serde(with = "stored")]
    target: BranchName,
    #[serde(with = "stored")]
    from: ObjectId,
    #[serde(with = "stored")]
    commit: ObjectId,
    #[serde(with = "stored")]
    tip: ObjectId,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Landing", rename_all = "snake_case")]
enum LandingDef {
    Merging,
    Gating {
        #[serde(with = "stored")]
        merge: Each<Merge>,
        gate: usize,
    },
    Moving {
        #[serde(with = "stored")]
        merge: Each<Merge>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MergeResult", rename_all = "snake_case")]
enum MergeResultDef {
    Clean {
        #[serde(with = "stored")]
        merge: Each<Merge>,
        sensitive: Vec<String>,
        needs_trust: bool,
    },
    NothingToLand {
        #[serde(with = "stored")]
        tip: ObjectId,
    },
    Conflict {
        paths: Vec<String>,
    },
    Markers {
        paths: Vec<String>,
    },
    Failed(String),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MoveResult", rename_all = "snake_case")]
enum MoveResultDef {
    Moved { kept: Vec<String> },
    TargetMoved,
    Blocked { reasons: Vec<String> },
    Failed(String),
}
