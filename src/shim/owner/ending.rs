//! Bringing an attempt to its end: the rungs of its ladder, then the record and the last word.

use super::limits::reaped_cpu_ms;
use super::{Owner, micros_since_epoch, own_pid, wait_for};
use crate::shim::connection::Connection;
use crate::shim::exit::{EXIT_VERSION, ExitRecord, ExitStatus, Why};
use crate::shim::guarantee::HasNamespaces;
use crate::shim::ladder::Rung;
use crate::shim::policy::{JailPolicy, Mode, Namespaces};
use crate::shim::protocol::Notice;
use crate::shim::tree::{self, Seen};
use nix::sys::resource::{UsageWho, getrusage};
use rustix::event::{PollFd, PollFlags};
use rustix::process::Signal;
use std::io;
use std::time::{Duration, Instant};

/// How long clients get to read the last notices.
const FAREWELL: Duration = Duration::from_secs(1);

impl Owner {
    pub(super) fn climb(&mut self, now: Instant) {
        let Some(rung) = self.ladder.as_mut().and_then(|ladder| ladder.due(now)) else { return };
        match rung {
            Rung::CloseInput => {
                self.agent.input.close();
                self.agent.input.flush();
            }
            Rung::Terminate => self.signal_agent(Signal::TERM),
            Rung::TerminateAll => self.terminate_all(),
            Rung::KillAll => {
                for process in tree::descendants(own_pid()) {
                    process.seen.signal(Signal::KILL);
                }
            }
        }
    }

    fn signal_agent(&self, signal: Signal) {
        // While it has not been reaped, its number is its own.
        if self.status.is_none()
            && let Some(agent) = Seen::find(self.agent.pid.as_raw_nonzero().get())
        {
            agent.signal(signal);
        }
    }

    /// SIGTERM once to every process of the agent. The two halves of the jail would pass it on, so they are left out.
    fn terminate_all(&self) {
        let halves = match self.spec.policy.has_namespaces() {
            HasNamespaces::Yes => 2,
            HasNamespaces::No => 0,
        };
        for process in tree::descendants(own_pid()) {
            if process.depth > halves {
                process.seen.signal(Signal::TERM);
            }
        }
    }

    /// Everything durable first, then the record, then the last word to clients.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.drain();
        // Late input is refused rather than accepted for nobody.
        self.agent.input.close();
        self.agent.output.sync()?;
        self.agent.errors.sync()?;
        let largest =
            getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| u64::try_from(usage.max_rss()).unwrap_or(0) * 1024);
        let record = ExitRecord {
            version: EXIT_VERSION,
            attempt: self.spec.attempt.clone(),
            status: self.status.unwrap_or(ExitStatus::Signal(Signal::KILL.as_raw())),
            why: self.why.clone().unwrap_or(Why::ByItself),
            started_at: self.started_at,
            ended_at: micros_since_epoch(),
            log_length: self.agent.output.length(),
            stderr_length: self.agent.errors.length(),
            cpu_ms: reaped_cpu_ms(),
            peak_memory: self.peak_memory.max(largest),
        };
        self.run.write_exit(&record)?;
        self.say_farewell(record)?;
        self.run.remove_socket()
    }

    /// Copies what is still in the pipes. Nobody writes to them any more.
    fn drain(&mut self) {
        loop {
            let before = self.agent.output.length() + self.agent.errors.length();
            self.copy_output();
            if self.agent.output.length() + self.agent.errors.length() == before {
                return;
            }
        }
    }

    fn say_farewell(&mut self, record: ExitRecord) -> io::Result<()> {
        self.accept_clients();
        self.hear_clients();
        let until = Instant::now() + FAREWELL;
        let (length, notice) = (self.agent.output.length(), Notice::Exited(record));
        for client in self.clients.iter_mut().filter(|client| client.epoch.is_some()) {
            client.flush();
            client.tell_length(length);
            client.send(&notice);
        }
        loop {
            self.clients.iter_mut().for_each(Connection::flush);
            self.clients.retain(Connection::has_backlog);
            let left = until.saturating_duration_since(Instant::now());
            if self.clients.is_empty() || left.is_zero() {
                return Ok(());
            }
            let mut fds: Vec<_> = self.clients.iter().map(|client| PollFd::new(client, PollFlags::OUT)).collect();
            wait_for(&mut fds, left)?;
        }
    }
}

impl JailPolicy {
    /// Whether a process with this policy runs in own namespaces.
    fn has_namespaces(&self) -> HasNamespaces {
        match (self.mode, self.namespaces) {
            (Mode::Enforced, Namespaces::Required) => HasNamespaces::Yes,
            _ => HasNamespaces::No,
        }
    }
}
