//! After a restart: finishes an interrupted update of a checkout, or leaves no trace of it.

use super::index::{self, IndexLock};
use super::journal::Journal;
use super::site::Site;
use super::stage::Stage;
use super::{Advance, finish};
use crate::domain::ids::ObjectId;
use crate::git::error::GitError;
use crate::git::host::Host;
use crate::git::refs::Swapped;
use crate::git::worktrees;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a restart found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// No update was under way, or none that had become visible.
    Nothing,
    /// One was, and is finished.
    Finished {
        /// The commit the branch and its checkout are at.
        at: ObjectId,
        /// Paths where the operator's version stays.
        kept: Vec<PathBuf>,
    },
    /// One was, but branch or checkout went elsewhere before it became visible; it is dropped.
    Dropped,
}

impl Host {
    /// Finishes what `journal` tells of. To be called before anything else uses that journal.
    pub fn resume_advance(&self, journal: &Path) -> Result<Resumed, GitError> {
        let Some(found) = Journal::read(journal)? else {
            index::release_ours(&worktrees::git_dirs(self)?, journal)?;
            return Ok(Resumed::Nothing);
        };
        let site = Site::at(self, found.git_dir.clone(), found.work_dir.clone());
        let finished = |kept| Resumed::Finished { at: found.to.clone(), kept };
        let (branch, from, to) = (&found.branch, &found.from, &found.to);
        let advance = Advance { branch, from, to, reason: "ve: finish an update", journal };
        let visible = match self.tip(&found.branch)? {
            Some(now) => self.has_made(&advance, &now)?,
            None => false,
        };
        if !site.is_on(&found.branch)? {
            // The checkout is gone, or on another branch: there is no file to bring up to date.
            index::release_ours(&worktrees::git_dirs(self)?, journal)?;
            Journal::remove(journal)?;
            return Ok(if visible { finished(Vec::new()) } else { Resumed::Dropped });
        }
        // With our lock still there, nothing but files can have changed in the checkout.
        let undisturbed = index::is_ours(&site.index_lock(), journal);
        let Some(lock) = IndexLock::take(&site, journal)? else {
            return Err(GitError::File { path: site.index_lock(), source: ErrorKind::AlreadyExists.into() });
        };
        // A move that is not visible was lost with the power, or never made.
        let visible = visible || (undisturbed && self.move_ref(&advance)? == Swapped::Moved);
        if !visible {
            Journal::remove(journal)?;
            return Ok(Resumed::Dropped);
        }
        finish(&site, &Stage::existing(&site), &found, lock, journal).map(finished)
    }
}
