//! The shim's loop: one thread, one `poll`, no call that waits for anybody else.
//!
//! Every turn sleeps until something happens or is due and then asks each source in the same order. Nothing is decided by
//! which descriptor woke it.

mod commands;
mod ending;
mod limits;

use super::agent::{Agent, reap};
use super::connection::Connection;
use super::exit::{ExitStatus, Limit, Why};
use super::journal::Journal;
use super::ladder::Ladder;
use super::protocol::StopLadder;
use super::run_dir::RunDir;
use super::spec::ShimSpec;
use super::times::micros_since_epoch;
use limits::MEASURE_SELDOM;
use nix::sys::signalfd::SignalFd;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::Signal;
use std::io;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

/// What a shim owns while it runs.
pub(crate) struct Owner {
    spec: ShimSpec,
    run: RunDir,
    journal: Journal,
    listener: UnixListener,
    signals: SignalFd,
    agent: Agent,
    clients: Vec<Connection>,
    highest_epoch: u64,
    ladder: Option<Ladder>,
    why: Option<Why>,
    status: Option<ExitStatus>,
    started: Instant,
    started_at: i64,
    last_daemon: Instant,
    measure_at: Instant,
    pulse_at: Instant,
    peak_memory: u64,
}

/// Whether the loop goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Again,
    Over,
}

impl Owner {
    /// Starts the agent. The listener must exist before, so that whoever learns of the start can connect.
    pub(crate) fn start(spec: ShimSpec, run: RunDir, journal: Journal, signals: SignalFd) -> io::Result<Self> {
        let listener = run.listen()?;
        let agent = Agent::start(&spec, &run)?;
        let now = Instant::now();
        Ok(Self {
            spec,
            run,
            journal,
            listener,
            signals,
            agent,
            clients: Vec::new(),
            highest_epoch: 0,
            ladder: None,
            why: None,
            status: None,
            started: now,
            started_at: micros_since_epoch(),
            last_daemon: now,
            measure_at: now,
            pulse_at: now + MEASURE_SELDOM,
            peak_memory: 0,
        })
    }

    /// Runs until no process of the attempt is left; then everything is on disk.
    pub(crate) fn run(mut self) -> io::Result<()> {
        while self.turn()? == Turn::Again {
            self.sleep()?;
        }
        self.finish()
    }

    fn turn(&mut self) -> io::Result<Turn> {
        self.hear_signals()?;
        let reaped = reap(self.agent.pid)?;
        self.copy_output();
        self.accept_clients();
        self.hear_clients();
        self.agent.input.flush();
        let now = Instant::now();
        if let Some(status) = reaped.agent {
            self.status = Some(status);
            self.why.get_or_insert(Why::ByItself);
            // What it left running ends with it.
            self.ladder.get_or_insert_with(|| Ladder::new(StopLadder::End, now)).hurry(now);
        }
        if reaped.none_left {
            return Ok(Turn::Over);
        }
        self.watch_time(now);
        self.measure(now);
        self.climb(now);
        self.tell_clients();
        Ok(Turn::Again)
    }

    fn hear_signals(&mut self) -> io::Result<()> {
        while let Some(signal) = self.signals.read_signal()? {
            if i32::try_from(signal.ssi_signo) == Ok(Signal::TERM.as_raw()) {
                self.stop(StopLadder::Suspend, Why::Terminated);
            }
        }
        Ok(())
    }

    fn stop(&mut self, ladder: StopLadder, why: Why) {
        let now = Instant::now();
        self.why.get_or_insert(why);
        match (&mut self.ladder, ladder) {
            (None, _) => self.ladder = Some(Ladder::new(ladder, now)),
            (Some(climbing), StopLadder::End) => climbing.hurry(now),
            (Some(_), StopLadder::Suspend) => {}
        }
    }

    fn copy_output(&mut self) {
        let allowed = self.spec.limits.output_bytes.unwrap_or(u64::MAX);
        let agent = &mut self.agent;
        let before = agent.output.length() + agent.errors.length();
        let room = allowed.saturating_sub(before);
        let copied = agent.output.copy(room).and_then(|output| {
            let errors = agent.errors.copy(room.saturating_sub(output))?;
            Ok(before + output + errors)
        });
        match copied {
            Ok(seen) if seen > allowed => {
                self.stop(StopLadder::End, Why::Limit { limit: Limit::Output, allowed, seen })
            }
            Ok(_) => {}
            Err(error) => self.stop(StopLadder::End, Why::Failed { error: format!("keep the output: {error}") }),
        }
    }

    fn accept_clients(&mut self) {
        // An error is either "nobody is there" or passes with a client that gave up: both are seen again next turn.
        while let Ok((stream, _)) = self.listener.accept() {
            if let Ok(client) = Connection::new(stream) {
                self.clients.push(client);
            }
        }
    }

    fn hear_clients(&mut self) {
        for index in 0..self.clients.len() {
            for command in self.clients[index].receive() {
                if let Some(answer) = self.obey(index, command) {
                    self.clients[index].send(&answer);
                }
            }
        }
    }

    fn tell_clients(&mut self) {
        let length = self.agent.output.length();
        for client in &mut self.clients {
            client.flush();
            client.tell_length(length);
            client.flush();
        }
        self.clients.retain(Connection::is_open);
    }

    fn sleep(&self) -> io::Result<()> {
        let wall = self.spec.limits.wall_seconds.map(|allowed| self.started + Duration::from_secs(allowed));
        // Once a ladder is climbed, the two clocks have nothing to say any more.
        let due = match self.ladder {
            Some(ladder) => ladder.at(),
            None => wall.into_iter().fold(self.grace_ends(), Instant::min),
        };
        let wait = due.min(self.measure_at).saturating_duration_since(Instant::now());
        let mut fds = vec![PollFd::new(&self.signals, PollFlags::IN), PollFd::new(&self.listener, PollFlags::IN)];
        let sources = [self.agent.output.source(), self.agent.errors.source()];
        fds.extend(sources.into_iter().flatten().map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)));
        fds.extend(self.agent.input.sink().map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::OUT)));
        for client in &self.clients {
            let backlog = if client.has_backlog() { PollFlags::OUT } else { PollFlags::empty() };
            fds.push(PollFd::new(client, PollFlags::IN | backlog));
        }
        wait_for(&mut fds, wait)
    }
}

fn wait_for(fds: &mut [PollFd<'_>], at_most: Duration) -> io::Result<()> {
    // Rounded up, so that what is due is due when it wakes.
    let at_most = at_most + Duration::from_millis(1);
    let timeout = Timespec::try_from(at_most).map_err(io::Error::other)?;
    match rustix::event::poll(fds, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn own_pid() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}
