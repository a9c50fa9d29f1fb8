//! Orders that touch one unit's repository: made ready, gathered, rebased, removed.

use super::chunk::{Chunks, Hands};
use super::docs;
use super::home::Home;
use super::place::{Failure, Outcome, Place};
use super::task;
use crate::domain::attempt::AttemptKind;
use crate::domain::chunk::ChunkStatus;
use crate::domain::each::Each;
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
use crate::git::private::heal::Healed;
use crate::git::private::lent::Objects;
use crate::git::private::prepare::Origin;
use crate::git::snapshot::BranchState;
use crate::project::config;
use crate::project::layout::Layout;
use crate::project::task::Repo;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FEEDBACK: &str = "REVIEW_FEEDBACK.md";

/// Lets the unit's repositories find the host's objects again if the project was moved since they were prepared.
pub(super) fn find_objects(home: &Home, unit: &WorkUnit) -> Outcome<()> {
    if unit.base.is_none() {
        return Ok(());
    }
    let places = home.places_of(unit)?;
    places.values().try_for_each(|place| place.named(Ok(place.private().find_objects()?)))
}

/// Lets everything outside the record bear the name that the unit bears now, if its chunk was renamed: branch, mirror and link. Whatever an
/// earlier order did of it stays done.
fn follow_name(unit: &WorkUnit, places: &Each<Place>, layout: &Layout) -> Outcome<()> {
    for old in &unit.formerly {
        places.values().try_for_each(|place| place.named(Ok(place.private().take_name(old, place.tip.as_ref())?)))?;
        layout.unlink_chunk(old)?;
    }
    Ok(())
}

/// The same before any other order than the first.
pub(super) fn rename(home: &Home, unit: &WorkUnit) -> Outcome<()> {
    if unit.formerly.is_empty() || unit.base.is_none() {
        return Ok(());
    }
    follow_name(unit, &home.places_of(unit)?, &home.effective().site.layout)
}

pub(super) fn prepare(home: &Home, unit: &WorkUnit) -> Event {
    match try_prepare(home, unit) {
        Ok((base, remarks)) => Event::Prepared { base, remarks },
        Err(error) => {
            // Nobody has worked there yet: another try begins from nothing, and a unit that is given up leaves nothing behind.
            if unit.base.is_none()
                && let Err(stays) = try_remove(home, unit)
            {
                tracing::warn!(chunk = %unit.chunk, "what was prepared of it stays: failed to {stays}");
            }
            Event::PreparationFailed { reason: format!("failed to {error}") }
        }
    }
}

fn try_prepare(home: &Home, unit: &WorkUnit) -> Outcome<(Each<Base>, Vec<String>)> {
    let effective = home.effective();
    let site = effective.site.clone();
    let (base, mut remarks) = match &unit.base {
        Some(base) => (base.clone(), Vec::new()),
        None => cut(home, unit)?,
    };
    let places = home.places(unit, &base)?;
    let prepared = places.try_map(|_, place| {
        let private = place.private();
        place.named(private.set_include(effective.include()).map_err(Failure::from))?;
        place.named(private.set_objects(objects(effective.config.sandbox.objects)).map_err(Failure::from))?;
        let prepared = place.named(Ok(private.prepare(place.base()?)?))?;
        remarks.extend(remark(&prepared.origin).map(|told| format!("{told}{}", place.aside())));
        let lacking = place.named(Ok(private.make_modules(place.tip.as_ref().unwrap_or(&prepared.start))?))?;
        if unit.base.is_none() && !lacking.is_empty() {
            remarks.push(without_modules(&place.shown(lacking)));
        }
        Ok::<_, Failure>(prepared)
    })?;
    let lead = &places.lead;
    site.layout.link_chunk(&unit.chunk, unit.id)?;
    if site.task.is_some() {
        task::share(site.layout.root(), &site.layout.unit(unit.id))?;
    }
    follow_name(unit, &places, &site.layout)?;
    let hands = if prepared.lead.origin.is_fresh() { Hands::Ours } else { Hands::Confined };
    let chunks = Chunks { lead, unit, prefix: &site.prefix, hands };
    if unit.base.is_none() {
        chunks.activate(&prepared.lead.start)?;
    }
    if let Some(decision) = unit.notes.iter().find_map(|note| match note {
        Note::Feedback(decision) => Some(decision),
        _ => None,
    }) {
        let text = docs::feedback(decision, unit.counters.review_cycles);
        lead.private().write_file(&chunk_dir(&site.prefix, unit).join(FEEDBACK), text.as_bytes())?;
    }
    if let Some(AttemptKind::Agent) = unit.live.as_ref().map(|live| live.kind) {
        chunks.set_aside(lead.tip.as_ref().unwrap_or(&prepared.lead.start), &lead.base()?.commit)?;
        if unit.phase == Phase::Rebase {
            places.values().try_for_each(|place| place.named(Ok(place.private().update_refs(place.base()?)?)))?;
        }
    }
    for remark in &remarks {
        tracing::warn!(chunk = %unit.chunk, "{remark}");
    }
    Ok((base, remarks))
}

