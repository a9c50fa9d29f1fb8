//! How much of a unit's work is outside of the branch it is meant for.

use super::home::{Home, OpenError};
use crate::domain::work_unit::WorkUnit;
use crate::git::error::GitError;

/// Why it cannot be counted, as a fragment.
#[derive(Debug, thiserror::Error)]
pub enum Uncounted {
    /// The operator's repository cannot be opened.
    #[error("open the repository: {0}")]
    Repository(#[from] OpenError),
    /// Its commits cannot be read.
    #[error("count the commits: {0}")]
    Git(#[from] GitError),
    /// Counting fell over.
    #[error("count the commits: {0}")]
    Panicked(String),
}

/// Commits on the unit's branch, or of its last known work where that is gone, that its target does not contain.
pub(super) fn count(home: &Home, unit: &WorkUnit) -> Result<usize, Uncounted> {
    let Some((base, tip)) = unit.base.as_ref().zip(unit.tip.as_ref()) else { return Ok(0) };
    let host = home.host()?;
    let tip = host.tip(&unit.chunk.branch())?.unwrap_or_else(|| tip.lead.clone());
    let target = host.tip(&base.lead.branch)?.unwrap_or_else(|| base.lead.commit.clone());
    Ok(host.ahead(&tip, &target)?)
}
