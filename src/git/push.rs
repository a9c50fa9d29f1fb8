//! What has landed goes to `origin`, as far as the operator's own `git push` would take it: with their login, never by force. Hooks do not run:
//! a hook may lie in the project's tree, where an agent has changed it.

use super::command::{Git, tail};
use super::error::GitError;
use super::host::Host;
use crate::domain::ids::{BranchName, ObjectId};
use std::time::Duration;

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Pushed {
    /// The branch at `origin` contains the commit.
    There,
    /// It does not: what git said.
    Refused(String),
}

/// How long `origin` may take.
const LIMIT: Duration = Duration::from_secs(120);

impl Host {
    /// Whether `origin` is known to have a commit on its branch.
    pub fn is_pushed(&self, branch: &BranchName, commit: &ObjectId) -> Result<bool, GitError> {
        match self.reference(&format!("refs/remotes/origin/{branch}"))? {
            Some(there) => self.is_ancestor(commit, &there),
            None => Ok(false),
        }
    }

    /// Pushes a commit to the branch of this name at `origin`, which must be behind it.
    pub fn push(&self, branch: &BranchName, commit: &ObjectId) -> Result<Pushed, GitError> {
        if self.is_pushed(branch, commit)? {
            return Ok(Pushed::There);
        }
        // What git LFS keeps goes first; git would have its hook do that.
        if self.common_dir().join("lfs/objects").is_dir()
            && let Pushed::Refused(why) = said(self.at_origin().args(["lfs", "push", "origin", commit.as_str()]))?
        {
            return Ok(Pushed::Refused(why));
        }
        let order = ["push", "-q", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", "origin"];
        said(self.at_origin().args(order).arg(format!("{commit}:refs/heads/{branch}")))
    }
}

fn said(git: Git) -> Result<Pushed, GitError> {
    match git.time(LIMIT).finish() {
        Ok(done) if done.code == Some(0) => Ok(Pushed::There),
        Ok(done) => Ok(Pushed::Refused(tail(&done.stderr))),
        Err(GitError::Run { source, .. }) if source.kind() == std::io::ErrorKind::TimedOut => {
            Ok(Pushed::Refused(format!("origin did not answer within {} s", LIMIT.as_secs())))
        }
        Err(error) => Err(error),
    }
}
