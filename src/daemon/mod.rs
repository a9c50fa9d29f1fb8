//! The process side of the daemon: one per project, detached, kept alive, found by its lock and ended by request.
//!
//! ```text
//! ve orch start ──spawns──▶ detach (new session, ends at once) ──▶ keeper ──▶ daemon
//!       ▲                                                            │           │
//!       └──────────────────── one line: ready or failed ◀────────────┴───────────┘
//! ```
//!
//! - The truth about who runs is a lock, never a number in a file: the kernel frees it whatever way a process ends.
//! - Processes are signalled through a descriptor that was checked against their start time, so never one that took over a number.
//! - A crash is answered by the same program file; only `restart` changes to a new one.
//!
//! *Architecture invariant:* but for `wiring`, nothing here knows what the daemon serves. That is handed in as a function.

/// Arguments of a start, and how they travel to the processes it makes.
pub mod launch;

/// A process that cannot be mistaken for another one.
pub mod process;

/// One daemon and one keeper per project.
pub mod lock;

/// What a starting daemon tells whoever started it.
pub mod ready;

/// The pid, port and token files.
pub mod files;

/// The socket and the TCP port.
pub mod listen;

/// The way in for clients, kept open.
pub mod doors;

/// The log file and its rotation.
pub mod log;

/// Requests to end, as signals.
pub mod signals;

mod detach;
mod foreign;
mod keeping;
mod life;
mod pipe;
mod revival;
mod stopping;

/// How a daemon ended for good, left for whoever asks next.
pub mod crash;

/// Keeps a daemon running.
pub mod keeper;

/// What the daemon serves: the tree of actors behind HTTP.
pub mod wiring;

/// The daemon's own process, around what it serves.
pub mod serve;

/// The hidden subcommands.
pub mod entry;

/// `start --paused`.
pub mod pause;

/// `start`, from the client's side.
pub mod start;

/// `stop`, from the client's side.
pub mod stop;

/// `restart`, from the client's side.
pub mod restart;

use crate::project::layout::error::LayoutError;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a daemon cannot be started, found or ended. Each has a hint in [`DaemonError::hint`].
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The project's directories cannot be used.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A daemon of this project is there.
    #[error("start the daemon: already running with PID {pid}")]
    AlreadyRunning {
        /// Its process id.
        pid: i32,
    },
    /// The daemon of the tool that this one replaces is there.
    #[error("start the daemon: another tool's daemon is running with PID {pid}")]
    ForeignDaemon {
        /// Its process id.
        pid: i32,
    },
    /// There is no daemon to restart.
    #[error("reach the daemon: it is not running")]
    NotRunning,
    /// The daemon was started in the foreground, and somebody else keeps it.
    #[error("restart the daemon: PID {pid} runs in the foreground")]
    Foreground {
        /// Its process id.
        pid: i32,
    },
    /// The daemon said why it does not start, or its keeper did.
    #[error("{error}")]
    Failed {
        /// The reason, a fragment.
        error: String,
        /// What the operator can do.
        hint: String,
    },
    /// The daemon neither came up nor failed in time.
    #[error("start the daemon: it is not ready after {} s", .0.as_secs())]
    Slow(Duration),
    /// A process withstands even being killed.
    #[error("stop the daemon: PID {pid} does not end")]
    Unstoppable {
        /// Its process id.
        pid: i32,
    },
    /// Somebody holds a lock without saying who it is.
    #[error("find the holder of {}", .0.display())]
    UnknownHolder(PathBuf),
    /// The wanted TCP port is not free.
    #[error("listen on {host}:{port}: {source}")]
    Listen {
        /// The wanted host.
        host: std::net::IpAddr,
        /// The wanted port.
        port: u16,
        /// The failure.
        source: io::Error,
    },
    /// The file system refused.
    #[error("use {}: {source}", path.display())]
    Io {
        /// What was being made or read.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// The system refused to make, watch or signal a process.
    #[error("{what}: {source}")]
    System {
        /// What was being done, a fragment.
        what: &'static str,
        /// The failure.
        source: io::Error,
    },
}

impl DaemonError {
    /// What the operator can do.
    pub fn hint(&self) -> &str {
        match self {
            DaemonError::Layout(error) => error.hint(),
            DaemonError::AlreadyRunning { .. } => "see it with \"ve orch status\", or end it with \"ve orch stop\"",
            DaemonError::ForeignDaemon { .. } => "end it with the tool that started it",
            DaemonError::NotRunning => "start it with \"ve orch start\"",
            DaemonError::Foreground { .. } => "restart it with what runs it, for instance \"systemctl restart\"",
            DaemonError::Failed { hint, .. } => hint,
            DaemonError::Slow(_) => "it goes on starting: see .ve/orchestrator.log, or end it with \"ve orch stop\"",
            DaemonError::Unstoppable { .. } => {
                "it hangs in the kernel, often on a disk that does not answer: see dmesg"
            }
            DaemonError::UnknownHolder(_) => "see who holds it with \"fuser\", it may be in another container",
            DaemonError::Listen { source, .. } if source.kind() == ErrorKind::AddrInUse => {
                "choose another --port, or leave it out to get a free one"
            }
            DaemonError::Listen { .. } => "choose another --host or --port",
            DaemonError::Io { source, .. } => match source.kind() {
                ErrorKind::PermissionDenied => "make it writable for you, for instance with chmod u+w",
                ErrorKind::StorageFull => "free some disk space",
                _ => "check the file, its disk and its permissions",
            },
            DaemonError::System { .. } => "the system may be short of memory or processes: see .ve/orchestrator.log",
        }
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System { what, source: source.into() }
    }
}
