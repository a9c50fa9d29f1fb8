//! Prints the tables of `docs/LIFECYCLE.md` from the state machine, so that they cannot lie.

use crate::walk::label;
use crate::world;
use std::fmt::Write;
use std::path::Path;
use ve::domain::account::HaltReason;
use ve::domain::chunk::ChunkStatus;
use ve::domain::event::{Event, Gathered, Patch, RebaseResult, Wanted};
use ve::domain::landing::{MergeResult, MoveResult};
use ve::domain::lifecycle::transition;
use ve::domain::phase::Phase;
use ve::domain::policy::Exhausted;
use ve::domain::report::{ErrorKind, Outcome, ProcessExit, ReviewVerdict};
use ve::domain::rules::Rules;
use ve::domain::work_unit::{Status, WorkUnit};

const BEGIN: &str = "<!-- From here on printed by tests/lifecycle: VE_UPDATE_DOCS=1 cargo test --test lifecycle -->\n";
const END: &str = "<!-- To here. -->\n";

#[test]
fn the_document_is_what_the_state_machine_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/LIFECYCLE.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (intro, rest) = text.split_once(BEGIN).expect("the line above which the document is written by hand");
    let (_, outro) = rest.split_once(END).expect("the line below which the document is written by hand");
    let printed = format!("{intro}{BEGIN}{}{END}{outro}", print());
    if std::env::var_os("VE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, printed).unwrap();
    } else {
        assert!(printed == text, "docs/LIFECYCLE.md is out of date: VE_UPDATE_DOCS=1 cargo test --test lifecycle");
    }
}

fn print() -> String {
    let mut text = String::new();
    matrix(&mut text, "The operator's verbs", &verbs());
    matrix(&mut text, "The scheduler, and what the daemon prepared or tidied up", &daemon());
    matrix(&mut text, "What a process of the unit did", &process());
    matrix(&mut text, "What git did", &git());
    failures(&mut text);
    text
}

