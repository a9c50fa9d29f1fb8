//! Where a private repository finds the host's objects, also after the project was moved.

use super::Private;
use super::lent::{keeps_own, only_lent};
use super::prepare::write;
use crate::git::command::success;
use crate::git::error::GitError;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The list in a repository.
const ALTERNATES: &str = "objects/info/alternates";

/// Replaces what is there, a link included, in one step.
const REPLACE: &str = r#"cat >"$1.ve-new" && mv -fT -- "$1.ve-new" "$1""#;

impl Private<'_> {
    /// Gives a new repository at `git` the list of what it borrows.
    pub(super) fn borrow_objects(self, git: &Path) -> Result<(), GitError> {
        let list = self.list()?;
        write(&git.join(ALTERNATES), &list)?;
        write(&self.record(), &list)
    }

    /// Renews the list where the host's objects have another path than when it was written. Cheap when they have not.
    pub fn find_objects(self) -> Result<(), GitError> {
        let (list, git) = (self.list()?, self.unit.paths.git());
        // Compared with our own record: the list itself is the agent's to change.
        if !git.is_dir() || fs::read(self.record()).is_ok_and(|known| known == list) {
            return Ok(());
        }
        let args: [OsString; 4] = ["-c".into(), REPLACE.into(), "sh".into(), git.join(ALTERNATES).into()];
        success("sh".to_owned(), self.confined().tool("sh", &args, &list)?)?;
        self.find_modules()?;
        write(&self.record(), &list)
    }

    /// Outside the agent's reach: the list as it was last written.
    fn record(self) -> PathBuf {
        self.unit.paths.notes().join("borrowed")
    }

    fn list(self) -> Result<Vec<u8>, GitError> {
        if keeps_own(&self.unit.paths) {
            return Ok(only_lent(&self.unit.paths));
        }
        let dirs = self.host.object_dirs()?;
        Ok(dirs.iter().flat_map(|dir| dir.as_os_str().as_bytes().iter().copied().chain([b'\n'])).collect())
    }
}
