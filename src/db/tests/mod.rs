//! Tests of the module as a whole, on real files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commit;
mod durability;
mod migrations;
mod opening;
mod predictions;
mod replay;
mod samples;
mod stored;

use super::error::{Refused, StoreError};
use super::store::Store;
use super::store::write::{Write, Written};
use crate::domain::attempt::AttemptChange;
use crate::domain::event::{Event, Moment};
use crate::domain::ids::{AgentName, AttemptId, ChunkName};
use crate::domain::new_unit::NewUnit;
use crate::domain::phase::Phase;
use crate::domain::time::Timestamp;
use crate::domain::who::Who;
use crate::domain::work_unit::{Status, WorkUnit};
use std::collections::BTreeSet;
use std::path::PathBuf;
use tempfile::TempDir;

/// A database in a directory of its own.
struct Bench {
    dir: TempDir,
    store: Store,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("orchestrator.db")).unwrap();
        Self { dir, store }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("orchestrator.db")
    }

    /// Closes the file and opens it again.
    fn reopened(self) -> Self {
        let path = self.path();
        drop(self.store);
        Self { dir: self.dir, store: Store::open(&path).unwrap() }
    }

    fn one(&mut self, write: Write) -> Result<Result<Written, Refused>, StoreError> {
        self.store.commit(vec![write]).map(|mut results| results.remove(0))
    }

    fn created(&mut self, chunk: &str) -> WorkUnit {
        unit_of(self.one(create(chunk)).unwrap().unwrap())
    }

    fn stepped(&mut self, unit: WorkUnit, event: Event) -> WorkUnit {
        unit_of(self.one(step(unit, vec![], event)).unwrap().unwrap())
    }

    fn chunks(&mut self) -> Vec<String> {
        self.store.units().unwrap().into_iter().map(|unit| unit.chunk.to_string()).collect()
    }
}

fn unit_of(written: Written) -> WorkUnit {
    let Written::Unit { unit, .. } = written else { unreachable!("{written:?}") };
    *unit
}

fn chunk(text: &str) -> ChunkName {
    ChunkName::parse(text).unwrap()
}

fn agent() -> AgentName {
    AgentName::parse("claude").unwrap()
}

fn attempt(number: u32) -> AttemptId {
    AttemptId::parse(format!("0b7f6d6e-58e1-4c5d-9d0e-{number:012x}")).unwrap()
}

fn moment(number: u32) -> Moment {
    Moment { now: Timestamp(1_000_000 + i64::from(number)), fresh: attempt(number) }
}

fn new_unit(name: &str) -> NewUnit {
    NewUnit {
        chunk: chunk(name),
        phase: Phase::Plan,
        status: Status::Ready { wait: None },
        priority: 3,
        depends_on: BTreeSet::from([chunk("other")]),
        explicit_deps: true,
        retain: false,
    }
}

fn create(name: &str) -> Write {
    Write::Create { unit: Box::new(new_unit(name)), moment: moment(0), who: Who::Peer { uid: 1000 } }
}

fn step(unit: WorkUnit, attempts: Vec<AttemptChange>, event: Event) -> Write {
    let (unit, event) = (Box::new(unit), Box::new(event));
    Write::Step { unit, attempts, halted: None, event, moment: moment(7), who: Who::Daemon }
}
