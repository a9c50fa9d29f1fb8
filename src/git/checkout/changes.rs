//! What a move of the branch does to files.

use super::print::Print;
use crate::domain::ids::ObjectId;
use crate::git::diff::between;
use crate::git::error::GitError;
use crate::git::host::Host;
use git2::{Delta, FileMode};
use std::path::PathBuf;

/// What happens to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Added,
    Replaced,
    Removed,
}

/// One path that a move touches.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// From the top of the checkout.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    /// What the commit has there, by its bytes as committed.
    pub(super) new: Option<Print>,
}

/// All paths a move touches. A submodule that only goes to another commit is none: its files are the operator's to update, as after any pull.
pub(super) struct Changes {
    pub(super) files: Vec<Change>,
    /// Those that come, go or become something else.
    pub(super) submodules: Vec<PathBuf>,
}

pub(super) fn between_commits(host: &Host, from: &ObjectId, to: &ObjectId) -> Result<Changes, GitError> {
    let repo = host.repository()?;
    let mut changes = Changes { files: Vec::new(), submodules: Vec::new() };
    for delta in between(&repo, from, to)?.deltas() {
        let (old, new) = (delta.old_file(), delta.new_file());
        let (file, kind) = match delta.status() {
            Delta::Added => (&new, Kind::Added),
            Delta::Deleted => (&old, Kind::Removed),
            _ => (&new, Kind::Replaced),
        };
        let Some(path) = file.path() else { continue };
        let links = [old.mode(), new.mode()].map(|mode| mode == FileMode::Commit);
        if links == [true, true] {
            continue;
        }
        if links != [false, false] {
            changes.submodules.push(path.to_owned());
        } else {
            let new = match new.mode() {
                FileMode::Blob => Some(Print::File(new.id())),
                FileMode::BlobExecutable => Some(Print::Executable(new.id())),
                FileMode::Link => Some(Print::Link(new.id())),
                _ => None,
            };
            changes.files.push(Change { path: path.to_owned(), kind, new });
        }
    }
    Ok(changes)
}
