//! What others want to see of the repository and change nothing by: a unit's difference, whether its branch is there.

use super::RepositoryActor;
use super::home::Home;
use super::place::{Outcome, Place};
use crate::domain::difference::{Difference, FileChange};
use crate::domain::ids::ObjectId;
use crate::domain::landing::Merge;
use crate::domain::work_unit::{Proof, Status, WorkUnit};
use crate::git::host::Host;
use crate::git::hunks::Hunks;
use crate::git::merge::{Merged, Merger};
use actix::prelude::*;

/// What would land of a unit now, or what has landed of it. None before an attempt has left anything.
#[derive(Message)]
#[rtype(result = "Result<Option<Difference>, String>")]
pub struct Differ(pub WorkUnit);

/// Whether the host has the branch of a unit.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct HasBranch(pub WorkUnit);

/// Lines shown of one difference, in bytes: more is not read by people, and git shows it as well.
const LINES: usize = 1024 * 1024;

impl Handler<Differ> for RepositoryActor {
    type Result = ResponseFuture<Result<Option<Difference>, String>>;

    fn handle(&mut self, Differ(unit): Differ, _: &mut Self::Context) -> Self::Result {
        self.reading(move |home| differ(home, &unit).map_err(|error| error.to_string()), Err)
    }
}

impl Handler<HasBranch> for RepositoryActor {
    type Result = ResponseFuture<bool>;

    fn handle(&mut self, HasBranch(unit): HasBranch, _: &mut Self::Context) -> Self::Result {
        let has =
            move |home: &Home| home.host().is_ok_and(|host| matches!(host.tip(&unit.chunk.branch()), Ok(Some(_))));
        self.reading(has, |_| false)
    }
}

fn differ(home: &Home, unit: &WorkUnit) -> Outcome<Option<Difference>> {
    if unit.base.is_none() || unit.tip.is_none() {
        return Ok(None);
    }
    let landed = match &unit.status {
        Status::Done { proof: Proof::Landed { merge, .. }, .. } => Some(merge),
        _ => None,
    };
    let places = home.places_of(unit)?;
    let each = places.try_map(|repo, place| {
        let landed = landed.and_then(|merge| merge.get(repo));
        place.named(landed.map_or_else(|| differ_in(place), |merge| landed_in(place, merge)))
    })?;
    let mut all = Difference { landed: landed.is_some(), ..each.lead };
    for other in each.others.into_values() {
        all.conflicts.extend(other.conflicts);
        all.files.extend(other.files);
        all.is_cut |= other.is_cut;
    }
    Ok(Some(all))
}

fn landed_in(place: &Place, merge: &Merge) -> Outcome<Difference> {
    Ok(told(place, place.host.hunks(&merge.from, &merge.commit, LINES)?, &merge.from, &merge.tip))
}

fn differ_in(place: &Place) -> Outcome<Difference> {
    let (host, target, tip) = (&place.host, &place.target()?, place.worked()?);
    Ok(match Merger::open(host, &place.merges)?.merge(target, tip)? {
        Merged::AlreadyIn => told(place, Hunks::default(), target, tip),
        Merged::FastForward(tree) | Merged::Clean(tree) => told(place, host.hunks(target, &tree, LINES)?, target, tip),
        Merged::Conflict(paths) => {
            Difference { conflicts: place.shown(paths), ..told(place, since_parting(host, target, tip)?, target, tip) }
        }
    })
}

fn since_parting(host: &Host, target: &ObjectId, tip: &ObjectId) -> Outcome<Hunks> {
    let parted = host.merge_base(target, tip)?.unwrap_or_else(|| target.clone());
    Ok(host.hunks(&parted, tip, LINES)?)
}

fn told(place: &Place, Hunks { files, is_cut }: Hunks, from: &ObjectId, tip: &ObjectId) -> Difference {
    let shown = |path: &String| place.shown([path.into()]).concat();
    let named =
        |file: FileChange| FileChange { path: shown(&file.path), old_path: file.old_path.as_ref().map(shown), ..file };
    let files = files.into_iter().map(named).collect();
    Difference { from: from.clone(), tip: tip.clone(), landed: false, conflicts: Vec::new(), files, is_cut }
}
