//! The submodules of a commit, those inside submodules included, and where the operator's repository keeps each. Nothing is fetched for them.

use super::command::{Git, Settings};
use super::confined::parts;
use super::diff::between;
use super::error::GitError;
use super::host::Host;
use super::refs::{object_id, oid};
use crate::domain::ids::ObjectId;
use git2::{FileMode, ObjectType, Repository, TreeWalkMode, TreeWalkResult};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// One submodule of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// From the top of the outermost checkout.
    pub path: PathBuf,
    /// The commit it is at.
    pub commit: ObjectId,
    /// The operator's repository for it; none where they have none, or none with that commit.
    pub home: Option<PathBuf>,
}

/// What becomes of submodules between two commits, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleMoves {
    /// They point at another commit.
    changed: Vec<PathBuf>,
    /// Of these, those that were submodules before: an updated checkout has their old files.
    pub behind: Vec<PathBuf>,
    /// Of these, those whose new commit the operator does not have.
    pub nowhere: Vec<PathBuf>,
}

/// Submodules inside submodules are followed to this depth: beyond it is a loop.
const DEPTH: usize = 8;

impl Host {
    /// All submodules of a commit, the outer ones before those inside them.
    pub fn modules(&self, commit: &ObjectId) -> Result<Vec<Module>, GitError> {
        let mut found = Vec::new();
        let homes = [self.git_dir(), self.common_dir()].map(|dir| dir.join("modules"));
        collect(&Level { repo: self.git_dir(), homes: &homes, checkout: self.work_dir() }, commit, DEPTH, &mut found)?;
        Ok(found)
    }

    /// What a landing does to submodules.
    pub fn module_moves(&self, from: &ObjectId, to: &ObjectId) -> Result<ModuleMoves, GitError> {
        let repo = self.repository()?;
        let mut moves = ModuleMoves::default();
        for delta in between(&repo, from, to)?.deltas() {
            let [old, new] = [delta.old_file().mode(), delta.new_file().mode()];
            let (FileMode::Commit, Some(path)) = (new, delta.new_file().path()) else { continue };
            moves.changed.push(path.to_owned());
            if old == FileMode::Commit {
                moves.behind.push(path.to_owned());
            }
        }
        if !moves.changed.is_empty() {
            let modules = self.modules(to)?;
            let had = |path: &PathBuf| modules.iter().any(|module| module.path == *path && module.home.is_some());
            moves.nowhere = moves.changed.iter().filter(|path| !had(path)).cloned().collect();
        }
        Ok(moves)
    }

    /// The operator's repository of a submodule, as a host of its own.
    pub(crate) fn module(&self, home: &Path) -> Result<Host, GitError> {
        Host::of_module(home, self)
    }
}

/// A repository whose submodules are looked for.
struct Level<'a> {
    repo: &'a Path,
    /// Where the repositories of its submodules may be, by name.
    homes: &'a [PathBuf],
    /// Its files: a submodule that was made by hand has its repository there.
    checkout: Option<&'a Path>,
}

fn collect(level: &Level<'_>, commit: &ObjectId, depth: usize, found: &mut Vec<Module>) -> Result<(), GitError> {
    let repo = Repository::open(level.repo)?;
    let tree = repo.find_commit(oid(commit)?)?.tree()?;
    // Without this file none of them can be had, and most projects are spared the walk.
    if depth == 0 || tree.get_name(".gitmodules").is_none() {
        return Ok(());
    }
    let mut links = Vec::new();
    tree.walk(TreeWalkMode::PreOrder, |dir, entry| {
        if entry.kind() == Some(ObjectType::Commit) {
            let path = [dir.as_bytes(), entry.name_bytes()].concat();
            links.push((PathBuf::from(OsStr::from_bytes(&path)), entry.id()));
        }
        TreeWalkResult::Ok
    })?;
    let names = names(level.repo, commit)?;
    for (path, id) in links {
        let commit = object_id(id)?;
        let named = names.get(&path).filter(|name| is_plain(name));
        let made_by_hand = level.checkout.map(|dir| dir.join(&path).join(".git"));
        let homes = named.into_iter().flat_map(|name| level.homes.iter().map(move |dir| dir.join(name)));
        let home = homes.chain(made_by_hand).find(|dir| holds(dir, &commit));
        let outer = found.len();
        found.push(Module { path: path.clone(), commit: commit.clone(), home: home.clone() });
        if let Some(home) = home {
            let homes = [home.join("modules")];
            collect(&Level { repo: &home, homes: &homes, checkout: None }, &commit, depth - 1, found)?;
            found.iter_mut().skip(outer + 1).for_each(|inner| inner.path = path.join(&inner.path));
        }
    }
    Ok(())
}

/// The names under which `.gitmodules` knows the submodules of a commit, by path.
fn names(repo: &Path, commit: &ObjectId) -> Result<BTreeMap<PathBuf, PathBuf>, GitError> {
    let listed = Git::new(Settings::None)
        .env("GIT_DIR", repo)
        .args(["config", "-z", "--blob"])
        .arg(format!("{commit}:.gitmodules"))
        .args(["--get-regexp", r"^submodule\..*\.path$"])
        .finish()?;
    // Any exit code but 0 says that it holds no such lines, or none that git can read.
    let entries = parts(&listed.stdout).filter_map(|entry| {
        let end = entry.iter().position(|byte| *byte == b'\n')?;
        let name = entry[..end].strip_prefix(b"submodule.")?.strip_suffix(b".path")?;
        Some((path(&entry[end + 1..]), path(name)))
    });
    Ok(entries.collect())
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// Whether a name stays inside the directory it is appended to.
fn is_plain(name: &Path) -> bool {
    !name.as_os_str().is_empty() && name.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Whether a repository is there, and has the commit.
fn holds(dir: &Path, commit: &ObjectId) -> bool {
    let found = Repository::open(dir).map(|repo| oid(commit).is_ok_and(|id| repo.find_commit(id).is_ok()));
    // One that cannot be opened is none.
    dir.is_dir() && found.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_none() {
        for name in ["lib", "vendor/lib", "a b"] {
            assert!(is_plain(Path::new(name)), "{name}");
        }
        for name in ["", "/etc", "../x", "a/../../x"] {
            assert!(!is_plain(Path::new(name)), "{name}");
        }
    }
}
