//! SchedulerActor: board, plan, dispatch; one armed timer.
//!
//! *Owns* a board of what the hub told it. *Asks* the registry, the oracle and persistence. *Tells* units, through the registry. *Dies when*
//! the supervisor drops it; the next one builds its board anew, and no running agent notices.

use super::clock;
use super::fault;
use super::hub::{Change, HubActor, News, Publish, Subscribe};
use super::machine;
use super::oracle::{self, OracleActor, Relations, Watch};
use super::persistence::{PersistenceActor, Save, Unsaved};
use super::questions;
use super::settings::{Effective, Settings};
use super::units::{List, Target, Tell, UnitsActor};
use crate::db::store::write::{Write, Written};
use crate::domain::account::{self, Halts};
use crate::domain::event::Event;
use crate::domain::ids::{AgentName, UnitId};
use crate::domain::report::Outcome;
use crate::domain::schedule::{self, Board, Pause, Plan, Waiting};
use crate::domain::who::Who;
use crate::domain::work_unit::{Status, WorkUnit};
use actix::prelude::*;
use futures_util::StreamExt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Stops all dispatch, or lets it go on. Stored: it outlives a restart.
#[derive(Message)]
#[rtype(result = "Result<(), Unsaved>")]
pub struct SetPaused(pub bool);

/// Starts units on an account again, whatever halted it. Answers whether anything did.
#[derive(Message)]
#[rtype(result = "Result<bool, Unsaved>")]
pub struct OpenAccount {
    /// Which account.
    pub account: AgentName,
    /// Whose doing.
    pub who: Who,
}

/// What the scheduler would say now.
#[derive(Message)]
#[rtype(result = "Arc<Outlook>")]
pub struct Explain;

/// The plan of this moment, in words for people.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// Why nothing is dispatched at all, where that is so.
    pub pause: Option<Pause>,
    /// Why each unit that is ready or blocked does not start now.
    pub waiting: BTreeMap<UnitId, Waiting>,
    /// Ready and blocked units in the order in which they would start.
    pub queue: Vec<UnitId>,
    /// Accounts on which nobody is started, or not all at once.
    pub halts: Halts,
    /// For each unit: how many wait for it, directly or through others.
    pub frees: BTreeMap<UnitId, usize>,
    /// Which units this plan keeps apart, and why.
    pub relations: Arc<Relations>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Replan;

#[derive(Message)]
#[rtype(result = "()")]
struct Judged;

/// Key of the pause among the stored settings.
pub const PAUSED: &str = "paused";

/// How many times as long as a plan took the next one waits: a long board is planned less often, so that it does not stop the rest of the daemon.
const REST: u32 = 4;

/// See the module.
pub struct SchedulerActor {
    persistence: Addr<PersistenceActor>,
    hub: Addr<HubActor>,
    units: Addr<UnitsActor>,
    oracle: Addr<OracleActor>,
    settings: Settings,
    board: Board,
    /// How many events each unit was told of that the board does not show yet. It is told nothing more until then: a plan made from a board
    /// that is behind would say the same again, and every repetition be saved and published.
    told: BTreeMap<UnitId, usize>,
    relations: Option<watch::Receiver<Arc<Relations>>>,
    /// The relations that the board shows.
    relations_of_plan: Arc<Relations>,
    paused: bool,
    planned: bool,
    /// The plan in words, with the configuration that it was made by.
    outlook: Option<(Arc<Effective>, Arc<Outlook>)>,
    /// When the next plan may be made.
    rested: Instant,
    timer: Option<SpawnHandle>,
}

impl SchedulerActor {
    /// Schedules the units of this registry.
    pub fn new(
        persistence: Addr<PersistenceActor>,
        hub: Addr<HubActor>,
        units: Addr<UnitsActor>,
        oracle: Addr<OracleActor>,
        settings: Settings,
    ) -> Self {
        Self {
            persistence,
            hub,
            units,
            oracle,
            settings,
            board: Board::default(),
            told: BTreeMap::new(),
            relations: None,
            relations_of_plan: Arc::default(),
            paused: true,
            planned: false,
            outlook: None,
            rested: Instant::now(),
            timer: None,
        }
    }

    fn follow(&mut self, ctx: &mut Context<Self>) {
        let (hub, units, oracle, persistence) =
            (self.hub.clone(), self.units.clone(), self.oracle.clone(), self.persistence.clone());
        let starting = async move {
            let changes = hub.send(Subscribe).await.ok()?;
            let relations = oracle.send(Watch).await.ok()?;
            let units = units.send(List).await.ok()?;
            let settings = persistence.send(questions::settings()).await.ok()?.ok()?;
            let halts = persistence.send(questions::halts()).await.ok()?.ok()?;
            Some((changes, relations, units, settings, halts))
        };
        ctx.wait(starting.into_actor(self).map(|started, act, ctx| {
            let Some((changes, relations, units, settings, halts)) = started else { return ctx.stop() };
            ctx.add_stream(oracle::stream(changes));
            act.watch(relations, ctx);
            act.board.units = units.into_iter().map(|unit| (unit.id, unit)).collect();
            act.board.halts = halts;
            act.told.clear();
            act.paused = settings.get(PAUSED).is_some_and(|paused| paused == "true");
            act.replan(ctx);
        }));
    }

