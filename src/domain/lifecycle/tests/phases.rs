//! What the end of a phase leads to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Story, base, clean, decision, found, merge};
use crate::domain::chunk::ChunkStatus;
use crate::domain::event::{Effect, Event, Gathered, RebaseResult};
use crate::domain::ids::ChunkName;
use crate::domain::landing::{Landing, MoveResult};
use crate::domain::lifecycle::{name_taken, resume};
use crate::domain::phase::{Phase, Phases};
use crate::domain::report::{Outcome, ReviewVerdict};
use crate::domain::work_unit::{Activity, Admission, Leftovers, Note, Nudge, Proof, Status};

fn chunk(name: &str) -> ChunkName {
    ChunkName::from_argument(name).unwrap()
}

#[test]
fn a_chunk_goes_home_through_all_phases() {
    let mut story = Story::from(Phase::Goal);
    story.works(found());
    assert!(story.is_ready_in(Phase::Plan));
    story.works(found());
    assert!(story.is_ready_in(Phase::Implement));
    story.works(found());
    assert!(story.is_ready_in(Phase::Rebase));
    story.rebases();
    assert!(story.is_ready_in(Phase::Review));
    story.reviews(Some(ReviewVerdict::Approve));
    assert!(story.is_ready_in(Phase::Complete));
    story.completes();
    assert_eq!(
        (&story.unit.status, &*story.effects),
        (&Status::Running(Activity::Landing(Landing::Merging)), &[Effect::Land][..])
    );
    story.then(Event::Merged(clean()));
    story.then(Event::Moved(MoveResult::Moved { kept: vec![] }));
    let proof = Proof::Landed { merge: merge(), gates: 0, kept: vec![] };
    assert_eq!(story.unit.status, Status::Done { proof: proof.clone(), leftovers: Leftovers::Directories });
    assert_eq!(story.effects, [Effect::LeaveTurn, Effect::Remove]);
    story.then(Event::Removed { preserved: None });
    assert_eq!(story.unit.status, Status::Done { proof, leftovers: Leftovers::Nothing });
    assert!(story.unit.is_settled() && resume(&story.unit).is_empty());
}

#[test]
fn a_name_that_another_unit_bears_is_shown_where_an_agent_gave_it() {
    let mut story = Story::from(Phase::Plan);
    story.starts();
    story.ends(Outcome::Finished);
    let follows = name_taken(&Event::Gathered(found()), "save it: there is one").unwrap();
    story.then(follows);
    assert!(story.unit.ask().unwrap().reason.contains("failed to save it: there is one"));
    assert_eq!(name_taken(&Event::Held, "save it"), None, "nobody was given a name");
}

#[test]
fn phases_that_are_not_configured_are_left_out() {
    let mut story = Story::from(Phase::Implement);
    story.rules.phases = Phases::new(&[]);
    story.works(found());
    assert!(story.is_ready_in(Phase::Complete));
}

#[test]
fn a_goal_may_wait_for_approval() {
    let mut story = Story::from(Phase::Goal);
    story.rules.policy.approve_goals = true;
    story.works(found());
    assert_eq!(story.unit.status, Status::Pending(Admission::Approval));
    story.then(Event::Approved);
    assert!(story.is_ready_in(Phase::Plan));
}

#[test]
fn feedback_goes_back_to_implement_until_the_limit() {
    let mut story = Story::from(Phase::Review);
    for _ in 0..2 {
        story.reviews(Some(ReviewVerdict::Feedback));
        assert!(story.is_ready_in(Phase::Implement));
        assert!(matches!(story.unit.notes[..], [Note::Feedback(_)]));
        assert_eq!(story.unit.session, None);
        story.works(found());
        story.rebases();
    }
    story.reviews(Some(ReviewVerdict::Feedback));
    assert_eq!(story.asked_about(), "review");
    assert!(story.reason().contains("3 reviews asked for changes"), "{}", story.reason());
}

#[test]
fn feedback_that_is_not_dealt_with_is_pointed_out() {
    let mut story = Story::from(Phase::Implement);
    for _ in 0..2 {
        story.works(Gathered { feedback_open: true, ..found() });
        assert_eq!(story.unit.notes, [Note::Nudge(Nudge::Feedback)]);
    }
    story.works(Gathered { feedback_open: true, ..found() });
    assert_eq!(story.asked_about(), "review");
}

#[test]
fn a_review_without_a_decision_is_reminded_then_shown() {
    let mut story = Story::from(Phase::Review);
    for _ in 0..2 {
        story.reviews(None);
        assert!(story.is_ready_in(Phase::Review));
        assert_eq!(story.unit.notes, [Note::Nudge(Nudge::Decision)]);
    }
    story.reviews(None);
    assert_eq!(story.asked_about(), "review");
}

