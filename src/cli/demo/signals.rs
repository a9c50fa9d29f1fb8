//! Signals that end a demo: the keyboard's, a service manager's, a closed terminal's.

use crate::cli::error::CommandError;
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::process::ExitStatus;
use tokio::signal::unix::{SignalKind, signal};

/// An event loop for one thread.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().map_err(CommandError::Runtime)
}

/// Every signal that asks for the end.
pub(super) struct Ends([tokio::signal::unix::Signal; 3]);

impl Ends {
    /// From now on the signals do not kill this process.
    pub(super) fn listen() -> io::Result<Self> {
        let [interrupt, terminate, hang_up] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self([interrupt?, terminate?, hang_up?]))
    }

    /// Returns when one of them has arrived.
    pub(super) async fn next(&mut self) {
        let [interrupt, terminate, hang_up] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}

/// Runs `command` to its end. A signal is passed on, for who gave it may have meant this process alone; ending is then the child's.
pub(super) async fn wait(mut command: tokio::process::Command) -> Result<ExitStatus, CommandError> {
    let mut ends = Ends::listen()?;
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            () = ends.next() => {
                let pid = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
                if let Some(pid) = pid {
                    // One that has ended already is what is waited for.
                    kill_process(pid, Signal::TERM).ok();
                }
            }
        }
    }
}
