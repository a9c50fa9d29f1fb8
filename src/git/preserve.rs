//! Nothing of a unit is deleted before its work is safe. "Work" is every byte git does not ignore, and every commit of its branches.

use super::confined::Confined;
use super::error::{GitError, at};
use super::private::Private;
use super::private::lent;
use super::private::prepare::marker;
use super::refs::Deleted;
use super::remove::remove_tree;
use super::snapshot::{FALLBACK_IDENTITY, head, make_readable, nested_repositories, show_hidden};
use crate::domain::ids::ObjectId;
use crate::domain::workspace::UnitPaths;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a unit's work is safe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Safe {
    /// It was never prepared, or is removed already: there is none.
    NoWork,
    /// Lasting refs of the host reach all of it.
    Already,
    /// It is under this ref now.
    Preserved(String),
}

/// Finishes the removal of a worktree and its repository that a crash interrupted after all work in them was safe. To be called before anything is
/// at work. Returns whether there was one.
pub fn finish_removal(paths: &UnitPaths) -> Result<bool, GitError> {
    let prepared = marker(&paths.notes());
    let removing = prepared.with_extension("removing");
    if prepared.exists() || !removing.exists() {
        return Ok(false);
    }
    remove_files(paths)?;
    remove_tree(&removing)?;
    Ok(true)
}

/// Removes repository and worktrees, and what they were lent.
fn remove_files(paths: &UnitPaths) -> Result<(), GitError> {
    let notes = paths.notes().join("modules");
    let dirs = [paths.landing(), paths.worktree(), paths.shadow(), paths.git(), lent::store(paths), notes];
    dirs.iter().try_for_each(|dir| remove_tree(dir))
}

/// Where a commit of all that a unit holds waits in the private repository.
const SEALED: &str = "refs/ve/sealed";

impl Private<'_> {
    /// Saves all of the unit's work that no lasting ref reaches, whatever state its worktree is in. Changes neither branches, index nor
    /// the contents of files.
    pub fn preserve(self) -> Result<Safe, GitError> {
        let Some(start) = self.prepared_at()? else { return Ok(Safe::NoWork) };
        let (mut refs, modules) = self.preserve_modules()?;
        let git = self.unit.paths.git();
        let indexes = [git.join("ve-index"), git.join("ve-index-nested")];
        let sealed = self.seal(&start, &modules, &indexes);
        let cleared = self.confined().tool("rm", &["-f".into(), (&indexes[0]).into(), (&indexes[1]).into()], b"");
        if let Some(sealed) = sealed? {
            cleared?;
            self.confined().git_bare(&["update-ref", SEALED]).args([sealed.as_str()]).output()?;
            let commit = self.fetch(SEALED)?;
            refs.insert(0, self.host.preserve_commit(self.unit.id, &commit)?);
        }
        Ok(if refs.is_empty() { Safe::Already } else { Safe::Preserved(refs.join(", ")) })
    }

    /// Removes the unit's repository, worktrees and private directories, its work being safe first, and the refs that served them. Logs and the
    /// host's `orch/<chunk>` stay. No process may live in them.
    pub fn remove(self) -> Result<Safe, GitError> {
        let paths = &self.unit.paths;
        self.take_down(&[paths.tmp(), paths.home()])
    }

    /// Removes the unit's repository and worktrees, its work being safe first. What its agents' conversations need stays, so that the unit can go
    /// on in a new worktree. No process may live in them.
    pub fn clear(self) -> Result<Safe, GitError> {
        self.take_down(&[])
    }

    /// Removes repository, worktrees and `more`.
    fn take_down(self, more: &[PathBuf]) -> Result<Safe, GitError> {
        let paths = &self.unit.paths;
        let prepared = marker(&paths.notes());
        let removing = prepared.with_extension("removing");
        let safe = self.preserve()?;
        if prepared.exists() {
            // From here on a restart knows that what is left is not work.
            fs::rename(&prepared, &removing).map_err(at(&prepared))?;
        }
        more.iter().try_for_each(|dir| remove_tree(dir))?;
        remove_files(paths)?;
        self.unpin()?;
        remove_tree(&removing)?;
        Ok(safe)
    }

    /// Drops the refs that only the unit needed; one that nothing else reaches stays.
    fn unpin(self) -> Result<(), GitError> {
        let (refs, id) = (self.host.refs(), self.unit.id);
        for name in [refs.base(id), refs.incoming(id), refs.mirror(id)] {
            match self.host.delete_if_kept(&name)? {
                Deleted::Gone | Deleted::StillNeeded => {}
            }
        }
        Ok(())
    }

    /// Makes one commit of everything the unit holds, unless the host keeps all of it already.
    fn seal(
        self,
        start: &ObjectId,
        modules: &[PathBuf],
        [index, nested_index]: &[PathBuf; 2],
    ) -> Result<Option<ObjectId>, GitError> {
        let confined = self.confined();
        make_readable(confined)?;
        let mut nested = nested_repositories(confined, start, modules)?;
        nested.sort();
        let tree = write_everything(confined, &nested, index, nested_index)?;
        let head = head(confined)?;
        let clean = confined.git(&["rev-parse", "-q", "--verify", "HEAD^{tree}"]).object()?.as_ref() == Some(&tree);
        let mut loose = Vec::new();
        for tip in tips(confined)?.into_iter().chain(head.clone()) {
            if !loose.contains(&tip) && !self.is_safe(&tip)? {
                loose.push(tip);
            }
        }
        if clean && loose.is_empty() {
            return Ok(None);
        }
        if clean && loose.len() == 1 && loose.first() == head.as_ref() {
            return Ok(head);
        }
        let mut parents: Vec<&ObjectId> = head.iter().collect();
        parents.extend(loose.iter().filter(|tip| Some(*tip) != head.as_ref()));
        let mut commit = confined.git(&["commit-tree", "-m", "all of the unit, saved before it was removed"]);
        for (name, value) in FALLBACK_IDENTITY {
            commit = commit.env(name, value);
        }
        let made = commit.args(parents.iter().flat_map(|id| ["-p", id.as_str()])).args([tree.as_str()]).output()?;
        Ok(Some(ObjectId::parse(String::from_utf8_lossy(&made).trim())?))
    }

    /// Whether the host has the commit under a ref that lasts. The unit's own branch does not count: it goes with the unit.
    fn is_safe(self, commit: &ObjectId) -> Result<bool, GitError> {
        Ok(self.host.has(commit)? && self.host.is_kept(commit, &[&self.unit.branch()])?)
    }
}

