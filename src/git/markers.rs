//! Finds conflict markers that a merge result has and its target had not: a conflict somebody "resolved" by committing it.

use super::diff::between;
use super::error::GitError;
use super::host::Host;
use crate::domain::ids::ObjectId;
use git2::{Oid, Repository};
use std::path::PathBuf;

/// Files beyond this size are data, not text somebody merges by hand.
const LIMIT: usize = 8 * 1024 * 1024;

impl Host {
    /// The changed files of `result`, a commit or tree, with more conflict markers than in `target`.
    pub fn conflict_markers(&self, target: &ObjectId, result: &ObjectId) -> Result<Vec<PathBuf>, GitError> {
        let repo = self.repository()?;
        let diff = between(&repo, target, result)?;
        let mut marked = Vec::new();
        for delta in diff.deltas() {
            let (old, new) = (delta.old_file(), delta.new_file());
            let Some(path) = new.path() else { continue };
            if count_in(&repo, new.id())? > count_in(&repo, old.id())? {
                marked.push(path.to_owned());
            }
        }
        Ok(marked)
    }
}

fn count_in(repo: &Repository, id: Oid) -> Result<usize, GitError> {
    // No such file on this side, or a submodule, whose commit is none of ours.
    let Ok((size, git2::ObjectType::Blob)) = repo.odb()?.read_header(id) else { return Ok(0) };
    if size > LIMIT {
        return Ok(0);
    }
    Ok(count(repo.find_blob(id)?.content()))
}

fn count(text: &[u8]) -> usize {
    let is_marker = |line: &&[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    text.split(|byte| *byte == b'\n').filter(is_marker).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_stand_at_the_start_of_a_line() {
        assert_eq!(count(b"a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n"), 2);
        assert_eq!(count(b"Heading\n=======\n  <<<<<<< quoted\n<<<<<<<\n"), 0);
    }
}
