//! The state machine. One function decides; what it decides is saved, then published, then performed, and nowhere else does a unit change.
//!
//! `operator` has the verbs, `answers` what is said to a unit that waits for words, `holding` those that stop a unit and let it go on, `patch` several changes at once, `attempts` what processes do, `phases` what the end of a phase means, `landings` the way home, `clearing` what
//! becomes of worktrees, `resume` what a saved state still has to do.

mod answers;
mod attempts;
mod clearing;
mod holding;
mod landings;
mod operator;
mod patch;
mod phases;
mod resume;
#[cfg(test)]
mod tests;
mod turn;

pub use resume::{lead_again, name_taken, resume};

use super::event::{Event, IllegalEvent, Moment, Step};
use super::landing::Landing;
use super::phase::Phase;
use super::rules::Rules;
use super::work_unit::{Activity, Admission, Leftovers, Status, WorkUnit};
use turn::Turn;

/// Decides what `event` makes of `unit`. The same arguments always give the same step, so that a journal can be replayed.
pub fn transition(unit: &WorkUnit, event: &Event, rules: &Rules, moment: &Moment) -> Result<Step, IllegalEvent> {
    let mut turn = Turn::new(unit, rules, moment);
    let fits = match event {
        Event::Answered { answers, until } => turn.answered(answers, *until),
        Event::Retracted { item } => turn.retracted(*item),
        Event::Approved => turn.approved(),
        Event::Retried => turn.retried(),
        Event::Held => turn.held(),
        Event::Released => turn.released(),
        Event::Prioritized(priority) => turn.edited(|unit| unit.priority = *priority),
        Event::Retained(retain) => turn.retained(*retain),
        Event::DependenciesSet(chunks) => turn.dependencies_set(chunks),
        Event::PhaseSet(phase) => turn.phase_set(*phase),
        Event::Skipped => turn.skipped(),
        Event::Interrupted { message } => turn.interrupted(message.as_deref()),
        Event::Canceled => turn.canceled(),
        Event::Deleted => turn.deleted(),
        Event::DeclaredDone => turn.declared_done(),
        Event::Patched(patch) => turn.patched(patch),
        Event::Pruned => turn.pruned(),
        Event::Cleared => turn.cleared(),

        Event::Dispatched { agent } => turn.dispatched(agent),
        Event::BlockersChanged { by } => turn.blockers_changed(by),
        Event::DependencyLost { lost } => turn.dependency_lost(lost),
        Event::Cooled => turn.cooled(),

        Event::Prepared { base, .. } => turn.prepared(base),
        Event::PreparationFailed { reason } => turn.preparation_failed(reason),
        Event::Started { attempt, pid } => turn.started(attempt, *pid),
        Event::Named { attempt, session, version } => turn.named(attempt, session, version.as_deref()),
        Event::Asked { attempt, set } => turn.asked(attempt, set),
        Event::Decided { attempt, decision } => turn.decided(attempt, decision),
        Event::Used { attempt, usage, session } => turn.used(attempt, *usage, *session),
        Event::Ended { attempt, outcome } => turn.ended(attempt, outcome),
        Event::Gathered(found) => turn.gathered(found),
        Event::GatherFailed { reason } => turn.gather_failed(reason),

        Event::Rebased(result) => turn.rebased(result),
        Event::Merged(result) => turn.merged(result),
        Event::Moved(result) => turn.moved(result),
        Event::Removed { .. } => turn.removed(),
        // What could not be removed stays, and can be given up again.
        Event::RemoveFailed { .. } => Ok(()),
        Event::Crashed { reason } => turn.crashed(reason),
    };
    match fits {
        Ok(()) => Ok(turn.finish()),
        Err(why) => {
            let (event, refused) = (event.name(), event.refused());
            Err(IllegalEvent { event, refused, status: unit.status.name(), why })
        }
    }
}

/// The verbs an operator may use on `unit` now.
pub fn allowed_verbs(unit: &WorkUnit) -> Vec<&'static str> {
    let mut verbs = match &unit.status {
        Status::Pending(Admission::Held) if unit.phase != Phase::Complete => vec!["release", "skip"],
        Status::Pending(Admission::Held | Admission::LandingHeld) => vec!["release"],
        Status::Pending(Admission::Approval) => vec!["approve", hold_or_release(unit)],
        Status::Ready { .. } | Status::Blocked { .. } if unit.phase != Phase::Complete => vec!["hold", "skip"],
        Status::Ready { .. } | Status::Blocked { .. } => vec!["hold"],
        Status::Running(Activity::Agent) => vec!["interrupt", "hold"],
        // From the moment the branch moves there is no way back, only an end within seconds.
        Status::Running(Activity::Landing(Landing::Moving { .. })) => return vec![hold_or_release(unit), "prioritize"],
        Status::Assigned | Status::Running(_) => vec![hold_or_release(unit)],
        Status::NeedsAttention(ask) => {
            let mut verbs = ask.about.verbs().to_vec();
            if !verbs.contains(&"release") {
                verbs.push(hold_or_release(unit));
            }
            return verbs;
        }
        Status::Failed { .. } | Status::Canceled { leftovers: Leftovers::Nothing } => return vec!["retry", "delete"],
        Status::Done { .. } if unit.retain && unit.base.is_some() && unit.live.is_none() => {
            return vec!["prune", "delete"];
        }
        Status::Canceled { .. } | Status::Done { .. } => return vec!["delete"],
        Status::Deleted { .. } => return vec![],
    };
    if unit.answered.is_some() {
        verbs.push("retract");
    }
    verbs.extend(["prioritize", "cancel", "delete"]);
    verbs
}

/// Which of the two changes anything for a unit that is held at its next step, if at all.
fn hold_or_release(unit: &WorkUnit) -> &'static str {
    if unit.hold { "release" } else { "hold" }
}
