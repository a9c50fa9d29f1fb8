//! WorkUnitActor: one chunk's life.
//!
//! *Owns* its unit's row and the agent of its live attempt. *Asks* persistence, repository and landing. *Tells* the hub and its
//! registry. *Dies when* its unit is settled, or its registry drops it. Starting and restarting are the same: it performs what its
//! saved state still has to do.
//!
//! Decide, save, publish, perform: in that order, one event at a time.

use super::agent::{self, AgentActor};
use super::child::{Child, ChildDown, ChildId, Exit, spawn_child};
use super::fault;
use super::hub::{Change, HubActor, News, Publish};
use super::landing::{LandingActor, Leave, Turn};
use super::launch;
use super::persistence::{PersistenceActor, Save, Unsaved};
use super::repository::{Mend, Order, Perform, RepositoryActor};
use super::settings::Settings;
use super::tool_call::Unheard;
use super::units::Saved;
use crate::db::error::Refused;
use crate::db::store::write::{Write, Written};
use crate::domain::attempt::{AttemptKind, Ladder};
use crate::domain::event::{Effect, Event, IllegalEvent, Moment};
use crate::domain::ids::AttemptId;
use crate::domain::lifecycle::{lead_again, name_taken, resume, transition};
use crate::domain::report::Outcome;
use crate::domain::who::Who;
use crate::domain::work_unit::{Note, WorkUnit};
use actix::prelude::*;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// An event for the unit; answered once it is saved.
#[derive(Message, Debug)]
#[rtype(result = "Result<WorkUnit, Refusal>")]
pub struct Apply {
    /// What happened.
    pub event: Event,
    /// Whose doing.
    pub who: Who,
}

/// Ends the unit's process politely and starts nothing any more: the daemon stops. What is left to do, the next life derives from what is saved.
/// Answers whether the process is still there, so that one can ask again.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct Suspend;

/// Why an event changed nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// The state machine refuses it.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// It could not be saved.
    #[error(transparent)]
    Unsaved(#[from] Unsaved),
}

/// The actors a unit works with, all started before it.
#[derive(Clone)]
pub struct Neighbours {
    /// Saves.
    pub persistence: Addr<PersistenceActor>,
    /// Publishes.
    pub hub: Addr<HubActor>,
    /// Works on git.
    pub repository: Addr<RepositoryActor>,
    /// Gives turns on target branches.
    pub landing: Addr<LandingActor>,
    /// What the configuration says now.
    pub settings: Settings,
    /// Places for gates: a test suite takes the whole machine.
    pub gates: Arc<Semaphore>,
}

/// See the module.
pub struct WorkUnitActor {
    unit: WorkUnit,
    near: Neighbours,
    registry: Recipient<Saved>,
    agent: Option<(AttemptId, Child<AgentActor>)>,
    suspended: bool,
}

impl WorkUnitActor {
    /// Leads `unit`, and tells `registry` of every saved change.
    pub fn new(unit: WorkUnit, near: Neighbours, registry: Recipient<Saved>) -> Self {
        Self { unit, near, registry, agent: None, suspended: false }
    }

    fn saved(&mut self, change: Change, effects: Vec<Effect>, ctx: &mut Context<Self>) {
        fault::point("work unit: saved");
        self.unit = change.unit.clone();
        self.registry.do_send(Saved(self.unit.clone()));
        self.near.hub.do_send(Publish(News::Unit(Arc::new(change))));
        fault::point("work unit: published");
        if !self.suspended {
            for effect in effects {
                self.perform(effect, ctx);
            }
        }
        fault::point("work unit: performed");
        if self.unit.is_settled() {
            ctx.stop();
        }
    }

