//! Units, rules and every kind of event that could happen to a unit: what the other files choose from.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use ve::domain::chunk::ChunkStatus;
use ve::domain::each::Each;
use ve::domain::event::{Event, Gathered, Moment, Patch, RebaseResult, Wanted};
use ve::domain::gate::Gates;
use ve::domain::ids::{AgentName, AttemptId, BranchName, ChunkName, ObjectId, SessionId, UnitId};
use ve::domain::landing::{Merge, MergeResult, MoveResult};
use ve::domain::new_unit::NewUnit;
use ve::domain::phase::{Phase, Phases};
use ve::domain::policy::Policy;
use ve::domain::report::{
    AgentError, ErrorKind, Outcome, ProcessExit, Question, QuestionSet, ReviewDecision, ReviewVerdict, Usage,
};
use ve::domain::rules::Rules;
use ve::domain::time::Timestamp;
use ve::domain::work_unit::{Status, WorkUnit};
use ve::domain::workspace::Base;

pub fn agent() -> AgentName {
    AgentName::parse("claude").unwrap()
}

pub fn chunk(text: &str) -> ChunkName {
    ChunkName::parse(text).unwrap()
}

pub fn chunks(texts: &[&str]) -> BTreeSet<ChunkName> {
    texts.iter().map(|text| chunk(text)).collect()
}

pub fn attempt(number: u64) -> AttemptId {
    AttemptId::parse(format!("00000000-0000-4000-8000-{number:012x}")).unwrap()
}

/// The moment of the step of this number, which no other step shares.
pub fn moment(number: u64) -> Moment {
    let now = Timestamp::from_seconds(1_000_000) + Duration::from_secs(60 * number);
    Moment { now, fresh: attempt(number) }
}

pub fn object(digit: char) -> ObjectId {
    ObjectId::parse(digit.to_string().repeat(40)).unwrap()
}

pub fn base() -> Each<Base> {
    Each::from(Base { branch: BranchName::parse("main").unwrap(), commit: object('a') })
}

pub fn merge() -> Each<Merge> {
    Each::from(Merge { target: base().lead.branch, from: object('a'), commit: object('c'), tip: object('b') })
}

pub fn rules() -> Rules {
    Rules {
        policy: Policy::default(),
        phases: Phases::default(),
        setup: None,
        gates: gates(0, 0),
        default_agent: agent(),
        agents: BTreeMap::new(),
        accounts: BTreeMap::new(),
    }
}

/// So many gates of each kind.
pub fn gates(worker: usize, integration: usize) -> Gates {
    let commands = |kind: &str, count: usize| (0..count).map(|number| format!("{kind} {number}")).collect();
    Gates { worker: commands("lint", worker), integration: commands("test", integration) }
}

pub fn unit(phase: Phase) -> WorkUnit {
    let new = NewUnit {
        chunk: chunk("a"),
        phase,
        status: Status::Ready { wait: None },
        priority: 0,
        depends_on: BTreeSet::new(),
        explicit_deps: false,
        retain: false,
    };
    new.into_unit(UnitId(1), moment(0).now)
}

pub fn questions() -> QuestionSet {
    let item = |text: &str| Question { header: "Auth".into(), text: text.into(), options: vec![], many: false };
    QuestionSet::new("q-1", vec![item("JWT or session?"), item("For how long?")])
}

pub fn decision(verdict: ReviewVerdict) -> ReviewDecision {
    ReviewDecision { verdict, summary: "a test is missing".into(), issues: vec![], reason: None }
}

pub fn found() -> Gathered {
    Gathered {
        tip: object('b').into(),
        changes_code: true,
        chunk: Some(ChunkStatus::Active),
        successors: vec![],
        feedback_open: false,
        contains_base: true,
    }
}

pub fn failed(kind: ErrorKind, message: &str) -> Outcome {
    Outcome::Failed(AgentError { kind, message: message.into() })
}

/// Every error an agent may report.
pub fn error_kinds() -> Vec<ErrorKind> {
    vec![
        ErrorKind::Overloaded,
        ErrorKind::RateLimit,
        ErrorKind::UsageLimit { resets_at: None },
        ErrorKind::UsageLimit { resets_at: Some(moment(30).now) },
        ErrorKind::NotLoggedIn,
        ErrorKind::SessionLost,
        ErrorKind::PromptTooLong,
        ErrorKind::Refused,
        ErrorKind::TurnLimit,
        ErrorKind::Budget,
        ErrorKind::TimedOut,
        ErrorKind::Silent,
        ErrorKind::OverLimit,
        ErrorKind::Other,
    ]
}

/// Every way in which an attempt may end.
pub fn outcomes() -> Vec<Outcome> {
    let crashed = |exit| Outcome::Crashed { exit, stderr: String::new() };
    let mut all = vec![
        Outcome::Finished,
        Outcome::Suspended,
        Outcome::Interrupted,
        crashed(ProcessExit::Code(0)),
        crashed(ProcessExit::Signal(9)),
        failed(ErrorKind::Other, ""),
    ];
    all.extend(error_kinds().into_iter().map(|kind| failed(kind, "it did not work")));
    all
}

