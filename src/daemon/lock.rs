//! One daemon and one keeper per project: whoever holds the lock is it.
//!
//! The lock is flock(2) on a file in the state directory; no child inherits it. The file's content says who the holder is, and counts only
//! while the lock is held and that very process lives.

use super::DaemonError;
use super::process::{Process, ProcessId};
use crate::domain::time::Timestamp;
use crate::project::layout::Layout;
use rustix::event::{Timespec, poll};
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Within this time whoever takes a lock has written who it is, and whoever only looked has let go.
const SETTLE: Duration = Duration::from_secs(1);
/// Between two looks while that goes on.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };

/// Who keeps a daemon running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Our keeper.
    Kept,
    /// Whoever started it in the foreground.
    Foreground,
}

/// A running daemon or keeper, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The process.
    #[serde(flatten)]
    pub process: ProcessId,
    /// Version of the program.
    pub version: String,
    /// When it started, in microseconds since the Unix epoch.
    pub started_at: i64,
    /// Who keeps it running.
    pub mode: Mode,
    /// The TCP port, as soon as it serves.
    pub port: Option<u16>,
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.process.pid
    }

    /// When it started.
    pub fn started_at(&self) -> Timestamp {
        Timestamp(self.started_at)
    }

    /// The calling process.
    pub(crate) fn own(mode: Mode) -> io::Result<Self> {
        Ok(Self {
            process: ProcessId::own()?,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: now().0,
            mode,
            port: None,
        })
    }
}

/// The clock, for the marks that processes leave.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The daemon of a project, if one runs.
pub fn probe(layout: &Layout) -> Result<Option<Running>, DaemonError> {
    holder(&layout.lock())
}

/// The keeper of a project, if one runs.
pub fn probe_keeper(layout: &Layout) -> Result<Option<Running>, DaemonError> {
    holder(&keeper_lock(layout))
}

/// The keeper's lock file.
pub(crate) fn keeper_lock(layout: &Layout) -> PathBuf {
    layout.state().join("keeper.lock")
}

/// A handle on a daemon or keeper that was found.
pub(crate) fn process(running: &Running) -> Result<Option<Process>, DaemonError> {
    running.process.find().map_err(DaemonError::system("find the daemon's process"))
}

/// A held lock. It is free again when this value is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the daemon's lock, and says who holds it otherwise.
    pub(crate) fn daemon(layout: &Layout, mode: Mode) -> Result<Self, DaemonError> {
        Self::take(&layout.lock(), mode)
    }

    /// Takes the keeper's lock.
    pub(crate) fn keeper(layout: &Layout) -> Result<Self, DaemonError> {
        Self::take(&keeper_lock(layout), Mode::Kept)
    }

    /// A lock that an earlier program of this process holds through `file`.
    pub(crate) fn inherited(layout: &Layout, file: File) -> Result<Self, DaemonError> {
        let path = keeper_lock(layout);
        if !is_at(&file, &path) || !matches!(try_lock(&file, &path)?, Attempt::Taken) {
            return Err(DaemonError::UnknownHolder(path));
        }
        let lock = Self { file, path };
        lock.describe(&own(Mode::Kept)?)?;
        Ok(lock)
    }

    fn take(path: &Path, mode: Mode) -> Result<Self, DaemonError> {
        let deadline = Instant::now() + SETTLE;
        loop {
            let file = open(path)?;
            if matches!(try_lock(&file, path)?, Attempt::Taken) && is_at(&file, path) {
                let lock = Self { file, path: path.to_owned() };
                lock.describe(&own(mode)?)?;
                return Ok(lock);
            }
            if let Some(running) = described(&file)? {
                return Err(DaemonError::AlreadyRunning { pid: running.pid() });
            }
            settle(path, deadline)?;
        }
    }

    /// Writes who holds the lock. One write, one line: a reader sees the old or the new.
    pub(crate) fn describe(&self, running: &Running) -> Result<(), DaemonError> {
        let write = || {
            let mut line = serde_json::to_vec(running)?;
            line.push(b'\n');
            self.file.write_all_at(&line, 0)?;
            self.file.set_len(line.len() as u64)
        };
        write().map_err(DaemonError::io(&self.path))
    }

    /// The open file, to be handed to the next program of this process.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Only tidier: a process that lives on after it let go is no holder, and a description counts only with the lock.
        self.file.set_len(0).ok();
    }
}

fn own(mode: Mode) -> Result<Running, DaemonError> {
    Running::own(mode).map_err(DaemonError::system("read the own process"))
}

fn holder(path: &Path) -> Result<Option<Running>, DaemonError> {
    let deadline = Instant::now() + SETTLE;
    loop {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DaemonError::io(path)(error)),
        };
        // A shared lock: two who look at once do not take each other for the daemon.
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => return Ok(None),
            Err(Errno::WOULDBLOCK) => {}
            Err(error) => return Err(DaemonError::io(path)(error.into())),
        }
        if let Some(running) = described(&file)? {
            return Ok(Some(running));
        }
        settle(path, deadline)?;
    }
}

/// Does `tidy` while nobody holds the daemon's lock, and nothing otherwise. A daemon that starts meanwhile waits for it.
pub(crate) fn while_free(layout: &Layout, tidy: impl FnOnce()) {
    let Ok(file) = File::open(layout.lock()) else {
        return;
    };
    if rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        tidy();
    }
}

enum Attempt {
    Taken,
    Held,
}

fn try_lock(file: &File, path: &Path) -> Result<Attempt, DaemonError> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Attempt::Taken),
        Err(Errno::WOULDBLOCK) => Ok(Attempt::Held),
        Err(error) => Err(DaemonError::io(path)(error.into())),
    }
}

fn open(path: &Path) -> Result<File, DaemonError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(DaemonError::io(path))
}

/// Whether `path` still leads to `file`: a lock on a file that was removed excludes nobody.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(held), Ok(there)) => held.dev() == there.dev() && held.ino() == there.ino(),
        _ => false,
    }
}

/// The living process that the file describes.
fn described(file: &File) -> Result<Option<Running>, DaemonError> {
    let mut text = [0; 4096];
    let Ok(length) = file.read_at(&mut text, 0) else {
        return Ok(None);
    };
    let line = text[..length].split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Ok(running) = serde_json::from_slice::<Running>(line) else {
        return Ok(None);
    };
    Ok(process(&running)?.map(|_| running))
}

/// Lets a moment pass until who holds the lock has said so, or has only looked and is gone.
fn settle(path: &Path, deadline: Instant) -> Result<(), DaemonError> {
    if Instant::now() >= deadline {
        return Err(DaemonError::UnknownHolder(path.to_owned()));
    }
    // An interrupted wait is only shorter.
    poll(&mut [], Some(&TICK)).ok();
    Ok(())
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
