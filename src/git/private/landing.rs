//! A second worktree, at exactly the commit that would land: integration gates run there.

use super::Private;
use crate::domain::ids::ObjectId;
use crate::git::error::{GitError, at};
use crate::git::remove::remove_tree;
use std::fs;

impl Private<'_> {
    /// Makes the landing worktree anew, detached at `commit`.
    pub fn check_out_landing(self, commit: &ObjectId) -> Result<(), GitError> {
        self.remove_landing()?;
        self.lend(self.host, commit)?;
        let landing = self.unit.paths.landing();
        fs::create_dir_all(&landing).map_err(at(&landing))?;
        let add = ["worktree", "add", "-q", "--detach", "--force"];
        self.confined().git_bare(&add).args([landing.as_os_str(), commit.as_str().as_ref()]).output()?;
        self.make_modules_in(&landing, commit)
    }

    /// Removes the landing worktree and what the private repository knows of it. Gates leave nothing behind that is work.
    pub fn remove_landing(self) -> Result<(), GitError> {
        remove_tree(&self.unit.paths.landing())?;
        self.confined().git_bare(&["worktree", "prune"]).output().map(drop)
    }
}
