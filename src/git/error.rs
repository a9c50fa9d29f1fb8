//! What can go wrong between us and git. Messages are fragments for "failed to {error}".

use crate::domain::ids::InvalidName;
use std::io;
use std::path::{Path, PathBuf};

/// A failure of git, of a file, or of what they said. Expected outcomes are not here: they are values of each operation.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// libgit2 refused or could not read.
    #[error("use the repository: {}", .0.message())]
    Library(#[from] git2::Error),
    /// A program could not be started, or went beyond its time or output limit.
    #[error("run {command}: {source}")]
    Run {
        /// Program and first words of its arguments.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program ended with an exit code that is no answer.
    #[error("run {command}: it ended with {}: {stderr}", .code.map_or("a signal".to_owned(), |code| format!("code {code}")))]
    Ended {
        /// Program and first words of its arguments.
        command: String,
        /// Exit code, if it was not killed.
        code: Option<i32>,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// A program succeeded and wrote something that cannot be read.
    #[error("read the output of {command}: {why}")]
    Output {
        /// Program and first words of its arguments.
        command: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file or directory could not be used.
    #[error("use {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A name or id that does not parse.
    #[error("read a name: {0}")]
    Name(#[from] InvalidName),
}

/// Attaches a path to an error of the file system.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> GitError + '_ {
    move |source| GitError::File { path: path.to_owned(), source }
}
