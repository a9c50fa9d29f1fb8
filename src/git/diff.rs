//! What changed between two commits of the host.

use super::error::GitError;
use super::host::Host;
use super::refs::oid;
use crate::domain::ids::ObjectId;
use git2::{Delta, Diff, DiffFormat, DiffOptions, Repository};
use std::path::PathBuf;

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// From the top of the repository.
    pub path: PathBuf,
    /// How it differs.
    pub how: How,
}

/// How a path differs. A rename is a removal and an addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Only the later commit has it.
    Added,
    /// Both have it.
    Modified,
    /// Only the earlier commit has it.
    Removed,
}

/// A difference as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch {
    /// All of it.
    Whole(String),
    /// Its beginning: it is longer than was asked for.
    Beginning(String),
}

impl Host {
    /// The paths that differ between two commits or trees, sorted.
    pub fn changes(&self, from: &ObjectId, to: &ObjectId) -> Result<Vec<Changed>, GitError> {
        let repo = self.repository()?;
        let diff = between(&repo, from, to)?;
        let mut changes: Vec<Changed> = diff
            .deltas()
            .filter_map(|delta| {
                let (file, how) = match delta.status() {
                    Delta::Added => (delta.new_file(), How::Added),
                    Delta::Deleted => (delta.old_file(), How::Removed),
                    _ => (delta.new_file(), How::Modified),
                };
                Some(Changed { path: file.path()?.to_owned(), how })
            })
            .collect();
        changes.sort();
        Ok(changes)
    }

    /// The difference between two commits as a unified diff, at most about `limit` bytes of it.
    pub fn patch(&self, from: &ObjectId, to: &ObjectId, limit: usize) -> Result<Patch, GitError> {
        let repo = self.repository()?;
        let diff = between(&repo, from, to)?;
        let (mut text, mut cut) = (Vec::new(), false);
        let printed = diff.print(DiffFormat::Patch, |_, _, line| {
            if matches!(line.origin(), '+' | '-' | ' ') {
                text.push(line.origin() as u8);
            }
            text.extend_from_slice(line.content());
            cut = text.len() > limit;
            !cut
        });
        if cut {
            text.truncate(limit);
            return Ok(Patch::Beginning(String::from_utf8_lossy(&text).into_owned()));
        }
        printed?;
        Ok(Patch::Whole(String::from_utf8_lossy(&text).into_owned()))
    }
}

/// The difference of two commits or trees.
pub(crate) fn between<'repo>(repo: &'repo Repository, from: &ObjectId, to: &ObjectId) -> Result<Diff<'repo>, GitError> {
    compare(repo, from, to, DiffOptions::new())
}

/// As [`between`], with options of the caller's.
pub(crate) fn compare<'repo>(
    repo: &'repo Repository,
    from: &ObjectId,
    to: &ObjectId,
    mut options: DiffOptions,
) -> Result<Diff<'repo>, GitError> {
    let tree = |id: &ObjectId| -> Result<_, GitError> { Ok(repo.find_object(oid(id)?, None)?.peel_to_tree()?) };
    options.ignore_submodules(false).include_typechange(true);
    Ok(repo.diff_tree_to_tree(Some(&tree(from)?), Some(&tree(to)?), Some(&mut options))?)
}
