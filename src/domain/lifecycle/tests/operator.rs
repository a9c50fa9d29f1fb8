//! Questions and the verbs of the operator.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Story, agent, base, clean, found, questions};
use crate::domain::attempt::{Ladder, Stage};
use crate::domain::attention::About;
use crate::domain::event::{Effect, Event, Patch, Wanted};
use crate::domain::ids::{ChunkName, SessionId};
use crate::domain::lifecycle::allowed_verbs;
use crate::domain::phase::Phase;
use crate::domain::report::{ErrorKind, Outcome, Question, QuestionSet};
use crate::domain::work_unit::{Activity, Admission, Leftovers, Note, Status, Wait, WorkUnit};
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn a_warm_process_gets_its_answer_and_goes_on() {
    let mut story = Story::from(Phase::Plan);
    story.asks();
    let attempt = story.live();
    assert_eq!((story.asked_about(), story.stage(), story.unit.holds_slot()), ("question", Stage::Warm, false));
    story.answered();
    assert!(story.is_ready_in(Phase::Plan));
    story.then(Event::Dispatched { agent: agent() });
    assert_eq!(story.unit.status, Status::Running(Activity::Agent));
    assert_eq!(story.effects, [Effect::Deliver(attempt.clone())]);
    assert_eq!(story.live(), attempt);
}

#[test]
fn a_cold_answer_resumes_the_same_session_in_a_new_attempt() {
    let mut story = Story::from(Phase::Plan);
    story.asks();
    let attempt = story.live();
    story.then(Event::Cooled);
    assert_eq!(story.effects, [Effect::Stop(attempt.clone(), Ladder::Suspend)]);
    story.answered();
    assert_eq!(story.refuses(&Event::Dispatched { agent: agent() }), "its last process has not ended yet");
    story.ends(Outcome::Interrupted);
    story.then(Event::Gathered(found()));
    assert!(story.is_ready_in(Phase::Plan));
    story.starts();
    assert_ne!(story.live(), attempt);
    assert_eq!(story.unit.session, SessionId::parse("s-1").ok());
    assert!(matches!(&story.unit.notes[..], [Note::Answers { answers, .. }] if answers == &["JWT"]));
}

#[test]
fn a_question_outlives_its_process_and_a_failed_gathering() {
    let mut story = Story::from(Phase::Plan);
    story.asks();
    story.ends(Outcome::Suspended);
    story.then(Event::GatherFailed { reason: "the disk is full".into() });
    assert_eq!(story.asked_about(), "question");
    assert!(story.reason().ends_with("the disk is full"), "{}", story.reason());
    story.then(Event::Crashed { reason: "index out of bounds".into() });
    assert_eq!(story.asked_about(), "question");
}

#[test]
fn every_item_of_a_set_wants_an_answer() {
    let mut story = Story::from(Phase::Plan);
    story.starts();
    let one = questions().items[0].clone();
    let set = QuestionSet::new("q-2", vec![one.clone(), one]);
    story.then(Event::Asked { attempt: story.live(), set });
    story.answered();
    assert_eq!(story.asked_about(), "question");
    assert_eq!(
        story.refuses(&Event::Answered { answers: vec![(2, "x".into())], until: None }),
        "it has no question of that number"
    );
    story.then(Event::Answered { answers: vec![(1, "an hour".into())], until: None });
    assert!(story.is_ready_in(Phase::Plan));
}

#[test]
fn an_answer_is_taken_back_until_an_agent_has_it() {
    let mut story = Story::from(Phase::Plan);
    let back = Event::Retracted { item: None };
    assert_eq!(story.refuses(&back), "an agent has taken its last answer, or it was never asked");
    story.asks();
    assert_eq!(story.refuses(&back), "none of its questions has an answer yet");
    let until = Some(story.now() + Duration::from_secs(5));
    story.then(Event::Answered { answers: vec![(0, "JWT".into())], until });
    assert_eq!(story.unit.status, Status::Ready { wait: until.map(|until| Wait { until, error: None }) });
    assert!(allowed_verbs(&story.unit).contains(&"retract"));
    story.then(back.clone());
    assert_eq!((story.asked_about(), story.unit.notes.len()), ("question", 0));

    story.answered();
    story.then(Event::Dispatched { agent: agent() });
    assert_eq!(story.refuses(&back), "an agent has taken its last answer, or it was never asked");
}

#[test]
fn taking_back_one_answer_of_several_keeps_the_others() {
    let mut story = Story::from(Phase::Plan);
    story.starts();
    let one = questions().items[0].clone();
    story.then(Event::Asked { attempt: story.live(), set: QuestionSet::new("q-2", vec![one.clone(), one]) });
    story.then(Event::Answered { answers: vec![(0, "JWT".into()), (1, "an hour".into())], until: None });
    story.then(Event::Retracted { item: Some(1) });
    assert_eq!(story.refuses(&Event::Retracted { item: Some(1) }), "that question has no answer yet");
    let about = &story.unit.ask().unwrap().about;
    assert!(
        matches!(about, About::Question { answers, .. } if *answers == [Some("JWT".to_owned()), None]),
        "{about:?}"
    );
}

