//! UnitsActor: the registry of all units, and the parent of their actors.
//!
//! *Owns* one WorkUnitActor per unit that is not settled, and a copy of every unit's row. *Asks* persistence and repository. *Tells* units.
//! *Dies when* the supervisor drops it, and its units with it; the next one reads them from the database.

use super::child::{Child, ChildDown, ChildId, Exit, spawn_child};
use super::fault;
use super::hub::{Change, News, Publish};
use super::persistence::Unsaved;
use super::questions;
use super::restarts::Restarts;
use super::work_unit::{self, Apply, Neighbours, Refusal, WorkUnitActor};
use crate::domain::event::Event;
use crate::domain::ids::{AttemptId, ChunkName, UnitId};
use crate::domain::who::Who;
use crate::domain::work_unit::{Status, WorkUnit};
use actix::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// A unit was saved; told by its actor before anybody else hears of it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Saved(pub WorkUnit);

/// Tells a unit's event to its actor.
#[derive(Message, Debug)]
#[rtype(result = "Result<WorkUnit, TellError>")]
pub struct Tell {
    /// Which unit.
    pub to: Target,
    /// What happened.
    pub event: Event,
    /// Whose doing.
    pub who: Who,
}

/// How a unit is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// By the chunk it bears now, or bore before.
    Chunk(ChunkName),
    /// By its id.
    Unit(UnitId),
}

/// Why a unit did not take an event.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TellError {
    /// There is none.
    #[error("Work unit '{0}' not found")]
    Unknown(String),
    /// It refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Its actor fell over.
    #[error("the unit is being restarted")]
    Down,
}

/// All units that are not deleted, oldest first.
#[derive(Message)]
#[rtype(result = "Vec<WorkUnit>")]
pub struct List;

/// The unit of a chunk.
#[derive(Message)]
#[rtype(result = "Option<WorkUnit>")]
pub struct Get(pub ChunkName);

/// Ends all processes politely and starts nothing any more; answers how many still live, so that one can ask again.
#[derive(Message)]
#[rtype(result = "usize")]
pub struct Suspend;

struct Led {
    unit: WorkUnit,
    actor: Option<Child<WorkUnitActor>>,
    restarts: Restarts,
}

/// See the module.
pub struct UnitsActor {
    near: Neighbours,
    units: BTreeMap<UnitId, Led>,
}

impl UnitsActor {
    /// Leads all units of the database, which `units` are.
    pub fn new(near: Neighbours, units: Vec<WorkUnit>) -> Self {
        let led = |unit: WorkUnit| (unit.id, Led { unit, actor: None, restarts: Restarts::default() });
        Self { near, units: units.into_iter().map(led).collect() }
    }

    /// Reads what [`UnitsActor::new`] needs: all that is shown, and all that still has something to do.
    pub async fn load(near: &Neighbours) -> Result<Vec<WorkUnit>, Unsaved> {
        let mut units = near.persistence.send(questions::units()).await??;
        let unsettled = near.persistence.send(questions::unsettled()).await??;
        units.extend(unsettled.into_iter().filter(|unit| matches!(unit.status, Status::Deleted { .. })));
        Ok(units)
    }

    fn find(&self, target: &Target) -> Option<UnitId> {
        match target {
            Target::Unit(id) => self.units.contains_key(id).then_some(*id),
            Target::Chunk(chunk) => self.by_chunk(chunk).map(|led| led.unit.id),
        }
    }

    fn by_chunk(&self, chunk: &ChunkName) -> Option<&Led> {
        let shown = || self.units.values().filter(|led| !matches!(led.unit.status, Status::Deleted { .. }));
        shown().find(|led| led.unit.chunk == *chunk).or_else(|| shown().find(|led| led.unit.answers_to(chunk)))
    }

    /// The actor of the unit whose live attempt this is.
    pub(super) fn living(&mut self, attempt: &AttemptId, ctx: &mut Context<Self>) -> Option<Addr<WorkUnitActor>> {
        let lives = |unit: &WorkUnit| unit.live.as_ref().is_some_and(|live| live.attempt == *attempt);
        let id = self.units.values().find(|led| lives(&led.unit))?.unit.id;
        self.actor(id, ctx)
    }

    /// Starts a unit's actor again after it fell over, or tells the domain that it does so too often.
    fn revive(&mut self, id: UnitId, reason: String, ctx: &mut Context<Self>) {
        let budget = self.near.settings.now().rules.policy.unit_restarts;
        let Some(led) = self.units.get_mut(&id) else { return };
        let within = led.restarts.allows(budget, Instant::now());
        let Some(actor) = self.actor(id, ctx) else { return };
        if !within {
            actor.do_send(Apply { event: Event::Crashed { reason }, who: Who::Daemon });
        }
    }

