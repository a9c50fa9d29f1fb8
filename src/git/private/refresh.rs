//! Brings base, `origin/<base>` and tags of a private repository up to date, so that a REBASE finds them. The objects are there already: they
//! are borrowed from the host.

use super::Private;
use super::lent::keeps_own;
use crate::domain::ids::{ChunkName, ObjectId};
use crate::domain::workspace::Base;
use crate::git::error::GitError;
use crate::git::names::branch_ref;
use crate::git::refs::{Deleted, Expect, Swapped, oid};
use crate::git::worktrees;
use git2::{Reference, Repository};

impl Private<'_> {
    /// Pins `base` for the unit and sets the refs that show it inside.
    pub fn update_refs(self, base: &Base) -> Result<(), GitError> {
        self.pin(base)?;
        self.lend(self.host, &base.commit)?;
        // The empty third field: whatever the ref is now.
        let orders: String =
            self.shown_refs(base)?.iter().map(|(name, id)| format!("update {name}\0{id}\0\0")).collect();
        self.confined().git_bare(&["update-ref", "-z", "--stdin"]).input(orders).output().map(drop)
    }

    /// What a unit is shown of the host's refs, sorted by name: the base branch, what is known of its origin, and all tags.
    pub(super) fn shown_refs(self, base: &Base) -> Result<Vec<(String, String)>, GitError> {
        let repo = self.host.repository()?;
        let mut refs = vec![(branch_ref(&base.branch), base.commit.to_string())];
        for pattern in [format!("refs/remotes/origin/{}", base.branch), "refs/tags/*".to_owned()] {
            for reference in repo.references_glob(&pattern)? {
                let reference = reference?;
                if let (Ok(name), Some(id)) = (reference.name(), reference.target())
                    && self.is_shown(&repo, &reference, base)?
                {
                    refs.push((name.to_owned(), id.to_string()));
                }
            }
        }
        refs.sort();
        Ok(refs)
    }

    /// Whether a unit may know of a ref: one that sees its own objects only knows what its base reaches.
    fn is_shown(self, repo: &Repository, reference: &Reference<'_>, base: &Base) -> Result<bool, GitError> {
        if !keeps_own(&self.unit.paths) {
            return Ok(true);
        }
        // A tag object itself is reached by nothing but its tag.
        let Some(target) = reference.target().filter(|id| repo.find_commit(*id).is_ok()) else { return Ok(false) };
        let base = oid(&base.commit)?;
        Ok(target == base || repo.graph_descendant_of(base, target)?)
    }

    /// Where the unit's branch is, as the private repository has it.
    pub fn tip(self) -> Result<Option<ObjectId>, GitError> {
        self.confined().git_bare(&["rev-parse", "-q", "--verify"]).args([self.unit.branch()]).object()
    }

    /// Brings commits of the host into the unit's branch, which must be an ancestor of them and checked out clean.
    pub fn fast_forward(self, to: &ObjectId) -> Result<(), GitError> {
        self.lend(self.host, to)?;
        let merge = ["merge", "-q", "--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-stat"];
        self.confined().git(&merge).args([to.as_str()]).output()?;
        self.move_modules(to)
    }

    /// Gives the unit's branch, should it still bear the name of `old`, the name of its chunk, here and on the host, where it was mirrored at
    /// `tip`. A branch that the operator has moved or checked out stays; so does one that had the new name before.
    pub fn take_name(self, old: &ChunkName, tip: Option<&ObjectId>) -> Result<(), GitError> {
        let (from, to) = (branch_ref(&old.branch()), self.unit.branch());
        let exists = |name: &str| self.confined().git_bare(&["rev-parse", "-q", "--verify"]).args([name]).object();
        if exists(&from)?.is_some() && exists(&to)?.is_none() {
            let (old, new) = (old.branch(), self.unit.chunk.branch());
            self.confined().git_bare(&["branch", "-m"]).args([old.as_str(), new.as_str()]).output()?;
        }
        let Some(tip) = tip.filter(|tip| self.host.reference(&from).is_ok_and(|now| now.as_ref() == Some(*tip))) else {
            return Ok(());
        };
        let mirrored = self.host.swap(&to, Expect::Absent, tip, "rename the unit")?;
        if mirrored == Swapped::Moved && worktrees::holding(self.host, &from)?.is_empty() {
            match self.host.delete_if_kept(&from)? {
                Deleted::Gone | Deleted::StillNeeded => {}
            }
        }
        Ok(())
    }
}
