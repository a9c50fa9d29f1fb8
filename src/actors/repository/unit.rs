//! Orders that touch one unit's repository: made ready, gathered, rebased, removed.

use super::docs;
use super::home::Home;
use crate::domain::attempt::AttemptKind;
use crate::domain::chunk::ChunkStatus;
use crate::domain::event::{Event, Gathered, RebaseResult};
use crate::domain::ids::ObjectId;
use crate::domain::phase::Phase;
use crate::domain::work_unit::{Note, Status, WorkUnit};
use crate::domain::workspace::Base;
use crate::git::base::BaseSpec;
use crate::git::host::Host;
use crate::git::merge::{Merged, Merger, Style};
use crate::git::mirror::Mirrored;
use crate::git::preserve::Safe;
use crate::git::private::Private;
use crate::git::snapshot::BranchState;
use crate::project::config;
use crate::project::document::edit;
use std::path::{Path, PathBuf};

/// An order's failure: text for the operator.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const FEEDBACK: &str = "REVIEW_FEEDBACK.md";

/// Lets the unit's repository find the host's objects again if the project was moved since it was prepared.
pub(super) fn find_objects(home: &Home, unit: &WorkUnit) -> Outcome<()> {
    if unit.base.is_none() {
        return Ok(());
    }
    let host = home.host()?;
    let (named, jail) = (home.unit(unit), home.jail());
    Ok(Private { host: &host, jail: &jail, unit: &named }.find_objects()?)
}

pub(super) fn prepare(home: &Home, unit: &WorkUnit) -> Event {
    match try_prepare(home, unit) {
        Ok(base) => Event::Prepared { base },
        Err(error) => Event::PreparationFailed { reason: format!("failed to {error}") },
    }
}

fn try_prepare(home: &Home, unit: &WorkUnit) -> Outcome<Base> {
    let host = home.host()?;
    let base = match &unit.base {
        Some(base) => base.clone(),
        None => {
            let resolved = host.base(&base_spec(home), &home.journal())?;
            if let Some(offline) = &resolved.offline {
                tracing::warn!(chunk = %unit.chunk, "cut from what was last fetched of origin: {offline}");
            }
            resolved.base
        }
    };
    let (named, jail) = (home.unit(unit), home.jail());
    let private = Private { host: &host, jail: &jail, unit: &named };
    let prepared = private.prepare(&base)?;
    let site = home.effective().site.clone();
    site.layout.link_chunk(&unit.chunk, unit.id)?;
    if unit.base.is_none() {
        activate(&host, private, unit, &prepared.start, &site.prefix)?;
    }
    if let Some(decision) = unit.notes.iter().find_map(|note| match note {
        Note::Feedback(decision) => Some(decision),
        _ => None,
    }) {
        let text = docs::feedback(decision, unit.counters.review_cycles);
        private.write_file(&chunk_dir(&site.prefix, unit).join(FEEDBACK), text.as_bytes())?;
    }
    if let Some(AttemptKind::Agent) = unit.live.as_ref().map(|live| live.kind)
        && unit.phase == Phase::Rebase
    {
        private.update_refs(&base)?;
    }
    Ok(base)
}

fn base_spec(home: &Home) -> BaseSpec {
    match &home.effective().config.base {
        config::BaseSpec::Current => BaseSpec::Current,
        config::BaseSpec::Branch(branch) => BaseSpec::Branch(branch.clone()),
        config::BaseSpec::Origin(branch) => BaseSpec::Origin(branch.clone()),
    }
}

fn chunk_dir(prefix: &Path, unit: &WorkUnit) -> PathBuf {
    prefix.join("docs/chunks").join(unit.chunk.as_str())
}

