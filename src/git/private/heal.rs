//! Makes a unit whole again of which somebody deleted a part by hand. Without an agent's help: nothing of ours runs in what is left.

use super::Private;
use super::prepare::marker;
use crate::domain::workspace::Base;
use crate::git::command::success;
use crate::git::error::{GitError, at};
use crate::git::remove::remove_tree;
use crate::git::snapshot::head;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What was missing of a prepared unit, and is there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healed {
    /// Nothing was.
    Whole,
    /// The worktree: its files are those of its index. What was neither committed nor staged is lost.
    Worktree,
    /// The repository: cut anew where the host knows the unit's branch, under the files as they were.
    Repository,
    /// Both: cut anew where the host knows the unit's branch.
    Everything,
}

/// Writes the file that leads from a worktree to its repository.
const LINK: &str = r#"printf 'gitdir: %s\n' "$1" >.git"#;

impl Private<'_> {
    /// Makes again what is missing of a unit that was prepared once. Cheap when nothing is.
    pub fn heal(self, base: &Base) -> Result<Healed, GitError> {
        let paths = &self.unit.paths;
        let interrupted = fs::symlink_metadata(self.aside()).is_ok();
        if self.prepared_at()?.is_none() {
            if interrupted {
                self.make(base)?;
                return Ok(Healed::Repository);
            }
            return Ok(Healed::Whole);
        }
        if interrupted {
            self.put_back()?;
        }
        match (paths.git().is_dir(), holds_files(&paths.worktree())?) {
            (true, true) => Ok(Healed::Whole),
            (true, false) => {
                self.restore_files(base)?;
                Ok(Healed::Worktree)
            }
            (false, true) => {
                fs::rename(paths.worktree(), self.aside()).map_err(at(&paths.worktree()))?;
                self.forget_and_make(base)?;
                Ok(Healed::Repository)
            }
            (false, false) => {
                self.forget_modules()?;
                self.forget_and_make(base)?;
                Ok(Healed::Everything)
            }
        }
    }

    fn forget_and_make(self, base: &Base) -> Result<(), GitError> {
        let marker = marker(&self.unit.paths.notes());
        fs::remove_file(&marker).map_err(at(&marker))?;
        self.make(base).map(drop)
    }

    /// Writes the files of the index into a worktree that is gone or empty.
    fn restore_files(self, base: &Base) -> Result<(), GitError> {
        let worktree = self.unit.paths.worktree();
        fs::create_dir_all(&worktree).map_err(at(&worktree))?;
        self.write_link()?;
        self.confined().git(&["checkout-index", "-a", "-f", "-q"]).output()?;
        self.forget_modules()?;
        let head = head(self.confined())?;
        let known = head.filter(|head| self.host.has(head).is_ok_and(|known| known));
        self.make_modules(known.as_ref().unwrap_or(&base.commit))?;
        self.include()
    }

    /// Gives a worktree that was kept while its repository was made anew its place back. The one in its place is ours: no agent has seen it.
    pub(super) fn put_back(self) -> Result<(), GitError> {
        let (aside, worktree) = (self.aside(), self.unit.paths.worktree());
        match fs::symlink_metadata(&aside) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found.map_err(at(&aside))?,
        };
        remove_tree(&worktree)?;
        fs::rename(&aside, &worktree).map_err(at(&aside))?;
        self.write_link()
    }

    fn write_link(self) -> Result<(), GitError> {
        let git_dir = self.unit.paths.worktree_git();
        let args: [OsString; 4] = ["-c".into(), LINK.into(), "sh".into(), git_dir.into()];
        success("sh".to_owned(), self.confined().tool("sh", &args, b"")?).map(drop)
    }

    /// Where a worktree waits while its repository is made anew.
    fn aside(self) -> PathBuf {
        self.unit.paths.notes().join("worktree.kept")
    }
}

/// Whether a directory is there and has something in it.
fn holds_files(dir: &Path) -> Result<bool, GitError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(at(dir)(error)),
    }
}
