//! `start`: launches a keeper, and returns when the daemon answers or has said why it does not.

use super::DaemonError;
use super::crash::{self, Crash};
use super::foreign;
use super::launch::{Launch, ProgramFile, Stage};
use super::lock;
use super::log;
use super::process::Wait;
use super::ready::{Heard, Word, hear};
use crate::project::layout::Layout;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Time for a daemon to come up, which includes migrations of its database.
pub const START_BOUND: Duration = Duration::from_secs(30);
/// Between two looks at a daemon that somebody else starts.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// A daemon that was started and serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its process id.
    pub pid: i32,
    /// Its TCP port.
    pub port: u16,
    /// How the daemon before ended, if it crashed for good.
    pub last_crash: Option<Crash>,
}

/// Starts the daemon in the background, within `bound`. The socket answers when this returns.
pub fn start(launch: &Launch, bound: Duration) -> Result<Started, DaemonError> {
    let deadline = Instant::now() + bound;
    let layout = claim(launch)?;
    let last_crash = crash::last_crash(&layout);
    loop {
        yield_to_others(&layout, deadline, bound)?;
        let left = deadline.saturating_duration_since(Instant::now());
        match launch_keeper(launch, &layout, left)? {
            Heard::Word(Word::Ready { pid, port }) => return Ok(Started { pid, port, last_crash }),
            Heard::Word(Word::Failed { error, hint }) => return Err(DaemonError::Failed { error, hint }),
            Heard::Word(Word::Busy { .. }) => {}
            Heard::Nothing => {
                let error = "start the daemon: its keeper ended without a word".to_owned();
                return Err(DaemonError::Failed { error, hint: "see .ve/orchestrator.log".to_owned() });
            }
            Heard::Late => return Err(DaemonError::Slow(bound)),
        }
    }
}

/// Claims the project, unless somebody serves it already.
pub(super) fn claim(launch: &Launch) -> Result<Layout, DaemonError> {
    if let Some(layout) = Layout::find(&launch.root, &launch.state_home)?
        && let Some(running) = lock::probe(&layout)?
    {
        return Err(DaemonError::AlreadyRunning { pid: running.pid() });
    }
    if let Some(pid) = foreign::daemon(&launch.root) {
        return Err(DaemonError::ForeignDaemon { pid });
    }
    Ok(launch.claim()?)
}

/// Returns when no keeper is at work. One that is gets the time to bring its daemon up, and then that one is running already.
fn yield_to_others(layout: &Layout, deadline: Instant, bound: Duration) -> Result<(), DaemonError> {
    loop {
        if let Some(running) = lock::probe(layout)? {
            return Err(DaemonError::AlreadyRunning { pid: running.pid() });
        }
        let Some(keeper) = lock::probe_keeper(layout)? else {
            return Ok(());
        };
        if Instant::now() >= deadline {
            return Err(DaemonError::Slow(bound));
        }
        if let Some(keeper) = lock::process(&keeper)? {
            // Only passes the time: the next look tells what became of it.
            let _: Wait = keeper.wait(TICK).map_err(DaemonError::system("wait for the keeper"))?;
        }
    }
}

fn launch_keeper(launch: &Launch, layout: &Layout, bound: Duration) -> Result<Heard, DaemonError> {
    let program = ProgramFile::own().map_err(DaemonError::system("find the own program"))?;
    let log = log::open(&layout.log()).map_err(DaemonError::io(&layout.log()))?;
    let mut command = launch.keeper(program.path(), Stage::Detach);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    let mut child = command.spawn().map_err(DaemonError::system("start the keeper"))?;
    let heard = match child.stdout.take() {
        Some(pipe) => hear(pipe, bound).map_err(DaemonError::system("hear from the keeper"))?,
        None => Heard::Nothing,
    };
    if heard != Heard::Late {
        // It ended as soon as the keeper was started; this only clears it away.
        child.wait().map_err(DaemonError::system("wait for the keeper's start"))?;
    }
    Ok(heard)
}
