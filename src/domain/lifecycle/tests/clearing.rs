//! Worktrees kept, given up and tidied up.

use super::{Story, clean, found};
use crate::domain::event::{Effect, Event};
use crate::domain::landing::MoveResult;
use crate::domain::lifecycle::resume;
use crate::domain::phase::Phase;
use crate::domain::report::Outcome;
use crate::domain::work_unit::{Leftovers, Status};

fn landed(retain: bool) -> Story {
    let mut story = Story::from(Phase::Complete);
    story.unit.retain = retain;
    story.completes();
    story.then(Event::Merged(clean()));
    story.then(Event::Moved(MoveResult::Moved { kept: vec![] }));
    story
}

#[test]
fn a_retained_worktree_goes_when_it_is_pruned_and_only_then() {
    for verb in [Event::Pruned, Event::Retained(false)] {
        let mut story = landed(true);
        assert!(story.unit.is_settled() && !story.effects.contains(&Effect::Remove));
        story.then(verb);
        assert_eq!((story.effects.as_slice(), story.unit.is_settled()), (&[Effect::Remove][..], false));
        story.then(Event::Removed { preserved: None });
        assert!(story.unit.is_settled() && !story.unit.retain);
        assert_eq!(story.refuses(&Event::Pruned), "its worktree is gone already");
    }
}

#[test]
fn what_could_not_be_removed_can_be_given_up_again() {
    let mut story = landed(false);
    story.then(Event::RemoveFailed { reason: "the disk is read-only".into() });
    assert_eq!(story.unit.leftovers(), Some(Leftovers::Directories));
    story.then(Event::Cleared);
    assert_eq!(story.effects, [Effect::Clear]);
}

#[test]
fn the_worktree_of_a_unit_that_goes_on_is_given_up_only_while_nothing_is_at_work() {
    let mut story = Story::from(Phase::Implement);
    assert_eq!(story.refuses(&Event::Cleared), "it has no worktree yet");
    story.starts();
    assert_eq!(story.refuses(&Event::Pruned), "its process has not ended yet");
    story.ends(Outcome::Interrupted);
    assert_eq!(story.refuses(&Event::Pruned), "its process has not ended yet");
    story.then(Event::Gathered(found()));
    story.unit.set_up = true;
    story.then(Event::Pruned);
    assert_eq!(story.effects, [Effect::Clear], "its branch is where it goes on");
    assert!(!story.unit.set_up, "another worktree is to be set up anew");
    story.then(Event::Removed { preserved: None });
    assert_eq!(story.unit.status, Status::Ready { wait: None });
}

#[test]
fn what_the_operator_declared_done_is_never_landed_behind_their_back() {
    let mut story = Story::from(Phase::Implement);
    story.starts();
    story.ends(Outcome::Finished);
    story.then(Event::Gathered(found()));
    story.then(Event::DeclaredDone);
    assert_eq!(story.effects, [Effect::Remove]);
    assert_eq!(resume(&story.unit), [Effect::Remove], "nor at the next start");
    story.then(Event::Removed { preserved: None });
    assert_eq!(resume(&story.unit), []);
}