fn objects(configured: config::SharedObjects) -> Objects {
    match configured {
        config::SharedObjects::Shared => Objects::Shared,
        config::SharedObjects::Own => Objects::Own,
    }
}

/// Nothing is fetched for a unit: its submodules are made from what the operator has.
fn without_modules(paths: &[String]) -> String {
    let paths = paths.join(", ");
    format!(
        "your repository does not have these submodules, so that they are empty in its worktree: {paths}; \
             run `git submodule update --init --recursive`, and its next attempt finds them"
    )
}

/// What the operator should know about how a unit's repository came to be.
fn remark(origin: &Origin) -> Option<String> {
    match origin {
        Origin::Base | Origin::HostBranch | Origin::Reused(Healed::Whole) => None,
        Origin::Preserved(name) => Some(format!("its branch held other work, which is kept at {name}")),
        Origin::Reused(healed) => told_of(*healed).map(str::to_owned),
    }
}

fn told_of(healed: Healed) -> Option<&'static str> {
    match healed {
        Healed::Whole => None,
        Healed::Worktree => Some(
            "its worktree was deleted by hand; what was committed or staged in it is there again, other edits are lost",
        ),
        Healed::Repository => {
            Some("its repository was deleted by hand; it is cut anew from its branch, under the files as they were")
        }
        Healed::Everything => {
            Some("its worktree and repository were deleted by hand; both are cut anew from its branch")
        }
    }
}

/// Makes what somebody deleted by hand of a unit's directories, before anything is done with them.
pub(super) fn heal(home: &Home, unit: &WorkUnit) -> Outcome<()> {
    if unit.base.is_none() {
        return Ok(());
    }
    for place in home.places_of(unit)?.values() {
        if let Some(told) = told_of(place.named(Ok(place.private().heal(place.base()?)?))?) {
            tracing::warn!(chunk = %unit.chunk, "{told}{}", place.aside());
        }
    }
    Ok(())
}