    /// The actor of a unit, started if it is not there: settled units have none until something is said to them.
    fn actor(&mut self, id: UnitId, ctx: &mut Context<Self>) -> Option<Addr<WorkUnitActor>> {
        let led = self.units.get_mut(&id)?;
        if led.actor.as_ref().is_none_or(|child| !child.addr().connected()) {
            let actor = WorkUnitActor::new(led.unit.clone(), self.near.clone(), ctx.address().recipient());
            led.actor = Some(spawn_child(ChildId::Unit(id), ctx.address().recipient().downgrade(), actor));
        }
        led.actor.as_ref().map(|child| child.addr().clone())
    }
}

impl Actor for UnitsActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(4096);
        let unsettled: Vec<UnitId> =
            self.units.values().filter(|led| !led.unit.is_settled()).map(|led| led.unit.id).collect();
        for id in unsettled {
            self.actor(id, ctx);
        }
    }
}

impl Handler<Saved> for UnitsActor {
    type Result = ();

    fn handle(&mut self, Saved(unit): Saved, ctx: &mut Self::Context) {
        fault::point("units");
        let id = unit.id;
        if let Some(led) = self.units.get_mut(&id) {
            led.unit = unit;
            return;
        }
        let settled = unit.is_settled();
        self.units.insert(id, Led { unit, actor: None, restarts: Restarts::default() });
        if !settled {
            self.actor(id, ctx);
        }
    }
}

impl Handler<Tell> for UnitsActor {
    type Result = ResponseFuture<Result<WorkUnit, TellError>>;

    fn handle(&mut self, Tell { to, event, who }: Tell, ctx: &mut Self::Context) -> Self::Result {
        let Some(actor) = self.find(&to).and_then(|id| self.actor(id, ctx)) else {
            let name = match to {
                Target::Chunk(chunk) => chunk.to_string(),
                Target::Unit(id) => id.to_string(),
            };
            return Box::pin(std::future::ready(Err(TellError::Unknown(name))));
        };
        let told = actor.send(Apply { event, who });
        Box::pin(async move { Ok(told.await.map_err(|_| TellError::Down)??) })
    }
}

impl Handler<List> for UnitsActor {
    type Result = MessageResult<List>;

    fn handle(&mut self, List: List, _: &mut Self::Context) -> Self::Result {
        let shown = self.units.values().map(|led| &led.unit);
        MessageResult(shown.filter(|unit| !matches!(unit.status, Status::Deleted { .. })).cloned().collect())
    }
}

impl Handler<Get> for UnitsActor {
    type Result = MessageResult<Get>;

    fn handle(&mut self, Get(chunk): Get, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.by_chunk(&chunk).map(|led| led.unit.clone()))
    }
}

impl Handler<Suspend> for UnitsActor {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, Suspend: Suspend, _: &mut Self::Context) -> Self::Result {
        // All are told before the first one is waited for.
        let told: Vec<_> = self.units.values().filter_map(|led| led.actor.as_ref()).collect();
        let told: Vec<_> = told.into_iter().map(|child| child.addr().send(work_unit::Suspend)).collect();
        Box::pin(async move {
            let answers = futures_util::future::join_all(told).await;
            // One that ended meanwhile has no process any more.
            answers.into_iter().filter(|answer| matches!(answer, Ok(true))).count()
        })
    }
}

impl Handler<ChildDown> for UnitsActor {
    type Result = ();

    fn handle(&mut self, ChildDown { id, exit }: ChildDown, ctx: &mut Self::Context) {
        let ChildId::Unit(id) = id else { return };
        let Some(led) = self.units.get_mut(&id) else { return };
        led.actor = None;
        let Exit::Panicked(reason) = exit else { return };
        tracing::error!(chunk = %led.unit.chunk, "the unit's actor fell over: {reason}");
        // It may have saved without a chance to say so: the row is the truth, for the next life and for everybody else.
        let asked = self.near.persistence.send(questions::latest(id));
        ctx.spawn(asked.into_actor(self).map(move |latest, act, ctx| {
            if let Ok(Ok(Some((unit, entry)))) = latest {
                if let Some(led) = act.units.get_mut(&id) {
                    led.unit = unit.clone();
                }
                act.near.hub.do_send(Publish(News::Unit(Arc::new(Change { entry, unit }))));
            }
            act.revive(id, reason, ctx);
        }));
    }
}
