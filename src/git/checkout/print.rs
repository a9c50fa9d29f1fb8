//! Fingerprints of what is at a path: equal ones mean equal kind, exec bit and bytes.

use git2::{ObjectType, Oid};
use std::fmt;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::git::error::{GitError, at};

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Print {
    /// A file that is not executable, by the hash of its raw bytes.
    File(Oid),
    /// An executable file.
    Executable(Oid),
    /// A link, by the hash of its target.
    Link(Oid),
    /// A directory or something odder.
    Other,
}

impl Print {
    /// What is at `path` now; none if nothing is.
    pub(super) fn of(path: &Path) -> Result<Option<Self>, GitError> {
        let found = match path.symlink_metadata() {
            Ok(found) => found,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(at(path)(error)),
        };
        if found.is_symlink() {
            let target = std::fs::read_link(path).map_err(at(path))?;
            return Ok(Some(Self::Link(Oid::hash_object(ObjectType::Blob, target.as_os_str().as_bytes())?)));
        }
        if !found.is_file() {
            return Ok(Some(Self::Other));
        }
        let hash = Oid::hash_file(ObjectType::Blob, path)?;
        let executable = found.permissions().mode() & 0o100 != 0;
        Ok(Some(if executable { Self::Executable(hash) } else { Self::File(hash) }))
    }

    /// Reads what `Display` wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hash = |text: &str| Oid::from_str(text).ok();
        match text.split_at_checked(1)? {
            ("f", rest) => hash(rest).map(Self::File),
            ("x", rest) => hash(rest).map(Self::Executable),
            ("l", rest) => hash(rest).map(Self::Link),
            ("o", "") => Some(Self::Other),
            _ => None,
        }
    }
}

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(hash) => write!(f, "f{hash}"),
            Self::Executable(hash) => write!(f, "x{hash}"),
            Self::Link(hash) => write!(f, "l{hash}"),
            Self::Other => f.write_str("o"),
        }
    }
}
