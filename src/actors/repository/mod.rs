//! RepositoryActor: the host's refs and checkout, and the units' private repositories.
//!
//! *Owns* nothing but its place in line. *Asks* nobody. *Tells* nobody: every order is answered with the event it led to. *Dies when* the
//! supervisor drops it.
//!
//! It lives on its own thread: a move of a branch and its checkout is done there, one at a time. Everything else touches only one unit
//! and is done on a pool of two, because two cores prepare thirteen thousand files sooner than eight threads do. Documents are read beside
//! it: what may start next must not wait until everything before it is prepared. Work in progress is looked at beside that, one at a time.

mod chunk;
mod docs;
mod facts;
#[cfg(test)]
mod history;
mod home;
mod jail;
mod landing;
pub mod live;
mod place;
pub mod push;
mod task;
pub mod turns;
mod unit;
mod unmerged;
pub mod views;

use super::child::panic_message;
use super::clock;
use super::fault;
use super::settings::Settings;
use crate::domain::chunk::ChunkFacts;
use crate::domain::event::{Event, RebaseResult};
use crate::domain::ids::{BranchName, ChunkName, ObjectId};
use crate::domain::landing::{MergeResult, MoveResult};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use actix::prelude::*;
use home::Home;
use push::Unpushed;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use turns::Turns;

pub use docs::DocsError;
pub use home::{OpenError, open};
pub use unmerged::Uncounted;

/// Carries out an order for a unit; the answer is the event it led to.
#[derive(Message)]
#[rtype(result = "Event")]
pub struct Perform {
    /// What to do.
    pub order: Order,
    /// For which unit, as saved.
    pub unit: WorkUnit,
}

/// What the repository can be told to do. Each may be given again after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Make repository and worktree ready.
    Prepare,
    /// Commit what an attempt left and bring it to the host.
    Gather,
    /// Set the chunk's status to ACTIVE, then gather.
    MarkActive,
    /// Merge the base into the branch.
    Rebase,
    /// Merge the branch into its target, in memory.
    Merge,
    /// Move the target branch and update the operator's checkout.
    Move,
    /// Remove the unit's directories.
    Remove,
    /// Remove the unit's worktree and repository.
    Clear,
}

/// Makes what somebody deleted by hand of a unit's directories, for a process that is started there without an order before it.
#[derive(Message)]
#[rtype(result = "Result<(), String>")]
pub struct Mend(pub WorkUnit);

/// Reads the documents of chunks as they are on the base branch.
#[derive(Message)]
#[rtype(result = "Result<Documents, DocsError>")]
pub struct ReadDocuments {
    /// Which chunks; all of the project when empty.
    pub chunks: Vec<ChunkName>,
}

/// Chunk documents of one commit.
#[derive(Clone, Debug)]
pub struct Documents {
    /// The branch they were read from.
    pub branch: BranchName,
    /// Its commit.
    pub commit: ObjectId,
    /// What was found, by chunk; a chunk that has no goal document there is missing.
    pub found: Vec<ChunkFacts>,
    /// What the operator should know: a working copy that differs, a document that cannot be read.
    pub warnings: Vec<String>,
}

/// Reads what the chunk of each unit says at the unit's own tip, or on the base where it has none; as far as it can be read, in their order.
#[derive(Message)]
#[rtype(result = "Vec<Option<ChunkFacts>>")]
pub struct FactsOf(pub Vec<WorkUnit>);

/// Reads the documents of a unit's chunk at the unit's own tip, or on the base where it has none.
#[derive(Message)]
#[rtype(result = "Option<Texts>")]
pub struct TextsOf(pub WorkUnit);

/// A chunk's documents as they stand in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// The commit.
    pub commit: ObjectId,
    /// The goal document, frontmatter included.
    pub goal: Option<String>,
    /// The plan.
    pub plan: Option<String>,
}

/// The commit of the base branch, where there is one.
#[derive(Message)]
#[rtype(result = "Option<ObjectId>")]
pub struct BaseCommit;

/// Counts the commits of a unit that its target branch does not contain.
#[derive(Message)]
#[rtype(result = "Result<usize, Uncounted>")]
pub struct CountUnmerged(pub WorkUnit);

/// Pushes what has landed and is to be at `origin`.
#[derive(Message)]
#[rtype(result = "()")]
struct Push;

