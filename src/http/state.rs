//! What every request handler can reach.

use super::failure::Failure;
use super::session::Sessions;
use crate::actors::reach::Reach;
use crate::actors::supervisor::Handles;
use crate::domain::time::Timestamp;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// The daemon as its clients know it.
pub struct State {
    /// The tree's addresses; none while a part of it is being restarted.
    pub handles: watch::Receiver<Option<Handles>>,
    /// When the daemon started.
    pub started_at: Timestamp,
    /// What clients of the TCP port must present.
    pub token: String,
    /// What browsers may present instead, each got by a one-time link.
    pub sessions: Sessions,
    /// Tokens of the attempts that live.
    pub reach: Reach,
    /// Address of the TCP port.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Notified, the daemon stops as it does on SIGTERM.
    pub stop: Arc<Notify>,
}

impl State {
    /// The tree's addresses now. A part that is being restarted is waited for, briefly.
    pub async fn handles(&self) -> Result<Handles, Failure> {
        let mut handles = self.handles.clone();
        let patience = std::time::Duration::from_secs(5);
        match tokio::time::timeout(patience, handles.wait_for(Option::is_some)).await {
            Ok(Ok(found)) => found.clone().ok_or_else(Failure::restarting),
            _ => Err(Failure::restarting()),
        }
    }
}
