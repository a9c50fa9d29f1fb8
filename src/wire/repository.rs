//! Where a unit of a task stands in the repositories beside the one with its documents.

use crate::domain::work_unit::{Proof, Status, WorkUnit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One other repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Repository {
    /// The branch it lands on.
    pub base_branch: String,
    /// The commit its worktree was cut from.
    pub base_commit: String,
    /// The last commit of its work on the host.
    pub tip: Option<String>,
    /// The commit of the target branch that contains the work, once it is done.
    pub landed_commit: Option<String>,
}

/// The other repositories of a unit, by their directories in the task; none outside of tasks.
pub(super) fn others(unit: &WorkUnit) -> BTreeMap<String, Repository> {
    let landed = match &unit.status {
        Status::Done { proof: Proof::Landed { merge, .. }, .. } => Some(merge),
        _ => None,
    };
    let bases = unit.base.iter().flat_map(|base| &base.others);
    let shown = bases.map(|(name, base)| {
        let repository = Repository {
            base_branch: base.branch.to_string(),
            base_commit: base.commit.to_string(),
            tip: unit.tip.as_ref().and_then(|tip| tip.others.get(name)).map(ToString::to_string),
            landed_commit: landed.and_then(|merge| merge.others.get(name)).map(|merge| merge.commit.to_string()),
        };
        (name.to_string(), repository)
    });
    shown.collect()
}
