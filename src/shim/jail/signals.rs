//! Waiting for one child while passing signals on to it and reaping all others.

use super::{JailError, Step};
use nix::sys::signal::{SigSet, Signal};
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus};

/// Signals that both halves of a jail pass on to the program.
const FORWARDED: [Signal; 8] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGWINCH,
    Signal::SIGCONT,
];

/// Blocks the signals that [`babysit`] waits for. A started child inherits the block, so none is lost before it looks.
pub(super) fn block() -> Result<(), JailError> {
    watched().thread_block().step(|| "block signals".to_owned())
}

/// Opens the mask of blocked signals again, for the program.
pub(super) fn unblock_all() -> Result<(), JailError> {
    SigSet::empty().thread_set_mask().step(|| "unblock signals".to_owned())
}

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Code(i32),
    Signal(i32),
}

impl Ending {
    fn from_status(status: WaitStatus) -> Self {
        match status.terminating_signal() {
            Some(signal) => Ending::Signal(signal),
            None => Ending::Code(status.exit_status().unwrap_or(1)),
        }
    }

    /// The form in which the second stage tells the first.
    pub(super) fn to_bytes(self) -> [u8; 4] {
        match self {
            Ending::Code(code) => code.to_ne_bytes(),
            Ending::Signal(signal) => (-signal).to_ne_bytes(),
        }
    }

    /// The reverse of [`Ending::to_bytes`].
    pub(super) fn from_bytes(bytes: [u8; 4]) -> Self {
        match i32::from_ne_bytes(bytes) {
            signal if signal < 0 => Ending::Signal(-signal),
            code => Ending::Code(code),
        }
    }
}

/// Waits until `main` has ended.
pub(super) fn babysit(main: Pid) -> Result<Ending, JailError> {
    let watched = watched();
    loop {
        let signal = watched.wait().step(|| "wait for a signal".to_owned())?;
        if signal != Signal::SIGCHLD {
            forward(main, signal);
            continue;
        }
        if let Some(ending) = reap(main)? {
            return Ok(ending);
        }
    }
}

fn watched() -> SigSet {
    let mut set = SigSet::empty();
    for signal in FORWARDED {
        set.add(signal);
    }
    set.add(Signal::SIGCHLD);
    set
}

fn forward(main: Pid, signal: Signal) {
    let main = nix::unistd::Pid::from_raw(main.as_raw_nonzero().get());
    // The child may have ended just now: its status says so in a moment.
    nix::sys::signal::kill(main, signal).ok();
}

/// Reaps every child that has ended; how `main` did when it was among them.
fn reap(main: Pid) -> Result<Option<Ending>, JailError> {
    let mut found = None;
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if pid == main => found = Some(Ending::from_status(status)),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) | Err(Errno::CHILD) => return Ok(found),
            Err(error) => return Err(error).step(|| "wait for the program".to_owned()),
        }
    }
}
