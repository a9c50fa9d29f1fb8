//! Why a project's directories cannot be used, and what the operator can do about it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why a project's directories cannot be used. Each has a hint in [`LayoutError::hint`].
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// Neither configuration nor environment say where state lives.
    #[error("find the state directory: HOME is not set")]
    NoHome,
    /// The configured state directory is no absolute path.
    #[error("use state_dir {}: it is not an absolute path", .0.display())]
    RelativeState(PathBuf),
    /// The state directory lies on a network file system.
    #[error("use {}: it is on a network file system ({kind})", path.display())]
    Network {
        /// The state directory.
        path: PathBuf,
        /// The file system's name.
        kind: String,
    },
    /// The state directory belongs to another user.
    #[error("use {}: it belongs to another user", .0.display())]
    Foreign(PathBuf),
    /// Something of somebody else stands where ours should.
    #[error("use {}: {found} is in its place", path.display())]
    Occupied {
        /// Where.
        path: PathBuf,
        /// What stands there.
        found: &'static str,
    },
    /// The file system refused.
    #[error("write {}: {source}", path.display())]
    Io {
        /// What was being made or read.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
}

impl LayoutError {
    /// What the operator can do.
    pub fn hint(&self) -> &'static str {
        match self {
            LayoutError::NoHome => "set HOME, XDG_STATE_HOME, or state_dir in ve.toml",
            LayoutError::RelativeState(_) => "write the whole path, beginning with / or ~/",
            LayoutError::Network { .. } => "set state_dir in .ve/config.toml to a directory on a local disk",
            LayoutError::Foreign(_) => "set state_dir in .ve/config.toml to a directory of your own",
            LayoutError::Occupied { .. } => "move it away; ve makes a directory or a link there",
            LayoutError::Io { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
                "make the directory writable for you, for instance with chmod u+w"
            }
            LayoutError::Io { source, .. } if source.kind() == ErrorKind::StorageFull => "free some disk space",
            LayoutError::Io { .. } => "check the directory, its disk and its permissions",
        }
    }
}

/// The error of an operation on `path`.
pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> LayoutError + use<> {
    let path = path.to_owned();
    move |source| LayoutError::Io { path, source }
}
