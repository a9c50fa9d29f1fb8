//! Gates, landing and what is left behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Story, clean, gates, merge, object, sensitive};
use crate::domain::attempt::{AttemptKind, Ladder, Stage};
use crate::domain::event::{Effect, Event};
use crate::domain::landing::{Landing, MergeResult, MoveResult};
use crate::domain::phase::Phase;
use crate::domain::report::{AgentError, ErrorKind, Outcome, ReviewVerdict};
use crate::domain::work_unit::{Activity, Proof, Status};

#[test]
fn a_conflict_at_landing_goes_back_to_rebase_twice() {
    let mut story = Story::from(Phase::Complete);
    let conflict = || Event::Merged(MergeResult::Conflict { paths: vec!["src/lib.rs".into()] });
    story.completes();
    for _ in 0..2 {
        story.then(conflict());
        assert!(story.is_ready_in(Phase::Rebase));
        story.rebases();
        story.reviews(Some(ReviewVerdict::Approve));
        story.completes();
    }
    story.then(conflict());
    assert_eq!(story.asked_about(), "landing");
}

#[test]
fn gates_run_one_after_the_other_before_and_on_the_merge() {
    let mut story = Story::from(Phase::Complete);
    story.rules.gates = gates(2, 1);
    story.completes();
    for gate in 0..2 {
        assert_eq!(story.unit.status, Status::Running(Activity::WorkerGate(gate)));
        assert_eq!(story.effects, [Effect::Run(story.live())]);
        story.ends(Outcome::Finished);
    }
    story.then(Event::Merged(clean()));
    assert_eq!(story.unit.live.as_ref().unwrap().kind, AttemptKind::IntegrationGate(0));
    story.ends(Outcome::Finished);
    assert_eq!(story.unit.status, Status::Running(Activity::Landing(Landing::Moving { merge: merge() })));
    story.then(Event::Moved(MoveResult::Moved { kept: vec![] }));
    assert!(matches!(story.unit.status, Status::Done { proof: Proof::Landed { gates: 1, .. }, .. }));
}

#[test]
fn gates_that_are_changed_meanwhile_count_as_they_are_now_and_none_runs_twice() {
    let mut story = Story::from(Phase::Complete);
    let command = |story: &Story| story.unit.live.as_ref().unwrap().command.clone().unwrap();
    story.rules.gates = gates(0, 2);
    story.completes();
    story.then(Event::Merged(clean()));
    assert_eq!(command(&story), "land 1");
    story.rules.gates.integration.insert(0, "new".into());
    story.ends(Outcome::Finished);
    assert_eq!(command(&story), "new");
    story.rules.gates.integration.reverse();
    story.ends(Outcome::Interrupted);
    story.then(Event::Merged(clean()));
    for expected in ["land 2", "land 1", "new"] {
        assert_eq!(command(&story), expected, "what was merged anew is judged anew");
        story.ends(Outcome::Finished);
    }
    story.then(Event::Moved(MoveResult::Moved { kept: vec![] }));
    assert!(matches!(story.unit.status, Status::Done { proof: Proof::Landed { gates: 3, .. }, .. }));
}

#[test]
fn a_red_gate_is_shown_and_a_retry_begins_with_the_gates() {
    let mut story = Story::from(Phase::Complete);
    story.rules.gates = gates(1, 0);
    story.completes();
    story.ends(Outcome::Failed(AgentError { kind: ErrorKind::Other, message: "2 tests failed".into() }));
    assert_eq!((story.asked_about(), story.reason()), ("landing", "worker gate 1 is red: 2 tests failed"));
    story.then(Event::Retried);
    assert_eq!(story.unit.status, Status::Running(Activity::WorkerGate(0)));
}

#[test]
fn a_gate_that_fell_over_must_be_gone_before_it_runs_again() {
    let mut story = Story::from(Phase::Complete);
    story.rules.gates = gates(1, 0);
    story.completes();
    story.then(Event::Crashed { reason: "index out of bounds".into() });
    assert_eq!(story.refuses(&Event::Retried), "its last process has not ended yet");
    story.ends(Outcome::Interrupted);
    story.then(Event::Retried);
    assert_eq!(story.unit.status, Status::Running(Activity::WorkerGate(0)));
}

#[test]
fn a_target_that_moved_is_merged_again() {
    let mut story = Story::from(Phase::Complete);
    story.completes();
    story.then(Event::Merged(clean()));
    story.then(Event::Moved(MoveResult::TargetMoved));
    assert_eq!(story.unit.status, Status::Running(Activity::Landing(Landing::Merging)));
}

#[test]
fn what_the_project_trusts_lands_when_exactly_that_is_approved() {
    let mut story = Story::from(Phase::Complete);
    story.completes();
    story.then(Event::Merged(sensitive()));
    assert_eq!(story.asked_about(), "trust");
    story.then(Event::Approved);
    story.then(Event::Merged(sensitive()));
    assert_eq!(story.unit.status, Status::Running(Activity::Landing(Landing::Moving { merge: merge() })));

    let mut other = Story::from(Phase::Complete);
    other.completes();
    other.unit.approved = Some(object('f'));
    other.then(Event::Merged(sensitive()));
    assert_eq!(other.asked_about(), "trust", "another commit was approved");
}

#[test]
fn a_retained_worktree_stays_until_the_unit_is_deleted() {
    let mut story = Story::from(Phase::Complete);
    story.then(Event::Retained(true));
    story.completes();
    story.then(Event::Merged(clean()));
    story.then(Event::Moved(MoveResult::Moved { kept: vec![] }));
    assert_eq!(story.effects, [Effect::LeaveTurn]);
    assert!(story.unit.is_settled());
    story.then(Event::Deleted);
    assert_eq!(story.effects, [Effect::Remove]);
}

#[test]
fn a_retained_worktree_stays_also_when_the_operator_declares_it_done() {
    let mut story = Story::from(Phase::Implement);
    story.then(Event::Retained(true));
    story.starts();
    story.then(Event::DeclaredDone);
    assert_eq!(story.stage(), Stage::Stopping(Ladder::End));
    story.ends(Outcome::Interrupted);
    assert!(story.effects.is_empty() && story.unit.is_settled());
}
