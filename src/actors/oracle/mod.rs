//! OracleActor: which units must not overlap.
//!
//! *Owns* what is known of each unit's chunk and work, the judgement of each pair, what the operator decided about pairs, and what was
//! predicted. *Asks* the repository for documents and for looks at works in progress, and persistence. *Tells* whoever watches its relations.
//! *Dies when* the supervisor drops it; all of it is then found out anew.
//!
//! It never holds up the daemon: it works on what it has, and a unit it knows nothing of yet is kept apart from all others. `asking` is
//! what others ask about a pair, `judging` says what follows for whom, `looking` looks at works in progress, `settling` finds out what became of predictions.

mod asking;
mod judging;
mod ledger;
mod looking;
mod looks;
mod resolutions;
mod settling;

use super::fault;
use super::hub::{HubActor, News, Subscribe};
use super::persistence::PersistenceActor;
use super::questions;
use super::repository::{BaseCommit, FactsOf, RepositoryActor};
use super::settings::Settings;
use super::units::{List, UnitsActor};
use crate::domain::chunk::ChunkFacts;
use crate::domain::conflict::{Ahead, Judgement, Resolution, Side};
use crate::domain::footprint::Footprint;
use crate::domain::ids::{ObjectId, UnitId};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use actix::prelude::*;
use futures_util::StreamExt;
use ledger::Ledger;
use looking::LookAround;
use looks::Looks;
use resolutions::Pair;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

pub use asking::{Analyze, Resolve, Unjudged};

/// What the scheduler needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// Units whose documents were looked at.
    pub known: BTreeSet<UnitId>,
    /// Pairs, lower id first, that must not overlap, and why.
    pub apart: BTreeMap<(UnitId, UnitId), Judgement>,
}

/// Asks to be told of the relations whenever they change.
#[derive(Message)]
#[rtype(result = "watch::Receiver<Arc<Relations>>")]
pub struct Watch;

/// The judgement of every pair in which a unit is, or of all.
#[derive(Message)]
#[rtype(result = "Vec<(WorkUnit, WorkUnit, Judgement)>")]
pub struct Judgements(pub Option<UnitId>);

/// The pairs that wait for the operator's decision, and are kept apart until then.
#[derive(Message)]
#[rtype(result = "Vec<Undecided>")]
pub struct Undecideds;

/// A pair that waits for the operator's decision.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// One unit.
    pub a: WorkUnit,
    /// The other.
    pub b: WorkUnit,
    /// What the oracle says.
    pub judged: Judgement,
    /// Since when both are there.
    pub since: Timestamp,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Rejudge;

/// Looks whether the base has moved, and with it the documents of units that have no work of their own yet.
#[derive(Message)]
#[rtype(result = "()")]
struct LookAtBase;

/// Between two looks at the base.
const LOOK: Duration = Duration::from_secs(3);

/// How many units' documents are read at once: others who want to read come in between.
const BATCH: usize = 64;

/// A unit as the oracle sees it.
struct Seen {
    unit: WorkUnit,
    /// The commit its documents were read at; none: the base.
    at: Option<ObjectId>,
    /// None when its documents cannot be read: nothing is known then, and nothing more is to come.
    facts: Option<ChunkFacts>,
}

impl Seen {
    fn side<'a>(&'a self, done: Option<&'a Footprint>) -> Option<Side<'a>> {
        Some(self.as_side(Side::documented(self.facts.as_ref()?), done))
    }

    /// The side of a pair that these documents are, with what the unit has come to.
    fn as_side<'a>(&self, documented: Side<'a>, done: Option<&'a Footprint>) -> Side<'a> {
        let done = done.filter(|_| self.unit.has_begun());
        Side { has_begun: self.unit.has_begun(), done, ahead: Ahead::of(self.unit.phase), ..documented }
    }
}

