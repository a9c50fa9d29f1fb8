//! The operator's repository: opened once, refused by name when we could not do right by it. Holds paths only, so it can be
//! shared between threads; each question opens it anew, which costs microseconds.

use super::command::{Git, Settings};
use super::error::{GitError, at};
use super::names::ProjectRefs;
use super::refs::{object_id, oid};
use crate::domain::ids::{BranchName, ObjectId};
use git2::{ErrorCode, Repository, RepositoryOpenFlags};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Why we do not work on a repository. Each has a hint for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No repository holds the project.
    #[error("find a git repository at {0}")]
    NotARepository(PathBuf),
    /// There is nothing to cut a worktree from.
    #[error("find a commit in the repository at {0}")]
    NoCommits(PathBuf),
    /// The base is "current" and no branch is.
    #[error("find the current branch of {0}: its HEAD is detached")]
    DetachedHead(PathBuf),
    /// Refs are stored in a way we cannot read.
    #[error("read the refs of {0}: they are stored as reftable")]
    Reftable(PathBuf),
    /// Object ids are longer than we can store.
    #[error("read the objects of {0}: they are named by SHA-256")]
    Sha256(PathBuf),
    /// A branch `orch` stands where `orch/<chunk>` has to go.
    #[error("use branches orch/<chunk> in {0}: a branch named \"orch\" is in their way")]
    OrchBranch(PathBuf),
    /// The repository belongs to someone else.
    #[error("open the repository at {0}: it belongs to another account")]
    Owner(PathBuf),
    /// The git program lacks what we need.
    #[error("use git {0}: it is older than 2.41")]
    OldGit(String),
    /// Something else.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Refusal {
    /// What the operator can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotARepository(_) => "run `git init` there, or start from inside a repository",
            Self::NoCommits(_) => "make a first commit",
            Self::DetachedHead(_) => "switch to a branch, or set `base` to a branch name",
            Self::Reftable(_) => "run `git refs migrate --ref-format=files`",
            Self::Sha256(_) => "use a repository with SHA-1 object names",
            Self::OrchBranch(_) => "rename it: `git branch -m orch <other name>`",
            Self::Owner(_) => "run as the owner, or add the path to `safe.directory`",
            Self::OldGit(_) => "install git 2.41 or newer",
            Self::Git(_) => "see `git status` and `git fsck` there",
        }
    }
}

/// The operator's repository.
#[derive(Clone, Debug)]
pub struct Host {
    root: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    refs: ProjectRefs,
    operator_home: PathBuf,
}

impl Host {
    /// Opens the repository that holds `root`, which may be a subdirectory or a linked worktree. `operator_home` is where the settings
    /// are that apply to the operator's own checkout.
    pub fn open(root: &Path, refs: ProjectRefs, operator_home: &Path) -> Result<Self, Refusal> {
        check_git_version()?;
        let root = root.canonicalize().map_err(|_| Refusal::NotARepository(root.to_owned()))?;
        let repo = Repository::open_ext(&root, RepositoryOpenFlags::empty(), &[] as &[&OsStr])
            .map_err(|error| refuse(error, &root))?;
        match repo.head() {
            Err(error) if error.code() == ErrorCode::UnbornBranch => return Err(Refusal::NoCommits(root)),
            Err(error) => return Err(GitError::from(error).into()),
            Ok(_) => {}
        }
        if repo.find_reference("refs/heads/orch").is_ok() {
            return Err(Refusal::OrchBranch(root));
        }
        let work_dir = repo.workdir().map(|dir| dir.canonicalize().map_err(at(dir))).transpose()?;
        Ok(Self {
            git_dir: canonical(repo.path())?,
            common_dir: canonical(repo.commondir())?,
            work_dir,
            root,
            refs,
            operator_home: operator_home.to_owned(),
        })
    }

    /// The repository of a submodule of `outer`'s, which has no checkout that we know of.
    pub(super) fn of_module(git_dir: &Path, outer: &Host) -> Result<Self, GitError> {
        let repo = Repository::open(git_dir)?;
        Ok(Self {
            root: git_dir.to_owned(),
            git_dir: canonical(repo.path())?,
            common_dir: canonical(repo.commondir())?,
            work_dir: None,
            refs: outer.refs.clone(),
            operator_home: outer.operator_home.clone(),
        })
    }

    /// Names of the refs that are ours.
    pub fn refs(&self) -> &ProjectRefs {
        &self.refs
    }

    /// The directory of the project's own checkout: HEAD and index are there.
    pub(crate) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The directory refs and objects of all worktrees are in.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The checkout that holds the project; none in a bare repository.
    pub fn work_dir(&self) -> Option<&Path> {
        self.work_dir.as_deref()
    }