#[test]
fn the_first_decision_of_a_review_counts_and_an_escalation_is_shown() {
    let mut story = Story::from(Phase::Review);
    story.starts();
    for verdict in [ReviewVerdict::Escalate, ReviewVerdict::Approve] {
        story.then(Event::Decided { attempt: story.live(), decision: decision(verdict) });
    }
    story.ends(Outcome::Finished);
    story.then(Event::Gathered(found()));
    assert_eq!((story.asked_about(), story.reason()), ("review", "review escalated: a test is missing"));
}

#[test]
fn a_rebase_starts_an_agent_only_for_a_conflict() {
    let mut story = Story::from(Phase::Rebase);
    story.starts();
    assert_eq!((&story.unit.status, &*story.effects), (&Status::Running(Activity::Rebasing), &[Effect::Rebase][..]));
    let paths = vec!["src/lib.rs".to_owned()];
    story.then(Event::Rebased(RebaseResult::Conflict { base: base(), paths: paths.clone() }));
    assert_eq!(story.unit.notes, [Note::Conflict { paths }]);
    story.works(Gathered { contains_base: false, ..found() });
    assert_eq!(story.unit.notes, [Note::Nudge(Nudge::Merge)]);
    story.works(found());
    assert!(story.is_ready_in(Phase::Review));
}

#[test]
fn a_status_that_has_not_moved_on_is_pointed_out_then_set_by_the_operator() {
    let mut story = Story::from(Phase::Complete);
    for _ in 0..2 {
        story.works(found());
        assert_eq!(story.unit.notes, [Note::Nudge(Nudge::ChunkStatus)]);
    }
    story.works(found());
    assert_eq!(story.asked_about(), "completion");
    story.then(Event::Approved);
    assert_eq!(story.effects, [Effect::MarkActive]);
    story.then(Event::Gathered(Gathered { chunk: Some(ChunkStatus::Active), ..found() }));
    assert_eq!(story.unit.status, Status::Running(Activity::Landing(Landing::Merging)));
}

#[test]
fn a_chunk_removed_as_told_is_complete() {
    let mut story = Story::from(Phase::Complete);
    story.works(Gathered { chunk: None, ..found() });
    assert_eq!(story.unit.status, Status::Running(Activity::Landing(Landing::Merging)));
}

#[test]
fn every_status_past_implementing_completes_a_chunk() {
    for status in [ChunkStatus::Active, ChunkStatus::Composite, ChunkStatus::Superseded, ChunkStatus::Historical] {
        let mut story = Story::from(Phase::Complete);
        story.works(Gathered { chunk: Some(status), ..found() });
        assert_eq!(story.unit.status, Status::Running(Activity::Landing(Landing::Merging)), "{status:?}");
    }
}

#[test]
fn work_that_changes_no_code_is_not_done() {
    let mut story = Story::from(Phase::Complete);
    story.works(Gathered { chunk: Some(ChunkStatus::Active), changes_code: false, ..found() });
    assert_eq!(story.asked_about(), "no change");
}

#[test]
fn a_chunk_renamed_in_its_plan_keeps_everything_but_its_name() {
    for phase in [Phase::Goal, Phase::Plan] {
        let mut story = Story::from(phase);
        story.unit.counters.rebases = 1;
        let before = story.unit.clone();
        story.works(Gathered { chunk: None, successors: vec![chunk("better")], ..found() });
        assert_eq!(story.unit.chunk, chunk("better"));
        assert!(story.unit.answers_to(&before.chunk) && story.unit.id == before.id);
        assert_eq!(story.unit.counters, before.counters);
        assert_eq!(story.asked_about(), "nothing");
    }
}

#[test]
fn a_chunk_that_is_gone_or_may_be_one_of_several_is_asked_about() {
    for (phase, successors) in [
        (Phase::Plan, vec![]),
        (Phase::Goal, vec![chunk("one"), chunk("two")]),
        (Phase::Implement, vec![chunk("better")]),
        (Phase::Review, vec![]),
    ] {
        let mut story = Story::from(phase);
        story.works(Gathered { chunk: None, successors, ..found() });
        assert_eq!((story.asked_about(), story.unit.phase), ("failure", phase));
        assert!(story.reason().starts_with("docs/chunks/a/GOAL.md is gone"), "{}", story.reason());
        assert_eq!(story.unit.chunk, chunk("a"));
    }
}
