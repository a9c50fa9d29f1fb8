//! State machines with one fault each: a check that does not catch its mutant proves nothing.

use crate::walk::Machine;
use ve::domain::attempt::{AttemptChange, Stage};
use ve::domain::attention::About;
use ve::domain::event::{Effect, Event, IllegalEvent, Moment, Step};
use ve::domain::lifecycle::transition;
use ve::domain::rules::Rules;
use ve::domain::work_unit::{Activity, Admission, Leftovers, Status, WorkUnit};

type Answer = Result<Step, IllegalEvent>;

/// Each with the name of the check that must catch it.
pub const ALL: [(&str, Machine); 23] = [
    ("reason", without_reason),
    ("answers", loses_a_place),
    ("blocked", blocked_by_nobody),
    ("stuck", forgets_the_process),
    ("end", lets_the_process_go_on),
    ("done", leaves_done),
    ("done", done_when_merged),
    ("deleted", brings_back_the_deleted),
    ("ended", wakes_the_canceled),
    ("question", answers_itself),
    ("held", releases_the_held),
    ("retract", tells_what_was_taken_back),
    ("retract", takes_from_an_agent),
    ("hold", forgets_to_hold),
    ("hold", holds_too_late),
    ("attempts", closes_twice),
    ("attempts", opens_beside),
    ("effects", removes_at_once),
    ("effects", runs_another),
    ("speaker", listens_to_anybody),
    ("refusal", refuses_without_a_word),
    ("verbs", never_holds),
    ("replay", has_a_memory),
];

fn changed(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment, edit: impl FnOnce(&mut Step)) -> Answer {
    transition(unit, event, rules, moment).map(|mut step| {
        edit(&mut step);
        step
    })
}

fn without_reason(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let Status::NeedsAttention(ask) = &mut step.unit.status {
            ask.reason.clear();
        }
    })
}

fn loses_a_place(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let Status::NeedsAttention(ask) = &mut step.unit.status
            && let About::Question { answers, .. } = &mut ask.about
        {
            answers.pop();
        }
    })
}

fn blocked_by_nobody(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let Status::Blocked { by } = &mut step.unit.status {
            by.clear();
        }
    })
}

fn forgets_the_process(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if step.unit.status == Status::Running(Activity::Agent) {
            step.unit.live = None;
        }
    })
}

fn lets_the_process_go_on(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if step.unit.is_terminal()
            && let Some(live) = &mut step.unit.live
        {
            live.stage = Stage::Working;
        }
    })
}

fn leaves_done(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let (Status::Done { .. }, Event::Removed { .. }) = (&unit.status, event) {
            step.unit.status = Status::Ready { wait: None };
        }
    })
}

fn done_when_merged(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let Event::Merged(_) = event {
            let proof = ve::domain::work_unit::Proof::Operator;
            step.unit.status = Status::Done { proof, leftovers: Leftovers::Nothing };
        }
    })
}

fn brings_back_the_deleted(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let (Status::Deleted { .. }, Event::Removed { .. }) = (&unit.status, event) {
            step.unit.status = Status::Ready { wait: None };
        }
    })
}

fn wakes_the_canceled(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let (Status::Canceled { .. }, Event::Removed { .. }) = (&unit.status, event) {
            step.unit.status = Status::Ready { wait: None };
        }
    })
}

fn answers_itself(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let (Some(About::Question { .. }), Event::Cooled) = (unit.ask().map(|ask| &ask.about), event) {
            step.unit.status = Status::Ready { wait: None };
        }
    })
}

fn releases_the_held(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let (Status::Pending(Admission::Held), Event::Gathered(_)) = (&unit.status, event) {
            step.unit.status = Status::Ready { wait: None };
        }
    })
}

fn tells_what_was_taken_back(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let Event::Retracted { .. } = event {
            step.unit.notes = unit.notes.clone();
        }
    })
}

fn takes_from_an_agent(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    match (event, &unit.status) {
        (Event::Retracted { .. }, Status::Running(_)) => transition(unit, &Event::Prioritized(0), rules, moment),
        _ => transition(unit, event, rules, moment),
    }
}

fn forgets_to_hold(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if let Event::Started { .. } | Event::Ended { .. } | Event::Gathered(_) = event {
            step.unit.hold = false;
        }
    })
}

fn holds_too_late(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    let unwilling = WorkUnit { hold: false, ..unit.clone() };
    let is_late = unit.hold && matches!(event, Event::Ended { .. });
    changed(if is_late { &unwilling } else { unit }, event, rules, moment, |step| step.unit.hold |= is_late)
}

fn closes_twice(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        let closed = step.attempts.iter().find(|change| matches!(change, AttemptChange::Closed { .. })).cloned();
        step.attempts.extend(closed);
    })
}

fn opens_beside(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    let mut free = unit.clone();
    free.live = None;
    transition(if *event == Event::Retried { &free } else { unit }, event, rules, moment)
}

fn removes_at_once(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        if *event == Event::Canceled {
            step.effects.push(Effect::Remove);
        }
    })
}

fn runs_another(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    changed(unit, event, rules, moment, |step| {
        for effect in &mut step.effects {
            if let Effect::Run(attempt) = effect {
                *attempt = crate::world::attempt(0xdead);
            }
        }
    })
}

fn listens_to_anybody(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    let (Event::Used { usage, session, .. }, Some(live)) = (event, &unit.live) else {
        return transition(unit, event, rules, moment);
    };
    let event = Event::Used { attempt: live.attempt.clone(), usage: *usage, session: *session };
    transition(unit, &event, rules, moment)
}

fn refuses_without_a_word(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    transition(unit, event, rules, moment).map_err(|refused| IllegalEvent { why: "", ..refused })
}

fn never_holds(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    if *event == Event::Held {
        return Err(IllegalEvent {
            event: event.name(),
            refused: event.refused(),
            status: unit.status.name(),
            why: "it does not want to",
        });
    }
    transition(unit, event, rules, moment)
}

fn has_a_memory(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Answer {
    use std::sync::atomic::{AtomicI32, Ordering};
    static CALLS: AtomicI32 = AtomicI32::new(0);
    changed(unit, event, rules, moment, |step| step.unit.priority = CALLS.fetch_add(1, Ordering::Relaxed))
}
