//! What two works that are both under way say about each other: their merge as they are, and the symbols they have changed.

use super::evidence::{Evidence, Meetings, Spot, meetings, near};
use super::{Found, Side, Stage, documents};
use crate::domain::footprint::{Footprint, Lines, Trial};
use crate::domain::policy::ConflictPolicy;

/// In percent: the merge of the two already fails. Only one of them taking back its change could mend that.
const COLLIDED: u8 = 97;
/// They fit together as text, and both change one symbol: the next line may end that, and what it means may be broken already.
const SAME_SYMBOL: u8 = 45;

/// Judges two works of which something is done on both sides, and whose merge was tried.
pub(super) fn judge(a: Side<'_>, b: Side<'_>, trial: Option<&Trial>, policy: &ConflictPolicy) -> Option<Found> {
    let (one, other) = (a.done?, b.done?);
    let trial = trial.filter(|_| !one.is_empty() && !other.is_empty())?;
    let (one_spots, other_spots): (Vec<_>, Vec<_>) = (Spot::touched(one).collect(), Spot::touched(other).collect());
    let Meetings { mut evidence, mut shared } = meetings(&one_spots, &other_spots);
    if !trial.conflicts.is_empty() {
        evidence.retain(
            |evidence| matches!(evidence, Evidence::Symbol { place, .. } if trial.conflicts.contains(&place.path)),
        );
        for path in &trial.conflicts {
            let named = |evidence: &Evidence| matches!(evidence, Evidence::Symbol { place, .. } if place.path == *path);
            if !evidence.iter().any(named) {
                evidence.push(Evidence::File { path: path.clone(), lines: Vec::new() });
            }
        }
        shared.retain(|path| !trial.conflicts.contains(path));
        locate(&mut evidence, one, other);
        return Some(Found { probability: COLLIDED, stage: Stage::Live, evidence, shared });
    }
    // A file of which no parts are known and that merges is shared like one with different parts.
    evidence.retain(|evidence| match evidence {
        Evidence::File { path, .. } => {
            shared.push(path.clone());
            false
        }
        _ => true,
    });
    locate(&mut evidence, one, other);
    let probability = match (evidence.is_empty(), shared.is_empty()) {
        (false, _) => SAME_SYMBOL,
        (true, false) => policy.prior,
        (true, true) => policy.prior / 10,
    };
    let done = Found { probability, stage: Stage::Live, evidence, shared };
    Some(ahead(a, b, &one_spots, &other_spots).filter(|ahead| ahead.probability > done.probability).unwrap_or(done))
}

/// What the plans still announce, of each against what the other one did or announces.
fn ahead(a: Side<'_>, b: Side<'_>, one: &[Spot<'_>], other: &[Spot<'_>]) -> Option<Found> {
    let (coming_a, coming_b): (Vec<_>, Vec<_>) = (documents::ahead(a).collect(), documents::ahead(b).collect());
    let all_b: Vec<Spot<'_>> = other.iter().chain(&coming_b).copied().collect();
    let mut found = meetings(&coming_a, &all_b);
    for evidence in meetings(one, &coming_b).evidence {
        if !found.evidence.contains(&evidence) {
            found.evidence.push(evidence);
        }
    }
    let probability = documents::places(Stage::Plan, &found.evidence)?;
    Some(Found { probability, stage: Stage::Plan, evidence: found.evidence, shared: found.shared })
}

/// Says on which lines they meet.
fn locate(evidence: &mut [Evidence], one: &Footprint, other: &Footprint) {
    let changed = |footprint: &Footprint, path: &str| -> Vec<Lines> {
        footprint.file(path).map(|file| file.lines.clone()).unwrap_or_default()
    };
    for evidence in evidence {
        let (path, lines) = match evidence {
            Evidence::File { path, lines } => (&*path, lines),
            Evidence::Symbol { place, lines } => (&place.path, lines),
            Evidence::Subsystem(_) | Evidence::Parent(_) => continue,
        };
        *lines = near(&changed(one, path), &changed(other, path));
    }
}