/// The commits of all branches of the private repository, and of its stash.
fn tips(confined: Confined<'_>) -> Result<Vec<ObjectId>, GitError> {
    let listed = confined.git_bare(&["for-each-ref", "--format=%(objectname)", "refs/heads", "refs/stash"]).output()?;
    let text = String::from_utf8_lossy(&listed);
    text.lines().map(|line| Ok(ObjectId::parse(line)?)).collect()
}

/// A tree of all files git does not ignore, those of nested repositories included, by way of indexes that are thrown away.
fn write_everything(
    confined: Confined<'_>,
    nested: &[PathBuf],
    index: &Path,
    nested_index: &Path,
) -> Result<ObjectId, GitError> {
    let own = confined.unit.worktree_git().join("index");
    // With its time: by it git knows which files may have changed in the second they were written.
    let copied = confined.tool("cp", &["-p".into(), "--".into(), own.into(), index.into()], b"")?;
    let all = Confined { index: Some(index), ..confined };
    if copied.code != Some(0) || show_hidden(all).is_err() {
        // No usable index: what HEAD has is what git tracks.
        confined.tool("rm", &["-f".into(), "--".into(), index.into()], b"")?;
        all.git(&["read-tree"]).args([head(confined)?.as_ref().map_or("--empty", ObjectId::as_str)]).output()?;
    }
    add(all, &confined.unit.worktree(), nested.iter().map(PathBuf::as_path))?;
    let inner = Confined { index: Some(nested_index), ..confined };
    for dir in nested {
        let top = confined.unit.worktree().join(dir);
        inner.git(&["read-tree", "--empty"]).output()?;
        let below = nested.iter().filter(|other| *other != dir).filter_map(|other| other.strip_prefix(dir).ok());
        add(inner, &top, below)?;
        let tree = written(inner)?;
        all.git(&["rm", "-r", "-q", "--cached", "--ignore-unmatch", "--"]).args([pathspec("literal", dir)]).output()?;
        let mut prefix = OsString::from("--prefix=");
        prefix.push(dir);
        all.git(&["read-tree"]).args([prefix, tree.as_str().into()]).output()?;
    }
    written(all)
}

fn add<'p>(confined: Confined<'_>, top: &Path, but: impl Iterator<Item = &'p Path>) -> Result<(), GitError> {
    let excluded: Vec<OsString> = but.map(|dir| pathspec("exclude,literal", dir)).collect();
    confined.git(&["add", "-A", "--", "."]).args(excluded).worktree(top.to_owned()).output().map(drop)
}

fn pathspec(magic: &str, path: &Path) -> OsString {
    let mut spec = OsString::from(format!(":({magic})"));
    spec.push(path);
    spec
}

fn written(confined: Confined<'_>) -> Result<ObjectId, GitError> {
    let tree = confined.git(&["write-tree"]).object()?;
    tree.ok_or(GitError::Output { command: "git write-tree".to_owned(), why: "there is no tree" })
}
