//! The agent's process and its three pipes, none of which ever blocks.

use super::exit::ExitStatus;
use super::run_dir::RunDir;
use super::spec::{MARKER, ShimSpec};
use super::times::{Stamps, micros_since_epoch};
use rustix::process::{Pid, WaitOptions};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};

/// What is copied from one pipe before others have their turn.
const COPY_AT_ONCE: usize = 1 << 20;

/// A stream of the agent that is kept in a file byte for byte.
#[derive(Debug)]
pub(crate) struct Copied<R> {
    pipe: Option<R>,
    file: File,
    length: u64,
    /// Of what is followed by the line.
    stamps: Option<Stamps>,
}

impl<R: Read + AsFd> Copied<R> {
    fn new(pipe: Option<R>, path: &Path) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        let file = File::options().append(true).create(true).mode(0o600).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { pipe, file, length, stamps: None })
    }

    /// The same, with the times of its bytes beside the file at `path`.
    fn stamped(self, path: &Path) -> Self {
        Self { stamps: Some(Stamps::beside(path)), ..self }
    }

    /// Copies what is there, but keeps no more than `room` bytes. How many bytes came, kept or not.
    pub(crate) fn copy(&mut self, room: u64) -> io::Result<u64> {
        let mut buffer = [0; 64 * 1024];
        let mut came = 0;
        while let Some(pipe) = &mut self.pipe
            && came < COPY_AT_ONCE
        {
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    let left = usize::try_from(room.saturating_sub(came as u64)).unwrap_or(usize::MAX);
                    let kept = count.min(left);
                    if let Some(stamps) = &mut self.stamps {
                        stamps.note(self.length, micros_since_epoch());
                    }
                    self.file.write_all(&buffer[..kept])?;
                    self.length += kept as u64;
                    came += count;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(came as u64)
    }

    /// Bytes in the file.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The pipe while it is open.
    pub(crate) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Makes the file durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// The agent's input: what was accepted and is not written yet.
#[derive(Debug)]
pub(crate) struct Input {
    pipe: Option<ChildStdin>,
    waiting: VecDeque<u8>,
    closing: bool,
}

impl Input {
    /// Queues `text`. An input that is closed takes nothing, silently: the agent left or was told that no more comes.
    pub(crate) fn push(&mut self, text: &str) {
        if self.pipe.is_some() && !self.closing {
            self.waiting.extend(text.as_bytes());
        }
    }

    /// Closes the pipe after what is queued.
    pub(crate) fn close(&mut self) {
        self.closing = true;
    }

    /// Whether it is closed, or will be after what is queued.
    pub(crate) fn is_closed(&self) -> bool {
        self.closing || self.pipe.is_none()
    }

    /// Writes what the pipe takes now.
    pub(crate) fn flush(&mut self) {
        while let Some(pipe) = &mut self.pipe {
            let (head, _) = self.waiting.as_slices();
            if head.is_empty() {
                break;
            }
            match pipe.write(head) {
                Ok(count) => drop(self.waiting.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The agent closed its end: nobody will read the rest.
                Err(_) => self.pipe = None,
            }
        }
        if self.closing || self.pipe.is_none() {
            self.pipe = None;
            self.waiting.clear();
        }
    }

    /// The pipe while something waits for it.
    pub(crate) fn sink(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().filter(|_| !self.waiting.is_empty()).map(AsFd::as_fd)
    }
}

/// A started agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) pid: Pid,
    pub(crate) input: Input,
    pub(crate) output: Copied<std::process::ChildStdout>,
    pub(crate) errors: Copied<std::process::ChildStderr>,
}

impl Agent {
    /// Starts the agent in its jail.
    pub(crate) fn start(spec: &ShimSpec, run: &RunDir) -> io::Result<Self> {
        let policy = run.file("policy.json");
        spec.policy.write_to(&policy)?;
        let mut child = Command::new("/proc/self/exe")
            .arg0("ve")
            .arg("__jail")
            .arg(&policy)
            .arg("--")
            .args(&spec.argv)
            .env_clear()
            .envs(spec.env.iter().map(|(name, value)| (name, value)))
            .env(MARKER, &spec.attempt)
            .current_dir(&spec.cwd)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let pipe = child.stdin.take();
        if let Some(pipe) = &pipe {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        Ok(Self {
            pid: Pid::from_child(&child),
            input: Input { pipe, waiting: VecDeque::new(), closing: false },
            output: Copied::new(child.stdout.take(), &spec.log)?.stamped(&spec.log),
            errors: Copied::new(child.stderr.take(), &spec.stderr)?,
        })
    }
}

/// What reaping found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reaped {
    /// How the agent left, if it did just now.
    pub(crate) agent: Option<ExitStatus>,
    /// Whether no child is left. Orphans become children of a subreaper, so then no descendant is left.
    pub(crate) none_left: bool,
}

/// Reaps every child that has ended.
pub(crate) fn reap(agent: Pid) -> io::Result<Reaped> {
    let mut reaped = Reaped::default();
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if pid == agent => {
                reaped.agent = Some(match status.terminating_signal() {
                    Some(signal) => ExitStatus::Signal(signal),
                    None => ExitStatus::Code(status.exit_status().unwrap_or(1)),
                });
            }
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => return Ok(reaped),
            Err(rustix::io::Errno::CHILD) => return Ok(Reaped { none_left: true, ..reaped }),
            Err(error) => return Err(error.into()),
        }
    }
}
