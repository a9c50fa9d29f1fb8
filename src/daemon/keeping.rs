//! Keeps a daemon running: starts it, starts it again when it crashes, ends with it when it ends on purpose.
//!
//! - A daemon that never came up is not started again: whoever started it is told why.
//! - SIGTERM and SIGINT end the daemon and then the keeper. SIGHUP ends the daemon alone, its agents go on, and starts a new one, from the
//!   new program file if there is one.
//! - A killed keeper takes nothing with it.

use super::DaemonError;
use super::crash::Crash;
use super::files;
use super::launch::{Launch, ProgramFile, Stage};
use super::life::{End, Failure, live};
use super::lock::Lock;
use super::log;
use super::ready::Word;
use super::revival::{Answer, Revival};
use super::signals::{StopKind, Stops};
use super::stopping;
use crate::domain::time::Timestamp;
use crate::project::layout::Layout;
use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::time::Instant;
use tokio::time::timeout;

/// Whether a daemon of this keeper has ever served.
#[derive(Debug)]
pub(super) enum Standing {
    /// None yet, and a client waits for the word of the first one.
    Starting(File),
    /// One has, so the next ones are worth more than one attempt.
    Proven,
}

impl Standing {
    /// Tells the client that waits, if one does.
    fn settle(&mut self, word: &Word) {
        if let Standing::Starting(client) = std::mem::replace(self, Standing::Proven) {
            word.say(client);
        }
    }
}

/// What a keeper does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Starts a daemon.
    Daemon,
    /// Ends.
    End,
}

/// The holder of the keeper's lock.
pub(super) struct Keeper {
    launch: Launch,
    layout: Layout,
    lock: Lock,
    program: ProgramFile,
    revival: Revival,
    born: Instant,
    standing: Standing,
}

impl Keeper {
    /// Keeps what `launch` describes. Logs from now on.
    pub(super) fn new(launch: &Launch, layout: Layout, lock: Lock, standing: Standing) -> Result<Self, DaemonError> {
        log::beside(&layout.log()).map_err(DaemonError::io(&layout.log()))?;
        let program = ProgramFile::own().map_err(DaemonError::system("find the own program"))?;
        let launch = launch.clone();
        Ok(Self { launch, layout, lock, program, revival: Revival::default(), born: Instant::now(), standing })
    }

    /// Returns when no daemon is to run any more.
    pub(super) fn run(mut self) -> Result<(), DaemonError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(DaemonError::system("start the keeper's event loop"))?.block_on(self.keep())
    }

    async fn keep(&mut self) -> Result<(), DaemonError> {
        let mut stops = Stops::listen()?;
        let mut next = Next::Daemon;
        while next == Next::Daemon && !stopping::is_asked(&self.layout) {
            let standing = &mut self.standing;
            let end = live(&self.launch, &self.layout, &mut stops, |ready| standing.settle(ready)).await;
            files::remove_stale(&self.layout);
            next = match end.unwrap_or_else(|error| End::Failed(Failure::said(&error))) {
                End::Clean => Next::End,
                End::Left => {
                    self.become_successor();
                    Next::Daemon
                }
                End::Failed(failure) => self.answer(&failure, &mut stops).await,
            };
        }
        let error = "start the daemon: it was stopped meanwhile".to_owned();
        self.standing.settle(&Word::Failed { error, hint: "start it again with \"ve orch start\"".to_owned() });
        Ok(())
    }

    /// Decides after a failure, and waits as long as is due before the next daemon.
    async fn answer(&mut self, failure: &Failure, stops: &mut Stops) -> Next {
        if matches!(self.standing, Standing::Starting(_)) {
            self.standing.settle(&failure.word());
            return Next::End;
        }
        let how = failure.how();
        let now = Timestamp::default() + self.born.elapsed();
        let Answer::Again(after) = self.revival.crashed(now) else {
            let crashes = self.revival.count();
            Crash::new(crashes, how.clone(), failure.hint().to_owned()).write(&self.layout);
            tracing::error!("gave up after {crashes} crashes within a minute; the last daemon {how}");
            return Next::End;
        };
        tracing::error!("the daemon {how}; starting it again in {} ms", after.as_millis());
        match timeout(after, stops.next()).await {
            Ok(StopKind::Stop) => {
                tracing::info!("stopped while no daemon ran");
                Next::End
            }
            // Asked to leave while nothing runs: the new daemon is only wanted sooner.
            Ok(StopKind::Leave) | Err(_) => Next::Daemon,
        }
    }

    /// Goes on as the program that has taken the place of this one, if one has. The lock stays held all the while.
    fn become_successor(&self) {
        if !self.program.was_replaced() || matches!(self.standing, Standing::Starting(_)) {
            return;
        }
        tracing::info!("going on as the new {}", self.program.path().display());
        let exec = || -> io::Result<Infallible> {
            let lock = self.lock.file().try_clone()?;
            Err(self.launch.keeper(self.program.path(), Stage::Resume).stdin(lock).exec())
        };
        match exec() {
            Ok(never) => match never {},
            Err(error) => tracing::error!("failed to go on as the new program: {error}; the old one stays"),
        }
    }
}
