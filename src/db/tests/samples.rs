//! At least one value of every variant that is stored. A variant without a sample does not compile, or fails.

use super::{agent, attempt, chunk};
use crate::domain::attempt::{AttemptKind, Ladder, Live, Stage};
use crate::domain::attention::{About, Ask};
use crate::domain::chunk::ChunkStatus;
use crate::domain::each::Each;
use crate::domain::event::{Event, Gathered, Patch, RebaseResult, Wanted};
use crate::domain::ids::{BranchName, ObjectId, RepoName, SessionId};
use crate::domain::landing::{Landing, Merge, MergeResult, MoveResult};
use crate::domain::phase::Phase;
use crate::domain::report::{
    AgentError, Choice, ErrorKind, Outcome, ProcessExit, Question, QuestionSet, ReviewDecision, ReviewIssue,
    ReviewVerdict, Usage,
};
use crate::domain::time::Timestamp;
use crate::domain::who::Who;
use crate::domain::work_unit::{Activity, Admission, Leftovers, Note, Nudge, Proof, Status, Wait};
use crate::domain::workspace::Base;
use std::collections::{BTreeMap, BTreeSet};

/// The samples, after a look that every pattern has one; the patterns must be all there are.
macro_rules! every {
    ($samples:expr; $($pattern:pat),+ $(,)?) => {{
        let samples = $samples;
        for sample in &samples {
            match sample { $($pattern => {})+ }
        }
        $(assert!(samples.iter().any(|sample| matches!(sample, $pattern)), "no sample of {}", stringify!($pattern));)+
        samples
    }};
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn object(digit: &str) -> ObjectId {
    ObjectId::parse(digit.repeat(40)).unwrap()
}

fn chunks() -> BTreeSet<crate::domain::ids::ChunkName> {
    BTreeSet::from([chunk("a"), chunk("b")])
}

pub(super) fn base() -> Each<Base> {
    Each::from(Base { branch: BranchName::parse("main").unwrap(), commit: object("1") })
}

fn merge() -> Each<Merge> {
    Each::from(Merge {
        target: BranchName::parse("main").unwrap(),
        from: object("1"),
        commit: object("2"),
        tip: object("3"),
    })
}

/// The same of a task: in another repository, too.
pub(super) fn bases() -> Each<Base> {
    let Each { lead, .. } = base();
    Each { others: BTreeMap::from([(RepoName::parse("acme/web").unwrap(), lead.clone())]), lead }
}

pub(super) fn questions() -> QuestionSet {
    let options = vec![
        Choice { label: text("JWT"), description: text("stateless") },
        Choice { label: text("session"), description: String::new() },
    ];
    let items = vec![Question { header: text("Auth"), text: text("Which \"one\"?\n"), options, many: false }];
    QuestionSet::new("toolu_1", items)
}

fn decisions() -> Vec<ReviewDecision> {
    let verdicts = every!([ReviewVerdict::Approve, ReviewVerdict::Feedback, ReviewVerdict::Escalate];
        ReviewVerdict::Approve, ReviewVerdict::Feedback, ReviewVerdict::Escalate);
    let issue = ReviewIssue { location: text("a.rs:1"), concern: text("wrong"), suggestion: Some(text("right")) };
    verdicts
        .into_iter()
        .map(|verdict| ReviewDecision {
            verdict,
            summary: text("so"),
            issues: vec![issue.clone()],
            reason: Some(text("why")),
        })
        .collect()
}

fn outcomes() -> Vec<Outcome> {
    let kinds = every!(vec![
            ErrorKind::Overloaded, ErrorKind::RateLimit, ErrorKind::UsageLimit { resets_at: None },
            ErrorKind::UsageLimit { resets_at: Some(Timestamp(5)) }, ErrorKind::NotLoggedIn, ErrorKind::SessionLost,
            ErrorKind::PromptTooLong, ErrorKind::Refused, ErrorKind::TurnLimit, ErrorKind::Budget, ErrorKind::TimedOut,
            ErrorKind::Silent, ErrorKind::OverLimit, ErrorKind::Other,
        ];
        ErrorKind::Overloaded, ErrorKind::RateLimit, ErrorKind::UsageLimit { .. }, ErrorKind::NotLoggedIn,
        ErrorKind::SessionLost, ErrorKind::PromptTooLong, ErrorKind::Refused, ErrorKind::TurnLimit, ErrorKind::Budget,
        ErrorKind::TimedOut, ErrorKind::Silent, ErrorKind::OverLimit, ErrorKind::Other);
    let exits = every!([ProcessExit::Code(-1), ProcessExit::Signal(9)]; ProcessExit::Code(_), ProcessExit::Signal(_));
    let failed = kinds.into_iter().map(|kind| Outcome::Failed(AgentError { kind, message: text("no") }));
    let crashed = exits.into_iter().map(|exit| Outcome::Crashed { exit, stderr: text("oh") });
    let all = [Outcome::Finished, Outcome::Suspended, Outcome::Interrupted].into_iter().chain(failed).chain(crashed);
    every!(all.collect::<Vec<_>>();
        Outcome::Finished, Outcome::Suspended, Outcome::Interrupted, Outcome::Failed(_), Outcome::Crashed { .. })
}

fn leftovers() -> [Leftovers; 2] {
    every!([Leftovers::Directories, Leftovers::Nothing]; Leftovers::Directories, Leftovers::Nothing)
}

fn waits() -> Vec<Wait> {
    vec![Wait { until: Timestamp(9), error: Some(text("529")) }, Wait { until: Timestamp(9), error: None }]
}

fn activities() -> Vec<Activity> {
    let landings = every!([Landing::Merging, Landing::Gating { merge: merge(), gate: 1 }, Landing::Moving { merge: merge() }];
        Landing::Merging, Landing::Gating { .. }, Landing::Moving { .. });
    let mut all =
        vec![Activity::Setup, Activity::Agent, Activity::MarkingActive, Activity::Rebasing, Activity::WorkerGate(2)];
    all.extend(outcomes().into_iter().map(|outcome| Activity::Gathering { outcome }));
    all.extend(landings.map(Activity::Landing));
    every!(all; Activity::Setup, Activity::Agent, Activity::Gathering { .. }, Activity::MarkingActive, Activity::Rebasing,
        Activity::WorkerGate(_), Activity::Landing(_))
}

fn abouts() -> Vec<About> {
    every!(vec![
            About::Question { set: questions(), answers: vec![None, Some(text("JWT"))] }, About::Review, About::Failure,
            About::Completion, About::NoChange, About::Landing, About::Parked,
            About::Trust { tip: object("4"), paths: vec![text(".envrc")] }, About::Dependency { lost: chunks() },
        ];
        About::Question { .. }, About::Review, About::Failure, About::Completion, About::NoChange,
        About::Landing, About::Parked, About::Trust { .. }, About::Dependency { .. })
}

fn proofs() -> [Proof; 3] {
    every!([
            Proof::Landed { merge: merge(), gates: 2, kept: vec![text("a b")] }, Proof::Contained { tip: object("5") },
            Proof::Operator,
        ];
        Proof::Landed { .. }, Proof::Contained { .. }, Proof::Operator)
}

pub(super) fn statuses() -> Vec<Status> {
    let admissions = every!([Admission::Held, Admission::LandingHeld, Admission::Approval];
        Admission::Held, Admission::LandingHeld, Admission::Approval);
    let mut all = vec![Status::Assigned, Status::Ready { wait: None }, Status::Blocked { by: chunks() }];
    all.push(Status::Failed { reason: text("gave up") });
    all.extend(admissions.map(Status::Pending));
    all.extend(waits().into_iter().map(|wait| Status::Ready { wait: Some(wait) }));
    all.extend(activities().into_iter().map(Status::Running));
    all.extend(
        abouts()
            .into_iter()
            .map(|about| Status::NeedsAttention(Ask { since: Timestamp(3), reason: text("look"), about })),
    );
    for leftovers in leftovers() {
        all.extend(proofs().map(|proof| Status::Done { proof, leftovers }));
        all.extend([Status::Canceled { leftovers }, Status::Deleted { leftovers }]);
    }
    every!(all; Status::Pending(_), Status::Ready { .. }, Status::Assigned, Status::Running(_), Status::Blocked { .. },
        Status::NeedsAttention(_), Status::Done { .. }, Status::Failed { .. }, Status::Canceled { .. },
        Status::Deleted { .. })
}

pub(super) fn notes() -> Vec<Note> {
    let nudges = every!([Nudge::Decision, Nudge::ChunkStatus, Nudge::Feedback, Nudge::Merge];
        Nudge::Decision, Nudge::ChunkStatus, Nudge::Feedback, Nudge::Merge);
    let mut all = vec![
        Note::Answers { set: questions(), answers: vec![text("JWT")] },
        Note::Message(text("hurry")),
        Note::Continue,
        Note::Conflict { paths: vec![text("a.rs")] },
        Note::SessionLost,
    ];
    all.extend(decisions().into_iter().map(Note::Feedback));
    all.extend(nudges.map(Note::Nudge));
    every!(all; Note::Answers { .. }, Note::Message(_), Note::Feedback(_), Note::Nudge(_), Note::Continue,
        Note::Conflict { .. }, Note::SessionLost)
}

pub(super) fn lives() -> Vec<Live> {
    let kinds = every!([
            AttemptKind::Agent, AttemptKind::Setup, AttemptKind::WorkerGate(0), AttemptKind::IntegrationGate(1),
        ];
        AttemptKind::Agent, AttemptKind::Setup, AttemptKind::WorkerGate(_), AttemptKind::IntegrationGate(_));
    let ladders = every!([Ladder::Suspend, Ladder::End]; Ladder::Suspend, Ladder::End);
    let mut stages = vec![Stage::Working, Stage::Warm, Stage::Gathering];
    stages.extend(ladders.map(Stage::Stopping));
    let stages = every!(stages; Stage::Working, Stage::Warm, Stage::Stopping(_), Stage::Gathering);
    let live = |kind, stage| Live {
        attempt: attempt(1),
        kind,
        agent: Some(agent()),
        command: (kind != AttemptKind::Agent).then(|| text("make")),
        stage,
    };
    let mut all: Vec<Live> = stages.into_iter().map(|stage| live(AttemptKind::Agent, stage)).collect();
    all.extend(kinds.map(|kind| live(kind, Stage::Working)));
    all
}

fn merge_results() -> Vec<MergeResult> {
    every!(vec![
            MergeResult::Clean { merge: merge(), sensitive: vec![text(".github/x")], needs_trust: true },
            MergeResult::NothingToLand { tip: object("6") }, MergeResult::Conflict { paths: vec![text("a")] },
            MergeResult::Markers { paths: vec![text("b")] }, MergeResult::Failed(text("no")),
        ];
        MergeResult::Clean { .. }, MergeResult::NothingToLand { .. }, MergeResult::Conflict { .. },
        MergeResult::Markers { .. }, MergeResult::Failed(_))
}

fn move_results() -> Vec<MoveResult> {
    every!(vec![
            MoveResult::Moved { kept: vec![text("a")] }, MoveResult::TargetMoved,
            MoveResult::Blocked { reasons: vec![text("edited")] }, MoveResult::Failed(text("no")),
        ];
        MoveResult::Moved { .. }, MoveResult::TargetMoved, MoveResult::Blocked { .. }, MoveResult::Failed(_))
}

fn gathered() -> Vec<Gathered> {
    let found = |chunk| Gathered {
        tip: object("7").into(),
        changes_code: true,
        chunk,
        successors: chunks().into_iter().collect(),
        feedback_open: false,
        contains_base: true,
    };
    ChunkStatus::ALL.into_iter().map(|status| found(Some(status))).chain([found(None)]).collect()
}

pub(super) fn events() -> Vec<Event> {
    let session = SessionId::parse("s-1").unwrap();
    let usage = Usage { input: 1, output: 2, cache_read: 3, cache_write: 4, cost: 5 };
    let rebases = every!([
            RebaseResult::Clean { base: base(), tip: object("8").into() },
            RebaseResult::Conflict { base: base(), paths: vec![text("a")] }, RebaseResult::Failed(text("no")),
        ];
        RebaseResult::Clean { .. }, RebaseResult::Conflict { .. }, RebaseResult::Failed(_));
    let mut all = vec![
        Event::Answered { answers: vec![(1, text("JWT"))], until: None },
        Event::Answered { answers: vec![(0, text("x"))], until: Some(Timestamp(4)) },
        Event::Retracted { item: Some(1) },
        Event::Approved,
        Event::Retried,
        Event::Held,
        Event::Released,
        Event::Prioritized(-4),
        Event::Retained(true),
        Event::DependenciesSet(chunks()),
        Event::Skipped,
        Event::Interrupted { message: None },
        Event::Interrupted { message: Some(text("stop")) },
        Event::Canceled,
        Event::Deleted,
        Event::DeclaredDone,
        Event::Pruned,
        Event::Cleared,
        Event::Dispatched { agent: agent() },
        Event::BlockersChanged { by: chunks() },
        Event::DependencyLost { lost: chunks() },
        Event::Cooled,
        Event::Prepared { base: base(), remarks: vec![] },
        Event::Prepared { base: bases(), remarks: vec![text("preserved")] },
        Event::PreparationFailed { reason: text("no") },
        Event::Started { attempt: attempt(1), pid: 42 },
        Event::Named { attempt: attempt(1), session, version: Some(text("2.0")) },
        Event::Asked { attempt: attempt(1), set: questions() },
        Event::Used { attempt: attempt(1), usage, session: usage.plus(usage) },
        Event::GatherFailed { reason: text("no") },
        Event::Removed { preserved: Some(text("refs/ve/x")) },
        Event::RemoveFailed { reason: text("no") },
        Event::Crashed { reason: text("panic") },
    ];
    all.extend(Phase::ALL.map(Event::PhaseSet));
    all.extend(patches().into_iter().map(Event::Patched));
    all.extend(decisions().into_iter().map(|decision| Event::Decided { attempt: attempt(1), decision }));
    all.extend(outcomes().into_iter().map(|outcome| Event::Ended { attempt: attempt(1), outcome }));
    all.extend(gathered().into_iter().map(Event::Gathered));
    all.extend(rebases.map(Event::Rebased));
    all.extend(merge_results().into_iter().map(Event::Merged));
    all.extend(move_results().into_iter().map(Event::Moved));
    every!(all;
        Event::Answered { .. }, Event::Retracted { .. }, Event::Approved, Event::Retried, Event::Held, Event::Released, Event::Prioritized(_),
        Event::Retained(_), Event::DependenciesSet(_), Event::PhaseSet(_), Event::Skipped, Event::Interrupted { .. },
        Event::Canceled, Event::Deleted, Event::DeclaredDone, Event::Patched(_), Event::Pruned, Event::Cleared, Event::Dispatched { .. }, Event::BlockersChanged { .. },
        Event::DependencyLost { .. }, Event::Cooled, Event::Prepared { .. }, Event::PreparationFailed { .. },
        Event::Started { .. }, Event::Named { .. }, Event::Asked { .. }, Event::Decided { .. }, Event::Used { .. },
        Event::Ended { .. }, Event::Gathered(_), Event::GatherFailed { .. }, Event::Rebased(_), Event::Merged(_),
        Event::Moved(_), Event::Removed { .. }, Event::RemoveFailed { .. }, Event::Crashed { .. })
}

fn patches() -> Vec<Patch> {
    let wanted = every!([Wanted::Ready, Wanted::Pending, Wanted::Done, Wanted::Canceled, Wanted::NeedsAttention];
        Wanted::Ready, Wanted::Pending, Wanted::Done, Wanted::Canceled, Wanted::NeedsAttention);
    let all = Patch {
        priority: Some(-2),
        retain: Some(true),
        depends_on: Some(chunks()),
        phase: Some(Phase::Review),
        status: Some(Wanted::Ready),
        reason: Some(text("look")),
    };
    wanted.map(|wanted| Patch { status: Some(wanted), ..Patch::default() }).into_iter().chain([all]).collect()
}

pub(super) fn whos() -> Vec<Who> {
    every!(vec![
            Who::Peer { uid: 1000 }, Who::Token { label: text("my cli") }, Who::Attempt(attempt(1)), Who::Scheduler,
            Who::Daemon,
        ];
        Who::Peer { .. }, Who::Token { .. }, Who::Attempt(_), Who::Scheduler, Who::Daemon)
}
