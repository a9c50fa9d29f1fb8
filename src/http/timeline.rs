//! What all units did lately, for charts.

use super::failure::Failure;
use super::state::State;
use crate::actors::clock;
use crate::actors::questions;
use crate::actors::units::List;
use crate::domain::ids::ChunkName;
use crate::domain::journal::AttemptRecord;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use crate::wire::attempts::Attempt;
use crate::wire::lists::HistoryEntry;
use crate::wire::timeline::{Attempted, Changed, Timeline};
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// `?hours=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Hours {
    /// How far back, at most 720; 0 for what lives now. Without it, half a day of the timeline and a week of gates.
    hours: Option<u32>,
}

/// How far back is told when nobody says, in hours.
const USUAL: u32 = 12;
/// Further back nothing is told.
const MOST: u32 = 720;

impl Hours {
    /// The moment from which on things are told, and the present one.
    pub fn since(&self, usual: u32) -> Result<(Timestamp, Timestamp), Failure> {
        let hours = self.hours.unwrap_or(usual);
        if hours > MOST {
            return Err(Failure::bad_request(format!("hours must be at most {MOST}")));
        }
        let now = clock::now();
        Ok((Timestamp(now.0 - i64::from(hours) * 3_600_000_000), now))
    }
}

/// Attempts and changes of status of all units in the last hours.
#[utoipa::path(get, path = "/timeline", params(Hours), responses((status = 200, body = Timeline), (status = 400)))]
pub async fn show(state: Data<State>, query: Query<Hours>) -> Result<Json<Timeline>, Failure> {
    let (since, now) = query.since(USUAL)?;
    let handles = state.handles().await?;
    let (units, timeline) =
        futures_util::try_join!(handles.units.send(List), handles.persistence.send(questions::timeline(since)))?;
    let timeline = timeline?;
    let changes = timeline
        .changes
        .iter()
        .map(|(chunk, change)| Changed { chunk: chunk.to_string(), change: HistoryEntry::from(change) });
    Ok(Json(Timeline {
        since: since.into(),
        now: now.into(),
        attempts: attempted(&timeline.attempts, &units),
        changes: changes.collect(),
    }))
}

/// Attempts as clients see them, given the units that may have one of them at work.
pub fn attempted(attempts: &[(ChunkName, AttemptRecord)], units: &[WorkUnit]) -> Vec<Attempted> {
    let live = |record: &AttemptRecord| {
        let mut alive = units.iter().filter_map(|unit| unit.live.as_ref()).filter(|_| record.ended_at.is_none());
        alive.find(|live| live.attempt == record.attempt)
    };
    let seen = |(chunk, record): &(ChunkName, AttemptRecord)| Attempted {
        chunk: chunk.to_string(),
        attempt: Attempt::new(record, live(record), None),
    };
    attempts.iter().map(seen).collect()
}
