//! The two orders of a landing: the merge in memory, and the move of the branch.

use super::home::Home;
use super::place::{Outcome, Place};
use super::push;
use crate::domain::event::Event;
use crate::domain::ids::ObjectId;
use crate::domain::landing::{Landing, Merge, MergeResult, MoveResult};
use crate::domain::policy::LandingStyle;
use crate::domain::work_unit::{Activity, Status, WorkUnit};
use crate::git::checkout::Advance;
use crate::git::checkout::blocker::Blocker;
use crate::git::host::Host;
use crate::git::merge::{Merged, Merger, Style};
use crate::git::refs::Expect;
use crate::git::together::{Part, Refusal, Stays, Together, advance_all};
use std::path::{Path, PathBuf};

pub(super) fn merge(home: &Home, unit: &WorkUnit) -> Event {
    Event::Merged(match try_merge(home, unit) {
        Ok(result) => result,
        Err(error) => MergeResult::Failed(format!("failed to {error}")),
    })
}

fn try_merge(home: &Home, unit: &WorkUnit) -> Outcome<MergeResult> {
    let places = home.places_of(unit)?;
    let merged = places.try_map(|_, place| place.named(merge_in(home, place, unit)))?;
    let paths = |of: fn(&InMemory) -> &[PathBuf]| -> Vec<String> {
        let shown = |(repo, place): (_, &Place)| Some(place.shown(of(merged.get(repo)?).to_vec()));
        places.iter().filter_map(shown).flatten().collect()
    };
    let (conflicts, markers, mut sensitive) =
        (paths(InMemory::conflicts), paths(InMemory::markers), paths(InMemory::sensitive));
    sensitive.extend(places.iter().filter_map(|(repo, place)| Some(merged.get(repo)?.told_of_copies(place))).flatten());
    if !conflicts.is_empty() {
        return Ok(MergeResult::Conflict { paths: conflicts });
    }
    if !markers.is_empty() {
        return Ok(MergeResult::Markers { paths: markers });
    }
    let merge = merged.try_map(|_, merged| merged.merge().cloned().ok_or("merge: nothing was merged"))?;
    if merge.values().all(|merge| merge.from == merge.commit) {
        return Ok(MergeResult::NothingToLand { tip: merge.lead.from });
    }
    let has_gates = !home.effective().rules.gates.integration.is_empty();
    places.iter().try_for_each(|(repo, place)| match merge.get(repo) {
        Some(merge) if has_gates => place.named(check_out(place, &merge.commit)),
        // A gate that is configured from now on must not find what was merged before.
        _ => place.named(leave_landing(place)),
    })?;
    let needs_trust = merged.values().any(InMemory::carries_copies) || changes_what_is_trusted(home, &merged.lead);
    Ok(MergeResult::Clean { merge, sensitive, needs_trust })
}

/// What target and tip are together in one repository.
enum InMemory {
    /// It can land, or need not: then it goes from the target to the target.
    Clean {
        merge: Merge,
        /// Paths among its changes that the project trusts by content.
        sensitive: Vec<PathBuf>,
        /// Paths that hold what was copied from the operator's ignored files, and which.
        copies: Vec<(PathBuf, PathBuf)>,
    },
    /// Both sides changed the same places.
    Conflict(Vec<PathBuf>),
    /// The merged files hold conflict markers that the target does not.
    Markers(Vec<PathBuf>),
}

impl InMemory {
    fn merge(&self) -> Option<&Merge> {
        if let InMemory::Clean { merge, .. } = self { Some(merge) } else { None }
    }

    fn carries_copies(&self) -> bool {
        matches!(self, InMemory::Clean { copies, .. } if !copies.is_empty())
    }

    fn told_of_copies(&self, place: &Place) -> Vec<String> {
        let InMemory::Clean { copies, .. } = self else { return Vec::new() };
        let told = |(path, source): &(PathBuf, PathBuf)| {
            let [path, source] = [path, source].map(|path| place.shown([path.clone()]).concat());
            format!("{path} (holds your ignored {source}, which .worktreeinclude copied)")
        };
        copies.iter().map(told).collect()
    }

    fn sensitive(&self) -> &[PathBuf] {
        if let InMemory::Clean { sensitive, .. } = self { sensitive } else { &[] }
    }

    fn conflicts(&self) -> &[PathBuf] {
        if let InMemory::Conflict(paths) = self { paths } else { &[] }
    }

    fn markers(&self) -> &[PathBuf] {
        if let InMemory::Markers(paths) = self { paths } else { &[] }
    }
}

fn merge_in(home: &Home, place: &Place, unit: &WorkUnit) -> Outcome<InMemory> {
    let (host, branch, tip, target) = (&place.host, place.branch()?, place.worked()?, place.target()?);
    let merger = Merger::open(host, &place.merges)?;
    let from = |commit| Merge { target: branch.clone(), from: target.clone(), commit, tip: tip.clone() };
    let tree = match merger.merge(&target, tip)? {
        Merged::AlreadyIn => {
            return Ok(InMemory::Clean { merge: from(target.clone()), sensitive: Vec::new(), copies: Vec::new() });
        }
        Merged::FastForward(tree) | Merged::Clean(tree) => tree,
        Merged::Conflict(paths) => return Ok(InMemory::Conflict(paths)),
    };
    let commit = merger.commit(style(home, host, &target, tip)?, &target, tip, &tree, &message(unit))?;
    let commit = commit.ok_or("merge: the work does not lie on top of its target")?;
    let markers = host.conflict_markers(&target, &commit)?;
    if !markers.is_empty() {
        return Ok(InMemory::Markers(markers));
    }
    let nowhere = host.module_moves(&target, &commit)?.nowhere;
    if !nowhere.is_empty() {
        return Err(nowhere_to_be_had(&place.shown(nowhere)).into());
    }
    let unknown = place.private().import_lfs(&target, &commit)?;
    if !unknown.is_empty() {
        return Err(format!("land {}: nobody has what git LFS keeps of it", place.shown(unknown).join(", ")).into());
    }
    let sensitive = host.sensitive_changes(&target, &commit)?.into_iter().map(|(path, _)| path).collect();
    let copies = place.copies(&target, &commit)?;
    Ok(InMemory::Clean { merge: from(commit), sensitive, copies })
}