/// What could not be pushed, each since when.
#[derive(Message)]
#[rtype(result = "Vec<(Unpushed, Timestamp)>")]
pub struct WhatIsUnpushed;

/// Between two tries at what could not be pushed: `origin` may come back, or the operator may have settled it.
const PUSH_AGAIN: Duration = Duration::from_secs(60);

/// See the module.
pub struct RepositoryActor {
    home: Arc<Home>,
    pool: Arc<Semaphore>,
    readers: Arc<Semaphore>,
    lookers: Arc<Semaphore>,
    pushers: Arc<Semaphore>,
    unpushed: Vec<(Unpushed, Timestamp)>,
    /// The next try, where there is something left.
    again: Option<SpawnHandle>,
    turns: Arc<Turns>,
}

impl RepositoryActor {
    /// Works on the repository of the project that `settings` speak of, taking turns with what actors before it have begun.
    pub fn new(settings: Settings, turns: Arc<Turns>) -> Self {
        Self {
            home: Arc::new(Home::new(settings)),
            pool: Arc::new(Semaphore::new(2)),
            readers: Arc::new(Semaphore::new(1)),
            lookers: Arc::new(Semaphore::new(1)),
            pushers: Arc::new(Semaphore::new(1)),
            unpushed: Vec::new(),
            again: None,
            turns,
        }
    }

    /// Reads documents, beside everything else.
    fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Home) -> T + Send + 'static,
        on_panic: impl FnOnce(String) -> T + 'static,
    ) -> ResponseFuture<T> {
        Box::pin(pooled(self.home.clone(), self.readers.clone(), work, on_panic))
    }
}

/// Runs `work` off this thread, as soon as `pool` has room for it. Work that has begun keeps its place to its end, whoever still waits for it.
async fn pooled<T: Send + 'static>(
    home: Arc<Home>,
    pool: Arc<Semaphore>,
    work: impl FnOnce(&Home) -> T + Send + 'static,
    on_panic: impl FnOnce(String) -> T + 'static,
) -> T {
    // The pool is never closed; a permit that cannot be had would only mean more work at once.
    let place = pool.acquire_owned().await.ok();
    let working = tokio::task::spawn_blocking(move || {
        let _place = place;
        work(&home)
    });
    match working.await {
        Ok(done) => done,
        Err(error) => on_panic(match error.try_into_panic() {
            Ok(panic) => panic_message(&*panic),
            Err(_) => "the work was cancelled".to_owned(),
        }),
    }
}

impl Actor for RepositoryActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(4096);
        ctx.notify(Push);
    }
}

impl Handler<Perform> for RepositoryActor {
    type Result = ResponseFuture<Event>;

    fn handle(&mut self, Perform { order, unit }: Perform, ctx: &mut Self::Context) -> Self::Result {
        fault::point("repository");
        match order {
            Order::Move => {
                let home = self.home.clone();
                let moved = catch_unwind(AssertUnwindSafe(|| landing::advance(&home, &unit)));
                let event = moved.unwrap_or_else(|panic| failed(Order::Move, panic_message(&*panic)));
                ctx.notify(Push);
                Box::pin(std::future::ready(event))
            }
            _ => {
                let (home, pool, turns) = (self.home.clone(), self.pool.clone(), self.turns.clone());
                Box::pin(async move {
                    let turn = turns.take(unit.id).await;
                    let work = move |home: &Home| {
                        let _turn = turn;
                        perform(home, order, &unit)
                    };
                    pooled(home, pool, work, move |panic| failed(order, panic)).await
                })
            }
        }
    }
}

impl Handler<Mend> for RepositoryActor {
    type Result = ResponseFuture<Result<(), String>>;

    fn handle(&mut self, Mend(unit): Mend, _: &mut Self::Context) -> Self::Result {
        let (home, pool, turns) = (self.home.clone(), self.pool.clone(), self.turns.clone());
        Box::pin(async move {
            let turn = turns.take(unit.id).await;
            let work = move |home: &Home| {
                let _turn = turn;
                unit::find_objects(home, &unit)
                    .and_then(|()| unit::heal(home, &unit))
                    .map_err(|error| error.to_string())
            };
            pooled(home, pool, work, Err).await
        })
    }
}

