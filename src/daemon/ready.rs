//! What a starting daemon tells whoever started it: one line of JSON through a pipe.
//!
//! The end of the pipe without a line is an answer too: nobody waits for a process that is gone.

use super::DaemonError;
use super::files;
use super::lock::{Lock, Mode, Running};
use crate::project::layout::Layout;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    /// The daemon serves.
    Ready {
        /// Its process id.
        pid: i32,
        /// Its TCP port.
        port: u16,
    },
    /// It does not, and will not.
    Failed {
        /// The reason, a fragment.
        error: String,
        /// What the operator can do.
        hint: String,
    },
    /// Another keeper is at work already.
    Busy {
        /// Its process id.
        pid: i32,
    },
}

impl Word {
    /// The word for a failure.
    pub(crate) fn failed(error: &DaemonError) -> Self {
        Self::Failed { error: error.to_string(), hint: error.hint().to_owned() }
    }

    /// Says it. Whoever wanted to hear it may be gone by now.
    pub(crate) fn say(&self, mut to: impl Write) {
        if let Ok(mut line) = serde_json::to_vec(self) {
            line.push(b'\n');
            to.write_all(&line).ok();
        }
    }

    /// Understands a line.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line.trim_ascii_end()).ok()
    }
}

/// What came through the pipe.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A line.
    Word(Word),
    /// The other side ended without one.
    Nothing,
    /// The time was over.
    Late,
}

/// Waits for the line, at most `bound`.
pub(crate) fn hear(mut pipe: impl Read + AsFd, bound: Duration) -> io::Result<Heard> {
    let deadline = Instant::now() + bound;
    let mut text = Vec::new();
    let mut part = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&left)) {
            Ok(0) => return Ok(Heard::Late),
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let count = pipe.read(&mut part)?;
        text.extend_from_slice(&part[..count]);
        if count == 0 || text.contains(&b'\n') {
            return Ok(Word::parse(&text).map_or(Heard::Nothing, Heard::Word));
        }
    }
}

/// The daemon's side: says once that it serves, or why not.
#[derive(Clone, Debug)]
pub struct Ready {
    inner: Arc<Announcement>,
}

#[derive(Debug)]
struct Announcement {
    layout: Layout,
    lock: Arc<Lock>,
    mode: Mode,
    port: u16,
    listener: Mutex<Option<File>>,
}

impl Ready {
    pub(super) fn new(layout: Layout, lock: Arc<Lock>, mode: Mode, port: u16, listener: Option<File>) -> Self {
        Self { inner: Arc::new(Announcement { layout, lock, mode, port, listener: Mutex::new(listener) }) }
    }

    /// Tells the world that the daemon serves. Called once requests are answered; from then on clients find it.
    pub fn announce(&self) -> Result<(), DaemonError> {
        let Announcement { layout, lock, mode, port, .. } = &*self.inner;
        files::write_port(layout, *port)?;
        let mut running = Running::own(*mode).map_err(DaemonError::system("read the own process"))?;
        running.port = Some(*port);
        lock.describe(&running)?;
        tracing::info!(pid = running.pid(), port, "serving {}", layout.root().display());
        self.say(&Word::Ready { pid: running.pid(), port: *port });
        Ok(())
    }

    /// Passes on why the daemon does not serve, unless it already said that it does.
    pub(super) fn fail(&self, error: String, hint: String) {
        self.say(&Word::Failed { error, hint });
    }

    fn say(&self, word: &Word) {
        let listener = self.inner.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(listener) = listener {
            word.say(listener);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_line_is_json_with_the_outcome_as_its_key() {
        let mut line = Vec::new();
        Word::Ready { pid: 7, port: 9 }.say(&mut line);
        assert_eq!(line, b"{\"ready\":{\"pid\":7,\"port\":9}}\n");
    }

    #[test]
    fn every_end_of_the_pipe_is_told_apart() {
        let (pipe, mut other) = std::io::pipe().unwrap();
        assert_eq!(hear(pipe.try_clone().unwrap(), Duration::ZERO).unwrap(), Heard::Late);
        let word = Word::Failed { error: "a\nb".to_owned(), hint: "c".to_owned() };
        word.say(&mut other);
        assert_eq!(hear(pipe.try_clone().unwrap(), Duration::from_secs(5)).unwrap(), Heard::Word(word));
        other.write_all(b"{\"ready\"").unwrap();
        drop(other);
        assert_eq!(hear(pipe, Duration::from_secs(5)).unwrap(), Heard::Nothing);
    }
}
