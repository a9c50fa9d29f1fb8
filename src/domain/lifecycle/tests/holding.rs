//! Holding a unit wherever it is, and parking it.

use super::{Story, agent, base, clean, found, gates};
use crate::domain::attempt::{Ladder, Stage};
use crate::domain::event::{Effect, Event, Patch, RebaseResult, Wanted};
use crate::domain::landing::MoveResult;
use crate::domain::phase::Phase;
use crate::domain::report::Outcome;
use crate::domain::work_unit::{Admission, Proof, Status};

const HELD: Status = Status::Pending(Admission::Held);
const LANDING_HELD: Status = Status::Pending(Admission::LandingHeld);

fn held(phase: Phase) -> Story {
    let mut story = Story::from(phase);
    story.then(Event::Dispatched { agent: agent() });
    story.then(Event::Held);
    story
}

fn parked(reason: &str) -> Event {
    let (status, reason) = (Some(Wanted::NeedsAttention), Some(reason.to_owned()));
    Event::Patched(Patch { status, reason, ..Patch::default() })
}

#[test]
fn a_preparation_comes_to_its_end_and_no_agent_starts() {
    let mut story = held(Phase::Implement);
    assert_eq!(story.unit.status, Status::Assigned);
    story.then(Event::Prepared { base: base(), remarks: vec![] });
    assert_eq!(story.unit.status, HELD);
    assert_eq!(story.effects, [Effect::Stop(story.live(), Ladder::Suspend)], "what never ran is not run");
    story.ends(Outcome::Interrupted);
    story.then(Event::Gathered(found()));
    story.then(Event::Released);
    assert!(story.is_ready_in(Phase::Implement) && story.unit.base.is_some());
}

#[test]
fn a_process_that_came_to_life_meanwhile_is_stopped() {
    let mut story = Story::from(Phase::Implement);
    story.then(Event::Dispatched { agent: agent() });
    story.then(Event::Prepared { base: base(), remarks: vec![] });
    story.then(Event::Held);
    story.then(Event::Started { attempt: story.live(), pid: 7 });
    assert_eq!((&story.unit.status, story.stage()), (&HELD, Stage::Stopping(Ladder::Suspend)));
}

#[test]
fn what_cannot_be_torn_comes_to_its_end() {
    let mut rebase = held(Phase::Rebase);
    rebase.then(Event::Released);
    rebase.then(Event::Prepared { base: base(), remarks: vec![] });
    rebase.then(Event::Held);
    rebase.then(Event::Rebased(RebaseResult::Clean { base: base(), tip: base().lead.commit.into() }));
    assert_eq!((&rebase.unit.status, rebase.unit.phase), (&HELD, Phase::Review));
    let mut plan = Story::from(Phase::Plan);
    plan.starts();
    plan.ends(Outcome::Finished);
    plan.then(Event::Held);
    plan.then(Event::Gathered(found()));
    assert_eq!((&plan.unit.status, plan.unit.phase), (&HELD, Phase::Implement));
}

#[test]
fn a_landing_stops_before_its_next_step_and_goes_on_with_its_gates() {
    let mut story = Story::from(Phase::Complete);
    story.rules.gates = gates(1, 1);
    story.completes();
    story.then(Event::Held);
    story.ends(Outcome::Finished);
    assert_eq!(story.unit.status, LANDING_HELD);
    story.then(Event::Released);
    story.ends(Outcome::Finished);
    story.then(Event::Held);
    assert_eq!((&story.unit.status, &story.effects[..]), (&LANDING_HELD, &[Effect::LeaveTurn][..]));
    assert_eq!(story.refuses(&Event::Merged(clean())), "nothing was being merged");
    story.then(Event::Released);
    story.ends(Outcome::Finished);
    story.then(Event::Merged(clean()));
    story.then(Event::Held);
    story.ends(Outcome::Finished);
    assert_eq!((&story.unit.status, &story.effects[..]), (&LANDING_HELD, &[Effect::LeaveTurn][..]));
    assert_eq!(story.refuses(&Event::Cleared), "its landing goes on in its worktree");
    story.then(Event::PhaseSet(Phase::Implement));
    assert_eq!(story.unit.status, HELD, "a landing that was given up is no landing");
}

#[test]
fn a_branch_that_moves_is_not_held_back_but_what_follows_its_failure_is() {
    let moving = || {
        let mut story = Story::from(Phase::Complete);
        story.completes();
        story.then(Event::Merged(clean()));
        story.then(Event::Held);
        story
    };
    let mut story = moving();
    story.then(Event::Moved(MoveResult::Moved { kept: vec![] }));
    assert!(matches!(story.unit.status, Status::Done { proof: Proof::Landed { .. }, .. }) && !story.unit.hold);
    let mut story = moving();
    story.then(Event::Moved(MoveResult::TargetMoved));
    assert_eq!(story.unit.status, LANDING_HELD);
}

#[test]
fn what_waits_for_the_operator_is_held_once_that_is_decided() {
    let mut story = Story::from(Phase::Plan);
    story.asks();
    story.then(Event::Held);
    story.answered();
    assert_eq!((&story.unit.status, story.stage()), (&HELD, Stage::Stopping(Ladder::Suspend)));
    let mut goal = Story::from(Phase::Goal);
    goal.rules.policy.approve_goals = true;
    goal.works(found());
    goal.then(Event::Held);
    goal.then(Event::Approved);
    assert_eq!(goal.unit.status, HELD);
    let mut changed_its_mind = Story::from(Phase::Plan);
    changed_its_mind.asks();
    changed_its_mind.then(Event::Held);
    changed_its_mind.then(Event::Released);
    assert_eq!(changed_its_mind.asked_about(), "question", "only the hold is gone");
}

#[test]
fn a_parked_unit_shows_its_reason_and_goes_on_where_it_was() {
    let mut story = Story::from(Phase::Implement);
    story.starts();
    story.then(parked("wait for the review of the plan"));
    assert_eq!((story.asked_about(), story.reason()), ("parked", "wait for the review of the plan"));
    assert_eq!(story.stage(), Stage::Stopping(Ladder::Suspend));
    story.ends(Outcome::Interrupted);
    story.then(Event::Gathered(found()));
    story.then(Event::Patched(Patch { reason: Some("Monday".into()), ..Patch::default() }));
    assert_eq!(story.reason(), "Monday");
    story.then(Event::Released);
    assert!(story.is_ready_in(Phase::Implement));
    story.then(Event::Dispatched { agent: agent() });
    assert!(story.refuses(&parked("now")).contains("hold it"));
}

#[test]
fn a_landing_that_is_parked_goes_on_with_its_gates() {
    let mut story = Story::from(Phase::Complete);
    story.completes();
    story.then(parked("not before the release"));
    assert_eq!((story.asked_about(), story.reason()), ("landing", "not before the release"));
    story.then(Event::Retried);
    assert_eq!(story.effects, [Effect::Land]);
}
