//! Leads a unit through a life of chosen events, and has every step checked.

use crate::checks::{Ledger, check};
use crate::world;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;
use ve::domain::attempt::Stage;
use ve::domain::attention::About;
use ve::domain::event::{Event, IllegalEvent, Moment, RebaseResult, Step};
use ve::domain::landing::{Landing, MergeResult, MoveResult};
use ve::domain::phase::{Phase, Phases};
use ve::domain::policy::Exhausted;
use ve::domain::report::{Outcome, ReviewVerdict};
use ve::domain::rules::Rules;
use ve::domain::work_unit::{Activity, Admission, Status, WorkUnit};

/// The state machine, or a mutant of it.
pub type Machine = fn(&WorkUnit, &Event, &Rules, &Moment) -> Result<Step, IllegalEvent>;

/// Which kind of event comes next.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// What brings it home.
    Smooth,
    /// What could really happen now.
    Likely,
    /// Any verb of the operator.
    Operator,
    /// Anything at all, also of an attempt that is over.
    Anything,
}

/// A choice of the next event, made without knowing the state it will meet.
#[derive(Clone, Debug)]
pub struct Pick {
    source: Source,
    index: Index,
}

/// A whole life: rules, where it starts, and what happens.
#[derive(Clone, Debug)]
pub struct Life {
    pub rules: Rules,
    pub phase: Phase,
    pub picks: Vec<Pick>,
}

/// Public name, activity and whether it is to be held: what tells states apart in reports.
pub fn label(unit: &WorkUnit) -> String {
    let mut label = match &unit.status {
        Status::Running(activity) => format!("RUNNING {}", activity.name()),
        Status::NeedsAttention(ask) => format!("NEEDS_ATTENTION {}", ask.about.kind()),
        Status::Pending(Admission::LandingHeld) => "PENDING landing".to_owned(),
        status => status.name().to_owned(),
    };
    if unit.hold {
        label.push_str(" to be held");
    }
    label
}

pub fn lives(length: usize) -> impl Strategy<Value = Life> {
    let source = prop_oneof![20 => Just(Source::Smooth), 12 => Just(Source::Likely), 2 => Just(Source::Operator), 3 => Just(Source::Anything)];
    let pick = (source, any::<Index>()).prop_map(|(source, index)| Pick { source, index });
    let rules =
        (any::<[bool; 4]>(), 0..3_usize, 0..3_usize).prop_map(|([setup, short, approve, fail], worker, landing)| {
            let mut rules = world::rules();
            rules.setup = setup.then(|| "make ready".into());
            rules.gates = world::gates(worker, landing);
            rules.policy.approve_goals = approve;
            rules.policy.exhausted = if fail { Exhausted::Fail } else { Exhausted::Ask };
            rules.phases = if short { Phases::new(&[]) } else { Phases::default() };
            rules
        });
    (rules, prop::sample::select(Phase::ALL.to_vec()), prop::collection::vec(pick, 1..length))
        .prop_map(|(rules, phase, picks)| Life { rules, phase, picks })
}

/// What could happen next to a unit in this state, the usual before the unusual and more often.
fn likely(unit: &WorkUnit) -> Vec<Event> {
    let mut next = Vec::new();
    if let Some(live) = &unit.live {
        match live.stage {
            Stage::Gathering => next.extend(world::gathered()),
            Stage::Warm => next.push(Event::Cooled),
            Stage::Working | Stage::Stopping(_) => next.extend(world::said(&live.attempt)),
        }
    }
    let (worked, verbs) = (world::worked(), world::verbs());
    let those = |names: &[&str]| -> Vec<Event> {
        worked.iter().chain(&verbs).filter(|event| names.contains(&event.name())).cloned().collect()
    };
    let more = match &unit.status {
        Status::Pending(Admission::Held | Admission::LandingHeld) => those(&["released"]),
        Status::Pending(Admission::Approval) => those(&["approved"]),
        Status::Ready { .. } => [those(&["dispatched"]), those(&["dispatched"]), those(&["blockers changed"])].concat(),
        Status::Assigned => those(&["prepared", "preparation failed", "held"]),
        Status::Running(Activity::Rebasing) => those(&["rebased"]),
        Status::Running(Activity::MarkingActive) => those(&["gathered", "gather failed"]),
        Status::Running(Activity::Landing(Landing::Merging)) => those(&["merged"]),
        Status::Running(Activity::Landing(Landing::Moving { .. })) => those(&["moved"]),
        Status::Running(_) => those(&["held"]),
        Status::Blocked { .. } => those(&["blockers changed", "dependency lost"]),
        Status::NeedsAttention(ask) => match ask.about {
            About::Question { .. } => those(&["answered"]),
            _ => those(&["answered", "approved", "retried", "released"]),
        },
        Status::Failed { .. } | Status::Done { .. } | Status::Canceled { .. } | Status::Deleted { .. } => {
            those(&["removed", "remove failed", "retried"])
        }
    };
    next.extend(more);
    next
}