    fn perform(&mut self, effect: Effect, ctx: &mut Context<Self>) {
        match effect {
            Effect::Prepare => self.order(Order::Prepare, ctx),
            Effect::Gather => self.order(Order::Gather, ctx),
            Effect::MarkActive => self.order(Order::MarkActive, ctx),
            Effect::Rebase => self.order(Order::Rebase, ctx),
            Effect::Remove => self.order(Order::Remove, ctx),
            Effect::Clear => self.order(Order::Clear, ctx),
            Effect::Land => self.land(ctx),
            Effect::LeaveTurn => self.near.landing.do_send(Leave(self.unit.id)),
            Effect::Run(attempt) => self.run(&attempt, ctx),
            Effect::Deliver(_) => self.deliver(),
            Effect::Stop(attempt, ladder) => self.stop(&attempt, ladder, ctx),
        }
    }

    /// Has the repository carry out an order; the event it answers with is applied like any other.
    fn order(&mut self, order: Order, ctx: &mut Context<Self>) {
        let asked = self.near.repository.send(Perform { order, unit: self.unit.clone() });
        ctx.spawn(asked.into_actor(self).map(|answer, _, ctx| {
            fault::point("work unit: answered");
            match answer {
                Ok(event) => ctx.notify(Apply { event, who: Who::Daemon }),
                // The repository's end ends this actor too; its next life gives the order again.
                Err(error) => tracing::warn!("the repository did not answer: {error}"),
            }
        }));
    }

    fn land(&mut self, ctx: &mut Context<Self>) {
        let asked = self.near.landing.send(Turn(self.unit.clone()));
        ctx.spawn(asked.into_actor(self).map(|answer, _, ctx| match answer {
            Ok(Some(event)) => ctx.notify(Apply { event, who: Who::Daemon }),
            Ok(None) => {}
            Err(error) => tracing::warn!("the landing did not answer: {error}"),
        }));
    }

    fn run(&mut self, attempt: &AttemptId, ctx: &mut Context<Self>) {
        if self.agent.as_ref().is_some_and(|(running, _)| running == attempt) {
            return;
        }
        if !launch::lacks_its_worktree(&self.unit, attempt, &self.near.settings.now()) {
            return self.launch(attempt, ctx);
        }
        let attempt = attempt.clone();
        // Everything else waits: a stop that comes meanwhile is to find the process that it is for.
        ctx.wait(self.near.repository.send(Mend(self.unit.clone())).into_actor(self).map(move |mended, act, ctx| {
            match mended {
                Ok(Ok(())) => act.launch(&attempt, ctx),
                Ok(Err(why)) => act.not_run(&attempt, &why, ctx),
                Err(error) => act.not_run(&attempt, &format!("make the worktree again: {error}"), ctx),
            }
        }));
    }

    fn launch(&mut self, attempt: &AttemptId, ctx: &mut Context<Self>) {
        match launch::process(&self.unit, &self.near.settings.now()) {
            Ok(process) => {
                let id = ChildId::Attempt(attempt.clone());
                let actor = AgentActor::new(process, self.near.gates.clone(), ctx.address().recipient());
                self.agent = Some((attempt.clone(), spawn_child(id, ctx.address().recipient().downgrade(), actor)));
            }
            Err(error) => self.not_run(attempt, &error.to_string(), ctx),
        }
    }

    fn not_run(&self, attempt: &AttemptId, why: &str, ctx: &mut Context<Self>) {
        let error = crate::domain::report::AgentError {
            kind: crate::domain::report::ErrorKind::Other,
            message: format!("failed to {why}"),
        };
        let event = Event::Ended { attempt: attempt.clone(), outcome: Outcome::Failed(error) };
        ctx.notify(Apply { event, who: Who::Daemon });
    }

    /// The actor of the live attempt.
    pub(super) fn living(&self, attempt: &AttemptId) -> Result<Addr<AgentActor>, Unheard> {
        match &self.agent {
            Some((running, child)) if running == attempt => Ok(child.addr().clone()),
            _ if self.unit.live.as_ref().is_some_and(|live| live.attempt == *attempt) => Err(Unheard::Down),
            _ => Err(Unheard::Ended),
        }
    }

    /// Gives a waiting agent the answers that the unit holds for it.
    fn deliver(&mut self) {
        let Some((_, child)) = &self.agent else { return };
        for note in &self.unit.notes {
            if let Note::Answers { set, answers } = note {
                child.addr().do_send(agent::Answer { question: set.key.clone(), answers: answers.clone() });
            }
        }
    }

