//! The landing of a unit's work on its target branch, as states: each is saved before the step it names is taken.

use super::each::Each;
use super::ids::{BranchName, ObjectId};

/// Where a landing stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Landing {
    /// Waits for its turn on the target branch, then merges in memory.
    Merging,
    /// Runs the integration gates, one after the other, on exactly the tree that would land.
    Gating {
        /// What would land.
        merge: Each<Merge>,
        /// Index of the gate at work.
        gate: usize,
    },
    /// Moves the branch by compare-and-swap and updates the operator's checkout, in all repositories or in none: finished or undone
    /// after a crash.
    Moving {
        /// What lands.
        merge: Each<Merge>,
    },
}

impl Landing {
    /// One word for lists.
    pub fn name(&self) -> &'static str {
        match self {
            Landing::Merging => "merging",
            Landing::Gating { .. } => "gating",
            Landing::Moving { .. } => "moving",
        }
    }
}

/// A merge made in memory: nothing has moved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The branch that will move.
    pub target: BranchName,
    /// Where it stood when the merge was made; it moves only from there.
    pub from: ObjectId,
    /// The commit it will move to; the same where the unit of a task has nothing to land in this repository.
    pub commit: ObjectId,
    /// The unit's own tip inside it.
    pub tip: ObjectId,
}

/// How a merge attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeResult {
    /// It can land.
    Clean {
        /// The merge.
        merge: Each<Merge>,
        /// Paths among its changes that the project trusts by content: CI, hooks, settings, configuration.
        sensitive: Vec<String>,
        /// Whether the sensitive ones include a key of the project's own configuration that counts only when accepted.
        needs_trust: bool,
    },
    /// Everything is in the target already.
    NothingToLand {
        /// The target's tip, which contains it, where the documents are.
        tip: ObjectId,
    },
    /// Both sides changed the same places.
    Conflict {
        /// Which files.
        paths: Vec<String>,
    },
    /// The merged files hold conflict markers that the target does not.
    Markers {
        /// Which files.
        paths: Vec<String>,
    },
    /// It could not be tried.
    Failed(String),
}

/// How the move of the branch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveResult {
    /// The branch is there, and so is the checkout, but for files whose edit slipped in and was kept.
    Moved {
        /// Paths left as the operator's local change.
        kept: Vec<String>,
    },
    /// Somebody moved the branch first.
    TargetMoved,
    /// The operator's checkout is in the way; nothing moved.
    Blocked {
        /// What is in the way.
        reasons: Vec<String>,
    },
    /// It could not be tried; nothing moved.
    Failed(String),
}
