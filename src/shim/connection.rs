//! One client of a shim: bytes in, lines out, nothing that waits.

use super::protocol::{Command, Notice, line};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// The longest line a client may send: an input of 64 MiB, all of it escaped at worst.
const LONGEST_LINE: usize = 400 << 20;
/// What a client may leave unread before it is cut off. It connects again and reads the log, so nothing is lost.
const LONGEST_BACKLOG: usize = 4 << 20;
/// What is read from one client before others have their turn.
const READ_AT_ONCE: usize = 1 << 20;

/// A connected client.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: UnixStream,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    open: bool,
    /// The epoch it announced; `None` before its `hello`.
    pub(crate) epoch: Option<u64>,
    /// The length of the log it was told last.
    told: u64,
}

impl Connection {
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, incoming: Vec::new(), outgoing: Vec::new(), open: true, epoch: None, told: 0 })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether it has not read all that it was told.
    pub(crate) fn has_backlog(&self) -> bool {
        self.open && !self.outgoing.is_empty()
    }

    /// The commands that have arrived whole. A line that is no command cuts the client off.
    pub(crate) fn receive(&mut self) -> Vec<Command> {
        self.fill();
        let Some(end) = self.incoming.iter().rposition(|byte| *byte == b'\n') else {
            self.open &= self.incoming.len() <= LONGEST_LINE;
            return Vec::new();
        };
        let rest = self.incoming.split_off(end + 1);
        let lines = std::mem::replace(&mut self.incoming, rest);
        let mut commands = Vec::new();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(command) => commands.push(command),
                Err(error) => {
                    self.send(&Notice::Refused { key: None, why: format!("not a command: {error}") });
                    self.flush();
                    self.open = false;
                    break;
                }
            }
        }
        commands
    }

    fn fill(&mut self) {
        let mut buffer = [0; 64 * 1024];
        let mut taken = 0;
        while self.open && taken < READ_AT_ONCE {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.open = false,
                Ok(count) => {
                    self.incoming.extend_from_slice(&buffer[..count]);
                    taken += count;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.open = false,
            }
        }
    }

    /// Queues a notice.
    pub(crate) fn send(&mut self, notice: &Notice) {
        match line(notice) {
            Ok(line) if self.outgoing.len() + line.len() <= LONGEST_BACKLOG || self.outgoing.is_empty() => {
                self.outgoing.extend_from_slice(&line);
            }
            _ => self.open = false,
        }
    }

    /// Tells the length of the log if the client does not know it. One that is behind is told once, later.
    pub(crate) fn tell_length(&mut self, length: u64) {
        if self.epoch.is_some() && self.told < length && self.outgoing.is_empty() {
            self.told = length;
            self.send(&Notice::Grew { length });
        }
    }

    /// Says that the client knows this length already.
    pub(crate) fn knows_length(&mut self, length: u64) {
        self.told = length;
    }

    /// Writes what the socket takes now.
    pub(crate) fn flush(&mut self) {
        let mut written = 0;
        while self.open && written < self.outgoing.len() {
            match self.stream.write(&self.outgoing[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.open = false,
            }
        }
        self.outgoing.drain(..written);
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