    fn stop(&mut self, attempt: &AttemptId, ladder: Ladder, ctx: &mut Context<Self>) {
        let is_led = self.agent.as_ref().is_some_and(|(running, _)| running == attempt);
        if !is_led && !launch::was_started(&self.unit, attempt, &self.near.settings.now()) {
            let event = Event::Ended { attempt: attempt.clone(), outcome: Outcome::Interrupted };
            return ctx.notify(Apply { event, who: Who::Daemon });
        }
        self.run(attempt, ctx);
        if let Some((_, child)) = &self.agent {
            child.addr().do_send(agent::Stop(ladder));
        }
    }
}

impl Actor for WorkUnitActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        for effect in resume(&self.unit) {
            self.perform(effect, ctx);
        }
    }
}

impl Handler<Apply> for WorkUnitActor {
    type Result = AtomicResponse<Self, Result<WorkUnit, Refusal>>;

    fn handle(&mut self, Apply { event, who }: Apply, _: &mut Self::Context) -> Self::Result {
        fault::point("work unit");
        let moment = Moment { now: super::clock::now(), fresh: super::clock::fresh_id() };
        let settings = self.near.settings.now();
        let step = match transition(&self.unit, &event, &settings.rules, &moment) {
            Ok(step) => step,
            Err(illegal) => {
                return AtomicResponse::new(Box::pin(std::future::ready(Err(illegal.into())).into_actor(self)));
            }
        };
        let old = std::mem::replace(&mut self.unit, step.unit.clone());
        let unit = Box::new(step.unit);
        let write = Write::Step {
            unit,
            attempts: step.attempts,
            halted: step.halted,
            event: Box::new(event.clone()),
            moment,
            who,
        };
        let saving = self.near.persistence.send(Save(write));
        AtomicResponse::new(Box::pin(saving.into_actor(self).map(move |answer, act, ctx| {
            match answer.map_err(Unsaved::from).and_then(|saved| saved) {
                Ok(Written::Unit { entry, unit }) => {
                    act.saved(Change { entry: *entry, unit: *unit }, step.effects, ctx);
                    Ok(act.unit.clone())
                }
                Ok(Written::Setting | Written::Account(_) | Written::Prediction | Written::All(_)) => {
                    Ok(act.unit.clone())
                }
                Err(unsaved) => {
                    act.unit = old;
                    if let Unsaved::Refused(Refused::ChunkExists(_)) = &unsaved
                        && let Some(event) = name_taken(&event, &unsaved.to_string())
                    {
                        ctx.notify(Apply { event, who: Who::Daemon });
                    }
                    Err(unsaved.into())
                }
            }
        })))
    }
}

impl Handler<Suspend> for WorkUnitActor {
    type Result = bool;

    fn handle(&mut self, Suspend: Suspend, _: &mut Self::Context) -> bool {
        let is_first = !std::mem::replace(&mut self.suspended, true);
        let (Some((_, child)), Some(live)) = (&self.agent, &self.unit.live) else { return false };
        if is_first {
            let ladder = if live.kind == AttemptKind::Agent { Ladder::Suspend } else { Ladder::End };
            child.addr().do_send(agent::Stop(ladder));
        }
        true
    }
}

impl Handler<ChildDown> for WorkUnitActor {
    type Result = ();

    fn handle(&mut self, ChildDown { id, exit }: ChildDown, ctx: &mut Self::Context) {
        let ChildId::Attempt(attempt) = id else { return };
        if self.agent.as_ref().is_none_or(|(running, _)| *running != attempt) {
            return;
        }
        self.agent = None;
        let Exit::Panicked(message) = exit else { return };
        // The shim lives on; the next actor attaches to it.
        tracing::error!(%attempt, "the agent's actor fell over: {message}");
        for effect in lead_again(&self.unit) {
            self.perform(effect, ctx);
        }
    }
}
