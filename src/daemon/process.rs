//! A process that cannot be mistaken for another one: its number counts only with its start time and the machine's boot.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use std::io;
use std::time::{Duration, Instant};

/// Names a process for good. Numbers are used again, on a busy machine within minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// The number.
    pub pid: i32,
    /// When it started, in clock ticks since boot, from `/proc/<pid>/stat`.
    pub start: u64,
    /// Which boot of the machine, from `/proc/sys/kernel/random/boot_id`.
    pub boot: String,
}

impl ProcessId {
    /// The calling process.
    pub fn own() -> io::Result<Self> {
        let pid = i32::try_from(std::process::id()).map_err(io::Error::other)?;
        Self::of(pid)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The process that has the number `pid` now, if it lives. A zombie does not.
    pub fn of(pid: i32) -> io::Result<Option<Self>> {
        let boot = procfs::sys::kernel::random::boot_id().map_err(io::Error::other)?.trim().to_owned();
        let stat = procfs::process::Process::new(pid).and_then(|process| process.stat());
        Ok(stat.ok().filter(|stat| !matches!(stat.state, 'Z' | 'X')).map(|stat| Self {
            pid,
            start: stat.starttime,
            boot,
        }))
    }

    /// A handle on this very process, if it still lives.
    pub fn find(&self) -> io::Result<Option<Process>> {
        let Some(pid) = (self.pid > 0).then(|| Pid::from_raw(self.pid)).flatten() else {
            return Ok(None);
        };
        let fd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) => fd,
            Err(Errno::SRCH | Errno::INVAL) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // Compared after the handle was taken: from here on the number cannot come to mean another process.
        let is_same = Self::of(self.pid)?.as_ref() == Some(self);
        Ok(is_same.then_some(Process { pid: self.pid, fd }))
    }
}

/// A handle on one process. It stays on that process even when the process has ended and its number went to another one.
#[derive(Debug)]
pub struct Process {
    pid: i32,
    fd: OwnedFd,
}

impl Process {
    /// Its number.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Sends `signal`. To a process that has ended it does nothing.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        match pidfd_send_signal(&self.fd, signal) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until the process has ended, at most `bound`.
    pub fn wait(&self, bound: Duration) -> io::Result<Wait> {
        let deadline = Instant::now() + bound;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], Some(&left)) {
                Ok(0) => return Ok(Wait::StillThere),
                Ok(_) => return Ok(Wait::Ended),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// How a wait for a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The process has ended.
    Ended,
    /// The time is over.
    StillThere,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::process::{Child, Command};

    struct Sleeper(Child);

    impl Sleeper {
        fn new() -> Self {
            Self(Command::new("sleep").arg("60").spawn().unwrap())
        }

        fn id(&self) -> ProcessId {
            ProcessId::of(i32::try_from(self.0.id()).unwrap()).unwrap().unwrap()
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    #[test]
    fn a_living_process_is_found_signalled_and_awaited() {
        let sleeper = Sleeper::new();
        let process = sleeper.id().find().unwrap().unwrap();
        assert_eq!(process.wait(Duration::ZERO).unwrap(), Wait::StillThere);
        process.signal(Signal::TERM).unwrap();
        assert_eq!(process.wait(Duration::from_secs(5)).unwrap(), Wait::Ended);
        process.signal(Signal::TERM).unwrap();
    }

    #[test]
    fn a_number_that_was_used_again_is_another_process() {
        let sleeper = Sleeper::new();
        let earlier = ProcessId { start: sleeper.id().start - 1, ..sleeper.id() };
        assert!(earlier.find().unwrap().is_none());
        let other_boot = ProcessId { boot: "x".to_owned(), ..sleeper.id() };
        assert!(other_boot.find().unwrap().is_none());
    }

    #[test]
    fn a_zombie_does_not_live() {
        let sleeper = Sleeper::new();
        let id = sleeper.id();
        let process = id.find().unwrap().unwrap();
        process.signal(Signal::KILL).unwrap();
        process.wait(Duration::from_secs(5)).unwrap();
        assert!(id.find().unwrap().is_none());
    }

    #[test]
    fn impossible_numbers_are_nobody() {
        for pid in [0, -1, i32::MAX] {
            let id = ProcessId { pid, ..ProcessId::own().unwrap() };
            assert!(id.find().unwrap().is_none(), "{pid}");
        }
    }
}
