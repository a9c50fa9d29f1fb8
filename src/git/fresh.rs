//! The first edits of a worktree that was made just now: nobody has worked in it, so that it is still ours to write, without the jail and without
//! a process. Commits in it may be an agent's all the same: no link of theirs is followed. What is cut short here is done again, confined.

use super::error::{GitError, at};
use super::files::inside;
use super::private::Private;
use git2::{IndexEntryExtendedFlag, Repository};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A worktree that this process has made and shown to nobody.
#[derive(Clone, Copy)]
pub struct Fresh<'a>(Private<'a>);

impl<'a> Private<'a> {
    /// The same, where [`prepare`](Self::prepare) has made it.
    pub fn fresh(self) -> Fresh<'a> {
        Fresh(self)
    }
}

impl Fresh<'_> {
    /// Writes a file that the worktree has, replacing a link by it.
    pub fn write_file(self, path: &Path, bytes: &[u8]) -> Result<(), GitError> {
        let place = self.place(path)?;
        fs::remove_file(&place).map_err(at(&place))?;
        // A file that must be new is never reached through a link.
        let file = OpenOptions::new().write(true).create_new(true).open(&place);
        file.and_then(|mut file| file.write_all(bytes)).map_err(at(&place))
    }

    /// Writes tracked files so that git does not see that they differ.
    pub fn show_otherwise(self, files: &[(PathBuf, String)]) -> Result<(), GitError> {
        if files.is_empty() {
            return Ok(());
        }
        let mut index = Repository::open(self.0.unit.paths.worktree())?.index()?;
        for (path, text) in files {
            self.write_file(path, text.as_bytes())?;
            if let Some(mut entry) = index.get_path(path, 0) {
                entry.flags_extended |= IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
                index.add(&entry)?;
            }
        }
        Ok(index.write()?)
    }

    /// Where the file is, below directories of the worktree alone.
    fn place(self, path: &Path) -> Result<PathBuf, GitError> {
        let (worktree, path) = (self.0.unit.paths.worktree(), inside(path)?);
        let above = path.ancestors().skip(1).map(|dir| worktree.join(dir));
        for dir in above {
            if !fs::symlink_metadata(&dir).map_err(at(&dir))?.is_dir() {
                return Err(at(&dir)(io::Error::new(io::ErrorKind::NotADirectory, "a link, or no directory")));
            }
        }
        Ok(worktree.join(path))
    }
}
