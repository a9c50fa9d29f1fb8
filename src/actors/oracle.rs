//! OracleActor: which units must not overlap.
//!
//! *Owns* what is known of each unit's chunk, the judgement of each pair, and what the operator decided about pairs. *Asks* the repository for
//! documents, and persistence. *Tells* whoever watches its relations. *Dies when* the supervisor drops it; all of it is then found out anew.
//!
//! It never holds up the daemon: it works on what it has, and a unit it knows nothing of yet is kept apart from all others.

use super::fault;
use super::hub::{Change, HubActor, Subscribe};
use super::persistence::{PersistenceActor, Save, Unsaved};
use super::questions;
use super::repository::{BaseCommit, DocsError, FactsOf, ReadDocuments, RepositoryActor};
use super::resolutions::{self, Pair};
use super::settings::Settings;
use super::units::{List, UnitsActor};
use crate::db::store::write::Write;
use crate::domain::chunk::ChunkFacts;
use crate::domain::conflict::{self, Judgement, Resolution, Side, Verdict};
use crate::domain::ids::{ChunkName, ObjectId, UnitId};
use crate::domain::policy::OracleMode;
use crate::domain::work_unit::WorkUnit;
use actix::prelude::*;
use futures_util::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What the scheduler needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// Units whose documents were looked at.
    pub known: BTreeSet<UnitId>,
    /// Pairs, lower id first, that must not overlap.
    pub apart: BTreeSet<(UnitId, UnitId)>,
}

/// Asks to be told of the relations whenever they change.
#[derive(Message)]
#[rtype(result = "watch::Receiver<Arc<Relations>>")]
pub struct Watch;

/// The judgement of every pair in which a unit is, or of all.
#[derive(Message)]
#[rtype(result = "Vec<(WorkUnit, WorkUnit, Judgement)>")]
pub struct Judgements(pub Option<UnitId>);

/// The judgement of a pair of chunks, units or not, by what is known now.
#[derive(Message)]
#[rtype(result = "Result<Judgement, Unjudged>")]
pub struct Analyze(pub ChunkName, pub ChunkName);

/// The operator decides about a pair. Stored; counts until a document of either changes.
#[derive(Message)]
#[rtype(result = "Result<Judgement, Unjudged>")]
pub struct Resolve {
    /// The two chunks.
    pub pair: (ChunkName, ChunkName),
    /// What holds for them.
    pub verdict: Verdict,
}

