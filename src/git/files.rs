//! Small edits of a worktree, confined: one file written, removed or read, and a review's code changes taken back.

use super::command::{success, tail};
use super::confined::Confined;
use super::error::GitError;
use super::private::Private;
use super::process::Finished;
use crate::domain::ids::ObjectId;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What a path in a worktree holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileText {
    /// The whole file.
    Whole(Vec<u8>),
    /// The file's beginning; it is longer than was asked for.
    Beginning(Vec<u8>),
    /// Nothing is there.
    Missing,
    /// Something that is no file.
    NotAFile,
}

/// Replaces what is there, a link included, in one step.
const WRITE: &str = r#"mkdir -p -- "$(dirname -- "$1")" && cat >"$1.ve-new" && mv -fT -- "$1.ve-new" "$1""#;
/// The same for pairs of path and length, the texts one after the other.
const WRITE_ALL: &str =
    r#"while [ $# -gt 0 ]; do head -c "$2" >"$1.ve-new" && mv -fT -- "$1.ve-new" "$1" || exit 1; shift 2; done"#;
const READ: &str = r#"[ -e "$1" ] || exit 3; [ -f "$1" ] || exit 4; exec head -c "$2" -- "$1""#;

impl Private<'_> {
    /// Writes a file of the worktree, making its directories.
    pub fn write_file(self, path: &Path, bytes: &[u8]) -> Result<(), GitError> {
        expect_success(shell(self.confined(), WRITE, path, "", bytes)?, path)
    }

    /// Writes files of the worktree that are there already, all in one call.
    pub fn write_files(self, files: &[(PathBuf, String)]) -> Result<(), GitError> {
        let Some((first, _)) = files.first() else { return Ok(()) };
        let mut args: Vec<OsString> = ["-c", WRITE_ALL, "sh"].map(OsString::from).into();
        for (path, text) in files {
            args.extend([inside(path)?.into_os_string(), text.len().to_string().into()]);
        }
        let texts: String = files.iter().map(|(_, text)| text.as_str()).collect();
        expect_success(self.confined().tool("sh", &args, texts.as_bytes())?, first)
    }

    /// Removes a file of the worktree; one that is not there is fine.
    pub fn remove_file(self, path: &Path) -> Result<(), GitError> {
        expect_success(shell(self.confined(), r#"rm -f -- "$1""#, path, "", b"")?, path)
    }

    /// Reads a file of the worktree, at most `limit` bytes.
    pub fn read_file(self, path: &Path, limit: usize) -> Result<FileText, GitError> {
        let done = shell(self.confined(), READ, path, &(limit + 1).to_string(), b"")?;
        match done.code {
            Some(3) => Ok(FileText::Missing),
            Some(4) => Ok(FileText::NotAFile),
            Some(0) if done.stdout.len() <= limit => Ok(FileText::Whole(done.stdout)),
            Some(0) => Ok(FileText::Beginning(done.stdout[..limit].to_vec())),
            _ => Err(failure(&done, path)),
        }
    }

    /// Puts the worktree back to `commit` but for what the pathspecs in `keep` name. Commits stay in the history.
    pub fn restore_code(self, commit: &ObjectId, keep: &[&str]) -> Result<(), GitError> {
        let confined = self.confined();
        let mut paths = vec!["--".to_owned(), ".".to_owned()];
        paths.extend(keep.iter().map(|pathspec| format!(":(exclude){pathspec}")));
        let source = format!("--source={commit}");
        confined.git(&["restore", "--staged", "--worktree"]).args([source]).args(&paths).output()?;
        // Not `git clean`: it removes an untracked directory whole, with what is to be kept inside it.
        let untracked = confined.git(&["ls-files", "-z", "-o", "--exclude-standard"]).args(&paths).output()?;
        let remove = ["-0", "-r", "rm", "-rf", "--"].map(OsString::from);
        success("rm".to_owned(), confined.tool("xargs", &remove, &untracked)?)?;
        self.restore_modules(commit)
    }
}

fn shell(confined: Confined<'_>, script: &str, path: &Path, extra: &str, input: &[u8]) -> Result<Finished, GitError> {
    let args: [OsString; 5] = ["-c".into(), script.into(), "sh".into(), inside(path)?.into(), extra.into()];
    confined.tool("sh", &args, input)
}

/// The path as programs are given it: inside the worktree, and with "./" in front, so that no name is taken for an option, nor for an operator
/// of `test`.
pub(super) fn inside(path: &Path) -> Result<PathBuf, GitError> {
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || path.as_os_str().is_empty() {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "not a path inside the worktree");
        return Err(GitError::File { path: path.to_owned(), source });
    }
    Ok(Path::new(".").join(path))
}

fn expect_success(done: Finished, path: &Path) -> Result<(), GitError> {
    if done.code == Some(0) { Ok(()) } else { Err(failure(&done, path)) }
}

fn failure(done: &Finished, path: &Path) -> GitError {
    GitError::File { path: path.to_owned(), source: io::Error::other(tail(&done.stderr)) }
}