/// Every verb of the operator.
pub fn verbs() -> Vec<Event> {
    let mut all = vec![
        Event::Answered { answers: vec![(0, "JWT".into())], until: None },
        Event::Answered { answers: vec![(0, "JWT".into()), (1, "an hour".into())], until: None },
        Event::Answered { answers: vec![(7, "none".into())], until: None },
        Event::Retracted { item: None },
        Event::Retracted { item: Some(1) },
        Event::Approved,
        Event::Retried,
        Event::Held,
        Event::Released,
        Event::Prioritized(3),
        Event::Retained(true),
        Event::DependenciesSet(chunks(&["b"])),
        Event::DependenciesSet(chunks(&["a"])),
        Event::Skipped,
        Event::Interrupted { message: Some("look at the tests".into()) },
        Event::Interrupted { message: None },
        Event::Canceled,
        Event::Deleted,
        Event::DeclaredDone,
        Event::Pruned,
        Event::Cleared,
    ];
    all.extend(Phase::ALL.map(Event::PhaseSet));
    all.extend([Wanted::Ready, Wanted::Pending, Wanted::Done, Wanted::Canceled].map(|status| {
        let depends_on = Some(chunks(&["b"]));
        Event::Patched(Patch { priority: Some(2), depends_on, status: Some(status), ..Patch::default() })
    }));
    all.push(Event::Patched(Patch { phase: Some(Phase::Plan), status: Some(Wanted::Ready), ..Patch::default() }));
    let parked =
        |reason: &str| Patch { status: Some(Wanted::NeedsAttention), reason: Some(reason.into()), ..Patch::default() };
    all.extend(["wait for the review", " "].map(|reason| Event::Patched(parked(reason))));
    all.push(Event::Patched(Patch { reason: Some("look".into()), ..Patch::default() }));
    all.push(Event::Patched(Patch { status: Some(Wanted::NeedsAttention), ..Patch::default() }));
    all
}

/// Everything that a process may say.
pub fn said(attempt: &AttemptId) -> Vec<Event> {
    let attempt = attempt.clone();
    let session = SessionId::parse("s-1").unwrap();
    let mut all = vec![
        Event::Started { attempt: attempt.clone(), pid: 7 },
        Event::Named { attempt: attempt.clone(), session, version: None },
        Event::Asked { attempt: attempt.clone(), set: questions() },
        Event::Used {
            attempt: attempt.clone(),
            usage: Usage::default(),
            session: Usage { cost: 5, ..Usage::default() },
        },
    ];
    let verdicts = [ReviewVerdict::Approve, ReviewVerdict::Feedback, ReviewVerdict::Escalate];
    all.extend(verdicts.map(|verdict| Event::Decided { attempt: attempt.clone(), decision: decision(verdict) }));
    all.extend(outcomes().into_iter().map(|outcome| Event::Ended { attempt: attempt.clone(), outcome }));
    all
}

/// Every branch as it may be found after an attempt.
pub fn gathered() -> Vec<Event> {
    let all = [
        found(),
        Gathered { chunk: None, ..found() },
        Gathered { chunk: None, successors: vec![chunk("better")], ..found() },
        Gathered { chunk: None, successors: vec![chunk("one"), chunk("two")], ..found() },
        Gathered { chunk: Some(ChunkStatus::Implementing), ..found() },
        Gathered { changes_code: false, ..found() },
        Gathered { feedback_open: true, ..found() },
        Gathered { contains_base: false, ..found() },
    ];
    all.into_iter().map(Event::Gathered).collect()
}

/// Everything that the daemon's own work may lead to.
pub fn worked() -> Vec<Event> {
    let paths = || vec!["src/lib.rs".to_owned()];
    let reason = || "the disk is full".to_owned();
    let clean = |needs_trust| MergeResult::Clean { merge: merge(), sensitive: paths(), needs_trust };
    let mut all = vec![
        Event::Dispatched { agent: agent() },
        Event::BlockersChanged { by: chunks(&["b"]) },
        Event::BlockersChanged { by: chunks(&[]) },
        Event::DependencyLost { lost: chunks(&["b"]) },
        Event::DependencyLost { lost: chunks(&[]) },
        Event::Cooled,
        Event::Prepared { base: base(), remarks: vec![] },
        Event::PreparationFailed { reason: reason() },
        Event::PreparationFailed { reason: String::new() },
        Event::GatherFailed { reason: reason() },
        Event::Rebased(RebaseResult::Clean { base: base(), tip: object('b').into() }),
        Event::Rebased(RebaseResult::Conflict { base: base(), paths: paths() }),
        Event::Rebased(RebaseResult::Failed(String::new())),
        Event::Merged(clean(false)),
        Event::Merged(clean(true)),
        Event::Merged(MergeResult::NothingToLand { tip: object('a') }),
        Event::Merged(MergeResult::Conflict { paths: paths() }),
        Event::Merged(MergeResult::Markers { paths: paths() }),
        Event::Merged(MergeResult::Failed(String::new())),
        Event::Moved(MoveResult::Moved { kept: vec![] }),
        Event::Moved(MoveResult::TargetMoved),
        Event::Moved(MoveResult::Blocked { reasons: paths() }),
        Event::Moved(MoveResult::Failed(reason())),
        Event::Removed { preserved: None },
        Event::RemoveFailed { reason: reason() },
        Event::Crashed { reason: "index out of bounds".into() },
    ];
    all.extend(gathered());
    all
}

/// One event of every kind and variant; those of a process speak of `attempt`.
pub fn everything(attempt: &AttemptId) -> Vec<Event> {
    [verbs(), worked(), said(attempt)].concat()
}
