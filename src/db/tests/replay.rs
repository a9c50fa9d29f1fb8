//! The journal of a unit, replayed through the state machine, gives its row.

use super::samples::{base, questions};
use super::{Bench, agent, attempt, create, moment, unit_of};
use crate::db::store::write::Write;
use crate::domain::chunk::ChunkStatus;
use crate::domain::event::{Event, Gathered};
use crate::domain::gate::Gates;
use crate::domain::ids::{AttemptId, SessionId};
use crate::domain::lifecycle::transition;
use crate::domain::phase::{Phase, Phases};
use crate::domain::policy::Policy;
use crate::domain::report::{AgentError, ErrorKind, Outcome, Usage};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::domain::who::Who;
use crate::domain::work_unit::WorkUnit;
use std::collections::BTreeMap;

fn rules() -> Rules {
    Rules {
        policy: Policy::default(),
        phases: Phases::default(),
        setup: Some("make ready".into()),
        gates: Gates { worker: vec!["lint".into(), "test".into()], integration: vec!["test".into()] },
        default_agent: agent(),
        agents: BTreeMap::new(),
        accounts: BTreeMap::new(),
    }
}

/// A unit on its way, saved at every step.
struct Walk {
    bench: Bench,
    unit: WorkUnit,
    steps: u32,
}

impl Walk {
    fn new() -> Self {
        let mut bench = Bench::new();
        let unit = unit_of(bench.one(create("a")).unwrap().unwrap());
        Self { bench, unit, steps: 0 }
    }

    fn then(&mut self, event: Event) {
        self.steps += 1;
        let moment = moment(self.steps);
        let step = transition(&self.unit, &event, &rules(), &moment).unwrap();
        let (unit, event) = (Box::new(step.unit), Box::new(event));
        let write =
            Write::Step { unit, attempts: step.attempts, halted: step.halted, event, moment, who: Who::Scheduler };
        self.unit = unit_of(self.bench.one(write).unwrap().unwrap());
    }

    fn live(&self) -> AttemptId {
        self.unit.live.as_ref().unwrap().attempt.clone()
    }

    fn started(&mut self) {
        self.then(Event::Dispatched { agent: agent() });
        self.then(Event::Prepared { base: base(), remarks: vec![] });
        self.then(Event::Started { attempt: self.live(), pid: 7 });
    }

    fn ended(&mut self, outcome: Outcome) {
        self.then(Event::Ended { attempt: self.live(), outcome });
    }

    fn gathered(&mut self, status: ChunkStatus) {
        let tip = base().map(|_, base| base.commit.clone());
        let chunk = Some(status);
        self.then(Event::Gathered(Gathered {
            tip,
            changes_code: true,
            chunk,
            successors: vec![],
            feedback_open: false,
            contains_base: true,
        }));
    }
}

/// Replays the unit's journal, from the file as it is after a restart, and compares it with the row.
fn replayed(walk: Walk) -> Bench {
    let mut bench = walk.bench.reopened();
    let story = bench.store.journal(walk.unit.id).unwrap().unwrap();
    assert_eq!(story.events.len(), usize::try_from(walk.steps).unwrap());
    let replayed = story
        .events
        .iter()
        .fold(story.accepted, |unit, (moment, event)| transition(&unit, event, &rules(), moment).unwrap().unit);
    assert_eq!(replayed, walk.unit);
    assert_eq!(bench.store.units().unwrap(), [replayed]);
    bench
}

#[test]
fn replay_gives_the_row() {
    let mut walk = Walk::new();
    walk.started();
    walk.ended(Outcome::Finished);
    walk.started();
    let session = SessionId::parse("s-1").unwrap();
    walk.then(Event::Named { attempt: walk.live(), session, version: None });
    walk.then(Event::Asked { attempt: walk.live(), set: questions() });
    walk.then(Event::Answered { answers: vec![(0, "JWT".to_owned())], until: None });
    walk.then(Event::Dispatched { agent: agent() });
    let usage = Usage { input: 10, cost: 20, ..Usage::default() };
    walk.then(Event::Used { attempt: walk.live(), usage, session: usage });
    walk.ended(Outcome::Failed(AgentError { kind: ErrorKind::Overloaded, message: "529".to_owned() }));
    walk.gathered(ChunkStatus::Implementing);
    walk.started();
    walk.ended(Outcome::Finished);
    walk.gathered(ChunkStatus::Implementing);
    walk.then(Event::Held);
    assert_eq!(walk.unit.phase, Phase::Implement);

    let unit = walk.unit.id;
    let mut bench = replayed(walk);
    let attempts = bench.store.attempts(unit).unwrap();
    let told: Vec<_> =
        attempts.iter().map(|attempt| (attempt.number, attempt.kind.as_str(), attempt.outcome.as_deref())).collect();
    assert_eq!(told, [(1, "setup", Some("finished")), (2, "agent", Some("failed")), (3, "agent", Some("finished"))]);
    assert_eq!(attempts[0].attempt, attempt(1));
    assert_eq!(attempts[1].usage, usage);

    let history = bench.store.history(unit).unwrap();
    let chained = history.windows(2).all(|pair| pair[1].from.as_ref() == Some(&pair[0].to));
    assert!(chained && history.len() > 8, "{history:?}");
    assert!(history.iter().any(|change| change.why.contains("asked: Question:")), "{history:?}");
}

#[test]
fn one_step_closes_a_gate_and_opens_the_next() {
    let mut walk = Walk::new();
    walk.then(Event::PhaseSet(Phase::Complete));
    walk.started();
    walk.ended(Outcome::Finished);
    walk.started();
    walk.ended(Outcome::Finished);
    walk.gathered(ChunkStatus::Active);
    walk.ended(Outcome::Finished);
    assert_eq!(walk.bench.store.gate_attempts(Timestamp(i64::MAX), 10).unwrap().len(), 1, "the one at work");
    walk.ended(Outcome::Finished);
    let unit = walk.unit.id;
    let mut bench = replayed(walk);
    let attempts = bench.store.attempts(unit).unwrap();
    let ran: Vec<_> =
        attempts.iter().map(|ran| (ran.kind.as_str(), ran.command.as_deref(), ran.judges.is_some())).collect();
    let expected = [
        ("setup", Some("make ready"), false),
        ("agent", None, false),
        ("worker gate", Some("lint"), true),
        ("worker gate", Some("test"), true),
    ];
    assert_eq!(ran, expected);
    assert_eq!(bench.store.open_attempts().unwrap(), []);

    let gates = bench.store.gate_attempts(Timestamp(0), 10).unwrap();
    let told: Vec<_> = gates.iter().map(|(chunk, gate)| (chunk.as_str(), gate.command.as_deref())).collect();
    assert_eq!(told, [("a", Some("test")), ("a", Some("lint"))], "the latest first");
    assert_eq!(bench.store.gate_attempts(gates[0].1.started_at, 10).unwrap().len(), 1);
    assert_eq!(bench.store.gate_attempts(Timestamp(0), 1).unwrap().len(), 1);
}