/// A chunk that waits in the project becomes the one that is worked on.
fn activate(host: &Host, private: Private<'_>, unit: &WorkUnit, start: &ObjectId, prefix: &Path) -> Outcome<()> {
    let Some(facts) = docs::facts_at(host, start, prefix, &unit.chunk)? else {
        let message = format!(
            "start {chunk}: docs/chunks/{chunk}/GOAL.md is not in {base}; commit it and retry",
            chunk = unit.chunk,
            base = start
        );
        return Err(message.into());
    };
    if facts.status == ChunkStatus::Future {
        set_status(host, private, unit, start, prefix, (ChunkStatus::Future, ChunkStatus::Implementing))?;
    }
    Ok(())
}

fn set_status(
    host: &Host,
    private: Private<'_>,
    unit: &WorkUnit,
    at: &ObjectId,
    prefix: &Path,
    (from, to): (ChunkStatus, ChunkStatus),
) -> Outcome<()> {
    let path = chunk_dir(prefix, unit).join("GOAL.md");
    let Some(text) = docs::text_at(host, at, &path)? else {
        return Err(format!("set the status of {}: its GOAL.md is gone", unit.chunk).into());
    };
    let edited = edit::set_status(&unit.chunk, &text, from, to)?;
    private.write_file(&path, edited.as_bytes())?;
    Ok(())
}

pub(super) fn mark_active(home: &Home, unit: &WorkUnit) -> Event {
    let marked = || -> Outcome<()> {
        let host = home.host()?;
        let (named, jail) = (home.unit(unit), home.jail());
        let private = Private { host: &host, jail: &jail, unit: &named };
        let tip = unit.tip.as_ref().ok_or("set the status: nothing was gathered yet")?;
        let prefix = home.effective().site.prefix.clone();
        set_status(&host, private, unit, tip, &prefix, (ChunkStatus::Implementing, ChunkStatus::Active))
    };
    match marked() {
        Ok(()) => gather(home, unit),
        Err(error) => Event::GatherFailed { reason: format!("failed to {error}") },
    }
}

pub(super) fn gather(home: &Home, unit: &WorkUnit) -> Event {
    match try_gather(home, unit) {
        Ok(found) => Event::Gathered(found),
        Err(error) => Event::GatherFailed { reason: format!("failed to {error}") },
    }
}

fn try_gather(home: &Home, unit: &WorkUnit) -> Outcome<Gathered> {
    let base = unit.base.as_ref().ok_or("gather: the unit has no base")?;
    let host = home.host()?;
    let (named, jail) = (home.unit(unit), home.jail());
    let private = Private { host: &host, jail: &jail, unit: &named };
    let prefix = home.effective().site.prefix.clone();
    if unit.phase == Phase::Review
        && let Some(tip) = &unit.tip
    {
        // A reviewer judges; what it changed beside the documents is not part of the work.
        let documents = prefix.join("docs");
        private.restore_code(tip, &[&documents.to_string_lossy()])?;
    }
    let message = format!("{}: {}", unit.chunk, unit.phase.name());
    let snapshot = private.snapshot(base, &message)?;
    if let BranchState::Elsewhere(_) | BranchState::Unrelated = snapshot.branch {
        let safe = private.preserve()?;
        return Err(format!("gather: the agent left its branch, and its HEAD is not on top of it ({safe:?})").into());
    }
    let mut tip = private.import()?;
    match private.mirror(&tip, unit.tip.as_ref())? {
        Mirrored::Branch => {}
        Mirrored::OperatorCommits(theirs) => {
            private.fast_forward(&theirs)?;
            tip = private.import()?;
        }
        Mirrored::Aside(name) => {
            tracing::info!(chunk = %unit.chunk, "its branch is checked out; its work is at {name}")
        }
        Mirrored::Diverged { preserved, .. } => {
            return Err(format!(
                "mirror {}: the branch went another way; it is kept at {preserved}",
                unit.chunk.branch()
            )
            .into());
        }
    }
    found(&host, unit, base, tip, &prefix)
}

