//! The daemon's side: starting shims, and talking to them.

use super::entry::READY;
use super::exit::ExitRecord;
use super::protocol::{Command, Notice, PROTOCOL_VERSION, StopLadder, Welcome, line};
use super::run_dir::RunDir;
use super::spec::{MARKER, ShimSpec};
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// How long a shim gets to start its agent, and to answer a greeting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts a shim for `spec` with the program `ve`, detached: it survives this process. Its run directory must exist and
/// the attempt must not have been started before. Answers when the agent runs and the socket listens; the shim's process
/// id. Needs a tokio runtime, which reaps the shim if it is still there.
pub async fn spawn(spec: &ShimSpec, ve: &Path) -> io::Result<u32> {
    let file = spec.write()?;
    let errors = File::options().append(true).create(true).mode(0o600).open(spec.run_dir.join("shim.err"))?;
    let mut child = tokio::process::Command::new(ve)
        .arg0("ve")
        .arg("__shim")
        .arg(&file)
        .env_clear()
        .env(MARKER, &spec.attempt)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()?;
    let pid = child.id().ok_or_else(|| io::Error::other("the shim ended at once"))?;
    let Some(mut stdout) = child.stdout.take() else { return Err(io::Error::other("the shim has no output")) };
    let mut said = Vec::new();
    tokio::time::timeout(PATIENCE, stdout.read_to_end(&mut said)).await??;
    if said == READY.as_bytes() {
        return Ok(pid);
    }
    let errors = std::fs::read_to_string(spec.run_dir.join("shim.err")).unwrap_or_default();
    let last = errors.lines().last().unwrap_or("ve: shim: ended without a word");
    Err(io::Error::other(last.to_owned()))
}

/// A connection to a shim.
#[derive(Debug)]
pub struct Link {
    /// The state of the attempt when the connection was made. Read the log up to its length, then follow the notices.
    pub welcome: Welcome,
    /// Where commands go.
    pub sender: Sender,
    /// Where notices come from.
    pub receiver: Receiver,
}

impl Link {
    /// Connects to the shim in `run_dir` as the daemon of `epoch`. An error may mean that the attempt ended just now: look
    /// for its exit record.
    pub async fn connect(run_dir: &Path, epoch: u64) -> io::Result<Self> {
        tokio::time::timeout(PATIENCE, Self::greet(run_dir, epoch)).await?
    }

    async fn greet(run_dir: &Path, epoch: u64) -> io::Result<Self> {
        let run = RunDir::open(run_dir)?;
        let (read, write) = UnixStream::connect(run.socket()).await?.into_split();
        let mut sender = Sender { write };
        let mut receiver = Receiver { read, buffer: Vec::new(), searched: 0 };
        sender.send(&Command::Hello { version: PROTOCOL_VERSION, epoch }).await?;
        match receiver.next().await? {
            Some(Notice::Welcome(welcome)) => Ok(Self { welcome, sender, receiver }),
            Some(Notice::Refused { why, .. }) => Err(io::Error::other(why)),
            Some(other) => Err(io::Error::other(format!("the shim greeted with {other:?}"))),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Sends commands. Dropping a future of it before its end leaves the connection unusable.
#[derive(Debug)]
pub struct Sender {
    write: OwnedWriteHalf,
}

impl Sender {
    /// Gives `text` to the agent, once for each `key` however often it is sent. `Accepted` says that it is durable.
    pub async fn input(&mut self, key: &str, text: &str) -> io::Result<()> {
        self.send(&Command::Input { key: key.to_owned(), text: text.to_owned() }).await
    }

    /// Closes the agent's input after what was accepted.
    pub async fn close_input(&mut self) -> io::Result<()> {
        self.send(&Command::CloseInput).await
    }

    /// Ends the attempt.
    pub async fn stop(&mut self, ladder: StopLadder) -> io::Result<()> {
        self.send(&Command::Stop { ladder }).await
    }

    async fn send(&mut self, command: &Command) -> io::Result<()> {
        self.write.write_all(&line(command)?).await
    }
}

/// Receives notices.
#[derive(Debug)]
pub struct Receiver {
    read: OwnedReadHalf,
    buffer: Vec<u8>,
    /// How much of the buffer is known to hold no end of a line.
    searched: usize,
}

impl Receiver {
    /// The next notice; `None` when the shim has hung up. May be dropped at any time without loss.
    pub async fn next(&mut self) -> io::Result<Option<Notice>> {
        loop {
            if let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(self.searched + end + 1);
                let line = std::mem::replace(&mut self.buffer, rest);
                self.searched = 0;
                return Ok(Some(serde_json::from_slice(&line)?));
            }
            self.searched = self.buffer.len();
            if self.read.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Waits for the end of the attempt, ignoring all else; `None` when the shim hung up before.
    pub async fn exited(&mut self) -> io::Result<Option<ExitRecord>> {
        loop {
            match self.next().await? {
                Some(Notice::Exited(record)) => return Ok(Some(record)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }
}
