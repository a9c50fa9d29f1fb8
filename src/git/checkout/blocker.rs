//! What can be in the way of updating an operator's checkout, each for them to settle.

use std::path::PathBuf;

/// One thing in the way. Paths of files are from the top of the checkout.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Blocker {
    /// A git command is running there, or died and left its lock.
    #[error("the index of {} is locked by another git command", .0.display())]
    IndexLocked(PathBuf),
    /// The branch is checked out in several places, this being one.
    #[error("the branch is also checked out at {}", .0.display())]
    CheckedOutTwice(PathBuf),
    /// A merge, rebase, bisect or the like waits to be finished.
    #[error("a merge, rebase or similar is in progress at {}", .0.display())]
    InProgress(PathBuf),
    /// A locked worktree whose files are not there.
    #[error("the branch is checked out at {}, which cannot be reached", .0.display())]
    Unreachable(PathBuf),
    /// HEAD went elsewhere just now.
    #[error("{} is not on the branch any more", .0.display())]
    NotOnBranch(PathBuf),
    /// A submodule would have to come or go.
    #[error("{}: a submodule is added or removed there; merge that yourself", .0.display())]
    Submodule(PathBuf),
    /// Changed or staged.
    #[error("{}: has local changes", .0.display())]
    LocalChange(PathBuf),
    /// Deleted, the deletion not being committed.
    #[error("{}: was deleted", .0.display())]
    Deleted(PathBuf),
    /// Marked as "assume unchanged" or "skip worktree", so that git would not see a change.
    #[error("{}: is hidden from git by an index flag", .0.display())]
    Hidden(PathBuf),
    /// Not tracked, perhaps ignored, where something has to go.
    #[error("{}: is untracked or ignored, and in the way", .0.display())]
    InTheWay(PathBuf),
    /// A directory that cannot be written.
    #[error("{}: is a directory that cannot be written", .0.display())]
    Unwritable(PathBuf),
    /// git itself refused.
    #[error("git refuses: {0}")]
    Refused(String),
}