/// Why a pair cannot be judged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unjudged {
    /// It is one chunk.
    #[error("'{0}' cannot be compared with itself")]
    Same(ChunkName),
    /// There is neither a unit nor a document of a chunk.
    #[error("Chunk '{0}' not found")]
    Unknown(ChunkName),
    /// Its documents cannot be read.
    #[error(transparent)]
    Documents(#[from] DocsError),
    /// The decision could not be saved.
    #[error(transparent)]
    Unsaved(#[from] Unsaved),
}

impl From<MailboxError> for Unjudged {
    fn from(_: MailboxError) -> Self {
        Unjudged::Unsaved(Unsaved::Down)
    }
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

/// A unit as the oracle sees it.
struct Seen {
    unit: WorkUnit,
    /// The commit its documents were read at; none: the base.
    at: Option<ObjectId>,
    /// None when its documents cannot be read: nothing is known then, and nothing more is to come.
    facts: Option<ChunkFacts>,
}

impl Seen {
    fn side(&self) -> Option<Side<'_>> {
        Some(Side { facts: self.facts.as_ref()?, has_begun: self.unit.has_begun() })
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
    /// Units whose documents are being read, each with what has become of it in the meantime.
    reading: BTreeMap<UnitId, Option<WorkUnit>>,
    resolutions: BTreeMap<Pair, Resolution>,
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
            reading: BTreeMap::new(),
            resolutions: BTreeMap::new(),
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
            self.seen.remove(&unit.id);
            return self.publish(Some(unit.id));
        }
        if let Some(seen) =
            self.seen.get_mut(&unit.id).filter(|seen| seen.at == unit.tip && seen.unit.chunk == unit.chunk)
        {
            // What the documents say is known; what follows for a pair depends on how far the unit has come.
            let same = seen.unit.has_begun() == unit.has_begun() && seen.unit.explicit_deps == unit.explicit_deps;
            let id = unit.id;
            seen.unit = unit;
            if !same {
                self.publish(Some(id));
            }
            return;
        }
        self.read(unit, ctx);
    }

    fn read(&mut self, unit: WorkUnit, ctx: &mut Context<Self>) {
        if self.reading.contains_key(&unit.id) {
            return;
        }
        self.reading.insert(unit.id, None);
        let asked = self.repository.send(FactsOf(unit.clone()));
        ctx.spawn(asked.into_actor(self).map(move |answer, act, ctx| {
            let (id, facts) = (unit.id, answer.ok().flatten());
            let meanwhile = act.reading.remove(&id).flatten();
            act.seen.insert(id, Seen { at: unit.tip.clone(), unit, facts });
            act.publish(Some(id));
            if let Some(unit) = meanwhile {
                act.look(unit, ctx);
            }
        }));
    }

    /// Judges the pairs of one unit anew, or all of them, and tells what changed.
    fn publish(&mut self, of: Option<UnitId>) {
        let fresh: Vec<(UnitId, UnitId)> = match of {
            Some(id) => self.seen.keys().filter(|other| **other != id).map(|other| ordered(id, *other)).collect(),
            None => self.pairs().map(|(a, b, _)| (a.unit.id, b.unit.id)).collect(),
        };
        let apart: Vec<(UnitId, UnitId)> = fresh.into_iter().filter(|pair| self.keeps_apart(*pair)).collect();
        let seen = &self.seen;
        self.relations.send_if_modified(|relations| {
            let touched = |pair: &(UnitId, UnitId)| of.is_none_or(|id| pair.0 == id || pair.1 == id);
            let same_units = relations.known.len() == seen.len() && seen.keys().all(|id| relations.known.contains(id));
            let same_pairs = relations.apart.iter().filter(|pair| touched(pair)).eq(apart.iter());
            if same_units && same_pairs {
                return false;
            }
            let now = Arc::make_mut(relations);
            now.known = seen.keys().copied().collect();
            now.apart.retain(|pair| !touched(pair));
            now.apart.extend(apart);
            true
        });
    }

    fn keeps_apart(&self, (a, b): (UnitId, UnitId)) -> bool {
        let (Some(a), Some(b)) = (self.seen.get(&a), self.seen.get(&b)) else { return false };
        let (Some(one), Some(other)) = (a.side(), b.side()) else { return false };
        self.settings.now().rules.policy.conflicts.mode != OracleMode::Advise
            && self.judge(one, other).keeps_apart(a.unit.explicit_deps || b.unit.explicit_deps)
    }

    fn pairs(&self) -> impl Iterator<Item = (&Seen, &Seen, Judgement)> {
        self.seen.iter().flat_map(move |(id, a)| {
            self.seen.range(UnitId(id.0 + 1)..).filter_map(move |(_, b)| Some((a, b, self.judge(a.side()?, b.side()?))))
        })
    }

    fn judge(&self, a: Side<'_>, b: Side<'_>) -> Judgement {
        let policy = self.settings.now().rules.policy.conflicts;
        let resolution = self.resolutions.get(&Pair::of(&a.facts.name, &b.facts.name));
        conflict::judge_pair(a, b, &policy, resolution)
    }

    fn judge_facts(&self, [a, b]: &[(ChunkFacts, bool); 2]) -> Judgement {
        let [a, b] = [a, b].map(|(facts, has_begun)| Side { facts, has_begun: *has_begun });
        self.judge(a, b)
    }

    /// What is known of both chunks: what their units say, or the documents on the base.
    fn facts(&self, pair: [ChunkName; 2]) -> impl Future<Output = Result<[(ChunkFacts, bool); 2], Unjudged>> + use<> {
        // What a unit has no work for yet is read anew: the base may have moved.
        let known = pair.each_ref().map(|chunk| {
            let seen = self.seen.values().find(|seen| seen.unit.chunk == *chunk && seen.at.is_some())?;
            Some((seen.facts.clone()?, seen.unit.has_begun()))
        });
        let repository = self.repository.clone();
        async move {
            let [a, b] = pair;
            if a == b {
                return Err(Unjudged::Same(a));
            }
            let [known_a, known_b] = known;
            let read = async |chunk: ChunkName, known: Option<(ChunkFacts, bool)>| match known {
                Some(known) => Ok(known),
                None => {
                    let documents = repository.send(ReadDocuments { chunks: vec![chunk.clone()] }).await??;
                    let found = documents.found.into_iter().next().ok_or(Unjudged::Unknown(chunk))?;
                    Ok::<_, Unjudged>((found, false))
                }
            };
            Ok([read(a, known_a).await?, read(b, known_b).await?])
        }
    }

    fn follow(&mut self, ctx: &mut Context<Self>) {
        let (hub, units, persistence) = (self.hub.clone(), self.units.clone(), self.persistence.clone());
        let repository = self.repository.clone();
        // Subscribed before the list is read: what changes in between is seen twice rather than never.
        let starting = async move {
            let changes = hub.send(Subscribe).await.ok()?;
            let settings = persistence.send(questions::settings()).await.ok()?.ok()?;
            // Asked before any document is read: what is read later is at least as new.
            let base = repository.send(BaseCommit).await.ok()?;
            Some((changes, units.send(List).await.ok()?, settings, base))
        };
        ctx.wait(starting.into_actor(self).map(|started, act, ctx| {
            let Some((changes, units, settings, base)) = started else { return ctx.stop() };
            ctx.add_stream(stream(changes));
            act.resolutions = resolutions::read(&settings);
            act.base = base;
            for unit in units {
                act.look(unit, ctx);
            }
        }));
    }
}

