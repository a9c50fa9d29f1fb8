//! What a shim is told once, when it starts. Everything later comes through its socket.

use super::policy::JailPolicy;
use crate::domain::ids::{AttemptId, InvalidName};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The version of [`ShimSpec`] that this program writes and reads.
pub const SPEC_VERSION: u32 = 1;

/// The environment variable that marks the shim and every process of its attempt.
pub const MARKER: &str = "VE_ATTEMPT";

/// One attempt: what to run, where to keep what, and what is too much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShimSpec {
    /// [`SPEC_VERSION`].
    pub version: u32,
    /// The attempt's UUID.
    pub attempt: String,
    /// An existing directory for lock, socket, journal and exit record; out of the agent's reach.
    pub run_dir: PathBuf,
    /// Receives standard output byte for byte.
    pub log: PathBuf,
    /// Receives standard error byte for byte.
    pub stderr: PathBuf,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment; nothing else is inherited. The marker is added.
    pub env: Vec<(String, String)>,
    /// Working directory, inside the sandbox.
    pub cwd: PathBuf,
    /// The sandbox.
    pub policy: JailPolicy,
    /// What ends the attempt by force.
    pub limits: Limits,
    /// How long the agent may go on while no daemon is connected, in seconds.
    pub grace_seconds: u64,
}

/// Limits of one attempt; none where absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of standard output and standard error together. What comes after is not kept.
    pub output_bytes: Option<u64>,
    /// Seconds from start to end, without times of suspend.
    pub wall_seconds: Option<u64>,
    /// Sum of the resident memory of all processes, in bytes. Shared pages count once per process.
    pub memory_bytes: Option<u64>,
    /// Number of processes, those of the sandbox included.
    pub processes: Option<u64>,
}

/// The specification's file in its run directory.
const FILE: &str = "spec.json";

/// Whether a shim was ever started for the attempt in `run_dir`.
pub fn was_started(run_dir: &Path) -> bool {
    run_dir.join(FILE).exists()
}

impl ShimSpec {
    /// An hour without a daemon.
    pub const DEFAULT_GRACE_SECONDS: u64 = 3600;

    /// The attempt's id, checked.
    pub fn attempt_id(&self) -> Result<AttemptId, InvalidName> {
        AttemptId::parse(self.attempt.clone())
    }

    /// Reads a specification of a version that this program knows.
    pub(crate) fn read(file: &Path) -> io::Result<Self> {
        let spec: Self = serde_json::from_reader(io::BufReader::new(File::open(file)?))?;
        if spec.version != SPEC_VERSION {
            return Err(io::Error::other(format!("the specification has version {}, not 1", spec.version)));
        }
        spec.attempt_id().map_err(io::Error::other)?;
        Ok(spec)
    }

    /// Writes the specification into its run directory, for its owner only; the file.
    pub(crate) fn write(&self) -> io::Result<PathBuf> {
        let file = self.run_dir.join(FILE);
        let mut out = File::options().write(true).create(true).truncate(true).mode(0o600).open(&file)?;
        out.write_all(&serde_json::to_vec(self)?)?;
        Ok(file)
    }
}
