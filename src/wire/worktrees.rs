//! Worktrees on disk, what pruning does to them, and another try at a landing.

use super::names::StatusName;
use super::times::Moment;
use crate::domain::ids::ChunkName;
use crate::domain::worktree::Purpose;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /worktrees`: retained ones first, then active, orphaned and completed ones, each by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Worktrees {
    /// The worktrees.
    pub worktrees: Vec<Worktree>,
    /// How many there are.
    pub count: usize,
}

impl Worktrees {
    /// The list of these worktrees.
    pub fn new(mut worktrees: Vec<Worktree>) -> Self {
        worktrees.sort_by(|a, b| (a.status, &a.chunk, a.unit_id).cmp(&(b.status, &b.chunk, b.unit_id)));
        Self { count: worktrees.len(), worktrees }
    }
}

/// One worktree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Worktree {
    /// The chunk; `unit-<id>` where nobody knows it any more.
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
    /// The unit it was made for.
    pub unit_id: i64,
    /// Room that all of the unit's directories take, in bytes.
    pub disk_bytes: u64,
}

/// What a worktree is there for. In the order of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
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

impl WorktreeStatus {
    /// All of them.
    pub const ALL: [WorktreeStatus; 4] = [Self::Retained, Self::Active, Self::Orphaned, Self::Completed];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            WorktreeStatus::Retained => "retained",
            WorktreeStatus::Active => "active",
            WorktreeStatus::Orphaned => "orphaned",
            WorktreeStatus::Completed => "completed",
        }
    }

    /// The status of this word; otherwise what there is.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|status| status.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("use one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

impl From<Purpose> for WorktreeStatus {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Retained => Self::Retained,
            Purpose::Active => Self::Active,
            Purpose::Orphaned => Self::Orphaned,
            Purpose::Completed => Self::Completed,
        }
    }
}

/// Answer of `DELETE /worktrees/{chunk}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedWorktree {
    /// The chunk.
    pub chunk: String,
    /// How it ended.
    #[serde(flatten)]
    pub status: RemoveStatus,
    /// Whether the branch is gone, too: the fact, whatever was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch_removed: Option<bool>,
}

/// How the removal of a worktree ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum RemoveStatus {
    /// It is gone.
    Removed {
        /// The ref that keeps what it held beyond its branch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preserved: Option<String>,
    },
    /// It takes longer than clients wait, and goes on.
    Removing,
}

impl RemovedWorktree {
    /// What became of the worktree of a chunk.
    pub fn new(chunk: &str, status: RemoveStatus, branch_removed: bool) -> Self {
        Self { chunk: chunk.to_owned(), status, branch_removed: Some(branch_removed) }
    }
}

/// Answer of `POST /work-units/prune`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pruned {
    /// One entry per worktree.
    pub results: Vec<PruneResult>,
}

/// What pruning did to one worktree; also the answer of `POST /work-units/{chunk}/prune`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PruneResult {
    /// The chunk.
    pub chunk: String,
    /// How it ended.
    #[serde(flatten)]
    pub status: PruneStatus,
}

/// How pruning one worktree ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PruneStatus {
    /// It is gone.
    Pruned {
        /// The ref that keeps what was changed in it after the landing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preserved: Option<String>,
    },
    /// It takes longer than clients wait, and goes on.
    Pruning,
    /// It would go.
    WouldPrune,
    /// It is not for pruning.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It stays.
    Error {
        /// Why.
        error: String,
    },
}

impl PruneResult {
    /// What became of the chunk's worktree.
    pub fn new(chunk: &ChunkName, status: PruneStatus) -> Self {
        Self { chunk: chunk.to_string(), status }
    }
}

/// Answer of `POST /work-units/{chunk}/retry-merge`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetriedMerge {
    /// The chunk.
    pub chunk: String,
    /// `done`, or `landing` while gates run longer than clients wait.
    pub status: String,
    /// One sentence.
    pub message: String,
}

impl RetriedMerge {
    /// It has landed.
    pub fn done(chunk: &ChunkName) -> Self {
        Self::of(chunk, "done", "Merge successful, work unit completed")
    }

    /// It is still landing.
    pub fn under_way(chunk: &ChunkName) -> Self {
        Self::of(chunk, "landing", "Its gates are running; follow it with: ve orch tail -f")
    }

    fn of(chunk: &ChunkName, status: &str, message: &str) -> Self {
        Self { chunk: chunk.to_string(), status: status.to_owned(), message: message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn lists_begin_with_what_was_kept() {
        let worktree = |chunk: &str, status| Worktree {
            chunk: chunk.into(),
            path: "/w".into(),
            status,
            work_unit_status: None,
            retain_worktree: false,
            created_at: None,
            unit_id: 1,
            disk_bytes: 4096,
        };
        let list = Worktrees::new(vec![
            worktree("c", WorktreeStatus::Completed),
            worktree("b", WorktreeStatus::Active),
            worktree("a", WorktreeStatus::Active),
            worktree("d", WorktreeStatus::Retained),
        ]);
        let names: Vec<&str> = list.worktrees.iter().map(|worktree| worktree.chunk.as_str()).collect();
        assert_eq!(names, ["d", "a", "b", "c"]);
        assert_eq!(
            serde_json::to_string(&list.worktrees[0]).unwrap(),
            r#"{"chunk":"d","path":"/w","status":"retained","work_unit_status":null,"retain_worktree":false,"created_at":null,"unit_id":1,"disk_bytes":4096}"#
        );
    }

    #[test]
    fn answers_are_flat_and_say_only_what_is_known() {
        let chunk = ChunkName::parse("a").unwrap();
        let text = |status| serde_json::to_string(&PruneResult::new(&chunk, status)).unwrap();
        assert_eq!(text(PruneStatus::Pruned { preserved: None }), r#"{"chunk":"a","status":"pruned"}"#);
        assert_eq!(text(PruneStatus::WouldPrune), r#"{"chunk":"a","status":"would_prune"}"#);
        assert_eq!(
            text(PruneStatus::Skipped { reason: "no".into() }),
            r#"{"chunk":"a","status":"skipped","reason":"no"}"#
        );
        let removed = RemovedWorktree::new("a", RemoveStatus::Removed { preserved: None }, true);
        let removed = serde_json::to_string(&removed).unwrap();
        assert_eq!(removed, r#"{"chunk":"a","status":"removed","branch_removed":true}"#);
    }
}
