//! Now and then: the journal of units that ended long ago is forgotten, and logs are compressed or removed.
//!
//! A task beside the tree, not a service of it: nobody asks it anything, and what it leaves undone it does the next time.

use super::log_files;
use super::questions;
use super::supervisor::Handles;
use super::units::List;
use super::{clock, settings::Effective};
use crate::domain::ids::UnitId;
use crate::domain::retention::{Fate, Log, fates, is_over};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Between two rounds. The first comes as long after the start, which has better things to do.
const ROUND: Duration = Duration::from_secs(15 * 60);

/// Keeps house as long as the daemon lives.
pub async fn keep(handles: watch::Receiver<Option<Handles>>) {
    loop {
        tokio::time::sleep(ROUND).await;
        let now = handles.borrow().clone();
        if let Some(handles) = now
            && let Err(error) = round(&handles).await
        {
            tracing::warn!("failed to tidy up what was recorded: {error}");
        }
    }
}

async fn round(handles: &Handles) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (effective, now) = (handles.settings.now(), clock::now());
    let before = Timestamp(now.0.saturating_sub(i64::try_from(effective.rules.policy.journal_age.as_micros())?));
    let forgotten = handles.persistence.send(questions::prune_events(before)).await??;
    if forgotten > 0 {
        tracing::info!("forgot {forgotten} journal entries of units that ended long ago");
    }
    let units = handles.units.send(List).await?;
    Ok(tokio::task::spawn_blocking(move || tidy_logs(&effective, &units, now)).await??)
}

/// Compresses and removes logs. One that cannot be is left for the next round.
fn tidy_logs(effective: &Arc<Effective>, units: &[WorkUnit], now: Timestamp) -> io::Result<()> {
    let by_id: BTreeMap<UnitId, &WorkUnit> = units.iter().map(|unit| (unit.id, unit)).collect();
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut logs = Vec::new();
    for entry in fs::read_dir(effective.site.layout.units())? {
        let name = entry?.file_name();
        let Some(unit) = name.to_str().and_then(|name| name.parse().ok()).map(UnitId) else { continue };
        if !is_over(by_id.get(&unit).copied()) {
            continue;
        }
        // A unit that never ran has no logs.
        for log in fs::read_dir(effective.site.layout.unit(unit).logs()).into_iter().flatten() {
            let log = log?;
            let found = log.metadata()?;
            logs.push(Log {
                written: clock::at(found.modified()?),
                bytes: found.len(),
                is_small: log.path().extension().is_none_or(|extension| extension != "log"),
            });
            paths.push(log.path());
        }
    }
    for (path, fate) in paths.iter().zip(fates(&logs, &effective.rules.policy, now)) {
        let done = match fate {
            Fate::Stays => Ok(()),
            Fate::Shrinks => log_files::compress(path),
            Fate::Goes => fs::remove_file(path),
        };
        if let Err(error) = done {
            tracing::warn!("failed to tidy up {}: {error}", path.display());
        }
    }
    Ok(())
}
