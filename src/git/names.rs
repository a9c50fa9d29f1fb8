//! The refs we keep in the operator's repository, by name: `refs/ve/<project-id>/…`, and the branch `orch/<chunk>`.

use crate::domain::ids::{BranchName, ChunkName, InvalidName, UnitId};
use crate::domain::workspace::UnitPaths;

/// A unit as git sees it: who it is, what its branch bears, where its files are.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Names its refs.
    pub id: UnitId,
    /// Names its branch.
    pub chunk: ChunkName,
    /// Its private repository and worktree.
    pub paths: UnitPaths,
}

impl Unit {
    /// `refs/heads/orch/<chunk>`, in the private repository and on the host.
    pub(crate) fn branch(&self) -> String {
        branch_ref(&self.chunk.branch())
    }
}

/// The full name of a branch.
pub(crate) fn branch_ref(branch: &BranchName) -> String {
    format!("refs/heads/{branch}")
}

/// The part of the ref space that belongs to one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRefs {
    prefix: String,
}

impl ProjectRefs {
    /// Accepts a project id that is one component of a ref.
    pub fn new(project_id: &str) -> Result<Self, InvalidName> {
        let id = ChunkName::parse(project_id)?;
        Ok(Self { prefix: format!("refs/ve/{id}") })
    }

    /// The directory of all of them, from the common directory.
    pub(crate) fn dir(&self) -> &str {
        &self.prefix
    }

    /// Holds the commit a unit borrows from, so that the operator's `git gc` cannot take it away.
    pub fn base(&self, unit: UnitId) -> String {
        format!("{}/base/{unit}", self.prefix)
    }

    /// The last imported tip of a unit.
    pub fn incoming(&self, unit: UnitId) -> String {
        format!("{}/in/{unit}", self.prefix)
    }

    /// Stands in for `orch/<chunk>` while the operator has that branch checked out.
    pub fn mirror(&self, unit: UnitId) -> String {
        format!("{}/mirror/{unit}", self.prefix)
    }

    /// The unit's own tip at the time it landed: keeps its commits where a squash does not.
    pub fn landed(&self, unit: UnitId) -> String {
        format!("{}/landed/{unit}", self.prefix)
    }

    /// What was saved before something of a unit was deleted; each is numbered and never written twice.
    pub(crate) fn preserved(&self, unit: UnitId, number: u32) -> String {
        format!("{}/preserved/{unit}/{number}", self.prefix)
    }

    /// Whether work that `name` reaches is safe: the ref is the operator's or a kept one, not one that goes with its unit.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix("refs/ve/") else {
            return name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
        };
        let kind = rest.split('/').nth(1);
        matches!(kind, Some("preserved" | "landed"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn only_lasting_refs_keep_work() {
        let refs = ProjectRefs::new("p1").unwrap();
        let unit = UnitId(7);
        assert_eq!(refs.preserved(unit, 3), "refs/ve/p1/preserved/7/3");
        for kept in ["refs/heads/main", "refs/tags/v1", &refs.landed(unit), &refs.preserved(unit, 1)] {
            assert!(refs.keeps(kept), "{kept}");
        }
        for passing in [refs.base(unit), refs.incoming(unit), refs.mirror(unit), "refs/remotes/origin/main".into()] {
            assert!(!refs.keeps(&passing), "{passing}");
        }
    }

    #[test]
    fn a_project_id_is_one_component() {
        assert!(ProjectRefs::new("a/b").is_err());
    }
}