    fn watch(&mut self, mut relations: watch::Receiver<Arc<Relations>>, ctx: &mut Context<Self>) {
        relations.mark_changed();
        self.relations = Some(relations.clone());
        let changed = futures_util::stream::unfold(relations, |mut relations| async move {
            relations.changed().await.ok()?;
            Some((Judged, relations))
        });
        ctx.add_message_stream(changed);
    }

    /// Several changes in a row lead to one plan; how many, grows with what a plan costs.
    fn replan(&mut self, ctx: &mut Context<Self>) {
        self.outlook = None;
        if self.planned {
            return;
        }
        self.planned = true;
        match self.rested.saturating_duration_since(Instant::now()) {
            Duration::ZERO => ctx.notify(Replan),
            rest => drop(ctx.notify_later(Replan, rest)),
        }
    }

    fn refresh(&mut self) {
        let policy = self.settings.now().rules.policy.clone();
        self.board.pause = if self.paused {
            Some(Pause::Operator)
        } else {
            machine::pause(&policy, self.settings.now().site.layout.state())
        };
        let Some(relations) = &mut self.relations else { return };
        let relations = relations.borrow_and_update();
        if relations.has_changed() {
            self.board.apart = relations.apart.keys().copied().collect();
            self.relations_of_plan = relations.clone();
        }
        let unknown = |unit: &&WorkUnit| !unit.is_terminal() && !relations.known.contains(&unit.id);
        self.board.unknown = self.board.units.values().filter(unknown).map(|unit| unit.id).collect();
    }

    /// The plan in words, where nothing that it was made from has changed.
    fn known_outlook(&self) -> Option<Arc<Outlook>> {
        let (by, outlook) = self.outlook.as_ref()?;
        let same_relations = self.relations.as_ref().is_none_or(|relations| !relations.has_changed().unwrap_or(true));
        (same_relations && Arc::ptr_eq(by, &self.settings.now())).then(|| outlook.clone())
    }

    fn carry_out(&mut self, mut plan: Plan, ctx: &mut Context<Self>) {
        let free = |unit: &UnitId| !self.told.contains_key(unit);
        plan.blockers.retain(|(unit, _)| free(unit));
        plan.lost.retain(|(unit, _)| free(unit));
        plan.cool.retain(free);
        plan.dispatch.retain(free);
        for (unit, by) in plan.blockers {
            self.tell(unit, Event::BlockersChanged { by }, ctx);
        }
        for (unit, lost) in plan.lost {
            self.tell(unit, Event::DependencyLost { lost }, ctx);
        }
        for unit in plan.cool {
            self.tell(unit, Event::Cooled, ctx);
        }
        for id in plan.dispatch {
            let Some(unit) = self.board.units.get_mut(&id) else { continue };
            // Holds its slot on this board until the hub tells of it.
            unit.status = Status::Assigned;
            let rules = &self.settings.now().rules;
            let agent = rules.agent_for(unit.phase).clone();
            self.board.started.insert(rules.account_of(&agent).clone(), clock::now());
            self.tell(id, Event::Dispatched { agent }, ctx);
        }
        let now = clock::now();
        // A net under the events: memory and disk, which nobody tells of, are looked at again by then.
        let net = self.settings.now().rules.policy.dispatch_interval;
        let wait = plan.wake.map_or(net, |wake| wake.since(now).min(net));
        if let Some(old) = self.timer.take() {
            ctx.cancel_future(old);
        }
        self.timer = Some(ctx.notify_later(Replan, wait.max(Duration::from_millis(1))));
    }

    fn tell(&mut self, unit: UnitId, event: Event, ctx: &mut Context<Self>) {
        *self.told.entry(unit).or_default() += 1;
        let told = self.units.send(Tell { to: Target::Unit(unit), event, who: Who::Scheduler });
        ctx.spawn(told.into_actor(self).map(move |answer, act, ctx| {
            let error = match answer {
                // The hub brings the change.
                Ok(Ok(_)) => return,
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            // The board was behind; what is true comes from the registry.
            tracing::debug!(%unit, "the plan did not fit: {error}");
            act.heard(unit);
            act.correct(ctx);
        }));
    }

    /// An event that a unit was told of has come to its end.
    fn heard(&mut self, unit: UnitId) {
        if let Some(open) = self.told.get_mut(&unit) {
            *open -= 1;
            if *open == 0 {
                self.told.remove(&unit);
            }
        }
    }

    /// Looks at what halts accounts. Nothing is planned meanwhile: the next unit would run into the same limit.
    fn read_halts(&mut self, ctx: &mut Context<Self>) {
        ctx.wait(self.persistence.send(questions::halts()).into_actor(self).map(|halts, act, ctx| {
            match halts {
                Ok(Ok(halts)) => act.board.halts = halts,
                Ok(Err(error)) => tracing::warn!("what halts accounts is not known: {error}"),
                Err(error) => tracing::warn!("what halts accounts is not known: {error}"),
            }
            act.replan(ctx);
        }));
    }

    fn correct(&mut self, ctx: &mut Context<Self>) {
        ctx.spawn(self.units.send(List).into_actor(self).map(|units, act, ctx| {
            if let Ok(units) = units {
                act.board.units = units.into_iter().map(|unit| (unit.id, unit)).collect();
                act.replan(ctx);
            }
        }));
    }
}

impl Actor for SchedulerActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.follow(ctx);
        ctx.add_message_stream(self.settings.changes().map(|()| Replan));
    }
}

