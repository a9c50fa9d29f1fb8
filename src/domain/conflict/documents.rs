//! What the documents of two chunks say about each other, and what one of them has done so far.

use super::evidence::{Evidence, Meetings, Spot, meetings};
use super::{Ahead, Found, Side, Stage};
use crate::domain::chunk::{ChunkFacts, SubsystemRelation};
use crate::domain::policy::ConflictPolicy;

/// In percent: both goals name the file as one they expect to touch. A guess on both sides.
const GOAL_PATHS: u8 = 60;
/// Both build one subsystem, or one modifies what the other one builds.
const SUBSYSTEM: u8 = 40;
/// The texts of both goals speak of the same code, which may be no more than its neighbourhood.
const MENTIONED: u8 = 25;
/// Both plans name the file and no symbol in it.
const PLANNED_FILE: u8 = 65;
/// Both plans name the symbol.
const PLANNED_SYMBOL: u8 = 80;
/// Both govern it.
const GOVERNED: u8 = 95;

pub(super) fn judge(a: Side<'_>, b: Side<'_>, policy: &ConflictPolicy) -> Found {
    let stage = stage(a).min(stage(b));
    let Meetings { mut evidence, shared } = meetings(&spots(a, stage), &spots(b, stage));
    let mut probability = places(stage, &evidence);
    if probability.is_none() && stage == Stage::Goal {
        evidence = meetings(&mentioned(a.facts), &mentioned(b.facts)).evidence;
        probability = (!evidence.is_empty()).then_some(MENTIONED);
    }
    let kin = kin(a.facts, b.facts);
    let kinship = match stage {
        _ if kin.is_empty() => None,
        Stage::Proposed | Stage::Goal => Some(SUBSYSTEM),
        // The places are known and do not meet: a subsystem in common is a reason to be less sure, no more.
        Stage::Plan | Stage::Live | Stage::Completed => Some(policy.prior.saturating_mul(2).min(SUBSYSTEM)),
    };
    evidence.extend(kin);
    let probability = probability.max(kinship).unwrap_or(match stage {
        _ if !shared.is_empty() => policy.prior,
        Stage::Proposed => policy.prior,
        Stage::Goal => policy.prior / 2,
        Stage::Plan | Stage::Live | Stage::Completed => policy.prior / 4,
    });
    Found { probability, stage, evidence, shared }
}

/// How likely a conflict at these places is; none where there is no place.
pub(super) fn places(stage: Stage, evidence: &[Evidence]) -> Option<u8> {
    let named = evidence.iter().any(|evidence| matches!(evidence, Evidence::Symbol { .. }));
    match stage {
        // Of one side nothing is known but what the other one names.
        Stage::Proposed => None,
        _ if evidence.is_empty() => None,
        Stage::Goal => Some(GOAL_PATHS),
        Stage::Plan | Stage::Live if named => Some(PLANNED_SYMBOL),
        Stage::Plan | Stage::Live => Some(PLANNED_FILE),
        Stage::Completed => Some(GOVERNED),
    }
}

/// How much is known of a chunk.
pub(super) fn stage(side: Side<'_>) -> Stage {
    let facts = side.facts;
    let says_something = !facts.goal.body.is_empty() || !facts.code_paths.is_empty() || !facts.subsystems.is_empty();
    if side.done.is_some_and(|done| !done.is_empty()) {
        Stage::Live
    } else if !facts.code_references.is_empty() {
        Stage::Completed
    } else if !facts.planned().is_empty() {
        Stage::Plan
    } else if says_something || facts.parent.is_some() {
        Stage::Goal
    } else {
        Stage::Proposed
    }
}

/// What a chunk touches, as far as `stage` lets one see; a chunk of which more is known is seen with its best knowledge.
fn spots(side: Side<'_>, stage: Stage) -> Vec<Spot<'_>> {
    let facts = side.facts;
    let mut spots: Vec<Spot<'_>> = side.done.into_iter().flat_map(Spot::touched).collect();
    if !spots.is_empty() {
        spots.extend(ahead(side));
        if stage <= Stage::Goal && side.ahead == Ahead::Code {
            spots.extend(facts.code_paths.iter().map(|path| Spot::file(path)));
        }
        return spots;
    }
    if stage <= Stage::Goal {
        spots.extend(facts.code_paths.iter().map(|path| Spot::file(path)));
    }
    if spots.is_empty() {
        spots.extend(facts.planned().iter().map(Spot::named));
    }
    if spots.is_empty() || stage == Stage::Completed {
        spots.extend(facts.code_references.iter().map(Spot::named));
    }
    spots
}

/// What a work that was begun still means to touch. What it did in a file says more than that it meant to touch that file.
pub(super) fn ahead(side: Side<'_>) -> impl Iterator<Item = Spot<'_>> {
    let places = if side.ahead == Ahead::Code { side.facts.planned() } else { &[] };
    let begun = move |path: &str| side.done.is_some_and(|done| done.file(path).is_some());
    places.iter().filter(move |place| place.symbol.is_some() || !begun(&place.path)).map(Spot::named)
}

/// The code that a goal's text speaks of.
fn mentioned(facts: &ChunkFacts) -> Vec<Spot<'_>> {
    facts.goal.mentions.iter().map(Spot::named).chain(facts.code_paths.iter().map(|path| Spot::file(path))).collect()
}

/// Subsystems that both build, and the parent of one that the other one is.
fn kin(a: &ChunkFacts, b: &ChunkFacts) -> Vec<Evidence> {
    let builds = |facts: &ChunkFacts, name: &str| {
        facts.subsystems.iter().any(|link| link.subsystem == name && link.relation == SubsystemRelation::Implements)
    };
    let mut found = Vec::new();
    for link in &a.subsystems {
        let both = builds(a, &link.subsystem) && builds(b, &link.subsystem);
        let evidence = Evidence::Subsystem(link.subsystem.clone());
        if both && !found.contains(&evidence) {
            found.push(evidence);
        }
    }
    for (child, parent) in [(a, b), (b, a)] {
        if child.parent.as_ref() == Some(&parent.name) {
            found.push(Evidence::Parent(parent.name.clone()));
        }
    }
    found
}
