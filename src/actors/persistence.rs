//! PersistenceActor: the only writer of the database.
//!
//! *Owns* the store, on its own thread. *Asks* nobody. *Tells* nobody. *Dies when* the supervisor drops it, or when the store can no
//! longer be trusted; whoever waited for a save then hears of it and saves nothing.
//!
//! Group commit: all saves that wait in the mailbox go into one transaction and are answered after its commit.

use super::child::panic_message;
use super::fault;
use crate::db::error::{Refused, StoreError};
use crate::db::store::Store;
use crate::db::store::write::{Write, Written};
use actix::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// Why a save or a question has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unsaved {
    /// The write itself is not possible.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store failed; nothing was written.
    #[error("save: {0}")]
    Store(String),
    /// The store is being restarted.
    #[error("save: the database is being restarted")]
    Down,
}

impl From<MailboxError> for Unsaved {
    fn from(_: MailboxError) -> Self {
        Unsaved::Down
    }
}

/// Saves, durably: the answer follows the commit.
#[derive(Message)]
#[rtype(result = "Result<Written, Unsaved>")]
pub struct Save(pub Write);

/// Asks the store a question.
#[derive(Message)]
#[rtype(result = "Result<T, Unsaved>")]
pub struct Query<T: Send + 'static>(Question<T>);

type Question<T> = Box<dyn FnOnce(&mut Store) -> Result<T, StoreError> + Send>;

impl<T: Send + 'static> Query<T> {
    /// A question that `ask` puts to the store.
    pub(crate) fn new(ask: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static) -> Self {
        Self(Box::new(ask))
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Flush;

type Answer = oneshot::Sender<Result<Written, Unsaved>>;

/// See the module.
pub struct PersistenceActor {
    store: Store,
    waiting: Vec<(Write, Answer)>,
}

impl PersistenceActor {
    /// Leads this store.
    pub fn new(store: Store) -> Self {
        Self { store, waiting: Vec::new() }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let (writes, answers): (Vec<Write>, Vec<Answer>) = std::mem::take(&mut self.waiting).into_iter().unzip();
        match self.store.commit(writes) {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    // Whoever asked may be gone; the row is saved all the same, and its next life reads it.
                    answer.send(result.map_err(Unsaved::from)).ok();
                }
                Ok(())
            }
            Err(error) => {
                for answer in answers {
                    answer.send(Err(Unsaved::Store(error.to_string()))).ok();
                }
                Err(error)
            }
        }
    }
}

impl Actor for PersistenceActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // One message per waiting unit at a restart; the mailbox must not make them wait for each other.
        ctx.set_mailbox_capacity(4096);
    }
}

impl Handler<Save> for PersistenceActor {
    type Result = ResponseFuture<Result<Written, Unsaved>>;

    fn handle(&mut self, Save(write): Save, ctx: &mut Self::Context) -> Self::Result {
        fault::point("persistence");
        if self.waiting.is_empty() {
            // Delivered after all saves that are in the mailbox by now: these share one transaction.
            ctx.notify(Flush);
        }
        let (answer, answered) = oneshot::channel();
        self.waiting.push((write, answer));
        Box::pin(async move { answered.await.unwrap_or(Err(Unsaved::Down)) })
    }
}

impl Handler<Flush> for PersistenceActor {
    type Result = ();

    fn handle(&mut self, Flush: Flush, ctx: &mut Self::Context) {
        if let Err(error) = self.flush() {
            tracing::error!("failed to {error}");
            if error.is_fatal() {
                ctx.stop();
            }
        }
    }
}

impl<T: Send + 'static> Handler<Query<T>> for PersistenceActor {
    type Result = Result<T, Unsaved>;

    fn handle(&mut self, Query(ask): Query<T>, _: &mut Self::Context) -> Self::Result {
        // A question that panics must not take the writer with it.
        match catch_unwind(AssertUnwindSafe(|| ask(&mut self.store))) {
            Ok(answer) => answer.map_err(|error| Unsaved::Store(error.to_string())),
            Err(panic) => Err(Unsaved::Store(panic_message(&*panic))),
        }
    }
}
