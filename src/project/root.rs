//! Which project a command means, from where it is called.

use super::identity::Record;
use std::io;
use std::path::{Path, PathBuf};

/// The file that makes a directory a task over several repositories.
pub const TASK_FILE: &str = ".ve-task.yaml";

/// The project that a command works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Canonical path.
    pub path: PathBuf,
    /// What was found there.
    pub kind: RootKind,
}

/// What makes a directory a project's root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// A task over several repositories.
    Task,
    /// A git checkout, or a directory in one.
    Repository,
    /// Neither: some commands answer there all the same.
    Plain,
}

/// Why no project was found. Each has a hint in [`RootError::hint`].
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// A directory cannot be used.
    #[error("open directory {}: {source}", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// The command was called in a unit's worktree, and the project it belongs to is gone or was moved.
    #[error("find the project of this worktree: {} is not there any more", recorded.display())]
    Moved {
        /// Where the project was.
        recorded: PathBuf,
    },
}

impl RootError {
    /// What the operator can do.
    pub fn hint(&self) -> &'static str {
        match self {
            RootError::Unusable { .. } => "check the path and its permissions",
            RootError::Moved { .. } => "run \"ve orch start\" once in the project's new place",
        }
    }
}

/// The project of a command that was called in `cwd`, or given `explicit`.
///
/// Without an explicit directory: from inside a unit's worktree the project that the unit belongs to; else the nearest directory
/// upwards that holds a task file; else the nearest one that holds `.git`, a directory or a file; else `cwd` itself.
pub fn resolve(explicit: Option<&Path>, cwd: &Path) -> Result<Root, RootError> {
    if let Some(dir) = explicit {
        return Ok(at(canonical(&cwd.join(dir))?));
    }
    let cwd = canonical(cwd)?;
    if let Some(record) = state_around(&cwd) {
        let path = record.root.canonicalize().map_err(|_| RootError::Moved { recorded: record.root })?;
        return Ok(at(path));
    }
    let dir = upwards(&cwd, TASK_FILE).or_else(|| upwards(&cwd, ".git")).unwrap_or(&cwd);
    Ok(at(dir.to_owned()))
}

fn at(path: PathBuf) -> Root {
    let kind = if path.join(TASK_FILE).is_file() {
        RootKind::Task
    } else if upwards(&path, ".git").is_some() {
        RootKind::Repository
    } else {
        RootKind::Plain
    };
    Root { path, kind }
}

/// The nearest directory from `dir` upwards that holds `name`. Ours is a repository of its own, and never a project.
fn upwards<'a>(dir: &'a Path, name: &str) -> Option<&'a Path> {
    let is_ours = |dir: &Path| dir.file_name().is_some_and(|name| name == ".ve");
    dir.ancestors().find(|dir| !is_ours(dir) && dir.join(name).exists())
}

/// The record of the state directory that `dir` lies in. The outermost counts: an inner one would be an agent's work.
fn state_around(dir: &Path) -> Option<Record> {
    let mut outwards: Vec<&Path> = dir.ancestors().collect();
    outwards.reverse();
    outwards.into_iter().find_map(|state| {
        let record = Record::read(state)?;
        (state.file_name()? == record.id.as_str()).then_some(record)
    })
}

fn canonical(path: &Path) -> Result<PathBuf, RootError> {
    let unusable = |source| RootError::Unusable { path: path.to_owned(), source };
    let path = path.canonicalize().map_err(unusable)?;
    if !path.is_dir() {
        return Err(unusable(io::Error::from(io::ErrorKind::NotADirectory)));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::fs;

    fn dir(at: &Path) -> PathBuf {
        fs::create_dir_all(at).unwrap();
        at.canonicalize().unwrap()
    }

    #[test]
    fn an_explicit_directory_is_used_as_it_is() {
        let temp = tempfile::tempdir().unwrap();
        let plain = dir(&temp.path().join("repo/sub"));
        dir(&temp.path().join("repo/.git"));
        let root = resolve(Some(Path::new("repo/sub")), temp.path()).unwrap();
        assert_eq!(root, Root { path: plain, kind: RootKind::Repository });
        let error = resolve(Some(Path::new("nowhere")), temp.path()).unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
    }

    #[test]
    fn a_task_is_preferred_to_a_repository_in_it() {
        let temp = tempfile::tempdir().unwrap();
        let repo = dir(&temp.path().join("task/repo"));
        let deep = dir(&repo.join("src/deep"));
        fs::write(repo.join(".git"), "gitdir: elsewhere\n").unwrap();
        assert_eq!(resolve(None, &deep).unwrap(), Root { path: repo.clone(), kind: RootKind::Repository });
        fs::write(temp.path().join("task/.ve-task.yaml"), "").unwrap();
        let task = repo.parent().unwrap().to_owned();
        assert_eq!(resolve(None, &deep).unwrap(), Root { path: task, kind: RootKind::Task });
    }

    #[test]
    fn our_own_directory_is_never_a_project() {
        let temp = tempfile::tempdir().unwrap();
        let root = dir(&temp.path().join("repo"));
        dir(&root.join(".git"));
        let inside = dir(&root.join(".ve/chunks"));
        dir(&root.join(".ve/.git"));
        assert_eq!(resolve(None, &inside).unwrap().path, root);
    }

    #[test]
    fn a_worktree_leads_to_its_project_whatever_its_agent_left_there() {
        let temp = tempfile::tempdir().unwrap();
        let root = dir(&temp.path().join("repo"));
        let id = "0123456789abcdef";
        let state = dir(&temp.path().join(id));
        let record = |state: &Path, root: &Path| {
            let text = format!(r#"{{"id":"{id}","root":{root:?},"device":1,"inode":1}}"#);
            fs::write(state.join("project.json"), text).unwrap();
        };
        record(&state, &root);
        let worktree = dir(&state.join("units/7/worktree"));
        fs::write(worktree.join(".git"), "gitdir: ../git\n").unwrap();
        fs::write(worktree.join(".ve-task.yaml"), "").unwrap();
        let forged = dir(&worktree.join(id));
        record(&forged, &worktree);
        assert_eq!(resolve(None, &forged).unwrap().path, root);

        fs::rename(&root, temp.path().join("moved")).unwrap();
        let error = resolve(None, &worktree).unwrap_err();
        assert!(matches!(&error, RootError::Moved { recorded } if *recorded == root));
        assert!(error.hint().contains("ve orch start"));
    }

    #[test]
    fn outside_of_everything_the_directory_itself_is_the_project() {
        let temp = tempfile::tempdir().unwrap();
        let plain = dir(&temp.path().join("plain"));
        // The temporary directory may itself lie in a checkout of somebody.
        let root = resolve(None, &plain).unwrap();
        assert!(root.kind != RootKind::Plain || root.path == plain);
    }
}
