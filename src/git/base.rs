//! Where a unit is cut and where it lands: a configured name becomes a branch and a commit, once, at dispatch.

use super::checkout::blocker::Blocker;
use super::checkout::{Advance, Advanced};
use super::command::{Git, Settings, tail};
use super::error::GitError;
use super::host::{Host, Refusal};
use super::names::branch_ref;
use super::refs::{Expect, Swapped};
use crate::domain::ids::{BranchName, InvalidName, ObjectId};
use crate::domain::workspace::Base;
use std::path::Path;
use std::time::Duration;

/// The base as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseSpec {
    /// Whatever branch the project's checkout is on.
    Current,
    /// A local branch.
    Branch(BranchName),
    /// The branch of this name at `origin`, fetched first; work lands on the local branch of the same name.
    Origin(BranchName),
}

impl BaseSpec {
    /// Reads `current`, `<branch>` or `origin/<branch>`.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        match text.strip_prefix("origin/") {
            _ if text == "current" => Ok(Self::Current),
            Some(branch) => BranchName::parse(branch).map(Self::Origin),
            None => BranchName::parse(text).map(Self::Branch),
        }
    }
}

/// A base, and what the operator should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Branch and commit.
    pub base: Base,
    /// Set when `origin` could not be asked, so that the base may be old: what git said.
    pub offline: Option<String>,
}

/// Why there is no base. Each is for the operator to settle.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// The branch does not exist.
    #[error("find the branch {0}")]
    NoBranch(String),
    /// Local and remote branch each have commits the other lacks.
    #[error("bring {0} up to date: it and origin/{0} have diverged")]
    Diverged(BranchName),
    /// The operator's checkout is in the way of bringing the local branch up to date.
    #[error("bring {branch} up to date: {}", .blockers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Blocked {
        /// The local branch.
        branch: BranchName,
        /// What is in the way.
        blockers: Vec<Blocker>,
    },
    /// The repository is in no state to be worked on.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something else.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// How long `origin` may take to answer.
const FETCH_LIMIT: Duration = Duration::from_secs(30);

impl Host {
    /// Resolves `spec` now. `journal` is for the update of the operator's checkout, if `origin` has news for it.
    pub fn base(&self, spec: &BaseSpec, journal: &Path) -> Result<Resolved, BaseError> {
        let branch = match spec {
            BaseSpec::Current => self.current_branch()?,
            BaseSpec::Branch(branch) => branch.clone(),
            BaseSpec::Origin(branch) => return self.base_at_origin(branch, journal),
        };
        let commit = self.tip(&branch)?.ok_or_else(|| BaseError::NoBranch(branch.to_string()))?;
        Ok(Resolved { base: Base { branch, commit }, offline: None })
    }

    fn base_at_origin(&self, branch: &BranchName, journal: &Path) -> Result<Resolved, BaseError> {
        let offline = self.fetch_origin(branch)?;
        let remote = self.reference(&format!("refs/remotes/origin/{branch}"))?;
        let remote = remote.ok_or_else(|| BaseError::NoBranch(format!("origin/{branch}")))?;
        let resolved = |commit| Resolved { base: Base { branch: branch.clone(), commit }, offline: offline.clone() };
        let Some(local) = self.tip(branch)? else {
            return match self.swap(&branch_ref(branch), Expect::Absent, &remote, "start from origin")? {
                Swapped::Moved => Ok(resolved(remote)),
                Swapped::Stale(_) => Err(BaseError::Diverged(branch.clone())),
            };
        };
        // The local branch has what landed and is not pushed yet: the next unit may need it.
        if self.is_ancestor(&remote, &local)? {
            return Ok(resolved(local));
        }
        if !self.is_ancestor(&local, &remote)? {
            return Err(BaseError::Diverged(branch.clone()));
        }
        self.catch_up(branch, &local, &remote, journal)?;
        Ok(resolved(remote))
    }

    fn catch_up(&self, branch: &BranchName, from: &ObjectId, to: &ObjectId, journal: &Path) -> Result<(), BaseError> {
        match self.advance(&Advance { branch, from, to, reason: "ve: update from origin", journal })? {
            Advanced::Moved { .. } => Ok(()),
            Advanced::TargetMoved => Err(BaseError::Diverged(branch.clone())),
            Advanced::Blocked(blockers) => Err(BaseError::Blocked { branch: branch.clone(), blockers }),
        }
    }

    /// git as the operator's own would reach `origin`, but that it asks nobody for a password.
    pub(super) fn at_origin(&self) -> Git {
        let mut git = Git::new(Settings::Operator(self.operator_home())).env("GIT_DIR", self.common_dir());
        if let Some(agent) = std::env::var_os("SSH_AUTH_SOCK") {
            git = git.env("SSH_AUTH_SOCK", agent);
        }
        // A relative address of the remote counts from the checkout.
        git.env("SSH_ASKPASS_REQUIRE", "never").dir(self.work_dir().unwrap_or(self.common_dir()))
    }

    /// Asks `origin` for the branch, with the operator's login. Returns what git said if that did not work.
    fn fetch_origin(&self, branch: &BranchName) -> Result<Option<String>, GitError> {
        let done = self
            .at_origin()
            .args(["fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"])
            .args(["--no-recurse-submodules", "origin"])
            .arg(format!("+refs/heads/{branch}:refs/remotes/origin/{branch}"))
            .time(FETCH_LIMIT)
            .finish();
        match done {
            Ok(done) if done.code == Some(0) => Ok(None),
            Ok(done) => Ok(Some(tail(&done.stderr))),
            Err(GitError::Run { source, .. }) if source.kind() == std::io::ErrorKind::TimedOut => {
                Ok(Some(source.to_string()))
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_read_as_configured() {
        let branch = |text: &str| BranchName::parse(text);
        assert_eq!(BaseSpec::parse("current"), Ok(BaseSpec::Current));
        assert_eq!(BaseSpec::parse("dev/x"), branch("dev/x").map(BaseSpec::Branch));
        assert_eq!(BaseSpec::parse("origin/main"), branch("main").map(BaseSpec::Origin));
        assert!(BaseSpec::parse("a b").is_err());
    }
}
