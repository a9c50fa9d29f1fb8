//! The way out of the caller's terminal: a program that leads a new session, starts the keeper in it and ends.
//!
//! The keeper is no leader of its session, so no terminal it may ever open becomes its own, and the caller's hangup does not reach it.

use super::DaemonError;
use super::launch::{Launch, ProgramFile, Stage};
use std::fs;
use std::os::fd::RawFd;
use std::process::Stdio;

/// Starts the keeper in a new session. Standard output leads to the client, standard error to the log, and so they do for the keeper.
pub(super) fn detach(launch: &Launch) -> Result<(), DaemonError> {
    close_foreign_files();
    rustix::process::setsid().map_err(DaemonError::system("leave the terminal"))?;
    let program = ProgramFile::own().map_err(DaemonError::system("find the own program"))?;
    // Nobody waits for the child: this process ends now, and the system inherits it.
    launch
        .keeper(program.path(), Stage::Keep)
        .stdin(Stdio::null())
        .spawn()
        .map(drop)
        .map_err(DaemonError::system("start the keeper"))
}

/// Closes what the caller's own callers left open, a lock of flock(1) or a pipe, so that nobody waits for us to let go of it.
fn close_foreign_files() {
    let Ok(open) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open: Vec<RawFd> = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // This process has opened nothing yet but the listing, which is closed by now: that one fails.
        nix::unistd::close(fd).ok();
    }
}