/// What happens when all goes well: long lives need it to come far.
fn smooth(unit: &WorkUnit) -> Vec<Event> {
    let happy = |event: &Event| match event {
        Event::Ended { outcome, .. } => *outcome == Outcome::Finished,
        Event::Decided { decision, .. } => decision.verdict == ReviewVerdict::Approve,
        Event::Started { .. } => unit.status == Status::Assigned && unit.base.is_some(),
        Event::Gathered(found) => {
            found.contains_base && !found.feedback_open && found.changes_code && found.chunk.is_some()
        }
        Event::Merged(MergeResult::Clean { .. }) | Event::Moved(MoveResult::Moved { .. } | MoveResult::TargetMoved) => {
            true
        }
        Event::Merged(_) | Event::Moved(_) | Event::Asked { .. } | Event::Named { .. } | Event::Used { .. } => false,
        Event::Rebased(result) => matches!(result, RebaseResult::Clean { .. }),
        Event::BlockersChanged { by } => by.is_empty(),
        Event::Held => false,
        Event::PreparationFailed { .. } | Event::RemoveFailed { .. } | Event::GatherFailed { .. } => false,
        _ => true,
    };
    likely(unit).into_iter().filter(happy).collect()
}

fn choose(pick: &Pick, unit: &WorkUnit, step: u64) -> Event {
    let options = match pick.source {
        Source::Smooth => smooth(unit),
        Source::Likely => likely(unit),
        Source::Operator => world::verbs(),
        Source::Anything => {
            // Half of them of the live attempt, half of one that is over or never was.
            let live = unit.live.as_ref().map_or_else(|| world::attempt(0), |live| live.attempt.clone());
            [world::everything(&live), world::said(&world::attempt(step / 2))].concat()
        }
    };
    let options = if options.is_empty() { world::verbs() } else { options };
    pick.index.get(&options).clone()
}

/// Leads a unit through `life`; the pairs of state and event that were accepted, or what a check found wrong.
pub fn walk(life: &Life, machine: Machine) -> Result<BTreeSet<(String, &'static str)>, String> {
    let accepted = world::unit(life.phase);
    let (mut unit, mut ledger, mut reached) = (accepted.clone(), Ledger::default(), BTreeSet::new());
    let mut journal: Vec<(Moment, Event)> = Vec::new();
    for (number, pick) in (1_u64..).zip(&life.picks) {
        let (event, moment) = (choose(pick, &unit, number), world::moment(number));
        let before = unit.clone();
        let answer = machine(&unit, &event, &life.rules, &moment);
        check(&before, &event, &answer, &mut ledger, life, machine).map_err(|why| {
            format!("{why}\n  {} of {} in {:?}\n  {:#?}", event.name(), label(&before), before.phase, answer)
        })?;
        if let Ok(step) = answer {
            reached.insert((label(&before), event.name()));
            unit = step.unit;
            journal.push((moment, event));
        }
    }
    let replayed = journal.iter().try_fold(accepted, |unit, (moment, event)| {
        machine(&unit, event, &life.rules, moment).map(|step| step.unit).map_err(|illegal| illegal.to_string())
    })?;
    if replayed != unit {
        return Err("replay: the journal leads to another unit".into());
    }
    Ok(reached)
}