#[test]
fn advice_is_taken_back_with_what_was_counted() {
    let mut story = Story::from(Phase::Plan);
    story.fails(ErrorKind::Refused);
    let failed = story.unit.clone();
    story.then(Event::Answered { answers: vec![(0, "use the other disk".into())], until: None });
    story.then(Event::BlockersChanged { by: BTreeSet::from([ChunkName::parse("b").unwrap()]) });
    story.then(Event::Retracted { item: None });
    assert_eq!(WorkUnit { updated_at: failed.updated_at, ..story.unit.clone() }, failed);
    assert_eq!(story.refuses(&Event::Retracted { item: None }), "it was not answered yet");
}

#[test]
fn a_permission_is_granted_by_approval_and_denied_by_an_answer() {
    for (event, told) in [
        (Event::Approved, "Allow"),
        (Event::Answered { answers: vec![(0, "not on this machine".into())], until: None }, "not on this machine"),
    ] {
        let mut story = Story::from(Phase::Plan);
        story.starts();
        let item = Question { header: "Permission".into(), text: "May it?".into(), options: Vec::new(), many: false };
        story.then(Event::Asked { attempt: story.live(), set: QuestionSet::permission("p-1", item) });
        assert_eq!(story.asked_about(), "permission");
        story.then(event);
        let told_agent = |note: &Note| matches!(note, Note::Answers { answers, .. } if *answers == [told.to_owned()]);
        assert!(story.unit.notes.iter().any(told_agent), "{:?}", story.unit.notes);
    }
}

#[test]
fn only_agents_may_ask() {
    let mut story = Story::from(Phase::Plan);
    story.rules.setup = Some("make ready".into());
    story.starts();
    assert_eq!(story.refuses(&Event::Asked { attempt: story.live(), set: questions() }), "only an agent may ask");
}

#[test]
fn a_canceled_unit_is_tidied_up_when_its_process_is_gone() {
    let mut story = Story::from(Phase::Implement);
    story.starts();
    let attempt = story.live();
    story.then(Event::Canceled);
    assert_eq!(story.effects, [Effect::Stop(attempt, Ladder::End)]);
    assert_eq!(story.unit.status, Status::Canceled { leftovers: Leftovers::Directories });
    story.refuses(&Event::Retried);
    story.ends(Outcome::Interrupted);
    assert_eq!(story.effects, [Effect::Remove]);
    story.then(Event::Removed { preserved: None });
    story.then(Event::Retried);
    assert!(story.is_ready_in(Phase::Implement));
}

#[test]
fn a_unit_canceled_while_its_worktree_is_prepared_leaves_none_behind() {
    let mut story = Story::from(Phase::Rebase);
    story.then(Event::Dispatched { agent: agent() });
    story.then(Event::Canceled);
    assert_eq!((story.effects.len(), story.unit.is_settled()), (0, false), "it waits for the preparation to end");
    story.then(Event::Prepared { base: base(), remarks: vec![] });
    assert_eq!(story.effects, [Effect::Remove]);
}

#[test]
fn a_unit_that_never_began_leaves_nothing() {
    let mut story = Story::from(Phase::Plan);
    story.then(Event::Canceled);
    assert_eq!(story.unit.status, Status::Canceled { leftovers: Leftovers::Nothing });
    assert!(story.unit.is_settled());
}

#[test]
fn nothing_ends_a_unit_whose_branch_is_moving() {
    let mut story = Story::from(Phase::Complete);
    story.completes();
    story.then(Event::Merged(clean()));
    for event in [Event::Canceled, Event::Deleted, Event::DeclaredDone] {
        assert_eq!(story.refuses(&event), "its work is landing at this moment");
    }
}

#[test]
fn words_for_a_running_agent_interrupt_it_and_come_first() {
    let mut story = Story::from(Phase::Implement);
    story.starts();
    story.then(Event::Interrupted { message: Some("use the cache".into()) });
    assert_eq!(story.stage(), Stage::Stopping(Ladder::Suspend));
    story.ends(Outcome::Interrupted);
    story.then(Event::Gathered(found()));
    assert!(story.is_ready_in(Phase::Implement));
    assert_eq!(story.unit.notes, [Note::Message("use the cache".into())]);
}

#[test]
fn an_interrupt_without_words_holds_the_unit() {
    let mut story = Story::from(Phase::Implement);
    story.starts();
    story.then(Event::Interrupted { message: None });
    story.ends(Outcome::Interrupted);
    story.then(Event::Gathered(found()));
    assert_eq!(story.unit.status, Status::Pending(Admission::Held));
    story.then(Event::Released);
    assert!(story.is_ready_in(Phase::Implement));
}

#[test]
fn a_running_agent_is_held_and_goes_on_in_its_conversation() {
    let mut story = Story::from(Phase::Implement);
    story.starts();
    let session = SessionId::parse("s-1").unwrap();
    story.then(Event::Named { attempt: story.live(), session, version: None });
    story.then(Event::Held);
    assert_eq!(story.stage(), Stage::Stopping(Ladder::Suspend));
    story.ends(Outcome::Interrupted);
    story.then(Event::Gathered(found()));
    assert_eq!(story.unit.status, Status::Pending(Admission::Held));
    story.then(Event::Released);
    assert!(story.is_ready_in(Phase::Implement) && story.unit.session.is_some());
}

