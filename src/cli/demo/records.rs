//! What the daemon and git say about the demo once it is over: all that the account is computed from.

use super::git::git;
use super::place::Place;
use super::script::{BRANCH, TASKS};
use crate::cli::client::{Client, unit_path};
use crate::cli::error::CommandError;
use crate::domain::ids::ChunkName;
use crate::wire::attempts::{Attempt, Attempts};
use crate::wire::lists::{History, HistoryEntry, WorkUnits};
use crate::wire::unit::WorkUnit;
use std::collections::BTreeMap;
use std::path::Path;

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// The units as the daemon last saw them, in the order of the script.
    pub(super) units: Vec<UnitRecord>,
    /// The commits of the branch since the project was made, the oldest first, merged ones behind their merge left out.
    pub(super) log: Vec<Commit>,
    /// What the operator answered to the question, if it came to that.
    pub(super) answer: Option<String>,
    /// What `git status` says about the checkout; nothing when it is clean.
    pub(super) dirt: String,
    /// Worktrees that are still there.
    pub(super) worktrees: Vec<String>,
    /// Processes that are still there after the daemon was stopped.
    pub(super) processes: Vec<String>,
}

/// One unit.
#[derive(Clone, Debug)]
pub(super) struct UnitRecord {
    /// How it stands.
    pub(super) unit: WorkUnit,
    /// Every change of its status.
    pub(super) history: Vec<HistoryEntry>,
    /// Every process that was started for it.
    pub(super) attempts: Vec<Attempt>,
    /// The landed version of the file it was to change; none if that commit has no such file.
    pub(super) landed_file: Option<String>,
    /// Chunks whose landed commits are in the commit that its worktree was cut from or rebased on.
    pub(super) base_contains: Vec<String>,
}

/// A commit of the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    /// Its id.
    pub(super) id: String,
    /// Its first line.
    pub(super) subject: String,
}

/// Asks the daemon and git.
pub(super) async fn collect(
    place: &Place,
    client: &Client<'_>,
    answer: Option<String>,
) -> Result<Records, CommandError> {
    let root = place.project();
    let all: WorkUnits = client.get("/work-units").await?.read()?;
    let mut all: BTreeMap<String, WorkUnit> =
        all.work_units.into_iter().map(|unit| (unit.chunk.clone(), unit)).collect();
    let landed: Vec<(String, String)> =
        all.values().filter_map(|unit| Some((unit.chunk.clone(), unit.landed_commit.clone()?))).collect();
    let mut units = Vec::new();
    for task in &TASKS {
        let (Some(unit), Ok(chunk)) = (all.remove(task.chunk), ChunkName::parse(task.chunk)) else { continue };
        let history: History = client.get(&unit_path(&chunk, "/history")).await?.read()?;
        let attempts: Attempts = client.get(&unit_path(&chunk, "/attempts")).await?.read()?;
        let landed_file = unit.landed_commit.as_ref().and_then(|commit| {
            // A file that is not there is what is to be found out.
            git(&root, &["show", &format!("{commit}:{}", task.file)]).ok()
        });
        let contains = |commit: &str| unit.base_commit.as_ref().is_some_and(|base| is_ancestor(&root, commit, base));
        let base_contains =
            landed.iter().filter(|(_, commit)| contains(commit)).map(|(name, _)| name.clone()).collect();
        units.push(UnitRecord {
            unit,
            history: history.history,
            attempts: attempts.attempts,
            landed_file,
            base_contains,
        });
    }
    Ok(Records {
        worktrees: units.iter().filter_map(|record| record.unit.worktree.clone()).collect(),
        units,
        log: log(&root)?,
        dirt: git(&root, &["status", "--porcelain"])?.trim_end().to_owned(),
        answer,
        processes: Vec::new(),
    })
}

fn is_ancestor(root: &Path, commit: &str, of: &str) -> bool {
    git(root, &["merge-base", "--is-ancestor", commit, of]).is_ok()
}

fn log(root: &Path) -> Result<Vec<Commit>, CommandError> {
    let text = git(root, &["log", "--first-parent", "--reverse", "--format=%H %s", BRANCH])?;
    let commit = |line: &str| {
        let (id, subject) = line.split_once(' ')?;
        Some(Commit { id: id.to_owned(), subject: subject.to_owned() })
    };
    // The first one is the project as it was made.
    Ok(text.lines().skip(1).filter_map(commit).collect())
}
