//! The two orders of a landing: the merge in memory, and the move of the branch.

use super::home::Home;
use crate::domain::event::Event;
use crate::domain::ids::ObjectId;
use crate::domain::landing::{Landing, Merge, MergeResult, MoveResult};
use crate::domain::policy::LandingStyle;
use crate::domain::work_unit::{Activity, Status, WorkUnit};
use crate::git::checkout::{Advance, Advanced};
use crate::git::host::Host;
use crate::git::merge::{Merged, Merger, Style};
use crate::git::private::Private;
use crate::git::refs::Expect;
use std::path::{Path, PathBuf};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub(super) fn merge(home: &Home, unit: &WorkUnit) -> Event {
    Event::Merged(match try_merge(home, unit) {
        Ok(result) => result,
        Err(error) => MergeResult::Failed(format!("failed to {error}")),
    })
}

fn try_merge(home: &Home, unit: &WorkUnit) -> Outcome<MergeResult> {
    let (Some(base), Some(tip)) = (&unit.base, &unit.tip) else {
        return Err("merge: the unit has no work yet".into());
    };
    let host = home.host()?;
    let target = host.tip(&base.branch)?.ok_or_else(|| format!("merge: the branch {} is gone", base.branch))?;
    let merger = Merger::open(&host, &home.shadow())?;
    let tree = match merger.merge(&target, tip)? {
        Merged::AlreadyIn => return Ok(MergeResult::NothingToLand { tip: target }),
        Merged::FastForward(tree) | Merged::Clean(tree) => tree,
        Merged::Conflict(paths) => return Ok(MergeResult::Conflict { paths: names(paths) }),
    };
    let commit = merger.commit(style(home, &host, &target, tip)?, &target, tip, &tree, &message(unit))?;
    let commit = commit.ok_or("merge: the work does not lie on top of its target")?;
    let markers = host.conflict_markers(&target, &commit)?;
    if !markers.is_empty() {
        return Ok(MergeResult::Markers { paths: names(markers) });
    }
    let gates = home.effective().rules.integration_gates > 0;
    if gates {
        check_out(home, &host, unit, &commit)?;
    }
    let sensitive = names(host.sensitive_changes(&target, &commit)?.into_iter().map(|(path, _)| path));
    let prefix = home.effective().site.prefix.clone();
    let needs_trust = sensitive.iter().any(|path| is_trusted_content(Path::new(path), &prefix));
    let merge = Merge { target: base.branch.clone(), from: target, commit, tip: tip.clone() };
    Ok(MergeResult::Clean { merge, sensitive, needs_trust })
}

/// What the daemon itself would obey after the landing.
fn is_trusted_content(path: &Path, prefix: &Path) -> bool {
    let Ok(path) = path.strip_prefix(prefix) else { return false };
    path == Path::new("ve.toml") || path == Path::new(".worktreeinclude") || path.starts_with("docs/trunk/prompts")
}

/// A fast-forward where the project wants one and history allows it; otherwise a merge commit.
fn style(home: &Home, host: &Host, target: &ObjectId, tip: &ObjectId) -> Outcome<Style> {
    Ok(match home.effective().rules.policy.landing {
        LandingStyle::Merge => Style::Merge,
        LandingStyle::Squash => Style::Squash,
        LandingStyle::FastForward if host.is_ancestor(target, tip)? => Style::FastForward,
        LandingStyle::FastForward => Style::Merge,
    })
}

fn message(unit: &WorkUnit) -> String {
    format!("Merge chunk {chunk}\n\nVe-Chunk: {chunk}\nVe-Unit: {id}\n", chunk = unit.chunk, id = unit.id)
}

fn check_out(home: &Home, host: &Host, unit: &WorkUnit, commit: &ObjectId) -> Outcome<()> {
    let (named, jail) = (home.unit(unit), home.jail());
    std::fs::create_dir_all(named.paths.landing())?;
    Ok(Private { host, jail: &jail, unit: &named }.check_out_landing(commit)?)
}

pub(super) fn advance(home: &Home, unit: &WorkUnit) -> Event {
    Event::Moved(match try_advance(home, unit) {
        Ok(result) => result,
        Err(error) => MoveResult::Failed(format!("failed to {error}")),
    })
}

fn try_advance(home: &Home, unit: &WorkUnit) -> Outcome<MoveResult> {
    let Status::Running(Activity::Landing(Landing::Moving { merge })) = &unit.status else {
        return Err("land: nothing was merged".into());
    };
    let host = home.host()?;
    let reason = format!("ve: land {}", unit.chunk);
    let advance = Advance {
        branch: &merge.target,
        from: &merge.from,
        to: &merge.commit,
        reason: &reason,
        journal: &home.journal(),
    };
    Ok(match host.advance(&advance)? {
        Advanced::Moved { kept } => {
            if !host.is_ancestor(&merge.tip, &merge.commit)? {
                // A squash leaves the unit's own commits behind; this ref keeps them.
                let landed = host.refs().landed(unit.id);
                let kept = host.swap(&landed, Expect::Anything, &merge.tip, "keep the commits of a squash")?;
                tracing::debug!(chunk = %unit.chunk, "{landed}: {kept:?}");
            }
            MoveResult::Moved { kept: names(kept) }
        }
        Advanced::TargetMoved => MoveResult::TargetMoved,
        Advanced::Blocked(blockers) => {
            MoveResult::Blocked { reasons: blockers.iter().map(ToString::to_string).collect() }
        }
    })
}

fn names(paths: impl IntoIterator<Item = PathBuf>) -> Vec<String> {
    paths.into_iter().map(|path| path.display().to_string()).collect()
}
