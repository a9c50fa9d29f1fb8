//! `restart`: a new daemon in the place of the old one, from the new program if there is one, while the agents go on.

use super::DaemonError;
use super::crash;
use super::launch::Launch;
use super::lock::{self, Mode, Running};
use super::process::{Process, ProcessId, Wait};
use super::start::{self, Started, TICK};
use crate::project::layout::Layout;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Time for the old daemon to leave (16 s, then it is killed) and for the new one to come up.
pub const RESTART_BOUND: Duration = Duration::from_secs(45);

/// Restarts the daemon within `bound`. A running keeper goes on with its own arguments; without one `launch` counts.
pub fn restart(launch: &Launch, bound: Duration) -> Result<Started, DaemonError> {
    let deadline = Instant::now() + bound;
    let layout = Layout::find(&launch.root, &launch.state_home)?.ok_or(DaemonError::NotRunning)?;
    let daemon = lock::probe(&layout)?;
    let keeper = lock::probe_keeper(&layout)?;
    if let Some(keeper) = keeper.as_ref().map_or(Ok(None), lock::process)? {
        hang_up(&keeper)?;
        let old = daemon.map(|running| running.process);
        return successor(&layout, &keeper, old.as_ref(), deadline, bound);
    }
    // The keeper was killed: the daemon is asked directly, and the next one gets a new keeper.
    let Some(daemon) = daemon else {
        return Err(DaemonError::NotRunning);
    };
    if daemon.mode == Mode::Foreground {
        return Err(DaemonError::Foreground { pid: daemon.pid() });
    }
    if let Some(old) = lock::process(&daemon)? {
        hang_up(&old)?;
        if wait(&old, deadline.saturating_duration_since(Instant::now()))? == Wait::StillThere {
            return Err(DaemonError::Slow(bound));
        }
    }
    start::start(launch, deadline.saturating_duration_since(Instant::now()))
}

/// Waits until another daemon than `old` serves, or its keeper has given up.
fn successor(
    layout: &Layout,
    keeper: &Process,
    old: Option<&ProcessId>,
    deadline: Instant,
    bound: Duration,
) -> Result<Started, DaemonError> {
    loop {
        if let Some(Running { process, port: Some(port), .. }) = lock::probe(layout)?
            && Some(&process) != old
        {
            return Ok(Started { pid: process.pid, port, last_crash: None });
        }
        if wait(keeper, TICK)? == Wait::Ended {
            return Err(match crash::last_crash(layout) {
                Some(crash) => {
                    DaemonError::Failed { error: format!("restart the daemon: it {}", crash.last), hint: crash.hint }
                }
                None => DaemonError::NotRunning,
            });
        }
        if Instant::now() >= deadline {
            return Err(DaemonError::Slow(bound));
        }
    }
}

fn hang_up(process: &Process) -> Result<(), DaemonError> {
    process.signal(Signal::HUP).map_err(DaemonError::system("signal the daemon"))
}

fn wait(process: &Process, bound: Duration) -> Result<Wait, DaemonError> {
    process.wait(bound).map_err(DaemonError::system("wait for the daemon"))
}
