//! Files of a worktree that are other than the branch says, for as long as an attempt lives: git is told not to look at them, so that nobody
//! commits them by the way.

use super::confined::parts;
use super::error::GitError;
use super::private::Private;
use crate::domain::ids::ObjectId;
use git2::{ObjectType, Oid};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

impl Private<'_> {
    /// Writes tracked files so that git does not see that they differ.
    pub fn show_otherwise(self, files: &[(PathBuf, String)]) -> Result<(), GitError> {
        self.write_files(files)?;
        let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
        self.skip(&paths)
    }

    /// Whether all of these files hold exactly this.
    pub fn hold(self, files: &[(PathBuf, String)]) -> Result<bool, GitError> {
        let paths = files.iter().map(|(path, _)| path);
        let hashed = self.confined().git(&["hash-object", "--no-filters", "--"]).args(paths).finish()?;
        let mut expected = String::new();
        for (_, text) in files {
            expected.push_str(&format!("{}\n", Oid::hash_object(ObjectType::Blob, text.as_bytes())?));
        }
        Ok(hashed.code == Some(0) && hashed.stdout == expected.as_bytes())
    }

    /// Makes these paths what `commit` has there, tracked or not, so that git does not see where they differ.
    pub fn show_of(self, commit: &ObjectId, paths: &[PathBuf]) -> Result<(), GitError> {
        self.restore(commit, paths)?;
        self.skip(paths)
    }

    /// Makes these paths what `commit` has there again.
    pub fn restore(self, commit: &ObjectId, paths: &[PathBuf]) -> Result<(), GitError> {
        if paths.is_empty() {
            return Ok(());
        }
        self.flag("--no-skip-worktree", paths)?;
        let mut known = self.listed(&["ls-files", "-z"], paths)?;
        known.extend(self.listed(&["ls-tree", "-r", "-z", "--name-only", commit.as_str()], paths)?);
        let (known, strange): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(|path| known.contains(*path));
        // What neither knows is no path to git: somebody left it there.
        for path in strange {
            self.remove_file(path)?;
        }
        if known.is_empty() {
            return Ok(());
        }
        let source = format!("--source={commit}");
        let from = ["--worktree", "--pathspec-from-file=-", "--pathspec-file-nul"];
        let restore = self.confined().git(&["restore"]).args([source.as_str()]).args(from);
        restore.env("GIT_LITERAL_PATHSPECS", "1").input(lines(known)).output().map(drop)
    }

    fn skip(self, paths: &[PathBuf]) -> Result<(), GitError> {
        self.flag("--skip-worktree", paths)
    }

    /// Sets a flag of the index on those of the paths that it knows.
    fn flag(self, flag: &str, paths: &[PathBuf]) -> Result<(), GitError> {
        if paths.is_empty() {
            return Ok(());
        }
        let known = lines(&self.listed(&["ls-files", "-z"], paths)?);
        self.confined().git(&["update-index", flag, "-z", "--stdin"]).input(known).output().map(drop)
    }

    /// Those of the paths that git lists.
    fn listed(self, list: &[&str], paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>, GitError> {
        let listing = self.confined().git(list).args(["--"]).args(paths).env("GIT_LITERAL_PATHSPECS", "1").output()?;
        Ok(parts(&listing).map(|path| PathBuf::from(OsStr::from_bytes(path))).collect())
    }
}

fn lines<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<u8> {
    paths.into_iter().flat_map(|path| path.as_os_str().as_bytes().iter().copied().chain([0])).collect()
}
