//! What must be true of every step. Each check begins its complaint with its name, by which the mutants know it.

use crate::walk::{Life, Machine};
use crate::world;
use std::collections::BTreeMap;
use ve::domain::attempt::{AttemptChange, Ladder, Stage};
use ve::domain::attention::About;
use ve::domain::event::{Effect, Event, IllegalEvent, Step, Wanted};
use ve::domain::ids::AttemptId;
use ve::domain::landing::{Landing, MergeResult, MoveResult};
use ve::domain::lifecycle::{allowed_verbs, resume};
use ve::domain::work_unit::{Activity, Admission, Leftovers, Status, WorkUnit};

/// Every attempt that was opened, and whether it was closed.
#[derive(Default)]
pub struct Ledger(BTreeMap<AttemptId, bool>);

type Checked = Result<(), String>;

fn ensure(holds: bool, complaint: &str) -> Checked {
    if holds { Ok(()) } else { Err(complaint.to_owned()) }
}

/// Judges what `machine` made of `event`.
pub fn check(
    before: &WorkUnit,
    event: &Event,
    answer: &Result<Step, IllegalEvent>,
    ledger: &mut Ledger,
    life: &Life,
    machine: Machine,
) -> Checked {
    verbs(before, life, machine)?;
    let step = match answer {
        Ok(step) => step,
        Err(refused) => return refusal(before, event, refused),
    };
    speaker(before, event)?;
    shape(&step.unit)?;
    ends(before, event, &step.unit)?;
    question(before, event, &step.unit)?;
    held(before, event, &step.unit)?;
    taken_back(before, event, &step.unit, life, machine)?;
    hold(before, event, step)?;
    attempts(step, ledger)?;
    effects(step)?;
    drains(&step.unit, life, machine)
}

fn is_verb(event: &Event) -> bool {
    world::verbs().iter().any(|verb| std::mem::discriminant(verb) == std::mem::discriminant(event))
}

fn refusal(before: &WorkUnit, event: &Event, refused: &IllegalEvent) -> Checked {
    let names = refused.event == event.name() && refused.status == before.status.name();
    ensure(names && !refused.why.is_empty(), "refusal: it says what does not fit what, and why")
}

/// What is offered to the operator is accepted.
fn verbs(unit: &WorkUnit, life: &Life, machine: Machine) -> Checked {
    for verb in allowed_verbs(unit) {
        let event = match verb {
            "answer" => Event::Answered { answers: vec![(0, "yes".into())], until: None },
            "retract" => Event::Retracted { item: None },
            "approve" => Event::Approved,
            "retry" => Event::Retried,
            "hold" => Event::Held,
            "release" => Event::Released,
            "skip" => Event::Skipped,
            "interrupt" => Event::Interrupted { message: None },
            "prioritize" => Event::Prioritized(1),
            "cancel" => Event::Canceled,
            "delete" => Event::Deleted,
            "prune" => Event::Pruned,
            unknown => return Err(format!("verbs: nobody knows {unknown}")),
        };
        // Of a landing that fell over, the last process may still be on its way out.
        let dying = verb == "retry" && unit.live.is_some();
        if let Err(refused) = machine(unit, &event, &life.rules, &world::moment(1_000_000))
            && !dying
        {
            return Err(format!("verbs: {verb} is offered, but {refused}"));
        }
    }
    Ok(())
}

/// A process that is not the live one is not listened to.
fn speaker(before: &WorkUnit, event: &Event) -> Checked {
    let (Event::Started { attempt, .. }
    | Event::Named { attempt, .. }
    | Event::Asked { attempt, .. }
    | Event::Decided { attempt, .. }
    | Event::Used { attempt, .. }
    | Event::Ended { attempt, .. }) = event
    else {
        return Ok(());
    };
    let lives = before.live.as_ref().is_some_and(|live| live.attempt == *attempt && live.stage != Stage::Gathering);
    ensure(lives, "speaker: an attempt that is over was listened to")
}

/// States carry what they need.
fn shape(unit: &WorkUnit) -> Checked {
    match &unit.status {
        Status::NeedsAttention(ask) => {
            ensure(!ask.reason.trim().is_empty(), "reason: the operator is asked without a reason")?;
            if let About::Question { set, answers } = &ask.about {
                ensure(answers.len() == set.items.len(), "answers: not one place per question")?;
                ensure(answers.iter().any(Option::is_none), "answers: all are given, and it still waits")?;
            }
        }
        Status::Blocked { by } => ensure(!by.is_empty(), "blocked: by nobody")?,
        Status::Assigned | Status::Running(_) => ensure(!resume(unit).is_empty(), "stuck: nothing will end this")?,
        _ => {}
    }
    let owes = unit.live.is_some() || unit.leftovers() == Some(Leftovers::Directories);
    ensure(!owes || !resume(unit).is_empty(), "stuck: a restart would forget a process or a directory")?;
    if unit.is_terminal()
        && let Some(live) = &unit.live
    {
        let ends = matches!(live.stage, Stage::Stopping(Ladder::End) | Stage::Gathering);
        ensure(ends, "end: a unit has ended and its process goes on")?;
    }
    Ok(())
}

