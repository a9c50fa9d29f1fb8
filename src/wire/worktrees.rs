//! Worktrees on disk, and what pruning does to them.

use super::names::StatusName;
use super::times::Moment;
use serde::{Deserialize, Serialize};

/// `GET /worktrees`: retained ones first, then active, orphaned and completed ones, each by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worktrees {
    /// The worktrees.
    pub worktrees: Vec<Worktree>,
    /// How many there are.
    pub count: usize,
}

impl Worktrees {
    /// The list of these worktrees.
    pub fn new(worktrees: Vec<Worktree>) -> Self {
        Self { count: worktrees.len(), worktrees }
    }
}

/// One worktree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worktree {
    /// The chunk.
    pub chunk: String,
    /// Where it is.
    pub path: String,
    /// What it is there for.
    pub status: WorktreeStatus,
    /// The unit's status; none when there is no unit.
    pub work_unit_status: Option<StatusName>,
    /// Whether the operator wants it kept.
    pub retain_worktree: bool,
    /// When it was made.
    pub created_at: Option<Moment>,
}

/// What a worktree is there for. In the order of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorktreeStatus {
    /// Kept after landing.
    Retained,
    /// In use.
    Active,
    /// Of no unit.
    Orphaned,
    /// Of a unit that has ended.
    Completed,
}

/// Answer of `DELETE /worktrees/{chunk}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedWorktree {
    /// The chunk.
    pub chunk: String,
    /// Always `removed`.
    pub status: String,
    /// Whether the branch is gone, too.
    pub branch_removed: bool,
}

/// Answer of `POST /work-units/prune`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// One entry per worktree.
    pub results: Vec<PruneResult>,
}

/// What pruning did to one worktree; also the answer of `POST /work-units/{chunk}/prune`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PruneResult {
    /// The chunk.
    pub chunk: String,
    /// `pruned`, `would_prune`, `landing`, `skipped` or `error`.
    pub status: String,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
