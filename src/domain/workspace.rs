//! Where one unit's files live, as pure paths below the state directory.

use super::ids::{AttemptId, BranchName, ObjectId, RepoName, UnitId};
use std::path::{Path, PathBuf};

/// The directories of one unit: `<state>/units/<unit-id>/…`. Only `git`, `worktree`, `tmp` and `home` can be written by its agents.
///
/// Seen from one repository of a task, `git`, `worktree`, `landing` and `shadow` are the directories of that repository inside the unit's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPaths {
    root: PathBuf,
    repo: Option<RepoName>,
}

impl UnitPaths {
    /// The paths of `unit` below the project's state directory.
    pub fn new(state_dir: &Path, unit: UnitId) -> Self {
        Self { root: state_dir.join("units").join(unit.to_string()), repo: None }
    }

    /// The paths as one repository of a task has them; without a name, those of the unit.
    pub fn seen_from(&self, repo: Option<&RepoName>) -> Self {
        Self { root: self.root.clone(), repo: repo.cloned() }
    }

    /// Holds all others; not writable by agents.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What we note about the private repository, out of the agent's reach.
    pub fn notes(&self) -> PathBuf {
        match &self.repo {
            Some(repo) => self.root.join("repositories").join(repo.as_str()),
            None => self.root.clone(),
        }
    }

    /// The private repository, wholly the agent's.
    pub fn git(&self) -> PathBuf {
        self.inside("git")
    }

    /// The worktree the agent works in.
    pub fn worktree(&self) -> PathBuf {
        self.inside("worktree")
    }

    /// The name of the worktree in the private repository: git takes the last part of its path.
    pub fn worktree_name(&self) -> &str {
        let repo = self.repo.as_ref().map_or("worktree", RepoName::as_str);
        repo.rsplit_once('/').map_or(repo, |(_, name)| name)
    }

    /// What the private repository keeps for the worktree: its HEAD and index.
    pub fn worktree_git(&self) -> PathBuf {
        self.git().join("worktrees").join(self.worktree_name())
    }

    /// A second worktree, checked out at exactly the tree that would land, for integration gates.
    pub fn landing(&self) -> PathBuf {
        self.inside("landing")
    }

    fn inside(&self, dir: &str) -> PathBuf {
        let dir = self.root.join(dir);
        self.repo.as_ref().map_or(dir.clone(), |repo| dir.join(repo.as_str()))
    }

    /// What the daemon lays in front of the agents: they read it and cannot write it.
    pub fn link(&self) -> PathBuf {
        self.root.join("link")
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
        self.inside("shadow")
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_repository_of_a_task_has_directories_inside_those_of_the_unit() {
        let unit = UnitPaths::new(Path::new("/s"), UnitId(7));
        let web = unit.seen_from(Some(&RepoName::parse("acme/web").unwrap()));
        assert_eq!(unit.worktree_git(), Path::new("/s/units/7/git/worktrees/worktree"));
        assert_eq!(web.worktree(), Path::new("/s/units/7/worktree/acme/web"));
        assert_eq!(web.worktree_git(), Path::new("/s/units/7/git/acme/web/worktrees/web"));
        assert_eq!((web.home(), web.tmp()), (unit.home(), unit.tmp()));
        assert!(unit.notes() == unit.root() && web.notes().starts_with(unit.root()) && web.notes() != unit.root());
        assert_eq!(unit.seen_from(None), unit);
    }
}
