//! How an attempt ended: the one file that outlives its shim.

use super::run_dir::RunDir;
use crate::domain::report::ProcessExit;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The version of [`ExitRecord`] that this program writes.
pub const EXIT_VERSION: u32 = 1;

/// The content of `exit.json`. It is written after everything else is on disk and no process is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// [`EXIT_VERSION`].
    pub version: u32,
    /// The attempt's UUID.
    pub attempt: String,
    /// How the agent's own process left.
    pub status: ExitStatus,
    /// Why it ended.
    pub why: Why,
    /// Microseconds since the Unix epoch.
    pub started_at: i64,
    /// Microseconds since the Unix epoch; when the last process was gone.
    pub ended_at: i64,
    /// Bytes in the log.
    pub log_length: u64,
    /// Bytes of standard error.
    pub stderr_length: u64,
    /// CPU time of all processes, in milliseconds.
    pub cpu_ms: u64,
    /// The most resident memory seen, of all processes together, in bytes.
    pub peak_memory: u64,
}

/// How a process left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitStatus {
    /// With this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl From<ExitStatus> for ProcessExit {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Code(code) => ProcessExit::Code(code),
            ExitStatus::Signal(signal) => ProcessExit::Signal(signal),
        }
    }
}

/// What made an attempt end: the first cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Why {
    /// The agent ended by itself.
    ByItself,
    /// A client asked for the *suspend* ladder.
    Suspended,
    /// A client asked for the *end* ladder.
    Ended,
    /// The shim was asked to terminate: the machine goes down.
    Terminated,
    /// No daemon was there for the grace period.
    GraceOver,
    /// A limit was passed.
    Limit {
        /// Which one.
        limit: Limit,
        /// What was allowed, in the limit's unit.
        allowed: u64,
        /// What was seen.
        seen: u64,
    },
    /// The shim could not do its work: the agent did not start, or its output could not be kept.
    Failed {
        /// What failed, as a fragment after "failed to".
        error: String,
    },
}

/// A limit of [`super::spec::Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Output, in bytes.
    Output,
    /// Time, in seconds.
    Wall,
    /// Memory, in bytes.
    Memory,
    /// Number of processes.
    Processes,
}

/// The exit record in `run_dir`; `None` while the attempt is not over, or when its shim was killed.
pub fn read_exit(run_dir: &Path) -> io::Result<Option<ExitRecord>> {
    match std::fs::read(run_dir.join(RunDir::EXIT)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
