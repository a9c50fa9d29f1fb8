//! What a tree asks of a checkout: small and plain ones libgit2 writes at once, others need the git program.

use crate::git::error::GitError;
use git2::{ObjectType, Repository, Tree, TreeWalkMode, TreeWalkResult};

/// Beyond so many files git, which writes with several workers, is the quicker one.
const FILES: usize = 5000;

/// Who is to write a tree into a worktree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// libgit2, in this process.
    Library,
    /// The git program, confined, for it may run filters.
    Program,
}

/// Who writes `tree`: the program if there are many files, or an attribute libgit2 does not know.
pub(super) fn writer(repo: &Repository, tree: &Tree<'_>) -> Result<Writer, GitError> {
    let mut files = 0;
    let mut answer = Writer::Library;
    let walked = tree.walk(TreeWalkMode::PreOrder, |_, entry| {
        files += usize::from(entry.kind() != Some(ObjectType::Tree));
        let odd = entry.name_bytes() == b".gitattributes"
            && repo.find_blob(entry.id()).is_ok_and(|blob| needs_program(blob.content()));
        if odd || files > FILES {
            answer = Writer::Program;
            return TreeWalkResult::Abort;
        }
        TreeWalkResult::Ok
    });
    match (answer, walked) {
        // Stopping a walk early is reported as an error.
        (Writer::Program, _) => Ok(Writer::Program),
        (Writer::Library, walked) => Ok(walked.map(|()| Writer::Library)?),
    }
}

fn needs_program(attributes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(attributes);
    text.contains("filter=") || text.contains("working-tree-encoding")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_libgit2_does_not_know_are_seen() {
        assert!(needs_program(b"*.psd filter=lfs diff=lfs\n"));
        assert!(needs_program(b"*.txt working-tree-encoding=UTF-16\n"));
        assert!(!needs_program(b"* text=auto eol=lf\n"));
    }
}
