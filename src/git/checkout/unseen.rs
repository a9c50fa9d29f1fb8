//! Moves a branch that is checked out nowhere, while nobody can check it out.

use super::blocker::Blocker;
use super::index::{self, IndexLock};
use super::{Advance, Advanced, Where};
use crate::git::error::GitError;
use crate::git::host::Host;
use crate::git::names::branch_ref;
use crate::git::refs::{Expect, Swapped};
use crate::git::worktrees;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long we wait for a git command of the operator: most take no longer.
const PATIENCE: Duration = Duration::from_secs(2);

impl Host {
    /// With the index of every checkout locked: a `git switch` that was under way would else bring an old commit's files into a checkout of
    /// the branch as it is by then, and the next commit there take back what landed.
    pub(super) fn advance_unseen(&self, advance: &Advance<'_>) -> Result<Advanced, GitError> {
        let locks = match self.lock_all(advance.journal)? {
            Ok(locks) => locks,
            Err(busy) => return Ok(Advanced::Blocked(vec![Blocker::IndexLocked(busy)])),
        };
        match self.site(advance)? {
            Where::Nowhere => {}
            Where::At(site) => {
                drop(locks);
                return self.advance_at(&site, advance);
            }
            Where::Blocked(blockers) => return Ok(Advanced::Blocked(blockers)),
        }
        let moved = self.swap(&branch_ref(advance.branch), Expect::At(advance.from), advance.to, advance.reason)?;
        index::linger();
        drop(locks);
        Ok(match moved {
            Swapped::Moved => Advanced::Moved { kept: Vec::new() },
            Swapped::Stale(_) => Advanced::TargetMoved,
        })
    }

    /// The locks of all indexes, or the git directory of one that somebody keeps.
    fn lock_all(&self, journal: &Path) -> Result<Result<Vec<IndexLock>, PathBuf>, GitError> {
        let deadline = Instant::now() + PATIENCE;
        let mut locks = Vec::new();
        for git_dir in worktrees::git_dirs(self)?.into_iter().filter(|dir| dir.is_dir()) {
            loop {
                match IndexLock::take(&git_dir, journal)? {
                    Some(lock) => break locks.push(lock),
                    None if Instant::now() >= deadline => return Ok(Err(git_dir)),
                    // Nobody unparks us: the lock is a file of another process, which cannot be waited for otherwise.
                    None => std::thread::park_timeout(Duration::from_millis(5)),
                }
            }
        }
        Ok(Ok(locks))
    }
}