fn found(host: &Host, unit: &WorkUnit, base: &Base, tip: ObjectId, prefix: &Path) -> Outcome<Gathered> {
    let start = host.merge_base(&base.commit, &tip)?.unwrap_or_else(|| base.commit.clone());
    let documents = prefix.join("docs");
    let changes_code = host.changes(&start, &tip)?.iter().any(|change| !change.path.starts_with(&documents));
    let facts = docs::facts_at(host, &tip, prefix, &unit.chunk)?;
    let feedback = docs::text_at(host, &tip, &chunk_dir(prefix, unit).join(FEEDBACK))?;
    Ok(Gathered {
        changes_code,
        chunk: facts.map(|facts| facts.status),
        feedback_open: feedback.is_some(),
        contains_base: host.is_ancestor(&base.commit, &tip)?,
        tip,
    })
}

pub(super) fn rebase(home: &Home, unit: &WorkUnit) -> Event {
    Event::Rebased(match try_rebase(home, unit) {
        Ok(result) => result,
        Err(error) => RebaseResult::Failed(format!("failed to {error}")),
    })
}

fn try_rebase(home: &Home, unit: &WorkUnit) -> Outcome<RebaseResult> {
    let (Some(base), Some(tip)) = (&unit.base, &unit.tip) else {
        return Err("rebase: the unit has no work yet".into());
    };
    let host = home.host()?;
    let (named, jail) = (home.unit(unit), home.jail());
    let private = Private { host: &host, jail: &jail, unit: &named };
    let target = host.tip(&base.branch)?.ok_or_else(|| format!("rebase: the branch {} is gone", base.branch))?;
    let base = Base { branch: base.branch.clone(), commit: target.clone() };
    private.update_refs(&base)?;
    let merger = Merger::open(&host, &home.shadow())?;
    let tip = match merger.merge(tip, &target)? {
        Merged::AlreadyIn => tip.clone(),
        Merged::FastForward(_) => bring(private, tip, &target)?,
        Merged::Clean(tree) => {
            let message = format!("Merge branch '{}' into {}", base.branch, unit.chunk.branch());
            let merged = merger.commit(Style::Merge, tip, &target, &tree, &message)?;
            let merged = merged.ok_or("rebase: no merge commit was made")?;
            bring(private, tip, &merged)?
        }
        Merged::Conflict(paths) => {
            let paths = paths.iter().map(|path| path.display().to_string()).collect();
            return Ok(RebaseResult::Conflict { base, paths });
        }
    };
    Ok(RebaseResult::Clean { base, tip })
}

/// Moves the unit's branch, its worktree and its mirror to a commit that contains its tip.
fn bring(private: Private<'_>, tip: &ObjectId, to: &ObjectId) -> Outcome<ObjectId> {
    private.fast_forward(to)?;
    let imported = private.import()?;
    // Where the mirror could not follow, the next gathering says so.
    if !matches!(private.mirror(&imported, Some(tip))?, Mirrored::Branch) {
        tracing::info!("the mirror of {tip} stays behind");
    }
    Ok(imported)
}

pub(super) fn remove(home: &Home, unit: &WorkUnit) -> Event {
    let removed = || -> Outcome<Safe> {
        let host = home.host()?;
        let (named, jail) = (home.unit(unit), home.jail());
        let private = Private { host: &host, jail: &jail, unit: &named };
        let safe = private.remove()?;
        if matches!(unit.status, Status::Done { .. } | Status::Deleted { .. }) {
            // Kept refs hold what it held, or nothing did; a canceled unit's branch is where a retry goes on.
            let branch = host.delete_if_kept(&format!("refs/heads/{}", unit.chunk.branch()))?;
            tracing::debug!(chunk = %unit.chunk, "its branch: {branch:?}");
        }
        home.effective().site.layout.unlink_chunk(&unit.chunk)?;
        Ok(safe)
    };
    match removed() {
        Ok(Safe::Preserved(name)) => Event::Removed { preserved: Some(name) },
        Ok(Safe::NoWork | Safe::Already) => Event::Removed { preserved: None },
        Err(error) => Event::RemoveFailed { reason: format!("failed to {error}") },
    }
}
