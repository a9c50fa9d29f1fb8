//! What all units did lately, for charts.

use super::failure::Failure;
use super::state::State;
use crate::actors::clock;
use crate::actors::questions;
use crate::actors::units::List;
use crate::domain::time::Timestamp;
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
    /// How far back, 12 when absent, 720 at most; 0 for what lives now.
    hours: Option<u32>,
}

/// Further back nothing is drawn.
const MOST: u32 = 720;

/// Attempts and changes of status of all units in the last hours.
#[utoipa::path(get, path = "/timeline", params(Hours), responses((status = 200, body = Timeline), (status = 400)))]
pub async fn show(state: Data<State>, query: Query<Hours>) -> Result<Json<Timeline>, Failure> {
    let hours = query.hours.unwrap_or(12);
    if hours > MOST {
        return Err(Failure::bad_request(format!("hours must be at most {MOST}")));
    }
    let handles = state.handles().await?;
    let now = clock::now();
    let since = Timestamp(now.0 - i64::from(hours) * 3_600_000_000);
    let (units, timeline) =
        futures_util::try_join!(handles.units.send(List), handles.persistence.send(questions::timeline(since)))?;
    let timeline = timeline?;
    let live = |attempt: &crate::domain::ids::AttemptId| {
        units.iter().filter_map(|unit| unit.live.as_ref()).find(|live| live.attempt == *attempt)
    };
    let attempts = timeline.attempts.iter().map(|(chunk, record)| {
        let live = if record.ended_at.is_none() { live(&record.attempt) } else { None };
        Attempted { chunk: chunk.to_string(), attempt: Attempt::new(record, live, None) }
    });
    let changes = timeline
        .changes
        .iter()
        .map(|(chunk, change)| Changed { chunk: chunk.to_string(), change: HistoryEntry::from(change) });
    Ok(Json(Timeline {
        since: since.into(),
        now: now.into(),
        attempts: attempts.collect(),
        changes: changes.collect(),
    }))
}
