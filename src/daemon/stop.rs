//! `stop`: ends keeper and daemon, politely and then not, and never anybody else.

use super::DaemonError;
use super::files;
use super::lock::{self, Running};
use super::process::{Process, Wait};
use super::stopping;
use crate::project::layout::Layout;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Time for keeper and daemon to end. The daemon ends its agents within 12 s, and the keeper kills it after 16.
pub const STOP_BOUND: Duration = Duration::from_secs(20);
/// Time for a killed process to be gone.
const KILL_BOUND: Duration = Duration::from_secs(2);

/// How a stop went. Later ones are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stopped {
    /// Nothing ran.
    WasNotRunning,
    /// All ended by themselves.
    Ended,
    /// A process did not end in time and was killed. Agents end with the daemon's next start, or after their grace time.
    Killed,
}

/// Ends what runs for the project within `bound`, then kills it, and removes the files that led to it.
pub fn stop(layout: &Layout, bound: Duration) -> Result<Stopped, DaemonError> {
    let deadline = Instant::now() + bound;
    let keeper = living(lock::probe_keeper(layout)?)?;
    if keeper.is_some()
        && let Err(error) = stopping::ask(layout)
    {
        // The keeper writes it too; and a full disk does not keep anybody from stopping.
        tracing::warn!("failed to {error}");
    }
    let daemon = living(lock::probe(layout)?)?;
    // Both at once: a keeper that hangs does not cost the daemon its time to end. The keeper first, so that it knows why the daemon ends.
    let asked: Vec<Process> = keeper.into_iter().chain(daemon).collect();
    for process in &asked {
        process.signal(Signal::TERM).map_err(DaemonError::system("signal the daemon"))?;
    }
    let mut outcome = Stopped::WasNotRunning;
    for process in &asked {
        outcome = outcome.max(end(process, deadline)?);
    }
    // The keeper may have been about to start a daemon when it was asked.
    if let Some(late) = living(lock::probe(layout)?)? {
        late.signal(Signal::TERM).map_err(DaemonError::system("signal the daemon"))?;
        outcome = outcome.max(end(&late, deadline)?);
    }
    files::remove_stale(layout);
    Ok(outcome)
}

fn living(running: Option<Running>) -> Result<Option<Process>, DaemonError> {
    running.as_ref().map_or(Ok(None), lock::process)
}

fn end(process: &Process, deadline: Instant) -> Result<Stopped, DaemonError> {
    let wait = |bound| process.wait(bound).map_err(DaemonError::system("wait for the daemon"));
    if wait(deadline.saturating_duration_since(Instant::now()))? == Wait::Ended {
        return Ok(Stopped::Ended);
    }
    process.signal(Signal::KILL).map_err(DaemonError::system("kill the daemon"))?;
    match wait(KILL_BOUND)? {
        Wait::Ended => Ok(Stopped::Killed),
        Wait::StillThere => Err(DaemonError::Unstoppable { pid: process.pid() }),
    }
}