impl StreamHandler<News> for SchedulerActor {
    fn handle(&mut self, news: News, ctx: &mut Self::Context) {
        fault::point("scheduler");
        match news {
            News::Unit(change) => self.learn(&change, ctx),
            News::Account(_) => self.read_halts(ctx),
        }
    }

    /// Cut off for being slow: what was missed is read again.
    fn finished(&mut self, ctx: &mut Self::Context) {
        self.follow(ctx);
    }
}

impl SchedulerActor {
    fn learn(&mut self, change: &Change, ctx: &mut Context<Self>) {
        let unit = change.unit.clone();
        if change.entry.who == Who::Scheduler {
            self.heard(unit.id);
        }
        if let Status::Deleted { .. } = unit.status {
            self.board.units.remove(&unit.id);
        } else {
            self.board.units.insert(unit.id, unit);
        }
        match &change.entry.event {
            Some(Event::Ended { outcome: Outcome::Failed(error), .. }) if error.concerns_account() => {
                self.read_halts(ctx)
            }
            _ => self.replan(ctx),
        }
    }
}

impl Handler<Replan> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, Replan: Replan, ctx: &mut Self::Context) {
        self.planned = false;
        self.outlook = None;
        let begun = Instant::now();
        self.refresh();
        let plan = schedule::plan(&self.board, &self.settings.now().rules, clock::now());
        self.rested = Instant::now() + begun.elapsed() * REST;
        self.carry_out(plan, ctx);
    }
}

impl Handler<Judged> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, Judged: Judged, ctx: &mut Self::Context) {
        self.replan(ctx);
    }
}

impl Handler<SetPaused> for SchedulerActor {
    type Result = ResponseActFuture<Self, Result<(), Unsaved>>;

    fn handle(&mut self, SetPaused(paused): SetPaused, _: &mut Self::Context) -> Self::Result {
        let write = Write::Setting { key: PAUSED.to_owned(), value: Some(paused.to_string()) };
        let saving = self.persistence.send(Save(write));
        Box::pin(saving.into_actor(self).map(move |saved, act, ctx| {
            saved??;
            act.paused = paused;
            act.replan(ctx);
            Ok(())
        }))
    }
}

impl Handler<OpenAccount> for SchedulerActor {
    type Result = ResponseActFuture<Self, Result<bool, Unsaved>>;

    fn handle(&mut self, OpenAccount { account, who }: OpenAccount, _: &mut Self::Context) -> Self::Result {
        let Some(event) = account::open(&self.board.halts, &account) else {
            return Box::pin(std::future::ready(Ok(false)).into_actor(self));
        };
        let saving = self.persistence.send(Save(Write::Account { account, event, at: clock::now(), who }));
        Box::pin(saving.into_actor(self).map(move |saved, act, _| {
            if let Written::Account(entry) = saved?? {
                tracing::info!(account = %entry.account, "{} by {}", entry.event.name(), entry.who);
                // The board hears of it like everybody else.
                act.hub.do_send(Publish(News::Account(Arc::new(entry))));
            }
            Ok(true)
        }))
    }
}

impl Handler<Explain> for SchedulerActor {
    type Result = MessageResult<Explain>;

    fn handle(&mut self, Explain: Explain, _: &mut Self::Context) -> Self::Result {
        if let Some(outlook) = self.known_outlook() {
            return MessageResult(outlook);
        }
        self.refresh();
        let effective = self.settings.now();
        let plan = schedule::plan(&self.board, &effective.rules, clock::now());
        let count = |unit: &WorkUnit| plan.behind.get(&unit.chunk).map(|behind| (unit.id, behind.count));
        let frees = self.board.units.values().filter_map(count).collect();
        let (pause, halts) = (self.board.pause.clone(), self.board.halts.clone());
        let relations = self.relations_of_plan.clone();
        let outlook = Arc::new(Outlook { pause, waiting: plan.waiting, queue: plan.queue, halts, frees, relations });
        self.outlook = Some((effective, outlook.clone()));
        MessageResult(outlook)
    }
}
