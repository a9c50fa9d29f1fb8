//! What a saved state still has to do: start and restart are the same code.

use crate::domain::attempt::Stage;
use crate::domain::event::{Effect, Event};
use crate::domain::landing::Landing;
use crate::domain::work_unit::{Activity, Leftovers, Status, WorkUnit};

/// The orders that follow from a unit's saved state, each safe to give again.
pub fn resume(unit: &WorkUnit) -> Vec<Effect> {
    if let Some(live) = &unit.live {
        let run = Effect::Run(live.attempt.clone());
        return match live.stage {
            Stage::Working if unit.status == Status::Assigned => vec![Effect::Prepare],
            Stage::Working => vec![run, Effect::Deliver(live.attempt.clone())],
            Stage::Warm => vec![run],
            Stage::Stopping(ladder) => vec![Effect::Stop(live.attempt.clone(), ladder)],
            Stage::Gathering => vec![Effect::Gather],
        };
    }
    match &unit.status {
        Status::Assigned => vec![Effect::Prepare],
        Status::Running(Activity::Rebasing) => vec![Effect::Rebase],
        Status::Running(Activity::MarkingActive) => vec![Effect::MarkActive],
        Status::Running(Activity::Landing(Landing::Merging | Landing::Moving { .. })) => vec![Effect::Land],
        Status::Done { leftovers: Leftovers::Directories, .. }
        | Status::Canceled { leftovers: Leftovers::Directories }
        | Status::Deleted { leftovers: Leftovers::Directories } => vec![Effect::Remove],
        _ => vec![],
    }
}

/// What follows when `event` gave a unit a name that another one bears, so that it could not be saved: what an agent left under that name stays
/// where it is, and the operator sees why. Whatever else would give a name is only refused.
pub fn name_taken(event: &Event, why: &str) -> Option<Event> {
    let failed = || Event::GatherFailed { reason: format!("failed to {why}") };
    matches!(event, Event::Gathered(_)).then(failed)
}

/// The orders that lead the unit's process again after whoever led it fell over; none when the process is gone and its work is being gathered.
pub fn lead_again(unit: &WorkUnit) -> Vec<Effect> {
    match &unit.live {
        Some(live) if live.stage != Stage::Gathering => resume(unit),
        _ => vec![],
    }
}