/// See the module.
pub struct OracleActor {
    persistence: Addr<PersistenceActor>,
    hub: Addr<HubActor>,
    repository: Addr<RepositoryActor>,
    units: Addr<UnitsActor>,
    settings: Settings,
    seen: BTreeMap<UnitId, Seen>,
    /// Units whose documents are to be read next.
    unread: BTreeMap<UnitId, WorkUnit>,
    /// Units whose documents are being read, each with what has become of it in the meantime.
    reading: BTreeMap<UnitId, Option<WorkUnit>>,
    resolutions: BTreeMap<Pair, Resolution>,
    looks: Looks,
    ledger: Ledger,
    /// The base as last seen.
    base: Option<ObjectId>,
    relations: watch::Sender<Arc<Relations>>,
}

impl OracleActor {
    /// Judges the units of this registry.
    pub fn new(
        persistence: Addr<PersistenceActor>,
        hub: Addr<HubActor>,
        repository: Addr<RepositoryActor>,
        units: Addr<UnitsActor>,
        settings: Settings,
    ) -> Self {
        let relations = watch::Sender::new(Arc::new(Relations::default()));
        Self {
            persistence,
            hub,
            repository,
            units,
            settings,
            seen: BTreeMap::new(),
            unread: BTreeMap::new(),
            reading: BTreeMap::new(),
            resolutions: BTreeMap::new(),
            looks: Looks::default(),
            ledger: Ledger::default(),
            base: None,
            relations,
        }
    }

    /// Looks at a unit as it is now.
    fn look(&mut self, unit: WorkUnit, ctx: &mut Context<Self>) {
        if let Some(meanwhile) = self.reading.get_mut(&unit.id) {
            *meanwhile = Some(unit);
            return;
        }
        if unit.is_terminal() {
            self.unread.remove(&unit.id);
            self.seen.remove(&unit.id);
            self.looks.forget(unit.id);
            return self.publish(Some(&BTreeSet::from([unit.id])), ctx);
        }
        if let Some(unread) = self.unread.get_mut(&unit.id) {
            *unread = unit;
            return;
        }
        if let Some(seen) = self
            .seen
            .get_mut(&unit.id)
            .filter(|seen| seen.at.as_ref() == unit.tip.as_ref().map(|tip| &tip.lead) && seen.unit.chunk == unit.chunk)
        {
            // What the documents say is known; what follows for a pair depends on how far the unit has come.
            let known = |unit: &WorkUnit| (unit.has_begun(), unit.explicit_deps, Ahead::of(unit.phase));
            let same = known(&seen.unit) == known(&unit);
            let id = unit.id;
            seen.unit = unit;
            if !same {
                self.publish(Some(&BTreeSet::from([id])), ctx);
            }
            return;
        }
        self.read(unit, ctx);
    }

    /// Has the documents of a unit read, together with those of all others that wait for it by then.
    fn read(&mut self, unit: WorkUnit, ctx: &mut Context<Self>) {
        self.unread.insert(unit.id, unit);
        self.read_on(ctx);
    }

    /// Reads the next documents, unless some are being read.
    fn read_on(&mut self, ctx: &mut Context<Self>) {
        if !self.reading.is_empty() || self.unread.is_empty() {
            return;
        }
        let units: Vec<WorkUnit> =
            std::iter::from_fn(|| self.unread.pop_first()).map(|(_, unit)| unit).take(BATCH).collect();
        self.reading = units.iter().map(|unit| (unit.id, None)).collect();
        let asked = self.repository.send(FactsOf(units.clone()));
        ctx.spawn(asked.into_actor(self).map(move |answer, act, ctx| {
            let facts = answer.unwrap_or_default().into_iter().chain(std::iter::repeat(None));
            let meanwhile = std::mem::take(&mut act.reading);
            for (unit, facts) in units.into_iter().zip(facts) {
                act.seen.insert(unit.id, Seen { at: unit.tip.as_ref().map(|tip| tip.lead.clone()), unit, facts });
            }
            act.publish(Some(&meanwhile.keys().copied().collect()), ctx);
            for unit in meanwhile.into_values().flatten() {
                act.look(unit, ctx);
            }
            act.read_on(ctx);
        }));
    }

