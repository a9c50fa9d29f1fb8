//! One checkout that is being updated: its directories, and git with the operator's settings in it.

use crate::domain::ids::BranchName;
use crate::git::command::{Git, Settings};
use crate::git::error::{GitError, at};
use crate::git::host::Host;
use crate::git::names::branch_ref;
use crate::git::worktrees::Checkout;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// One checkout.
pub(super) struct Site {
    /// HEAD, index and our stage are there.
    pub(super) git_dir: PathBuf,
    /// The operator's files.
    pub(super) work_dir: PathBuf,
    operator_home: PathBuf,
}

impl Site {
    pub(super) fn new(host: &Host, checkout: &Checkout) -> Self {
        Self::at(host, checkout.git_dir.clone(), checkout.work_dir.clone())
    }

    pub(super) fn at(host: &Host, git_dir: PathBuf, work_dir: PathBuf) -> Self {
        Self { git_dir, work_dir, operator_home: host.operator_home().to_owned() }
    }

    /// Whether it is there, and its HEAD is the branch.
    pub(super) fn is_on(&self, branch: &BranchName) -> Result<bool, GitError> {
        let head = self.git_dir.join("HEAD");
        match std::fs::read_to_string(&head) {
            Ok(text) => Ok(text.trim_end() == format!("ref: {}", branch_ref(branch))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(at(&head)(error)),
        }
    }

    pub(super) fn index(&self) -> PathBuf {
        self.git_dir.join("index")
    }

    pub(super) fn index_lock(&self) -> PathBuf {
        self.git_dir.join("index.lock")
    }

    /// git in this checkout, on another index than its own.
    pub(super) fn git(&self, index: &Path) -> Git {
        self.own_git().env("GIT_INDEX_FILE", index)
    }

    /// git in this checkout, as the operator would run it.
    pub(super) fn own_git(&self) -> Git {
        Git::new(Settings::Operator(&self.operator_home))
            .env("GIT_DIR", &self.git_dir)
            .env("GIT_WORK_TREE", &self.work_dir)
            .dir(&self.work_dir)
    }
}
