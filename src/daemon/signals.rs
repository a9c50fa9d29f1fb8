//! Requests to end, as the daemon hears them: signals, and the one that came over HTTP.

use super::DaemonError;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// How the daemon is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopKind {
    /// Politely end all agents, then itself: SIGTERM, SIGINT.
    Stop,
    /// End alone; the agents go on and the next daemon attaches to them: SIGHUP.
    Leave,
}

/// The requests, in the order in which they arrive. The same request may come more than once: `stop` and the keeper both ask.
#[derive(Debug)]
pub struct Stops {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    asked: Arc<Notify>,
}

impl Stops {
    /// Listens from now on, inside of a runtime. Before, these signals end the process at once.
    pub(crate) fn listen() -> Result<Self, DaemonError> {
        let listen = |kind| signal(kind).map_err(DaemonError::system("listen to signals"));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
            asked: Arc::default(),
        })
    }

    /// What to notify in order to stop this process as SIGTERM does.
    pub(crate) fn asker(&self) -> Arc<Notify> {
        self.asked.clone()
    }

    /// The next request. May be dropped and called again; none is lost.
    pub async fn next(&mut self) -> StopKind {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => StopKind::Stop,
            _ = self.interrupt.recv() => StopKind::Stop,
            () = self.asked.notified() => StopKind::Stop,
            _ = self.hangup.recv() => StopKind::Leave,
        }
    }
}