/// The ends are ends, and DONE says why.
fn ends(before: &WorkUnit, event: &Event, after: &WorkUnit) -> Checked {
    let stays = before.status.name() == after.status.name();
    match (&before.status, &after.status) {
        (Status::Done { proof: old, .. }, Status::Done { proof: new, .. }) => {
            ensure(old == new, "done: its proof changed")
        }
        (Status::Done { .. }, Status::Deleted { .. }) => ensure(*event == Event::Deleted, "done: left by itself"),
        (Status::Done { .. }, _) => Err("done: left".into()),
        (Status::Deleted { .. }, _) => ensure(stays, "deleted: left"),
        (Status::Failed { .. } | Status::Canceled { .. }, _) => {
            let verb =
                matches!(event, Event::Retried | Event::Deleted | Event::DeclaredDone) || by_hand(event).is_some();
            ensure(stays || verb, "ended: left without the operator")
        }
        (_, Status::Done { .. }) => {
            let moving = matches!(before.status, Status::Running(Activity::Landing(Landing::Moving { .. })));
            let landed = moving && matches!(event, Event::Moved(MoveResult::Moved { .. }));
            let declared = *event == Event::DeclaredDone || by_hand(event) == Some(Wanted::Done);
            let contained = matches!(event, Event::Merged(MergeResult::NothingToLand { .. }));
            ensure(landed || contained || declared, "done: without its work having landed")
        }
        _ => Ok(()),
    }
}

/// The status to which a change by hand brings a unit.
fn by_hand(event: &Event) -> Option<Wanted> {
    match event {
        Event::Patched(patch) => patch.status,
        _ => None,
    }
}

/// The system never answers a question.
fn question(before: &WorkUnit, event: &Event, after: &WorkUnit) -> Checked {
    let open = |unit: &WorkUnit| unit.ask().is_some_and(|ask| matches!(ask.about, About::Question { .. }));
    if !open(before) || open(after) {
        return Ok(());
    }
    ensure(is_verb(event), "question: gone without the operator")
}

/// What was answered can be taken back until an agent has it, and then all is as before the answer; what an agent has stays.
fn taken_back(before: &WorkUnit, event: &Event, after: &WorkUnit, life: &Life, machine: Machine) -> Checked {
    if let Event::Retracted { .. } = event {
        let waits = matches!(
            before.status,
            Status::Ready { .. }
                | Status::Blocked { .. }
                | Status::Pending(Admission::Held)
                | Status::NeedsAttention(_)
        );
        return ensure(waits && after.ask().is_some(), "retract: an answer was taken from an agent");
    }
    let (Event::Answered { .. }, Some(ask), Status::Ready { .. }) = (event, before.ask(), &after.status) else {
        return Ok(());
    };
    let Ok(back) = machine(after, &Event::Retracted { item: None }, &life.rules, &world::moment(3_000_000)) else {
        return Err("retract: refused right after the answer".into());
    };
    let mut asked = ask.clone();
    if let About::Question { answers, .. } = &mut asked.about {
        answers.fill(None);
    }
    let expected =
        WorkUnit { status: Status::NeedsAttention(asked), updated_at: back.unit.updated_at, ..before.clone() };
    ensure(back.unit == expected, "retract: something of the answer stays")
}

fn held(before: &WorkUnit, event: &Event, after: &WorkUnit) -> Checked {
    let asks = matches!(event, Event::Crashed { .. } | Event::GatherFailed { .. }) && after.ask().is_some();
    ensure(!is_held(before) || is_held(after) || is_verb(event) || asks, "held: released without the operator")
}

fn is_held(unit: &WorkUnit) -> bool {
    matches!(unit.status, Status::Pending(Admission::Held | Admission::LandingHeld))
}

/// Whoever holds a unit finds it held before its next step, whatever was at work.
fn hold(before: &WorkUnit, event: &Event, step: &Step) -> Checked {
    let after = &step.unit;
    if *event == Event::Held {
        ensure(is_held(after) || after.hold, "hold: taken, and nothing came of it")?;
    }
    let waits = matches!(after.status, Status::Ready { .. } | Status::Blocked { .. });
    ensure(!after.hold || !(waits || is_held(after) || after.is_terminal()), "hold: remembered where it is over")?;
    if !before.hold || is_verb(event) {
        return Ok(());
    }
    ensure(after.hold || is_held(after) || after.is_terminal(), "hold: forgotten on the way")?;
    let opens = step.attempts.iter().any(|change| matches!(change, AttemptChange::Opened { .. }));
    let begins = step.effects.iter().any(|effect| {
        matches!(effect, Effect::Run(_) | Effect::Prepare | Effect::Rebase | Effect::MarkActive | Effect::Land)
    });
    ensure(!opens && !begins, "hold: a further step was begun")
}

