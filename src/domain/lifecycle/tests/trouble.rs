//! Errors, limits and what falls over.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Story, agent, found};
use crate::domain::account::{HaltReason, Halted};
use crate::domain::event::Event;
use crate::domain::ids::{AgentName, SessionId};
use crate::domain::phase::Phase;
use crate::domain::policy::Exhausted;
use crate::domain::report::{AgentError, ErrorKind, Outcome, ProcessExit, Usage};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Activity, Note, Status};

#[test]
fn overload_is_tried_again_in_the_same_session_up_to_a_limit() {
    let mut story = Story::from(Phase::Plan);
    for times in 1..=story.rules.policy.retry.attempts {
        story.fails(ErrorKind::Overloaded);
        let Status::Ready { wait: Some(wait) } = &story.unit.status else { unreachable!("{:?}", story.unit.status) };
        assert!(wait.until > story.now());
        assert_eq!(wait.error.as_deref(), Some("it did not work"));
        assert_eq!(story.unit.counters.errors, times);
    }
    story.fails(ErrorKind::Overloaded);
    assert_eq!(story.asked_about(), "failure");
}

#[test]
fn what_a_conversation_has_used_is_kept_until_another_begins() {
    let mut story = Story::from(Phase::Plan);
    story.starts();
    let named = |story: &mut Story, session: &str| {
        let session = SessionId::parse(session).unwrap();
        story.then(Event::Named { attempt: story.live(), session, version: None });
    };
    let used = Usage { input: 7, cost: 5, ..Usage::default() };
    named(&mut story, "s-1");
    story.then(Event::Used { attempt: story.live(), usage: used, session: used });
    named(&mut story, "s-1");
    assert_eq!(story.unit.session_used, used);
    named(&mut story, "s-2");
    assert_eq!(story.unit.session_used, Usage::default());
}

#[test]
fn success_forgets_earlier_errors() {
    let mut story = Story::from(Phase::Plan);
    story.fails(ErrorKind::Overloaded);
    story.works(found());
    assert_eq!(story.unit.counters.errors, 0);
}

#[test]
fn a_usage_limit_halts_the_account_and_the_unit_never_gives_up() {
    let mut story = Story::from(Phase::Plan);
    let resets_at = Timestamp::from_seconds(3600);
    for _ in 0..9 {
        story.fails(ErrorKind::UsageLimit { resets_at: Some(resets_at) });
        let Some(Halted { account, halt }) = story.halted.take() else { unreachable!("the account goes on") };
        assert_eq!((account, halt.message.as_str()), (agent(), "it did not work"));
        assert!(matches!(halt.why, HaltReason::Limit { until } if until >= resets_at));
        assert!(story.is_ready_in(Phase::Plan));
        assert_eq!((&*story.unit.notes, story.unit.counters.errors), (&[Note::Continue][..], 0));
    }
}

#[test]
fn a_missing_login_halts_the_account_and_asks_nobody_about_the_unit() {
    let mut story = Story::from(Phase::Plan);
    let shared = AgentName::parse("all").unwrap();
    story.rules.accounts.insert(agent(), shared.clone());
    story.fails(ErrorKind::NotLoggedIn);
    let Some(Halted { account, halt }) = story.halted.take() else { unreachable!("the account goes on") };
    assert_eq!((account, halt.why), (shared, HaltReason::Login));
    assert!(story.is_ready_in(Phase::Plan));
}

#[test]
fn what_an_attempt_met_halts_the_account_though_its_unit_is_canceled() {
    let mut story = Story::from(Phase::Plan);
    story.starts();
    story.then(Event::Canceled);
    story.ends(Outcome::Failed(AgentError { kind: ErrorKind::NotLoggedIn, message: "who are you".into() }));
    assert!(story.halted.is_some());
}

#[test]
fn a_lost_session_starts_over_on_the_same_work() {
    let mut story = Story::from(Phase::Plan);
    story.unit.session = SessionId::parse("s-1").ok();
    story.fails(ErrorKind::SessionLost);
    assert_eq!((&story.unit.session, &*story.unit.notes), (&None, &[Note::SessionLost][..]));
}

#[test]
fn the_third_crash_in_a_row_is_shown() {
    let mut story = Story::from(Phase::Implement);
    story.crashes();
    story.crashes();
    assert!(story.is_ready_in(Phase::Implement));
    assert_eq!(story.unit.notes, [Note::Continue]);
    story.crashes();
    assert_eq!((story.asked_about(), story.reason()), ("failure", "signal 9 ended the agent before it had a result"));
}

#[test]
fn a_failure_without_a_word_is_asked_about_in_words() {
    let mut story = Story::from(Phase::Implement);
    story.starts();
    story.ends(Outcome::Failed(AgentError { kind: ErrorKind::Other, message: " ".into() }));
    story.then(Event::Gathered(found()));
    assert_eq!(story.reason(), "failure: no reason was given");
}

#[test]
fn the_setup_command_runs_once_before_the_first_agent() {
    let mut story = Story::from(Phase::Plan);
    story.rules.setup = Some("make ready".into());
    story.starts();
    assert_eq!(story.unit.status, Status::Running(Activity::Setup));
    story.ends(Outcome::Finished);
    assert!(story.is_ready_in(Phase::Plan) && story.unit.set_up);
    story.starts();
    assert_eq!(story.unit.status, Status::Running(Activity::Agent));
}

#[test]
fn a_setup_that_fails_is_shown_and_one_that_is_late_decides_nothing() {
    let mut story = Story::from(Phase::Plan);
    story.rules.setup = Some("make ready".into());
    story.starts();
    story.ends(Outcome::Crashed { exit: ProcessExit::Code(1), stderr: "no network".into() });
    assert_eq!(story.asked_about(), "failure");
    story.then(Event::Retried);
    story.starts();
    story.then(Event::Crashed { reason: "index out of bounds".into() });
    story.ends(Outcome::Finished);
    assert_eq!(story.asked_about(), "failure", "the operator has not said a word yet");
}

#[test]
fn what_was_gathered_or_ended_once_is_not_heard_again() {
    let mut story = Story::from(Phase::Plan);
    story.starts();
    assert_eq!(story.refuses(&Event::Gathered(found())), "nothing was being gathered");
    story.ends(Outcome::Finished);
    let again = Event::Ended { attempt: story.live(), outcome: Outcome::Finished };
    assert_eq!(story.refuses(&again), "its attempt has ended");
}

#[test]
fn what_is_exhausted_has_failed_where_the_rules_say_so() {
    let mut story = Story::from(Phase::Plan);
    story.rules.policy.exhausted = Exhausted::Fail;
    for _ in 0..3 {
        story.crashes();
    }
    assert!(matches!(&story.unit.status, Status::Failed { reason } if reason.contains("tried again 2 times")));
    assert!(story.unit.is_settled());
    story.then(Event::Retried);
    story.fails(ErrorKind::Refused);
    assert_eq!(story.asked_about(), "failure", "what is never tried again is not exhausted");
}
