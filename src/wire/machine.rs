//! What the machine has left, and what the daemon wrote: for the dashboard's page about the whole.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /machine`: what the machine has left. What cannot be measured is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Machine {
    /// Bytes of memory that can be had without swapping.
    pub memory_free: Option<u64>,
    /// Bytes of memory in all.
    pub memory_total: Option<u64>,
    /// Below so many free bytes of memory nothing is dispatched.
    pub memory_floor: u64,
    /// Bytes that may still be written where the state is.
    pub disk_free: Option<u64>,
    /// Bytes of that file system in all.
    pub disk_total: Option<u64>,
    /// Below so many free bytes of disk nothing is dispatched.
    pub disk_floor: u64,
    /// Processes that run or want to, on average over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// How many can run at once.
    pub cores: Option<usize>,
}

/// `GET /log`: the end of the daemon's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DaemonLog {
    /// Where all of it is.
    pub path: String,
    /// Its last lines, the oldest first.
    pub lines: Vec<String>,
}
