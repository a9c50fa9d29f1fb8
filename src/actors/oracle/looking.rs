//! Looks at works in progress, one round after the other: what each has touched by now, and whether two of them merge.

use super::OracleActor;
use super::looks::{UnitPair, Views};
use crate::actors::repository::RepositoryActor;
use crate::actors::repository::live::{Look, Sight, Try};
use crate::domain::footprint::Trial;
use crate::domain::ids::UnitId;
use crate::domain::work_unit::WorkUnit;
use actix::prelude::*;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Looks around once, and again after a rest.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct LookAround;

/// Between two rounds, at least: an agent writes a file every few seconds.
pub(super) const REST: Duration = Duration::from_secs(4);

/// How many times as long as a round took the next one waits: a large repository is looked at less often.
const SHARE: u32 = 20;

type Tried = (UnitPair, Views, Option<Trial>);

impl OracleActor {
    /// The units whose work may have changed. Of one unit alone there is nothing to compare.
    fn at_work(&self) -> Vec<(WorkUnit, Option<String>)> {
        if self.seen.len() < 2 {
            return Vec::new();
        }
        let begun = self.seen.values().filter(|seen| seen.unit.has_begun());
        begun.map(|seen| (seen.unit.clone(), self.looks.mark(seen.unit.id))).collect()
    }

    /// Takes in what a round showed; those whose view changed.
    pub(super) fn take_in(&mut self, sights: Vec<(UnitId, Sight)>) -> BTreeSet<UnitId> {
        let mut changed = BTreeSet::new();
        for (id, sight) in sights {
            if let Sight::New(view) = sight
                && self.seen.contains_key(&id)
            {
                self.looks.saw(id, view);
                changed.insert(id);
            }
        }
        changed
    }

    pub(super) fn take_in_trials(&mut self, trials: Vec<Tried>) -> BTreeSet<UnitId> {
        let mut changed = BTreeSet::new();
        for (pair, of, trial) in trials {
            match trial {
                Some(trial) => self.looks.tried(pair, of, trial),
                // The views are not to be found any more: both are looked at anew.
                None => [pair.0, pair.1].map(|id| self.looks.forget(id)).into_iter().collect(),
            }
            changed.extend([pair.0, pair.1]);
        }
        changed
    }
}

/// Looks at one unit after the other: the pool has one place for this, and nobody waits for the answer.
pub(super) async fn sights(
    repository: Addr<RepositoryActor>,
    units: Vec<(WorkUnit, Option<String>)>,
) -> Vec<(UnitId, Sight)> {
    let mut sights = Vec::with_capacity(units.len());
    for (unit, before) in units {
        let id = unit.id;
        sights.push((id, repository.send(Look { unit, before }).await.unwrap_or(Sight::Nothing)));
    }
    sights
}

/// Merges one pair after the other.
pub(super) async fn trials(repository: Addr<RepositoryActor>, pairs: Vec<(UnitPair, Views)>) -> Vec<Tried> {
    let mut trials = Vec::with_capacity(pairs.len());
    for (pair, of) in pairs {
        let trial = repository.send(Try(of.0.clone(), of.1.clone())).await.ok().flatten();
        trials.push((pair, of, trial));
    }
    trials
}

impl Handler<LookAround> for OracleActor {
    type Result = ();

    fn handle(&mut self, LookAround: LookAround, ctx: &mut Self::Context) {
        let begun = Instant::now();
        let looking = sights(self.repository.clone(), self.at_work()).into_actor(self);
        let round = looking
            .then(|sights, act, _| {
                let changed = act.take_in(sights);
                let repository = act.repository.clone();
                trials(repository, act.looks.untried()).into_actor(act).map(|trials, _, _| (changed, trials))
            })
            .map(move |(mut changed, trials), act, ctx| {
                changed.extend(act.take_in_trials(trials));
                act.publish(Some(&changed), ctx);
                ctx.notify_later(LookAround, REST.max(begun.elapsed() * SHARE));
            });
        ctx.spawn(round);
    }
}