/// One attempt at a time, each opened once, heard only while it is open, and closed once.
fn attempts(step: &Step, ledger: &mut Ledger) -> Checked {
    for change in &step.attempts {
        match change {
            AttemptChange::Opened { attempt, .. } => {
                ensure(ledger.0.values().all(|closed| *closed), "attempts: two at a time")?;
                ensure(ledger.0.insert(attempt.clone(), false).is_none(), "attempts: opened twice")?;
            }
            AttemptChange::Closed { attempt, .. } => {
                ensure(
                    ledger.0.insert(attempt.clone(), true) == Some(false),
                    "attempts: closed twice or never opened",
                )?;
            }
            AttemptChange::Started { attempt, .. }
            | AttemptChange::Named { attempt, .. }
            | AttemptChange::Used { attempt, .. } => {
                ensure(ledger.0.get(attempt) == Some(&false), "attempts: heard of one that is over")?;
            }
        }
    }
    let open = ledger.0.iter().find(|(_, closed)| !**closed).map(|(attempt, _)| attempt);
    let live = step.unit.live.as_ref().filter(|live| live.stage != Stage::Gathering).map(|live| &live.attempt);
    ensure(open == live, "attempts: the record and the unit disagree about what lives")
}

/// Orders speak of the live attempt, and nothing is removed under a process.
fn effects(step: &Step) -> Checked {
    let live = step.unit.live.as_ref();
    for effect in &step.effects {
        match effect {
            Effect::Run(attempt) | Effect::Deliver(attempt) | Effect::Stop(attempt, _) => {
                ensure(live.is_some_and(|live| live.attempt == *attempt), "effects: for an attempt that is over")?;
            }
            Effect::Remove => {
                ensure(live.is_none() && step.unit.is_terminal(), "effects: removed under a process")?;
            }
            Effect::Clear => {
                let at_work = matches!(step.unit.status, Status::Assigned | Status::Running(_));
                ensure(live.is_none() && !at_work, "effects: cleared under what works there")?;
            }
            Effect::Prepare
            | Effect::Gather
            | Effect::MarkActive
            | Effect::Rebase
            | Effect::Land
            | Effect::LeaveTurn => {}
        }
    }
    Ok(())
}

/// Once everybody does what a restart would order, the unit waits for the scheduler or the operator, or is settled.
fn drains(unit: &WorkUnit, life: &Life, machine: Machine) -> Checked {
    let mut unit = unit.clone();
    for number in 2_000_000..2_000_060 {
        let Some(event) = world_answers(&unit) else { return Ok(()) };
        match machine(&unit, &event, &life.rules, &world::moment(number)) {
            Ok(step) => unit = step.unit,
            Err(refused) => return Err(format!("drain: what was ordered does not fit: {refused}")),
        }
    }
    Err("drain: it never comes to rest".into())
}

/// What carrying out the first order of a restart leads to; none when there is none, or only a question waits.
fn world_answers(unit: &WorkUnit) -> Option<Event> {
    use ve::domain::report::Outcome;
    let effect = resume(unit).into_iter().next()?;
    let stage = unit.live.as_ref().map(|live| live.stage);
    Some(match effect {
        Effect::Prepare if unit.base.is_none() || unit.live.is_none() => {
            Event::Prepared { base: world::base(), remarks: vec![] }
        }
        Effect::Prepare => Event::Started { attempt: unit.live.as_ref()?.attempt.clone(), pid: 1 },
        Effect::Run(_) if stage == Some(Stage::Warm) => return None,
        Effect::Run(attempt) | Effect::Deliver(attempt) | Effect::Stop(attempt, _) => {
            Event::Ended { attempt, outcome: Outcome::Finished }
        }
        Effect::Gather | Effect::MarkActive => Event::Gathered(world::found()),
        Effect::Rebase => Event::Rebased(ve::domain::event::RebaseResult::Failed("offline".into())),
        Effect::Land if matches!(unit.status, Status::Running(Activity::Landing(Landing::Merging))) => {
            Event::Merged(MergeResult::Clean { merge: world::merge(), sensitive: vec![], needs_trust: false })
        }
        Effect::Land => Event::Moved(MoveResult::Moved { kept: vec![] }),
        Effect::Remove | Effect::Clear => Event::Removed { preserved: None },
        // A saved state holds no turn.
        Effect::LeaveTurn => return None,
    })
}
