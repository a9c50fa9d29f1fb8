//! After a restart: finishes an interrupted update of a checkout, or leaves no trace of it.

use super::index::{self, IndexLock};
use super::journal::Journal;
use super::site::Site;
use super::stage::Stage;
use super::{Advance, Advanced, Ready};
use crate::domain::ids::ObjectId;
use crate::git::error::GitError;
use crate::git::host::Host;
use crate::git::names::branch_ref;
use crate::git::worktrees;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a restart found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// No update was under way.
    Nothing,
    /// One was, and is finished.
    Finished {
        /// The commit the branch and its checkout are at.
        at: ObjectId,
        /// Paths where the operator's version stays.
        kept: Vec<PathBuf>,
    },
    /// One was, but branch or checkout went elsewhere since; it is dropped. What it had brought into files stays there, as local changes.
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
        let now = self.tip(branch)?;
        let is_made = match &now {
            Some(now) => self.has_made(&advance, now)?,
            None => false,
        };
        if !site.is_on(branch)? {
            // The checkout is gone, or on another branch: there is no file to bring up to date.
            index::release_ours(&worktrees::git_dirs(self)?, journal)?;
            Journal::remove(journal)?;
            return Ok(if is_made { finished(Vec::new()) } else { Resumed::Dropped });
        }
        let Some(lock) = IndexLock::take(&site.git_dir, journal)? else {
            return Err(GitError::File { path: site.index_lock(), source: ErrorKind::AlreadyExists.into() });
        };
        let stage = Stage::existing(&site);
        if is_made {
            let ready = Ready { stage, journal: found.clone(), lock };
            let kept = ready.bring(&site);
            return ready.settle(journal, kept).map(finished);
        }
        if now.as_ref() != Some(from) {
            Journal::remove(journal)?;
            return Ok(Resumed::Dropped);
        }
        self.take_over_lock(&branch_ref(branch))?;
        let ready = Ready { stage, journal: found.clone(), lock };
        Ok(match self.carry_out(&site, &advance, ready)? {
            Advanced::Moved { kept } => finished(kept),
            Advanced::TargetMoved | Advanced::Blocked(_) => Resumed::Dropped,
        })
    }
}