/// A column: its head, and the event it makes of a unit.
type Column = (&'static str, fn(&WorkUnit) -> Event);

fn live(unit: &WorkUnit) -> ve::domain::ids::AttemptId {
    unit.live.as_ref().map_or_else(|| world::attempt(0), |live| live.attempt.clone())
}

fn ended(unit: &WorkUnit, outcome: Outcome) -> Event {
    Event::Ended { attempt: live(unit), outcome }
}

fn verbs() -> Vec<Column> {
    vec![
        ("answer", |_| Event::Answered { answers: vec![(0, "JWT".into()), (1, "an hour".into())], until: None }),
        ("take back", |_| Event::Retracted { item: None }),
        ("approve", |_| Event::Approved),
        ("retry", |_| Event::Retried),
        ("hold", |_| Event::Held),
        ("release", |_| Event::Released),
        ("prioritize", |_| Event::Prioritized(1)),
        ("retain", |_| Event::Retained(true)),
        ("depends on", |_| Event::DependenciesSet(world::chunks(&["b"]))),
        ("phase", |_| Event::PhaseSet(Phase::Implement)),
        ("skip", |_| Event::Skipped),
        ("interrupt", |_| Event::Interrupted { message: None }),
        ("interrupt with words", |_| Event::Interrupted { message: Some("stop".into()) }),
        ("cancel", |_| Event::Canceled),
        ("delete", |_| Event::Deleted),
        ("declare done", |_| Event::DeclaredDone),
        ("park", |_| parked()),
        ("prune", |_| Event::Pruned),
        ("clear", |_| Event::Cleared),
    ]
}

fn parked() -> Event {
    let (status, reason) = (Some(Wanted::NeedsAttention), Some("wait for the review".to_owned()));
    Event::Patched(Patch { status, reason, ..Patch::default() })
}

fn daemon() -> Vec<Column> {
    vec![
        ("dispatched", |_| Event::Dispatched { agent: world::agent() }),
        ("blocked", |_| Event::BlockersChanged { by: world::chunks(&["b"]) }),
        ("unblocked", |_| Event::BlockersChanged { by: world::chunks(&[]) }),
        ("dependency lost", |_| Event::DependencyLost { lost: world::chunks(&["b"]) }),
        ("cooled", |_| Event::Cooled),
        ("prepared", |_| Event::Prepared { base: world::base(), remarks: vec![] }),
        ("preparation failed", |_| Event::PreparationFailed { reason: "no".into() }),
        ("removed", |_| Event::Removed { preserved: None }),
        ("remove failed", |_| Event::RemoveFailed { reason: "no".into() }),
        ("actor crashed", |_| Event::Crashed { reason: "no".into() }),
    ]
}

fn process() -> Vec<Column> {
    vec![
        ("started", |unit| Event::Started { attempt: live(unit), pid: 1 }),
        ("asked", |unit| Event::Asked { attempt: live(unit), set: world::questions() }),
        ("decided", |unit| Event::Decided { attempt: live(unit), decision: world::decision(ReviewVerdict::Approve) }),
        ("ended: finished", |unit| ended(unit, Outcome::Finished)),
        ("ended: suspended", |unit| ended(unit, Outcome::Suspended)),
        ("ended: interrupted", |unit| ended(unit, Outcome::Interrupted)),
        ("ended: failed", |unit| ended(unit, world::failed(ErrorKind::Other, "no"))),
        ("ended: crashed", |unit| ended(unit, crashed())),
    ]
}

fn git() -> Vec<Column> {
    vec![
        ("gathered", |_| Event::Gathered(world::found())),
        ("gathered, chunk still IMPLEMENTING", |_| {
            Event::Gathered(Gathered { chunk: Some(ChunkStatus::Implementing), ..world::found() })
        }),
        ("gather failed", |_| Event::GatherFailed { reason: "no".into() }),
        ("rebased", |_| Event::Rebased(RebaseResult::Clean { base: world::base(), tip: world::object('b').into() })),
        ("rebase: conflict", |_| Event::Rebased(RebaseResult::Conflict { base: world::base(), paths: vec![] })),
        ("merged", |_| {
            Event::Merged(MergeResult::Clean { merge: world::merge(), sensitive: vec![], needs_trust: false })
        }),
        ("merged, needs trust", |_| {
            Event::Merged(MergeResult::Clean { merge: world::merge(), sensitive: vec![], needs_trust: true })
        }),
        ("nothing to land", |_| Event::Merged(MergeResult::NothingToLand { tip: world::object('a') })),
        ("merge: conflict", |_| Event::Merged(MergeResult::Conflict { paths: vec![] })),
        ("moved", |_| Event::Moved(MoveResult::Moved { kept: vec![] })),
        ("target moved", |_| Event::Moved(MoveResult::TargetMoved)),
        ("checkout in the way", |_| Event::Moved(MoveResult::Blocked { reasons: vec![] })),
    ]
}

fn crashed() -> Outcome {
    Outcome::Crashed { exit: ProcessExit::Code(1), stderr: String::new() }
}

/// A project with everything switched on.
fn rules() -> Rules {
    let mut rules = world::rules();
    rules.gates = world::gates(1, 1);
    rules.policy.approve_goals = true;
    rules
}

/// A unit on its way to a state worth a row.
struct Way {
    unit: WorkUnit,
    rules: Rules,
    steps: u64,
}

impl Way {
    fn from(phase: Phase) -> Self {
        Self { unit: world::unit(phase), rules: rules(), steps: 0 }
    }

    fn then(mut self, event: Event) -> Self {
        self.steps += 1;
        self.unit = transition(&self.unit, &event, &self.rules, &world::moment(self.steps)).unwrap().unit;
        self
    }

    fn dispatched(self) -> Self {
        self.then(Event::Dispatched { agent: world::agent() })
    }

    fn prepared(self) -> Self {
        self.dispatched().then(Event::Prepared { base: world::base(), remarks: vec![] })
    }

    fn started(self) -> Self {
        let prepared = self.prepared();
        let attempt = live(&prepared.unit);
        prepared.then(Event::Started { attempt, pid: 1 })
    }

    fn said(self, event: fn(&WorkUnit) -> Event) -> Self {
        let event = event(&self.unit);
        self.then(event)
    }

    fn asked(self) -> Self {
        self.started().said(|unit| Event::Asked { attempt: live(unit), set: world::questions() })
    }

    fn finished(self) -> Self {
        self.started().said(|unit| ended(unit, Outcome::Finished))
    }

    fn worked(self) -> Self {
        self.finished().then(Event::Gathered(world::found()))
    }

    fn failed(self, kind: ErrorKind) -> Self {
        let started = self.started();
        let event = ended(&started.unit, world::failed(kind, "no"));
        started.then(event).then(Event::Gathered(world::found()))
    }

    fn merging(self) -> Self {
        self.worked().said(|unit| ended(unit, Outcome::Finished))
    }

    fn merged(self, needs_trust: bool) -> Self {
        self.merging().then(Event::Merged(MergeResult::Clean { merge: world::merge(), sensitive: vec![], needs_trust }))
    }

    fn moving(self) -> Self {
        self.merged(false).said(|unit| ended(unit, Outcome::Finished))
    }
}

/// Every state worth a row, each reached by events only.
fn states() -> Vec<(&'static str, WorkUnit)> {
    let from = Way::from;
    let marks = || {
        (0..3).fold(from(Phase::Complete), |way, _| {
            let left = Gathered { chunk: Some(ChunkStatus::Implementing), ..world::found() };
            way.finished().then(Event::Gathered(left))
        })
    };
    let setup = || {
        let mut way = from(Phase::Implement);
        way.rules.setup = Some("make ready".into());
        way
    };
    let gave_up = || {
        let mut way = from(Phase::Implement);
        way.rules.policy.exhausted = Exhausted::Fail;
        (0..3).fold(way, |way, _| way.failed(ErrorKind::Silent))
    };
    let answered =
        |way: Way| way.then(Event::Answered { answers: vec![(0, "JWT".into()), (1, "an hour".into())], until: None });
    let removed = |way: Way| way.then(Event::Removed { preserved: None });
    let canceled = || from(Phase::Implement).started().then(Event::Canceled);
    let done = || from(Phase::Complete).moving().then(Event::Moved(MoveResult::Moved { kept: vec![] }));
    let ways = vec![
        ("PENDING, held", from(Phase::Implement).then(Event::Held)),
        ("PENDING, landing held", from(Phase::Complete).merging().then(Event::Held)),
        ("PENDING, goal to approve", from(Phase::Goal).worked()),
        ("READY", from(Phase::Implement)),
        ("READY, answered, process warm", answered(from(Phase::Implement).asked())),
        (
            "READY, process on its way out",
            from(Phase::Implement).started().then(Event::Interrupted { message: Some("no".into()) }),
        ),
        ("BLOCKED", from(Phase::Implement).then(Event::BlockersChanged { by: world::chunks(&["b"]) })),
        ("ASSIGNED", from(Phase::Implement).dispatched()),
        ("ASSIGNED, to be held", from(Phase::Implement).dispatched().then(Event::Held)),
        ("RUNNING setup", setup().started()),
        ("RUNNING agent", from(Phase::Implement).started()),
        ("RUNNING gathering, in IMPLEMENT", from(Phase::Implement).finished()),
        ("RUNNING gathering, in REVIEW", from(Phase::Review).finished()),
        ("RUNNING gathering, in COMPLETE", from(Phase::Complete).finished()),
        ("RUNNING marking active", marks().then(Event::Approved)),
        ("RUNNING rebasing", from(Phase::Rebase).prepared()),
        ("RUNNING gate", from(Phase::Complete).worked()),
        ("RUNNING gate, to be held", from(Phase::Complete).worked().then(Event::Held)),
        ("RUNNING merging", from(Phase::Complete).merging()),
        ("RUNNING gating", from(Phase::Complete).merged(false)),
        ("RUNNING gating, to be held", from(Phase::Complete).merged(false).then(Event::Held)),
        ("RUNNING moving", from(Phase::Complete).moving()),
        ("RUNNING moving, to be held", from(Phase::Complete).moving().then(Event::Held)),
        ("NEEDS_ATTENTION question, process warm", from(Phase::Implement).asked()),
        (
            "NEEDS_ATTENTION question, process gone",
            from(Phase::Implement)
                .asked()
                .said(|unit| ended(unit, Outcome::Suspended))
                .then(Event::Gathered(world::found())),
        ),
        ("NEEDS_ATTENTION review", from(Phase::Review).worked().worked().worked()),
        ("NEEDS_ATTENTION failure", from(Phase::Implement).failed(ErrorKind::Other)),
        ("NEEDS_ATTENTION completion", marks()),
        (
            "NEEDS_ATTENTION no change",
            from(Phase::Complete).finished().then(Event::Gathered(Gathered { changes_code: false, ..world::found() })),
        ),
        (
            "NEEDS_ATTENTION landing",
            from(Phase::Complete).merging().then(Event::Merged(MergeResult::Failed("no".into()))),
        ),
        ("NEEDS_ATTENTION trust", from(Phase::Complete).merged(true)),
        ("NEEDS_ATTENTION parked", from(Phase::Implement).then(parked())),
        (
            "NEEDS_ATTENTION dependency",
            from(Phase::Implement).then(Event::DependencyLost { lost: world::chunks(&["b"]) }),
        ),
        ("DONE, to tidy up", done()),
        ("DONE", removed(done())),
        ("CANCELED, process on its way out", canceled()),
        ("CANCELED", removed(canceled().said(|unit| ended(unit, Outcome::Interrupted)))),
        ("FAILED", gave_up()),
        ("DELETED", from(Phase::Implement).then(Event::Deleted)),
    ];
    ways.into_iter().map(|(name, way)| (name, way.unit)).collect()
}

fn matrix(text: &mut String, title: &str, columns: &[Column]) {
    let heads: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
    writeln!(text, "\n## {title}\n\n| state | {} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len())).unwrap();
    for (name, unit) in states() {
        let cells: Vec<String> = columns.iter().map(|(_, event)| cell(&unit, &event(&unit))).collect();
        writeln!(text, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
}

/// Where an event leads: `·` when it is refused, `=` when the status stays; with the phase where that changes.
fn cell(unit: &WorkUnit, event: &Event) -> String {
    let Ok(step) = transition(unit, event, &rules(), &world::moment(900)) else { return "·".into() };
    let moved = if step.unit.phase == unit.phase {
        String::new()
    } else {
        format!(", {}", step.unit.phase.name().to_uppercase())
    };
    let status = if step.unit.status.name() == unit.status.name() && label(unit) == label(&step.unit) {
        "=".to_owned()
    } else {
        label(&step.unit).replace("NEEDS_ATTENTION", "ATTENTION")
    };
    format!("{status}{moved}")
}

fn failures(text: &mut String) {
    text.push_str("\n## How an agent fails, and what is done about it\n\n| failure | first | in a row | then |\n|---|---|---|---|\n");
    let kinds = world::error_kinds().into_iter().filter(|kind| *kind != ErrorKind::UsageLimit { resets_at: None });
    let outcomes =
        kinds.map(|kind| (word(kind), world::failed(kind, "no"))).chain([("left without a result", crashed())]);
    for (name, outcome) in outcomes {
        let (first, times, last) = repeated(&outcome);
        writeln!(text, "| {name} | {first} | {times} | {last} |").unwrap();
    }
}

/// What the first failure leads to, how often the same is done in a row, and what comes after that.
fn repeated(outcome: &Outcome) -> (String, String, String) {
    const OFTEN: usize = 50;
    let mut way = Way::from(Phase::Implement);
    let mut ends = Vec::new();
    while ends.len() < OFTEN && matches!(way.unit.status, Status::Ready { .. }) {
        way.unit.session = ve::domain::ids::SessionId::parse("s-1").ok();
        way = way.started();
        let event = ended(&way.unit, outcome.clone());
        let halted = transition(&way.unit, &event, &way.rules, &world::moment(900)).unwrap().halted;
        way = way.then(event).then(Event::Gathered(world::found()));
        let account = halted.map_or("", |halted| match halted.halt.why {
            HaltReason::Limit { .. } => "; its account waits for the allowance",
            HaltReason::Login => "; its account waits for a login",
        });
        ends.push(format!("{}{account}", remedy(&way.unit)));
    }
    let first = ends[0].clone();
    match ends.iter().position(|end| *end != first) {
        Some(times) => (first, times.to_string(), ends[times].clone()),
        None if ends.len() == OFTEN => (first, "without end".into(), "—".into()),
        None => (first, "—".into(), "—".into()),
    }
}

fn remedy(unit: &WorkUnit) -> String {
    let session = if unit.session.is_some() { "same session" } else { "fresh session" };
    match &unit.status {
        Status::Ready { wait: None } => format!("READY, {session}"),
        Status::Ready { wait: Some(wait) } if wait.until > unit.updated_at => format!("READY after a delay, {session}"),
        Status::Ready { wait: Some(_) } => format!("READY at once, {session}"),
        _ => label(unit),
    }
}

fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Overloaded => "provider overloaded",
        ErrorKind::RateLimit => "rate limit",
        ErrorKind::UsageLimit { .. } => "usage limit",
        ErrorKind::NotLoggedIn => "not logged in",
        ErrorKind::SessionLost => "session lost",
        ErrorKind::PromptTooLong => "prompt too long",
        ErrorKind::Refused => "refused by the model",
        ErrorKind::TurnLimit => "limit of turns",
        ErrorKind::Budget => "limit of cost",
        ErrorKind::TimedOut => "wall clock",
        ErrorKind::Silent => "silent",
        ErrorKind::OverLimit => "memory, processes or output",
        ErrorKind::Other => "anything else",
    }
}