/// Where a unit is cut now, in each repository that its chunk spans, and what the operator should know about that.
fn cut(home: &Home, unit: &WorkUnit) -> Outcome<(Each<Base>, Vec<String>)> {
    let site = home.effective().site.clone();
    let spec = base_spec(home);
    let mut remarks = Vec::new();
    let mut resolve = |host: &Host, repo: &Repo| -> Outcome<Base> {
        let resolved = host.base(&spec, &site.landing_journal(repo))?;
        remarks.extend(resolved.offline.map(|why| format!("cut from what was last fetched of origin: {why}")));
        Ok(resolved.base)
    };
    let host = home.host()?;
    let lead = resolve(&host, &site.repos.lead)?;
    let mut others = BTreeMap::new();
    for name in task::spanned(home, &host, unit, &lead)? {
        let repo = site.repos.get(Some(&name)).ok_or_else(|| format!("find {name} in the task"))?;
        let base = resolve(&home.open(repo)?, repo).map_err(|error| format!("{error} (in {name})"))?;
        others.insert(name, base);
    }
    Ok((Each { lead, others }, remarks))
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

pub(super) fn mark_active(home: &Home, unit: &WorkUnit) -> Event {
    let marked = || -> Outcome<()> {
        let places = home.places_of(unit)?;
        let prefix = home.effective().site.prefix.clone();
        let lead = &places.lead;
        Chunks { lead, unit, prefix: &prefix, hands: Hands::Confined }.set_status(lead.worked()?, ChunkStatus::Active)
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
    let places = home.places_of(unit)?;
    let prefix = home.effective().site.prefix.clone();
    let lead = &places.lead;
    let at = match &lead.tip {
        Some(tip) => tip.clone(),
        None => lead.private().prepared_at()?.ok_or("gather: the unit was never prepared")?,
    };
    Chunks { lead, unit, prefix: &prefix, hands: Hands::Confined }.put_back(&at, &lead.base()?.commit)?;
    let documents = prefix.join("docs");
    let tip = places.try_map(|repo, place| {
        let kept = repo.is_none().then(|| documents.to_string_lossy());
        place.named(bring_home(place, unit, kept.as_deref()))
    })?;
    found(&places, unit, tip, &prefix)
}

/// Commits what an attempt left in one repository, and brings it to the host. Of a review, only what it wrote at `kept`.
fn bring_home(place: &Place, unit: &WorkUnit, kept: Option<&str>) -> Outcome<ObjectId> {
    let private = place.private();
    if unit.phase == Phase::Review
        && let Some(tip) = &place.tip
    {
        // A reviewer judges; what it changed beside the documents is not part of the work.
        private.restore_code(tip, kept.as_slice())?;
    }
    let message = format!("{}: {}", unit.chunk, unit.phase.name());
    let snapshot = private.snapshot(place.base()?, &message)?;
    if let BranchState::Elsewhere(_) | BranchState::Unrelated = snapshot.branch {
        let safe = private.preserve()?;
        return Err(format!("gather: the agent left its branch, and its HEAD is not on top of it ({safe:?})").into());
    }
    let mut tip = private.import()?;
    match private.mirror(&tip, place.tip.as_ref())? {
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
    Ok(tip)
}

fn found(places: &Each<Place>, unit: &WorkUnit, tip: Each<ObjectId>, prefix: &Path) -> Outcome<Gathered> {
    let documents = prefix.join("docs");
    let (mut changes_code, mut contains_base) = (false, true);
    for (repo, place) in places.iter() {
        let Some(tip) = tip.get(repo) else { continue };
        let (host, base) = (&place.host, &place.base()?.commit);
        let start = host.merge_base(base, tip)?.unwrap_or_else(|| base.clone());
        changes_code |= host.changes(&start, tip)?.iter().any(|change| !change.path.starts_with(&documents));
        contains_base &= host.is_ancestor(base, tip)?;
    }
    let host = &places.lead.host;
    let chunks = Chunks { lead: &places.lead, unit, prefix, hands: Hands::Confined };
    let contents = host.contents(&tip.lead)?;
    let facts = docs::facts_at(&contents, prefix, &unit.chunk)?;
    let feedback = docs::text_at(&contents, &chunk_dir(prefix, unit).join(FEEDBACK))?;
    Ok(Gathered {
        changes_code,
        successors: if facts.is_none() { chunks.successors(&tip.lead)? } else { Vec::new() },
        chunk: facts.map(|facts| facts.status),
        feedback_open: feedback.is_some(),
        contains_base,
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
    let places = home.places_of(unit)?;
    let base = places
        .try_map(|_, place| Ok::<_, Failure>(Base { branch: place.base()?.branch.clone(), commit: place.target()? }))?;
    let places = home.places(unit, &base)?;
    let rebased = places.try_map(|_, place| place.named(merge_base_in(place, unit)))?;
    let paths = places.iter().filter_map(|(repo, place)| match rebased.get(repo)? {
        InMemory::Conflict(paths) => Some(place.shown(paths.clone())),
        InMemory::Contained | InMemory::Fits(_) => None,
    });
    let paths: Vec<String> = paths.flatten().collect();
    if !paths.is_empty() {
        return Ok(RebaseResult::Conflict { base, paths });
    }
    let tip = places.try_map(|repo, place| match rebased.get(repo) {
        Some(InMemory::Fits(to)) => place.named(bring(place, to)),
        _ => place.worked().cloned(),
    })?;
    Ok(RebaseResult::Clean { base, tip })
}

/// What base and branch are together. Nothing has moved yet.
enum InMemory {
    /// The branch contains the base.
    Contained,
    /// This commit contains both.
    Fits(ObjectId),
    /// Both sides changed these files in the same places.
    Conflict(Vec<PathBuf>),
}

fn merge_base_in(place: &Place, unit: &WorkUnit) -> Outcome<InMemory> {
    let (known, base) = (place.worked()?, place.base()?);
    place.private().update_refs(base)?;
    let tip = &merged_before(place, known)?;
    let merger = Merger::open(&place.host, &place.merges)?;
    Ok(match merger.merge(tip, &base.commit)? {
        Merged::AlreadyIn if tip == known => InMemory::Contained,
        Merged::AlreadyIn => InMemory::Fits(tip.clone()),
        Merged::FastForward(_) => InMemory::Fits(base.commit.clone()),
        Merged::Clean(tree) => {
            let message = format!("Merge branch '{}' into {}", base.branch, unit.chunk.branch());
            let merged = merger.commit(Style::Merge, tip, &base.commit, &tree, &message)?;
            InMemory::Fits(merged.ok_or("rebase: no merge commit was made")?)
        }
        Merged::Conflict(paths) => InMemory::Conflict(paths),
    })
}

/// Where the unit's branch is: beyond what was saved, if an earlier try got as far as bringing its merge into it.
fn merged_before(place: &Place, known: &ObjectId) -> Outcome<ObjectId> {
    let private = place.private();
    if private.tip()?.is_none_or(|tip| tip == *known) {
        return Ok(known.clone());
    }
    let tip = private.import()?;
    Ok(if place.host.is_ancestor(known, &tip)? { tip } else { known.clone() })
}

/// Moves the unit's branch, its worktree and its mirror to a commit that contains its tip.
fn bring(place: &Place, to: &ObjectId) -> Outcome<ObjectId> {
    let private = place.private();
    private.fast_forward(to)?;
    let imported = private.import()?;
    // Where the mirror could not follow, the next gathering says so.
    if !matches!(private.mirror(&imported, place.tip.as_ref())?, Mirrored::Branch) {
        tracing::info!("the mirror of {to} stays behind");
    }
    Ok(imported)
}

pub(super) fn remove(home: &Home, unit: &WorkUnit) -> Event {
    told(try_remove(home, unit))
}

/// The refs that keep what nothing else did, where there was any.
fn try_remove(home: &Home, unit: &WorkUnit) -> Outcome<Option<String>> {
    let site = home.effective().site.clone();
    let places = home.places_of(unit)?;
    let mut preserved = Vec::new();
    for place in places.values() {
        preserved.extend(kept(place, place.named(Ok(place.private().remove()?))?));
        if matches!(unit.status, Status::Done { .. } | Status::Deleted { .. }) {
            // Kept refs hold what it held, or nothing did; a canceled unit's branch is where a retry goes on.
            let branch = place.host.delete_if_kept(&format!("refs/heads/{}", unit.chunk.branch()))?;
            tracing::debug!(chunk = %unit.chunk, "its branch: {branch:?}");
        }
    }
    if site.task.is_some() {
        task::clear(&site.layout.unit(unit.id))?;
    }
    site.layout.unlink_chunk(&unit.chunk)?;
    Ok((!preserved.is_empty()).then(|| preserved.join(", ")))
}

/// Removes the unit's worktree; the unit and its branch stay.
pub(super) fn clear(home: &Home, unit: &WorkUnit) -> Event {
    told(try_clear(home, unit))
}

fn try_clear(home: &Home, unit: &WorkUnit) -> Outcome<Option<String>> {
    let mut preserved = Vec::new();
    for place in home.places_of(unit)?.values() {
        preserved.extend(kept(place, place.named(Ok(place.private().clear()?))?));
    }
    Ok((!preserved.is_empty()).then(|| preserved.join(", ")))
}

/// The ref that keeps what nothing else did.
fn kept(place: &Place, safe: Safe) -> Option<String> {
    match safe {
        Safe::Preserved(name) => Some(format!("{name}{}", place.aside())),
        Safe::NoWork | Safe::Already => None,
    }
}

fn told(removed: Outcome<Option<String>>) -> Event {
    match removed {
        Ok(preserved) => Event::Removed { preserved },
        Err(error) => Event::RemoveFailed { reason: format!("failed to {error}") },
    }
}
