//! The honest account: what happened and which promises were kept, computed from what the daemon and git say and from nothing else.

mod promises;
pub(super) mod render;
mod timeline;

use super::records::{Commit, Records};
use crate::cli::error::CommandError;
use serde::Serialize;
use timeline::Timeline;

/// What happened.
#[derive(Debug, Serialize)]
pub(super) struct Account {
    /// Whether every promise was kept.
    pub(super) kept: bool,
    /// From the first dispatch to the last landing.
    pub(super) seconds: f64,
    /// A lane per chunk.
    pub(super) timeline: Timeline,
    /// What was remarkable, a sentence each.
    pub(super) story: Vec<String>,
    /// The commits of the branch, in its order.
    pub(super) landed: Vec<Landed>,
    /// What the orchestrator promises.
    pub(super) promises: Vec<Promise>,
}

/// A landed commit.
#[derive(Debug, Serialize)]
pub(super) struct Landed {
    /// Its id.
    pub(super) commit: String,
    /// Its first line.
    pub(super) subject: String,
    /// The chunk whose work it brings.
    pub(super) chunk: Option<String>,
}

/// Something that the orchestrator promises, and how it was not kept.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(super) struct Promise {
    /// The promise.
    pub(super) promise: &'static str,
    /// How it was broken; empty when it was kept.
    pub(super) broken: Vec<String>,
}

impl Account {
    /// The account of these records.
    pub(super) fn of(records: &Records) -> Self {
        let timeline = Timeline::of(records);
        let promises = promises::all(records);
        Self {
            kept: promises.iter().all(|promise| promise.broken.is_empty()),
            seconds: timeline.seconds,
            story: timeline::story(records, &timeline),
            landed: records.log.iter().map(|commit| landed(commit, records)).collect(),
            timeline,
            promises,
        }
    }
}

fn landed(commit: &Commit, records: &Records) -> Landed {
    let is_its = |id: &Option<String>| id.as_ref() == Some(&commit.id);
    let record = records.units.iter().find(|record| is_its(&record.unit.landed_commit));
    Landed {
        commit: commit.id.clone(),
        subject: commit.subject.clone(),
        chunk: record.map(|record| record.unit.chunk.clone()),
    }
}

/// An error if a promise was broken.
pub(super) fn verdict(account: &Account) -> Result<(), CommandError> {
    let broken = account.promises.iter().filter(|promise| !promise.broken.is_empty()).count();
    match broken {
        0 => Ok(()),
        broken => Err(CommandError::BrokenPromises { broken, of: account.promises.len() }),
    }
}

#[cfg(test)]
mod tests;
