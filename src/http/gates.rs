//! Gates: what is configured, and how it went lately.

use super::failure::Failure;
use super::state::State;
use super::timeline::{Hours, attempted};
use crate::actors::questions;
use crate::actors::units::List;
use crate::wire::gates::Gates;
use actix_web::web::{Data, Json, Query};

/// How far back is told when nobody says, in hours: a week.
const USUAL: u32 = 168;
/// So many attempts are told at most.
const MOST: u32 = 500;

/// The configured gates, and the latest attempts of any gate.
#[utoipa::path(get, path = "/gates", params(Hours), responses((status = 200, body = Gates), (status = 400)))]
pub async fn show(state: Data<State>, query: Query<Hours>) -> Result<Json<Gates>, Failure> {
    let (since, _) = query.since(USUAL)?;
    let handles = state.handles().await?;
    let asked = handles.persistence.send(questions::gate_attempts(since, MOST));
    let (units, attempts) = futures_util::try_join!(handles.units.send(List), asked)?;
    let gates = handles.settings.now().rules.gates.clone();
    Ok(Json(Gates {
        worker: gates.worker,
        integration: gates.integration,
        since: since.into(),
        attempts: attempted(&attempts?, &units),
    }))
}
