//! What became of predictions: stored when they matter, settled when the outcome is known.

use super::OracleActor;
use super::looks::UnitPair;
use crate::actors::clock;
use crate::actors::hub::Change;
use crate::actors::persistence::Save;
use crate::actors::repository::live::{Collides, Compare};
use crate::db::store::write::Write;
use crate::domain::each::Each;
use crate::domain::ids::UnitId;
use crate::domain::landing::Merge;
use crate::domain::prediction::{self, Outcome, Prediction, Settlement};
use crate::domain::work_unit::{Proof, Status, WorkUnit};
use actix::prelude::*;

impl OracleActor {
    /// Stores what was said. A prediction that is lost with the daemon is made again by the next one.
    pub(super) fn predict(&mut self, said: Vec<Prediction>, ctx: &mut Context<Self>) {
        if !said.is_empty() {
            let writes = said.into_iter().map(|said| Write::Predict(Box::new(said))).collect();
            self.store(Write::All(writes), ctx);
        }
    }

    /// Sees what a change of a unit says about the predictions that it is part of.
    pub(super) fn learn(&mut self, change: &Change, ctx: &mut Context<Self>) {
        self.ledger.saw(&change.unit);
        if change.entry.event.as_ref().is_some_and(prediction::collided) {
            self.collided(&change.unit, ctx);
        }
        if change.unit.is_terminal() {
            self.settle(Some(change.unit.id), ctx);
        }
    }

    /// Settles what can be settled, of one unit or of all.
    pub(super) fn settle(&mut self, of: Option<UnitId>, ctx: &mut Context<Self>) {
        for (pair, settlement) in self.ledger.due(of) {
            match settlement {
                Settlement::Open => {}
                Settlement::Known(outcome) => self.close(pair, outcome, ctx),
                Settlement::Compare(merges) => {
                    let [one, other] = *merges;
                    let asked = self.repository.send(Compare(one, other)).into_actor(self);
                    ctx.spawn(asked.map(move |outcome, act, ctx| {
                        if let Ok(outcome) = outcome {
                            act.close(pair, outcome, ctx);
                        }
                    }));
                }
            }
        }
    }

    /// A unit's work did not fit onto what had landed: finds out whose landing that was.
    fn collided(&mut self, unit: &WorkUnit, ctx: &mut Context<Self>) {
        let Some(work) = unit.tip.clone() else { return };
        let partners = self.ledger.partners(unit.id);
        let all: Vec<(UnitPair, Each<Merge>)> =
            partners.filter_map(|(pair, partner)| Some((pair, landed(partner)?.clone()))).collect();
        for (pair, landed) in all {
            let asked = self.repository.send(Collides { landed, work: work.clone() }).into_actor(self);
            ctx.spawn(asked.map(move |collides, act, ctx| {
                if collides.unwrap_or(false) {
                    act.close(pair, Outcome::Conflict, ctx);
                }
            }));
        }
    }

    fn close(&mut self, pair: UnitPair, outcome: Outcome, ctx: &mut Context<Self>) {
        self.ledger.close(pair);
        self.store(Write::Settle { units: pair, outcome, at: clock::now() }, ctx);
    }

    fn store(&self, write: Write, ctx: &mut Context<Self>) {
        ctx.spawn(self.persistence.send(Save(write)).into_actor(self).map(|saved, _, _| match saved {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!("a prediction is not counted: failed to {error}"),
            Err(error) => tracing::debug!("a prediction is not counted: {error}"),
        }));
    }
}

/// What a unit landed.
fn landed(unit: &WorkUnit) -> Option<&Each<Merge>> {
    match &unit.status {
        Status::Done { proof: Proof::Landed { merge, .. }, .. } => Some(merge),
        _ => None,
    }
}
