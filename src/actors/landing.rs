//! LandingActor: the queue of landings per target branch; one unit at a time has the turn, from its merge to the move of the branch.
//!
//! *Owns* the turns. *Asks* the repository. *Tells* nobody. *Dies when* the supervisor drops it: turns are asked for again by the
//! units' next life, and the compare-and-swap of the move keeps a turn lost in between from doing harm.

use super::fault;
use super::repository::{Order, Perform, RepositoryActor};
use crate::domain::event::Event;
use crate::domain::ids::{BranchName, UnitId};
use crate::domain::landing::Landing;
use crate::domain::work_unit::{Activity, Status, WorkUnit};
use actix::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use tokio::sync::oneshot;

/// Takes the next step of a unit's landing when it is the unit's turn. No event: the unit has left in the meantime.
#[derive(Message)]
#[rtype(result = "Option<Event>")]
pub struct Turn(pub WorkUnit);

/// The unit is not landing any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave(pub UnitId);

struct Waiting {
    unit: UnitId,
    go: oneshot::Sender<()>,
}

/// One target branch: who has the turn, and who waits, in order of arrival.
#[derive(Default)]
struct Queue {
    turn: Option<UnitId>,
    waiting: VecDeque<Waiting>,
}

/// See the module.
pub struct LandingActor {
    repository: Addr<RepositoryActor>,
    queues: BTreeMap<BranchName, Queue>,
}

impl LandingActor {
    /// Lands through this repository.
    pub fn new(repository: Addr<RepositoryActor>) -> Self {
        Self { repository, queues: BTreeMap::new() }
    }
}

impl Queue {
    /// Resolves when `unit` has the turn.
    fn wait(&mut self, unit: UnitId) -> oneshot::Receiver<()> {
        let (go, gone) = oneshot::channel();
        self.waiting.retain(|other| other.unit != unit);
        if self.turn.is_none_or(|holder| holder == unit) {
            self.turn = Some(unit);
            // The receiver is returned below and cannot be gone yet.
            go.send(()).ok();
        } else {
            self.waiting.push_back(Waiting { unit, go });
        }
        gone
    }

    fn leave(&mut self, unit: UnitId) {
        self.waiting.retain(|other| other.unit != unit);
        if self.turn != Some(unit) {
            return;
        }
        self.turn = None;
        while let Some(next) = self.waiting.pop_front() {
            if next.go.send(()).is_ok() {
                self.turn = Some(next.unit);
                return;
            }
        }
    }
}

impl Actor for LandingActor {
    type Context = Context<Self>;
}

impl Handler<Turn> for LandingActor {
    type Result = ResponseFuture<Option<Event>>;

    fn handle(&mut self, Turn(unit): Turn, _: &mut Self::Context) -> Self::Result {
        fault::point("landing");
        let order = match &unit.status {
            Status::Running(Activity::Landing(Landing::Merging)) => Order::Merge,
            Status::Running(Activity::Landing(Landing::Moving { .. })) => Order::Move,
            _ => return Box::pin(std::future::ready(None)),
        };
        let Some(base) = &unit.base else { return Box::pin(std::future::ready(None)) };
        let turn = self.queues.entry(base.lead.branch.clone()).or_default().wait(unit.id);
        let repository = self.repository.clone();
        Box::pin(async move {
            turn.await.ok()?;
            repository.send(Perform { order, unit }).await.ok()
        })
    }
}

impl Handler<Leave> for LandingActor {
    type Result = ();

    fn handle(&mut self, Leave(unit): Leave, _: &mut Self::Context) {
        for queue in self.queues.values_mut() {
            queue.leave(unit);
        }
        self.queues.retain(|_, queue| queue.turn.is_some());
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn turns_are_given_in_order_of_arrival_and_kept_until_left() {
        let mut queue = Queue::default();
        let (mut first, mut second, mut third) = (queue.wait(UnitId(1)), queue.wait(UnitId(2)), queue.wait(UnitId(3)));
        assert!(first.try_recv().is_ok());
        assert!(queue.wait(UnitId(1)).try_recv().is_ok(), "the holder keeps its turn for its next step");
        assert!(second.try_recv().is_err());
        queue.leave(UnitId(1));
        assert!(second.try_recv().is_ok() && third.try_recv().is_err());
        queue.leave(UnitId(3));
        queue.leave(UnitId(2));
        assert_eq!(queue.turn, None);
    }

    #[test]
    fn who_is_gone_is_passed_over() {
        let mut queue = Queue::default();
        queue.wait(UnitId(1)).try_recv().unwrap();
        drop(queue.wait(UnitId(2)));
        let mut third = queue.wait(UnitId(3));
        queue.leave(UnitId(1));
        assert!(third.try_recv().is_ok());
    }
}