    /// Where the project is inside its checkout: empty at the top.
    pub fn prefix(&self) -> &Path {
        self.work_dir.as_deref().and_then(|dir| self.root.strip_prefix(dir).ok()).unwrap_or(Path::new(""))
    }

    /// Every directory that objects are read from, borrowed ones included; canonical, the repository's own first.
    pub fn object_dirs(&self) -> Result<Vec<PathBuf>, GitError> {
        let mut found = vec![canonical(&self.common_dir.join("objects"))?];
        let mut next = 0;
        while let Some(dir) = found.get(next).cloned() {
            next += 1;
            // A store that borrows from no other has no such file.
            let borrowed = std::fs::read_to_string(dir.join("info/alternates")).unwrap_or_default();
            for line in borrowed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                // git skips a borrowed store that is gone, and so do we.
                let Ok(path) = dir.join(line).canonicalize() else { continue };
                if !found.contains(&path) {
                    found.push(path);
                }
            }
        }
        Ok(found)
    }

    /// The branch checked out where the project is.
    pub fn current_branch(&self) -> Result<BranchName, Refusal> {
        let repo = self.repository()?;
        let head = repo.find_reference("HEAD").map_err(GitError::from)?;
        let Some(target) = head.symbolic_target().map_err(GitError::from)? else {
            return Err(Refusal::DetachedHead(self.root.clone()));
        };
        let branch = target.strip_prefix("refs/heads/").unwrap_or(target);
        Ok(BranchName::parse(branch).map_err(GitError::from)?)
    }

    /// Where a local branch is; none if it does not exist.
    pub fn tip(&self, branch: &BranchName) -> Result<Option<ObjectId>, GitError> {
        self.reference(&super::names::branch_ref(branch))
    }

    /// How many commits lead to `tip` that do not lead to `target`.
    pub fn ahead(&self, tip: &ObjectId, target: &ObjectId) -> Result<usize, GitError> {
        Ok(self.repository()?.graph_ahead_behind(oid(tip)?, oid(target)?)?.0)
    }

    /// The commit a name such as `HEAD` or a branch stands for.
    pub fn resolve(&self, name: &str) -> Result<ObjectId, GitError> {
        object_id(self.repository()?.revparse_single(name)?.peel_to_commit()?.id())
    }

    /// Whether the project is in the repository's main checkout, or in the only place of a bare one.
    pub(crate) fn is_main(&self) -> bool {
        self.git_dir == self.common_dir
    }

    pub(crate) fn repository(&self) -> Result<Repository, GitError> {
        Ok(Repository::open(&self.git_dir)?)
    }

    pub(crate) fn operator_home(&self) -> &Path {
        &self.operator_home
    }

    /// git on the repository as such, with nobody's settings but the repository's.
    pub(crate) fn git(&self) -> Git {
        Git::new(Settings::None).env("GIT_DIR", &self.common_dir).dir(&self.common_dir)
    }
}

fn canonical(path: &Path) -> Result<PathBuf, GitError> {
    path.canonicalize().map_err(at(path))
}

fn refuse(error: git2::Error, root: &Path) -> Refusal {
    let root = root.to_owned();
    match error.code() {
        ErrorCode::NotFound => Refusal::NotARepository(root),
        ErrorCode::Owner => Refusal::Owner(root),
        // libgit2 gives these two no code of their own.
        _ if error.message().contains("refstorage") => Refusal::Reftable(root),
        _ if error.message().contains("object format") || error.message().contains("objectformat") => {
            Refusal::Sha256(root)
        }
        _ => Refusal::Git(error.into()),
    }
}

/// Whether the git program was found to be new enough. Once found it stays so; a refusal is looked at again.
static NEW_ENOUGH: AtomicBool = AtomicBool::new(false);

fn check_git_version() -> Result<(), Refusal> {
    if NEW_ENOUGH.load(Ordering::Relaxed) {
        return Ok(());
    }
    let output = Git::new(Settings::None).arg("version").output()?;
    let text = String::from_utf8_lossy(&output).trim().trim_start_matches("git version ").to_owned();
    if version(&text).is_none_or(|found| found < (2, 41)) {
        return Err(Refusal::OldGit(text));
    }
    NEW_ENOUGH.store(true, Ordering::Relaxed);
    Ok(())
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_git_prints_them() {
        assert_eq!(version("2.47.3"), Some((2, 47)));
        assert_eq!(version("2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("unknown"), None);
    }
}
