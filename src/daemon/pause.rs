//! `start --paused`: no unit starts before the operator says so.

use super::DaemonError;
use super::launch::Launch;
use super::lock;
use crate::actors::scheduler::PAUSED;
use crate::db::store::Store;
use crate::db::store::write::Write;

/// Stores the pause that the next daemon begins with. One that runs already is told over HTTP instead.
pub fn before_start(launch: &Launch) -> Result<(), DaemonError> {
    let layout = launch.claim()?;
    if let Some(running) = lock::probe(&layout)? {
        return Err(DaemonError::AlreadyRunning { pid: running.pid() });
    }
    let failed = |error: &dyn std::fmt::Display, hint: &str| DaemonError::Failed {
        error: error.to_string(),
        hint: hint.to_owned(),
    };
    let mut store = Store::open(&layout.database()).map_err(|error| failed(&error, error.hint()))?;
    let write = Write::Setting { key: PAUSED.to_owned(), value: Some(true.to_string()) };
    store.commit(vec![write]).map_err(|error| failed(&error, error.hint()))?;
    Ok(())
}