/// A landing must not point at what nobody has.
fn nowhere_to_be_had(paths: &[String]) -> String {
    let paths = paths.join(", ");
    format!(
        "land {paths}: the submodule is to be at a commit that your repository for it does not have; \
             bring the commit there (`git submodule update --init`, `git fetch` inside it) and retry, or have the work point at another one"
    )
}

/// Whether it changes what the daemon itself would obey after the landing. A task's own files are in none of its repositories.
fn changes_what_is_trusted(home: &Home, lead: &InMemory) -> bool {
    let site = home.effective().site.clone();
    site.task.is_none() && lead.sensitive().iter().any(|path| is_trusted_content(path, &site.prefix))
}

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

fn leave_landing(place: &Place) -> Outcome<()> {
    let private = place.private();
    if private.unit.paths.landing().exists() {
        private.remove_landing()?;
    }
    Ok(())
}

fn check_out(place: &Place, commit: &ObjectId) -> Outcome<()> {
    place.make_landing()?;
    Ok(place.private().check_out_landing(commit)?)
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
    let places = home.places_of(unit)?;
    let reason = format!("ve: land {}", unit.chunk);
    let moves = places.iter().filter_map(|(repo, place)| Some((place, merge.get(repo)?)));
    let mut moves: Vec<(&Place, &Merge)> = moves.collect();
    // The documents come last: they say that the work is there.
    moves.rotate_left(1);
    let parts: Vec<Part<'_>> = moves.iter().map(|(place, merge)| part(place, merge, &reason)).collect();
    let kept = match advance_all(&parts) {
        Together::Moved { kept } => kept,
        Together::Refused { part, why } => return Ok(refused(moves[part].0, why)),
        Together::Torn { part, why, stay } => {
            let stay = stay.into_iter().map(|(part, why)| (moves[part], why)).collect();
            return Ok(MoveResult::Failed(torn(moves[part], why, stay)));
        }
    };
    let mut kept: Vec<String> = kept.into_iter().flat_map(|(part, path)| moves[part].0.shown([path])).collect();
    for (place, merge) in &moves {
        keep_tip(place, merge, unit)?;
        push::note(home, place, merge)?;
        kept.extend(place.shown(left_behind(place, merge)?));
    }
    Ok(MoveResult::Moved { kept })
}

fn part<'a>(place: &'a Place, merge: &'a Merge, reason: &'a str) -> Part<'a> {
    let (branch, from, to) = (&merge.target, &merge.from, &merge.commit);
    Part { host: &place.host, advance: Advance { branch, from, to, reason, journal: &place.journal } }
}

/// Submodules of the operator's checkout, where it is on the branch, that still are where they were.
fn left_behind(place: &Place, merge: &Merge) -> Outcome<Vec<PathBuf>> {
    let on_branch = place.host.work_dir().is_some() && place.host.current_branch().is_ok_and(|on| on == merge.target);
    Ok(if on_branch { place.host.module_moves(&merge.from, &merge.commit)?.behind } else { Vec::new() })
}

/// A squash leaves the unit's own commits behind; a ref keeps them.
fn keep_tip(place: &Place, merge: &Merge, unit: &WorkUnit) -> Outcome<()> {
    let host = &place.host;
    if !host.is_ancestor(&merge.tip, &merge.commit)? {
        let landed = host.refs().landed(unit.id);
        let kept = host.swap(&landed, Expect::Anything, &merge.tip, "keep the commits of a squash")?;
        tracing::debug!(chunk = %unit.chunk, "{landed}: {kept:?}");
    }
    Ok(())
}

fn refused(place: &Place, why: Refusal) -> MoveResult {
    match why {
        Refusal::TargetMoved => MoveResult::TargetMoved,
        Refusal::Blocked(blockers) => MoveResult::Blocked { reasons: reasons(place, &blockers) },
        Refusal::Failed(error) => MoveResult::Failed(format!("failed to {error}{}", place.aside())),
    }
}

fn reasons(place: &Place, blockers: &[Blocker]) -> Vec<String> {
    blockers.iter().map(|blocker| format!("{blocker}{}", place.aside())).collect()
}

/// Where part of a task has landed and cannot be taken back, the operator decides: a retry lands the rest.
fn torn((place, merge): (&Place, &Merge), why: Refusal, stay: Vec<((&Place, &Merge), Stays)>) -> String {
    let why = match why {
        Refusal::TargetMoved => format!("{} moved meanwhile{}", merge.target, place.aside()),
        Refusal::Blocked(blockers) => reasons(place, &blockers).join("; "),
        Refusal::Failed(error) => format!("failed to {error}{}", place.aside()),
    };
    let stay = stay.into_iter().map(|((place, merge), why)| {
        let why = match why {
            Stays::BuiltOn => "somebody has built on it".to_owned(),
            Stays::Blocked(blockers) => reasons(place, &blockers).join("; "),
            Stays::Failed(error) => format!("failed to {error}"),
        };
        format!("what landed on {}{} stays there: {why}", merge.target, place.aside())
    });
    format!("only part of the work has landed: {why}; {}; a retry lands the rest", stay.collect::<Vec<_>>().join("; "))
}
