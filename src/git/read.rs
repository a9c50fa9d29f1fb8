//! Questions about commits of the host: their history, and what they hold.

use super::error::GitError;
use super::host::Host;
use super::refs::{object_id, oid};
use crate::domain::ids::ObjectId;
use git2::{ErrorCode, ObjectType, Oid, Repository, Tree};
use std::path::Path;

/// How far two commits are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Commits only the first one has.
    pub ahead: usize,
    /// Commits only the second one has.
    pub behind: usize,
}

/// What a commit has at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file, with all its bytes.
    File(Vec<u8>),
    /// A file of so many bytes, more than was asked for.
    TooLarge(usize),
    /// No file.
    Missing,
}

/// What one commit holds, to be asked more than once.
pub struct Contents {
    repo: Repository,
    tree: Oid,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its last component, with odd bytes replaced.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a name in a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file or a link.
    File,
    /// A submodule.
    Module,
}

impl Host {
    /// Whether all of `old` is in the history of `new`; a commit is its own ancestor.
    pub fn is_ancestor(&self, old: &ObjectId, new: &ObjectId) -> Result<bool, GitError> {
        Ok(old == new || self.repository()?.graph_descendant_of(oid(new)?, oid(old)?)?)
    }

    /// Whether the commit is among the host's objects.
    pub fn has(&self, commit: &ObjectId) -> Result<bool, GitError> {
        Ok(self.repository()?.odb()?.exists(oid(commit)?))
    }

    /// How far `one` is ahead of `other` and behind it.
    pub fn distance(&self, one: &ObjectId, other: &ObjectId) -> Result<Distance, GitError> {
        let (ahead, behind) = self.repository()?.graph_ahead_behind(oid(one)?, oid(other)?)?;
        Ok(Distance { ahead, behind })
    }

    /// The best common ancestor; none if the histories have nothing in common.
    pub fn merge_base(&self, one: &ObjectId, other: &ObjectId) -> Result<Option<ObjectId>, GitError> {
        match self.repository()?.merge_base(oid(one)?, oid(other)?) {
            Ok(base) => object_id(base).map(Some),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What a commit holds.
    pub fn contents(&self, commit: &ObjectId) -> Result<Contents, GitError> {
        let repo = self.repository()?;
        let tree = repo.find_commit(oid(commit)?)?.tree_id();
        Ok(Contents { repo, tree })
    }
}

impl Contents {
    /// Reads a file as committed, if it has at most `limit` bytes. A link is read as its target's name.
    pub fn content(&self, path: &Path, limit: usize) -> Result<Content, GitError> {
        let tree = self.repo.find_tree(self.tree)?;
        let Some((id, ObjectType::Blob)) = lookup(&tree, path)? else { return Ok(Content::Missing) };
        let (size, _) = self.repo.odb()?.read_header(id)?;
        if size > limit {
            return Ok(Content::TooLarge(size));
        }
        Ok(Content::File(self.repo.find_blob(id)?.content().to_vec()))
    }

    /// Lists a directory as committed, the top one for an empty path. None if it is not there.
    pub fn list(&self, dir: &Path) -> Result<Option<Vec<Entry>>, GitError> {
        let mut tree = self.repo.find_tree(self.tree)?;
        if !dir.as_os_str().is_empty() {
            let Some((id, ObjectType::Tree)) = lookup(&tree, dir)? else { return Ok(None) };
            tree = self.repo.find_tree(id)?;
        }
        let entries = tree.iter().map(|entry| Entry {
            name: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
            kind: match entry.kind() {
                Some(ObjectType::Tree) => Kind::Directory,
                Some(ObjectType::Commit) => Kind::Module,
                _ => Kind::File,
            },
        });
        Ok(Some(entries.collect()))
    }
}

fn lookup(tree: &Tree<'_>, path: &Path) -> Result<Option<(git2::Oid, ObjectType)>, GitError> {
    match tree.get_path(path) {
        Ok(entry) => Ok(entry.kind().map(|kind| (entry.id(), kind))),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