fn perform(home: &Home, order: Order, unit: &WorkUnit) -> Event {
    let ready = unit::find_objects(home, unit).and_then(|()| match order {
        // Says itself what was missing.
        Order::Prepare => Ok(()),
        _ => unit::heal(home, unit).and_then(|()| unit::rename(home, unit)),
    });
    if let Err(error) = ready {
        return failed(order, format!("failed to {error}"));
    }
    match order {
        Order::Prepare => unit::prepare(home, unit),
        Order::Gather => unit::gather(home, unit),
        Order::MarkActive => unit::mark_active(home, unit),
        Order::Rebase => unit::rebase(home, unit),
        Order::Remove => unit::remove(home, unit),
        Order::Clear => unit::clear(home, unit),
        Order::Merge => landing::merge(home, unit),
        Order::Move => landing::advance(home, unit),
    }
}

/// The event of an order that fell over.
fn failed(order: Order, reason: String) -> Event {
    match order {
        Order::Prepare => Event::PreparationFailed { reason },
        Order::Gather | Order::MarkActive => Event::GatherFailed { reason },
        Order::Rebase => Event::Rebased(RebaseResult::Failed(reason)),
        Order::Merge => Event::Merged(MergeResult::Failed(reason)),
        Order::Move => Event::Moved(MoveResult::Failed(reason)),
        Order::Remove | Order::Clear => Event::RemoveFailed { reason },
    }
}

impl Handler<Push> for RepositoryActor {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Push: Push, _: &mut Self::Context) -> Self::Result {
        let on_panic = |why| vec![Unpushed { branch: "(all)".to_owned(), why }];
        let pushed = pooled(self.home.clone(), self.pushers.clone(), push::push_all, on_panic);
        Box::pin(pushed.into_actor(self).map(|left, act, ctx| {
            let since =
                |branch: &str| act.unpushed.iter().find(|(known, _)| known.branch == branch).map(|found| found.1);
            let left: Vec<_> = left
                .into_iter()
                .map(|left| (since(&left.branch).unwrap_or_else(clock::now), left))
                .map(|(since, left)| (left, since))
                .collect();
            for (Unpushed { branch, why }, _) in &left {
                tracing::warn!("{branch} has landed and is not at origin: {why}");
            }
            act.unpushed = left;
            if let Some(armed) = act.again.take() {
                ctx.cancel_future(armed);
            }
            if !act.unpushed.is_empty() {
                act.again = Some(ctx.notify_later(Push, PUSH_AGAIN));
            }
        }))
    }
}

impl Handler<WhatIsUnpushed> for RepositoryActor {
    type Result = MessageResult<WhatIsUnpushed>;

    fn handle(&mut self, WhatIsUnpushed: WhatIsUnpushed, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.unpushed.clone())
    }
}

impl Handler<ReadDocuments> for RepositoryActor {
    type Result = ResponseFuture<Result<Documents, DocsError>>;

    fn handle(&mut self, ReadDocuments { chunks }: ReadDocuments, _: &mut Self::Context) -> Self::Result {
        self.reading(move |home| docs::read(home, &chunks), |panic| Err(DocsError::Failed(panic)))
    }
}

impl Handler<FactsOf> for RepositoryActor {
    type Result = ResponseFuture<Vec<Option<ChunkFacts>>>;

    fn handle(&mut self, FactsOf(units): FactsOf, _: &mut Self::Context) -> Self::Result {
        let none = vec![None; units.len()];
        self.reading(move |home| docs::facts_of(home, &units), |_| none)
    }
}

impl Handler<CountUnmerged> for RepositoryActor {
    type Result = ResponseFuture<Result<usize, Uncounted>>;

    fn handle(&mut self, CountUnmerged(unit): CountUnmerged, _: &mut Self::Context) -> Self::Result {
        self.reading(move |home| unmerged::count(home, &unit), |panic| Err(Uncounted::Panicked(panic)))
    }
}

impl Handler<TextsOf> for RepositoryActor {
    type Result = ResponseFuture<Option<Texts>>;

    fn handle(&mut self, TextsOf(unit): TextsOf, _: &mut Self::Context) -> Self::Result {
        self.reading(move |home| docs::texts_of(home, &unit), |_| None)
    }
}

impl Handler<BaseCommit> for RepositoryActor {
    type Result = ResponseFuture<Option<ObjectId>>;

    fn handle(&mut self, BaseCommit: BaseCommit, _: &mut Self::Context) -> Self::Result {
        self.reading(docs::base_commit, |_| None)
    }
}
