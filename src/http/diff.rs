//! What a unit's work changes.

use super::failure::Failure;
use super::state::State;
use super::units::find;
use crate::actors::repository::views::Differ;
use crate::wire::diff::Diff;
use crate::wire::error::ErrorBody;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};

/// What would land of a unit now, or what has landed of it, by file and place.
#[utoipa::path(get, path = "/work-units/{chunk}/diff", responses((status = 200, body = Diff), (status = 404)))]
pub async fn show(state: Data<State>, path: Path<String>) -> Result<Json<Diff>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let differs = handles.repository.send(Differ(unit.clone())).await?;
    let difference = differs.map_err(|error| {
        let body = ErrorBody::new(format!("failed to {error}")).with_hint("see `git branch` and `git fsck` there");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, body)
    })?;
    let target = unit.base.as_ref().map(|base| base.lead.branch.to_string());
    Ok(Json(Diff::new(&unit.chunk, target, difference)))
}