/// A pair with the lower id first.
fn ordered(a: UnitId, b: UnitId) -> (UnitId, UnitId) {
    (a.min(b), a.max(b))
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
    }
}

impl StreamHandler<Arc<Change>> for OracleActor {
    fn handle(&mut self, change: Arc<Change>, ctx: &mut Self::Context) {
        fault::point("oracle");
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

impl Handler<Rejudge> for OracleActor {
    type Result = ();

    fn handle(&mut self, Rejudge: Rejudge, _: &mut Self::Context) -> Self::Result {
        self.publish(None);
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

impl Handler<Analyze> for OracleActor {
    type Result = ResponseActFuture<Self, Result<Judgement, Unjudged>>;

    fn handle(&mut self, Analyze(a, b): Analyze, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.facts([a, b]).into_actor(self).map(|facts, act, _| Ok(act.judge_facts(&facts?))))
    }
}

impl Handler<Resolve> for OracleActor {
    type Result = ResponseActFuture<Self, Result<Judgement, Unjudged>>;

    fn handle(&mut self, Resolve { pair: (a, b), verdict }: Resolve, _: &mut Self::Context) -> Self::Result {
        let pair = Pair::of(&a, &b);
        let facts = self.facts([a, b]);
        let persistence = self.persistence.clone();
        let saving = async move {
            let facts = facts.await?;
            let resolution = Resolution::new(verdict, &facts[0].0, &facts[1].0);
            let write = Write::Setting { key: pair.key(), value: Some(resolutions::text(&resolution)) };
            persistence.send(Save(write)).await??;
            Ok::<_, Unjudged>((pair, resolution, facts))
        };
        Box::pin(saving.into_actor(self).map(|saved, act, _| {
            let (pair, resolution, facts) = saved?;
            act.resolutions.insert(pair, resolution);
            for (facts, _) in &facts {
                let unstarted = act.seen.values_mut().find(|seen| seen.unit.chunk == facts.name && seen.at.is_none());
                if let Some(seen) = unstarted {
                    seen.facts = Some(facts.clone());
                }
            }
            act.publish(None);
            Ok(act.judge_facts(&facts))
        }))
    }
}
