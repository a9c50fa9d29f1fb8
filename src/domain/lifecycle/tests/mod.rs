//! Stories of units, told as what happened and where it led.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clearing;
mod holding;
mod operator;
mod phases;
mod trouble;
mod way_home;

use crate::domain::account::Halted;
use crate::domain::attempt::Stage;
use crate::domain::chunk::ChunkStatus;
use crate::domain::each::Each;
use crate::domain::event::{Effect, Event, Gathered, Moment, RebaseResult, Step};
use crate::domain::gate::Gates;
use crate::domain::ids::{AgentName, AttemptId, BranchName, ChunkName, ObjectId, SessionId, UnitId};
use crate::domain::landing::{Merge, MergeResult};
use crate::domain::lifecycle::transition;
use crate::domain::new_unit::NewUnit;
use crate::domain::phase::{Phase, Phases};
use crate::domain::policy::Policy;
use crate::domain::report::{
    AgentError, ErrorKind, Outcome, ProcessExit, Question, QuestionSet, ReviewDecision, ReviewVerdict,
};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Status, WorkUnit};
use crate::domain::workspace::Base;
use std::collections::{BTreeMap, BTreeSet};

fn agent() -> AgentName {
    AgentName::parse("claude").unwrap()
}

fn object(digit: char) -> ObjectId {
    ObjectId::parse(digit.to_string().repeat(40)).unwrap()
}

fn base() -> Each<Base> {
    Each::from(Base { branch: BranchName::parse("main").unwrap(), commit: object('a') })
}

fn merge() -> Each<Merge> {
    Each::from(Merge { target: base().lead.branch, from: object('a'), commit: object('c'), tip: object('b') })
}

fn clean() -> MergeResult {
    MergeResult::Clean { merge: merge(), sensitive: vec![], needs_trust: false }
}

fn sensitive() -> MergeResult {
    MergeResult::Clean { merge: merge(), sensitive: vec!["ve.toml".into()], needs_trust: true }
}

fn decision(verdict: ReviewVerdict) -> ReviewDecision {
    ReviewDecision { verdict, summary: "a test is missing".into(), issues: vec![], reason: None }
}

/// So many gates of each kind.
fn gates(worker: usize, integration: usize) -> Gates {
    let commands = |kind: &str, count: usize| (1..=count).map(|number| format!("{kind} {number}")).collect();
    Gates { worker: commands("work", worker), integration: commands("land", integration) }
}

fn questions() -> QuestionSet {
    let item = Question { header: "Auth".into(), text: "JWT or session?".into(), options: vec![], many: false };
    QuestionSet::new("q-1", vec![item])
}

fn found() -> Gathered {
    Gathered {
        tip: object('b').into(),
        changes_code: true,
        chunk: Some(ChunkStatus::Implementing),
        successors: vec![],
        feedback_open: false,
        contains_base: true,
    }
}

/// A unit and what happened to it.
struct Story {
    unit: WorkUnit,
    rules: Rules,
    effects: Vec<Effect>,
    /// What halted an account last.
    halted: Option<Halted>,
    steps: i64,
}

impl Story {
    fn from(phase: Phase) -> Self {
        let new = NewUnit {
            chunk: ChunkName::parse("a").unwrap(),
            phase,
            status: Status::Ready { wait: None },
            priority: 0,
            depends_on: BTreeSet::new(),
            explicit_deps: false,
            retain: false,
        };
        let rules = Rules {
            policy: Policy::default(),
            phases: Phases::default(),
            setup: None,
            gates: Gates::default(),
            default_agent: agent(),
            agents: BTreeMap::new(),
            accounts: BTreeMap::new(),
        };
        Self { unit: new.into_unit(UnitId(1), Timestamp(0)), rules, effects: vec![], halted: None, steps: 0 }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.steps)
    }

    fn then(&mut self, event: Event) {
        self.steps += 1;
        let fresh = AttemptId::parse(format!("00000000-0000-4000-8000-{:012}", self.steps)).unwrap();
        let Step { unit, effects, halted, .. } =
            transition(&self.unit, &event, &self.rules, &Moment { now: self.now(), fresh }).unwrap();
        (self.unit, self.effects, self.halted) = (unit, effects, halted.or(self.halted.take()));
    }

    fn refuses(&self, event: &Event) -> &'static str {
        let fresh = AttemptId::parse("00000000-0000-4000-8000-ffffffffffff").unwrap();
        transition(&self.unit, event, &self.rules, &Moment { now: self.now(), fresh }).unwrap_err().why
    }

    fn live(&self) -> AttemptId {
        self.unit.live.as_ref().unwrap().attempt.clone()
    }

    fn stage(&self) -> Stage {
        self.unit.live.as_ref().unwrap().stage
    }

    /// The scheduler gives it a slot, and its process comes to life.
    fn starts(&mut self) {
        self.then(Event::Dispatched { agent: agent() });
        self.then(Event::Prepared { base: base(), remarks: vec![] });
        if self.unit.live.is_some() {
            self.then(Event::Started { attempt: self.live(), pid: 7 });
        }
    }

    fn ends(&mut self, outcome: Outcome) {
        self.then(Event::Ended { attempt: self.live(), outcome });
    }

    fn fails(&mut self, kind: ErrorKind) {
        self.starts();
        self.ends(Outcome::Failed(AgentError { kind, message: "it did not work".into() }));
        self.then(Event::Gathered(found()));
    }

    fn crashes(&mut self) {
        self.starts();
        self.ends(Outcome::Crashed { exit: ProcessExit::Signal(9), stderr: String::new() });
        self.then(Event::Gathered(found()));
    }

    /// A whole agent that says it is finished, and leaves `left`.
    fn works(&mut self, left: Gathered) {
        self.starts();
        self.ends(Outcome::Finished);
        self.then(Event::Gathered(left));
    }

    fn reviews(&mut self, verdict: Option<ReviewVerdict>) {
        self.starts();
        if let Some(verdict) = verdict {
            self.then(Event::Decided { attempt: self.live(), decision: decision(verdict) });
        }
        self.ends(Outcome::Finished);
        self.then(Event::Gathered(found()));
    }

    fn rebases(&mut self) {
        self.starts();
        self.then(Event::Rebased(RebaseResult::Clean { base: base(), tip: object('b').into() }));
    }

    /// COMPLETE does what it must.
    fn completes(&mut self) {
        self.works(Gathered { chunk: Some(ChunkStatus::Active), ..found() });
    }

    fn asks(&mut self) {
        self.starts();
        let session = SessionId::parse("s-1").unwrap();
        self.then(Event::Named { attempt: self.live(), session, version: None });
        self.then(Event::Asked { attempt: self.live(), set: questions() });
    }

    fn answered(&mut self) {
        self.then(Event::Answered { answers: vec![(0, "JWT".into())], until: None });
    }

    fn is_ready_in(&self, phase: Phase) -> bool {
        matches!(self.unit.status, Status::Ready { .. }) && self.unit.phase == phase
    }

    fn asked_about(&self) -> &'static str {
        self.unit.ask().map_or("nothing", |ask| ask.about.kind())
    }

    fn reason(&self) -> &str {
        self.unit.ask().map_or("", |ask| &ask.reason)
    }
}
