//! Shows an imported tip to the operator as `orch/<chunk>`, without ever dropping a commit they put there.

use super::error::GitError;
use super::private::Private;
use super::refs::{Expect, Swapped};
use super::worktrees;
use crate::domain::ids::ObjectId;

/// What the operator sees now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Mirrored {
    /// `orch/<chunk>` is at the tip.
    Branch,
    /// The operator has `orch/<chunk>` checked out, so this ref is at the tip instead.
    Aside(String),
    /// The operator built on the tip; the unit should be fast-forwarded to this commit of theirs.
    OperatorCommits(ObjectId),
    /// The operator's branch went another way. It stays; its commit is kept under `preserved`, the tip is at `aside`.
    Diverged {
        /// Where the operator's branch is.
        theirs: ObjectId,
        /// The ref that keeps it.
        preserved: String,
        /// The ref that is at the tip.
        aside: String,
    },
}

impl Private<'_> {
    /// Mirrors the imported `tip`; `last` is the commit mirrored before, if any.
    pub fn mirror(self, tip: &ObjectId, last: Option<&ObjectId>) -> Result<Mirrored, GitError> {
        let branch = self.unit.branch();
        // Each round sees where the operator moved the branch since; they do not do so three times in a row.
        for _ in 0..3 {
            let now = self.host.reference(&branch)?;
            let ours = match &now {
                Some(now) if now == tip => return Ok(Mirrored::Branch),
                Some(now) if self.host.is_ancestor(tip, now)? => return Ok(Mirrored::OperatorCommits(now.clone())),
                Some(now) => Some(now) == last || self.host.is_ancestor(now, tip)?,
                None => true,
            };
            if let (false, Some(theirs)) = (ours, &now) {
                return self.keep_both(theirs, tip);
            }
            if !worktrees::holding(self.host, &branch)?.is_empty() {
                return Ok(Mirrored::Aside(self.set_aside(tip)?));
            }
            let expect = now.as_ref().map_or(Expect::Absent, Expect::At);
            match self.host.swap(&branch, expect, tip, "mirror the unit")? {
                Swapped::Moved => return Ok(Mirrored::Branch),
                Swapped::Stale(_) => {}
            }
        }
        Ok(Mirrored::Aside(self.set_aside(tip)?))
    }

    fn keep_both(self, theirs: &ObjectId, tip: &ObjectId) -> Result<Mirrored, GitError> {
        let preserved = self.host.preserve_commit(self.unit.id, theirs)?;
        Ok(Mirrored::Diverged { theirs: theirs.clone(), preserved, aside: self.set_aside(tip)? })
    }

    fn set_aside(self, tip: &ObjectId) -> Result<String, GitError> {
        let name = self.host.refs().mirror(self.unit.id);
        match self.host.swap(&name, Expect::Anything, tip, "mirror the unit aside")? {
            Swapped::Moved | Swapped::Stale(_) => Ok(name),
        }
    }
}
