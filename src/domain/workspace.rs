//! Where one unit's files live, as pure paths below the state directory.

use super::ids::{AttemptId, BranchName, ObjectId, UnitId};
use std::path::{Path, PathBuf};

/// The directories of one unit: `<state>/units/<unit-id>/…`. Only `git`, `worktree`, `tmp` and `home` can be written by its agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPaths {
    root: PathBuf,
}

impl UnitPaths {
    /// The paths of `unit` below the project's state directory.
    pub fn new(state_dir: &Path, unit: UnitId) -> Self {
        Self { root: state_dir.join("units").join(unit.to_string()) }
    }

    /// Holds all others; not writable by agents.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The private repository, wholly the agent's.
    pub fn git(&self) -> PathBuf {
        self.root.join("git")
    }

    /// The worktree the agent works in.
    pub fn worktree(&self) -> PathBuf {
        self.root.join("worktree")
    }

    /// A second worktree, checked out at exactly the tree that would land, for integration gates.
    pub fn landing(&self) -> PathBuf {
        self.root.join("landing")
    }

    /// Becomes `/tmp` inside the jail.
    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// `$HOME` inside the jail.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// The daemon's own bare repository over the unit's objects, out of the agent's reach.
    pub fn shadow(&self) -> PathBuf {
        self.root.join("shadow")
    }

    /// Logs of all attempts, by id.
    pub fn logs(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The raw output of one attempt.
    pub fn log(&self, attempt: &AttemptId) -> PathBuf {
        self.logs().join(format!("{attempt}.log"))
    }

    /// What a shim keeps for one attempt: its specification, socket, input journal and `exit.json`.
    pub fn run(&self, attempt: &AttemptId) -> PathBuf {
        self.root.join("run").join(attempt.as_str())
    }
}

/// Where a unit was cut and where it lands: recorded at dispatch, never re-read from what is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The local branch that receives the work.
    pub branch: BranchName,
    /// The commit the worktree was cut from.
    pub commit: ObjectId,
}