    fn follow(&mut self, ctx: &mut Context<Self>) {
        let (hub, units, persistence) = (self.hub.clone(), self.units.clone(), self.persistence.clone());
        let repository = self.repository.clone();
        // Subscribed before the list is read: what changes in between is seen twice rather than never.
        let starting = async move {
            let changes = hub.send(Subscribe).await.ok()?;
            let settings = persistence.send(questions::settings()).await.ok()?.ok()?;
            let open = persistence.send(questions::open_predictions()).await.ok()?.ok()?;
            // Asked before any document is read: what is read later is at least as new.
            let base = repository.send(BaseCommit).await.ok()?;
            Some((changes, units.send(List).await.ok()?, settings, open, base))
        };
        ctx.wait(starting.into_actor(self).map(|started, act, ctx| {
            let Some((changes, units, settings, open, base)) = started else { return ctx.stop() };
            ctx.add_stream(stream(changes));
            act.resolutions = resolutions::read(&settings);
            act.ledger = Ledger::read(&open, &units);
            act.base = base;
            act.settle(None, ctx);
            for unit in units {
                act.look(unit, ctx);
            }
        }));
    }
}

/// A channel as a stream.
pub(super) fn stream<T: 'static>(mut receiver: mpsc::Receiver<T>) -> impl futures_util::Stream<Item = T> {
    futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx))
}

impl Actor for OracleActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.follow(ctx);
        ctx.add_message_stream(self.settings.changes().map(|()| Rejudge));
        ctx.notify_later(LookAtBase, LOOK);
        ctx.notify_later(LookAround, looking::REST);
    }
}

impl StreamHandler<News> for OracleActor {
    fn handle(&mut self, news: News, ctx: &mut Self::Context) {
        let News::Unit(change) = news else { return };
        fault::point("oracle");
        self.learn(&change, ctx);
        self.look(change.unit.clone(), ctx);
    }

    /// Cut off for being slow: what was missed is read again.
    fn finished(&mut self, ctx: &mut Self::Context) {
        self.follow(ctx);
    }
}

impl Handler<Watch> for OracleActor {
    type Result = MessageResult<Watch>;

    fn handle(&mut self, Watch: Watch, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.relations.subscribe())
    }
}

impl Handler<Judgements> for OracleActor {
    type Result = MessageResult<Judgements>;

    fn handle(&mut self, Judgements(of): Judgements, _: &mut Self::Context) -> Self::Result {
        let wanted = |a: &Seen, b: &Seen| of.is_none_or(|id| a.unit.id == id || b.unit.id == id);
        let pairs = self.pairs().filter(|(a, b, _)| wanted(a, b));
        MessageResult(pairs.map(|(a, b, judged)| (a.unit.clone(), b.unit.clone(), judged)).collect())
    }
}

impl Handler<Undecideds> for OracleActor {
    type Result = MessageResult<Undecideds>;

    fn handle(&mut self, Undecideds: Undecideds, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.undecided())
    }
}

impl Handler<Rejudge> for OracleActor {
    type Result = ();

    fn handle(&mut self, Rejudge: Rejudge, ctx: &mut Self::Context) -> Self::Result {
        self.publish(None, ctx);
    }
}

impl Handler<LookAtBase> for OracleActor {
    type Result = ();

    fn handle(&mut self, LookAtBase: LookAtBase, ctx: &mut Self::Context) -> Self::Result {
        ctx.notify_later(LookAtBase, LOOK);
        if self.seen.values().all(|seen| seen.at.is_some()) {
            return;
        }
        ctx.spawn(self.repository.send(BaseCommit).into_actor(self).map(|base, act, ctx| {
            let base = base.ok().flatten();
            if base == act.base {
                return;
            }
            act.base = base;
            let unstarted = act.seen.values().filter(|seen| seen.at.is_none());
            for unit in unstarted.map(|seen| seen.unit.clone()).collect::<Vec<_>>() {
                act.read(unit, ctx);
            }
        }));
    }
}
