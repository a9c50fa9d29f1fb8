//! Which of the host's checkouts have a branch checked out, or are busy rebasing it.

use super::error::GitError;
use super::host::Host;
use git2::Repository;
use std::fs;
use std::path::{Path, PathBuf};

/// A checkout that would be wrong if its branch moved without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    /// Its own git directory: HEAD and index are there.
    pub(crate) git_dir: PathBuf,
    /// Its files.
    pub(crate) work_dir: PathBuf,
    /// How it holds the branch.
    pub(crate) hold: Hold,
}

/// How a checkout holds a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Its HEAD is the branch.
    Head,
    /// Its HEAD is detached, and a rebase or bisect will come back to the branch.
    Busy,
    /// Its HEAD is the branch; its files are on a medium that is not there.
    Absent,
}

/// All checkouts of the repository that hold the branch with this full name.
pub(crate) fn holding(host: &Host, branch: &str) -> Result<Vec<Checkout>, GitError> {
    let mut found = Vec::new();
    for (git_dir, work_dir) in all(host)? {
        let Some(hold) = hold(&git_dir, branch) else { continue };
        let there = work_dir.is_dir();
        // A worktree that is gone and not locked is one that git would forget, too.
        let forgotten = git_dir != host.common_dir() && !git_dir.join("locked").exists();
        if there || !forgotten {
            found.push(Checkout { git_dir, work_dir, hold: if there { hold } else { Hold::Absent } });
        }
    }
    Ok(found)
}

/// The git directories of all checkouts.
pub(crate) fn git_dirs(host: &Host) -> Result<Vec<PathBuf>, GitError> {
    Ok(all(host)?.into_iter().map(|(git_dir, _)| git_dir).collect())
}

/// Git directory and files of each checkout: the main one, unless the repository is bare, and the linked ones.
fn all(host: &Host) -> Result<Vec<(PathBuf, PathBuf)>, GitError> {
    let main = Repository::open(host.common_dir())?;
    let mut found: Vec<_> =
        main_files(&main, host).map(|dir| (host.common_dir().to_owned(), dir)).into_iter().collect();
    for name in &main.worktrees()? {
        let Ok(Some(name)) = name else { continue };
        let git_dir = host.common_dir().join("worktrees").join(name);
        found.push((git_dir, main.find_worktree(name)?.path().to_owned()));
    }
    Ok(found)
}

/// Where the files of the main checkout are. A git directory kept elsewhere does not know; then the answer is a place that is not there.
fn main_files(main: &Repository, host: &Host) -> Option<PathBuf> {
    if host.is_main() {
        return host.work_dir().map(Path::to_owned);
    }
    let guess = main.workdir()?;
    let own =
        Repository::open(guess).is_ok_and(|repo| repo.path().canonicalize().is_ok_and(|dir| dir == host.common_dir()));
    Some(if own { guess.to_owned() } else { host.common_dir().join("unknown checkout") })
}

fn hold(git_dir: &Path, branch: &str) -> Option<Hold> {
    if says(&git_dir.join("HEAD"), &format!("ref: {branch}")) {
        return Some(Hold::Head);
    }
    let short = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    let busy = says(&git_dir.join("rebase-merge/head-name"), branch)
        || says(&git_dir.join("rebase-apply/head-name"), branch)
        || says(&git_dir.join("BISECT_START"), short);
    busy.then_some(Hold::Busy)
}

fn says(file: &Path, text: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|found| found.trim_end() == text)
}
