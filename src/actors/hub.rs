//! HubActor: publishes what was saved, in the order of its sequence numbers.
//!
//! *Owns* the subscribers and the latest changes. *Asks* nobody. *Tells* subscribers. *Dies when* the supervisor drops it; subscribers
//! then see their channel close and subscribe again.

use super::fault;
use crate::domain::journal::{AccountEntry, Entry};
use crate::domain::work_unit::WorkUnit;
use actix::prelude::*;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A saved change of a unit.
#[derive(Clone, Debug)]
pub struct Change {
    /// The journal entry: sequence number, who, when, what.
    pub entry: Entry,
    /// The unit as it is now.
    pub unit: WorkUnit,
}

/// Something that was saved.
#[derive(Clone, Debug)]
pub enum News {
    /// Of a unit.
    Unit(Arc<Change>),
    /// Of an account.
    Account(Arc<AccountEntry>),
}

/// Publishes something to all subscribers.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Publish(pub News);

/// Asks for all news from now on.
#[derive(Message)]
#[rtype(result = "mpsc::Receiver<News>")]
pub struct Subscribe;

/// What a subscriber may be behind before it is cut off: it then subscribes again and reads the rest from the journal.
const BEHIND: usize = 4096;

/// See the module.
#[derive(Default)]
pub struct HubActor {
    subscribers: Vec<mpsc::Sender<News>>,
}

impl Actor for HubActor {
    type Context = Context<Self>;
}

impl Handler<Publish> for HubActor {
    type Result = ();

    fn handle(&mut self, Publish(news): Publish, _: &mut Self::Context) {
        fault::point("hub");
        self.subscribers.retain(|subscriber| subscriber.try_send(news.clone()).is_ok());
    }
}

impl Handler<Subscribe> for HubActor {
    type Result = MessageResult<Subscribe>;

    fn handle(&mut self, Subscribe: Subscribe, _: &mut Self::Context) -> Self::Result {
        let (sender, receiver) = mpsc::channel(BEHIND);
        self.subscribers.push(sender);
        MessageResult(receiver)
    }
}