#[test]
fn a_retry_is_a_fresh_conversation_even_if_the_old_process_speaks_again() {
    let mut story = Story::from(Phase::Plan);
    story.asks();
    story.then(Event::Retried);
    let session = SessionId::parse("s-1").unwrap();
    story.then(Event::Named { attempt: story.live(), session, version: None });
    assert_eq!(story.unit.session, None);
}

#[test]
fn a_warm_process_does_not_go_on_in_another_phase_or_under_hold() {
    let mut story = Story::from(Phase::Plan);
    story.asks();
    story.answered();
    story.then(Event::Held);
    assert_eq!(story.stage(), Stage::Stopping(Ladder::Suspend));
    story.then(Event::PhaseSet(Phase::Implement));
    assert_eq!(story.stage(), Stage::Stopping(Ladder::End));
}

#[test]
fn a_held_unit_stays_held_when_its_phase_is_skipped() {
    let mut story = Story::from(Phase::Plan);
    story.then(Event::Held);
    story.then(Event::Skipped);
    assert_eq!((story.unit.phase, &story.unit.status), (Phase::Implement, &Status::Pending(Admission::Held)));
}

#[test]
fn dependencies_set_by_hand_count_at_once_and_other_blockers_stay() {
    let mut story = Story::from(Phase::Plan);
    let on = |names: &[&str]| names.iter().map(|name| ChunkName::parse(*name).unwrap()).collect::<BTreeSet<_>>();
    story.then(Event::DependenciesSet(on(&["b"])));
    assert_eq!(story.unit.status, Status::Blocked { by: on(&["b"]) });
    story.then(Event::BlockersChanged { by: on(&["b", "c"]) });
    story.then(Event::DependenciesSet(on(&["d"])));
    assert_eq!(story.unit.status, Status::Blocked { by: on(&["c", "d"]) });
    story.then(Event::BlockersChanged { by: on(&["d"]) });
    story.then(Event::DependenciesSet(on(&[])));
    assert!(story.is_ready_in(Phase::Plan));
}

#[test]
fn a_lost_dependency_is_shown_and_can_be_let_go() {
    let mut story = Story::from(Phase::Plan);
    let on = |text: &str| BTreeSet::from([ChunkName::parse(text).unwrap()]);
    assert_eq!(story.refuses(&Event::DependenciesSet(on("a"))), "a unit cannot wait for itself");
    story.then(Event::DependenciesSet(on("b")));
    story.then(Event::BlockersChanged { by: on("b") });
    story.then(Event::DependencyLost { lost: on("b") });
    assert_eq!(story.asked_about(), "dependency");
    story.then(Event::Released);
    assert!(story.is_ready_in(Phase::Plan) && story.unit.depends_on.is_empty());
}

#[test]
fn several_changes_by_hand_happen_together_or_not_at_all() {
    let mut story = Story::from(Phase::Plan);
    story.starts();
    let impossible = Patch { priority: Some(7), retain: Some(true), phase: Some(Phase::Goal), ..Patch::default() };
    story.refuses(&Event::Patched(impossible));
    assert_eq!((story.unit.priority, story.unit.retain), (0, false));
    let edit = Patch { priority: Some(7), retain: Some(true), ..Patch::default() };
    story.then(Event::Patched(edit));
    assert_eq!((story.unit.priority, story.unit.retain), (7, true), "also while an agent is at work");
}

#[test]
fn a_status_by_hand_starts_from_where_the_other_changes_lead() {
    let mut story = Story::from(Phase::Implement);
    story.asks();
    story.then(Event::Patched(Patch { phase: Some(Phase::Plan), status: Some(Wanted::Ready), ..Patch::default() }));
    assert!(story.is_ready_in(Phase::Plan));
    story.then(Event::Patched(Patch { status: Some(Wanted::Pending), ..Patch::default() }));
    assert_eq!(story.unit.status, Status::Pending(Admission::Held));
    story.then(Event::Patched(Patch { status: Some(Wanted::Ready), ..Patch::default() }));
    assert!(story.is_ready_in(Phase::Plan));
    story.then(Event::Patched(Patch { status: Some(Wanted::Done), ..Patch::default() }));
    assert!(story.unit.is_terminal());
}

#[test]
fn an_agent_at_work_takes_changes_of_priority_and_retention() {
    let mut story = Story::from(Phase::Implement);
    story.starts();
    story.then(Event::Prioritized(9));
    story.then(Event::Retained(true));
    story.ends(Outcome::Finished);
    assert_eq!((story.unit.priority, story.unit.retain), (9, true), "what the attempt's end says does not undo them");
}

#[test]
fn what_is_not_ready_any_more_is_not_dispatched() {
    let mut story = Story::from(Phase::Plan);
    story.then(Event::Held);
    assert_eq!(story.refuses(&Event::Dispatched { agent: agent() }), "only what is ready can be dispatched");
    assert!(story.effects.is_empty(), "no worktree was made");
}
