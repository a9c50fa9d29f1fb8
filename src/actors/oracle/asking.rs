//! What the operator asks about a pair of chunks, and what they decide.

use super::looking::{sights, trials};
use super::resolutions::{self, Pair};
use super::{OracleActor, Seen};
use crate::actors::persistence::{Save, Unsaved};
use crate::actors::repository::{DocsError, ReadDocuments};
use crate::db::store::write::Write;
use crate::domain::chunk::ChunkFacts;
use crate::domain::conflict::{Judgement, Resolution, Side, Verdict};
use crate::domain::ids::{ChunkName, UnitId};
use actix::prelude::*;

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

/// What is known of a chunk.
struct Known {
    facts: ChunkFacts,
    /// Its unit, if it has one that has not ended.
    unit: Option<UnitId>,
}

impl OracleActor {
    /// What is known of both chunks: what their units say, or the documents on the base.
    fn known(&self, pair: [ChunkName; 2]) -> impl Future<Output = Result<[Known; 2], Unjudged>> + use<> {
        // What a unit has no work for yet is read anew: the base may have moved.
        let seen = pair.each_ref().map(|chunk| {
            let seen = self.seen.values().find(|seen| seen.unit.chunk == *chunk);
            let facts = seen.filter(|seen| seen.at.is_some()).and_then(|seen| seen.facts.clone());
            (facts, seen.map(|seen| seen.unit.id))
        });
        let repository = self.repository.clone();
        async move {
            let [a, b] = pair;
            if a == b {
                return Err(Unjudged::Same(a));
            }
            let [seen_a, seen_b] = seen;
            let read = async |chunk: ChunkName, (facts, unit): (Option<ChunkFacts>, Option<UnitId>)| {
                if let Some(facts) = facts {
                    return Ok(Known { facts, unit });
                }
                let documents = repository.send(ReadDocuments { chunks: vec![chunk.clone()] }).await??;
                let facts = documents.found.into_iter().next().ok_or(Unjudged::Unknown(chunk))?;
                Ok::<_, Unjudged>(Known { facts, unit })
            };
            Ok([read(a, seen_a).await?, read(b, seen_b).await?])
        }
    }

    fn judge_known(&self, [a, b]: &[Known; 2]) -> Judgement {
        let trial = a.unit.zip(b.unit).and_then(|(a, b)| self.looks.trial(super::judging::ordered(a, b)));
        self.judge((self.side_of(a), self.side_of(b)), trial)
    }

    fn side_of<'a>(&'a self, known: &'a Known) -> Side<'a> {
        let documented = Side::documented(&known.facts);
        let Some((id, seen)) = known.unit.and_then(|id| Some((id, self.seen.get(&id)?))) else { return documented };
        seen.as_side(documented, self.looks.footprint(id))
    }

    /// What both have done by now is looked at first: who asks wants to know how it is, not how it was.
    fn look_at(&self, pair: [Option<UnitId>; 2]) -> ResponseActFuture<Self, ()> {
        let begun = |seen: &&Seen| seen.unit.has_begun();
        let units = pair.into_iter().flatten().filter_map(|id| self.seen.get(&id)).filter(begun);
        let units = units.map(|seen| (seen.unit.clone(), self.looks.mark(seen.unit.id))).collect();
        let looking = sights(self.repository.clone(), units).into_actor(self);
        let tried = looking.then(|sights, act, _| {
            act.take_in(sights);
            trials(act.repository.clone(), act.looks.untried()).into_actor(act)
        });
        Box::pin(tried.map(|trials, act, _| drop(act.take_in_trials(trials))))
    }
}

impl Handler<Analyze> for OracleActor {
    type Result = ResponseActFuture<Self, Result<Judgement, Unjudged>>;

    fn handle(&mut self, Analyze(a, b): Analyze, _: &mut Self::Context) -> Self::Result {
        let known = self.known([a, b]).into_actor(self);
        Box::pin(known.then(|known, act, _| {
            let units = known.as_ref().map_or([None; 2], |[a, b]| [a.unit, b.unit]);
            act.look_at(units).map(|(), act, _| Ok(act.judge_known(&known?)))
        }))
    }
}

impl Handler<Resolve> for OracleActor {
    type Result = ResponseActFuture<Self, Result<Judgement, Unjudged>>;

    fn handle(&mut self, Resolve { pair: (a, b), verdict }: Resolve, _: &mut Self::Context) -> Self::Result {
        let pair = Pair::of(&a, &b);
        let known = self.known([a, b]);
        let persistence = self.persistence.clone();
        let saving = async move {
            let known = known.await?;
            let resolution = Resolution::new(verdict, &known[0].facts, &known[1].facts);
            let write = Write::Setting { key: pair.key(), value: Some(resolutions::text(&resolution)) };
            persistence.send(Save(write)).await??;
            Ok::<_, Unjudged>((pair, resolution, known))
        };
        Box::pin(saving.into_actor(self).map(|saved, act, ctx| {
            let (pair, resolution, known) = saved?;
            act.resolutions.insert(pair, resolution);
            for Known { facts, unit } in &known {
                let seen = unit.and_then(|unit| act.seen.get_mut(&unit)).filter(|seen| seen.at.is_none());
                if let Some(seen) = seen {
                    seen.facts = Some(facts.clone());
                }
            }
            act.publish(None, ctx);
            Ok(act.judge_known(&known))
        }))
    }
}
