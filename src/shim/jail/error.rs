//! Why a jail could not be set up.

use super::SETUP_FAILED;
use crate::shim::guarantee::Guarantee;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// A step of the set-up that failed. Reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub(super) enum JailError {
    #[error("read the command line: it is <policy file> -- <program> [arguments]")]
    Usage,
    #[error("{step}: {source}")]
    Step { step: String, source: io::Error },
    #[error("{step}: {source}; it needs {}", Guarantee::Processes.cure())]
    Namespaces { step: &'static str, source: io::Error },
    #[error("keep the guarantee \"{missing}\": it needs {}; or accept it by name", missing.cure())]
    Guarantee { missing: Guarantee },
    #[error("enforce Landlock: {0}")]
    Landlock(#[from] landlock::RulesetError),
    #[error("build the system call filter: {0}")]
    Filter(#[from] seccompiler::BackendError),
    #[error("install the system call filter: {0}")]
    InstallFilter(#[from] seccompiler::Error),
    #[error("give up capabilities: {0}")]
    Capabilities(#[from] caps::errors::CapsError),
    #[error("enter {path:?}: it is not in the sandbox")]
    WorkingDirectory { path: PathBuf },
    #[error("share {path:?}: an overlay cannot name a path with a colon, a comma or a backslash")]
    Overlay { path: PathBuf },
    #[error("start {program:?}: {source}")]
    Program { program: OsString, source: io::Error },
}

impl JailError {
    /// 125, or what shells answer for a program that is not there (127) or cannot be executed (126).
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            JailError::Program { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            JailError::Program { .. } => 126,
            _ => SETUP_FAILED,
        }
    }
}

/// Says which step an input or output error belongs to.
pub(super) trait Step<T> {
    fn step(self, step: impl FnOnce() -> String) -> Result<T, JailError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, step: impl FnOnce() -> String) -> Result<T, JailError> {
        self.map_err(|source| JailError::Step { step: step(), source: source.into() })
    }
}
