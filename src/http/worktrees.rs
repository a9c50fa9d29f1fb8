//! Worktrees on disk: list, remove, prune; and another try at a landing.

use super::auth::who;
use super::failure::Failure;
use super::outcome::{GivenUp, Outcome, give_up};
use super::state::State;
use super::units::{find, tell};
use crate::actors::questions;
use crate::actors::repository::views::HasBranch;
use crate::actors::supervisor::Handles;
use crate::actors::units::List;
use crate::actors::worktrees::{OnDisk, on_disk};
use crate::domain::attention::About;
use crate::domain::event::Event;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::landing::Landing;
use crate::domain::who::Who;
use crate::domain::work_unit::{Activity, Status, WorkUnit};
use crate::domain::worktree::{not_prunable, purpose};
use crate::wire::error::ErrorBody;
use crate::wire::requests::Prune;
use crate::wire::worktrees::{
    PruneResult, PruneStatus, Pruned, RemoveStatus, RemovedWorktree, RetriedMerge, Worktree, Worktrees,
};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::IntoParams;

/// `?remove_branch=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Removal {
    /// Whether the branch of a unit that has landed goes, too; true when nothing is said.
    #[serde(default = "usually")]
    remove_branch: bool,
}

fn usually() -> bool {
    true
}

/// A worktree on disk, with the unit it belongs to, where there is one that is not deleted.
type Found = (OnDisk, String, Option<WorkUnit>);

/// All worktrees on disk, with the room that their units take: kept ones first, then those in use, of no unit, of ended units.
#[utoipa::path(get, path = "/worktrees", responses((status = 200, body = Worktrees)))]
pub async fn list(state: Data<State>) -> Result<Json<Worktrees>, Failure> {
    let handles = state.handles().await?;
    let shown = found(&handles).await?.into_iter().map(|(disk, chunk, unit)| Worktree {
        chunk,
        path: disk.path.display().to_string(),
        status: purpose(unit.as_ref()).into(),
        work_unit_status: unit.as_ref().map(|unit| (&unit.status).into()),
        retain_worktree: unit.is_some_and(|unit| unit.retain),
        created_at: disk.created_at.map(Into::into),
        unit_id: disk.unit.0,
        disk_bytes: disk.bytes,
    });
    Ok(Json(Worktrees::new(shown.collect())))
}

async fn found(handles: &Handles) -> Result<Vec<Found>, Failure> {
    let site = handles.settings.now().site.clone();
    let looked = actix_web::rt::task::spawn_blocking(move || on_disk(&site.layout)).await;
    let on_disk = looked.map_err(std::io::Error::other).and_then(|found| found).map_err(unreadable)?;
    let units = handles.units.send(List).await?;
    let mut by_id: BTreeMap<UnitId, WorkUnit> = units.into_iter().map(|unit| (unit.id, unit)).collect();
    let mut found = Vec::new();
    for disk in on_disk {
        let unit = by_id.remove(&disk.unit);
        let chunk = match &unit {
            Some(unit) => unit.chunk.to_string(),
            None => name_of_deleted(handles, disk.unit).await?,
        };
        found.push((disk, chunk, unit));
    }
    Ok(found)
}

async fn name_of_deleted(handles: &Handles, unit: UnitId) -> Result<String, Failure> {
    let latest = handles.persistence.send(questions::latest(unit)).await??;
    Ok(latest.map_or_else(|| format!("unit-{unit}"), |(unit, _)| unit.chunk.to_string()))
}

fn unreadable(error: std::io::Error) -> Failure {
    let body = ErrorBody::new(format!("failed to list the worktrees: {error}"))
        .with_hint("see who owns the state directory: ve orch status");
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, body)
}

/// Removes a worktree; its unit stays and gets another one when it is dispatched. What the worktree holds beyond its branch is kept in a ref.
#[utoipa::path(
    delete, path = "/worktrees/{chunk}", params(Removal),
    responses((status = 200, body = RemovedWorktree), (status = 400), (status = 404), (status = 409))
)]
pub async fn remove(
    state: Data<State>,
    path: Path<String>,
    removal: Query<Removal>,
    request: HttpRequest,
) -> Result<Json<RemovedWorktree>, Failure> {
    let handles = state.handles().await?;
    let wanted = found(&handles).await?.into_iter().filter(|(_, chunk, _)| *chunk == *path);
    // A unit that is there comes before one of that name that was deleted.
    let Some((disk, _, unit)) = wanted.max_by_key(|(_, _, unit)| unit.is_some()) else {
        let body = ErrorBody::new(format!("Worktree '{path}' not found")).with_hint("see: ve orch worktree list");
        return Err(Failure::new(StatusCode::NOT_FOUND, body));
    };
    let event = if removal.remove_branch { Event::Pruned } else { Event::Cleared };
    let chunk = unit.as_ref().map(|unit| &unit.chunk);
    let status = match give_up(&handles, disk.unit, chunk, event, who(&request)).await? {
        GivenUp::Stays(error) => return Err(not_removed(&path, error)),
        GivenUp::Removed(preserved) => RemoveStatus::Removed { preserved },
        GivenUp::UnderWay => RemoveStatus::Removing,
    };
    let branch_is_there = match &unit {
        Some(unit) => handles.repository.send(HasBranch(unit.clone())).await?,
        None => false,
    };
    Ok(Json(RemovedWorktree::new(&path, status, !branch_is_there)))
}

fn not_removed(chunk: &str, error: String) -> Failure {
    let body = ErrorBody::new(error)
        .with_hint("see which processes use it, and who owns its files: ve orch doctor; then remove it again")
        .with_detail(json!({ "chunk": chunk, "status": "error" }));
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, body)
}

/// Removes every worktree that was kept after landing.
#[utoipa::path(
    post, path = "/work-units/prune", request_body = Prune,
    responses((status = 200, body = Pruned), (status = 400))
)]
pub async fn prune_all(state: Data<State>, body: Bytes, request: HttpRequest) -> Result<Json<Pruned>, Failure> {
    let Prune { dry_run } = Prune::parse(&body)?;
    let handles = state.handles().await?;
    let mut results = Vec::new();
    for unit in handles.units.send(List).await? {
        if not_prunable(&unit).is_none() {
            results.push(prune_unit(&handles, &unit, dry_run, who(&request)).await);
        }
    }
    Ok(Json(Pruned { results }))
}

/// Removes the worktree of one unit, if it was kept after landing.
#[utoipa::path(
    post, path = "/work-units/{chunk}/prune", request_body = Prune,
    responses((status = 200, body = PruneResult), (status = 400), (status = 404))
)]
pub async fn prune(
    state: Data<State>,
    path: Path<String>,
    body: Bytes,
    request: HttpRequest,
) -> Result<Json<PruneResult>, Failure> {
    let Prune { dry_run } = Prune::parse(&body)?;
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    Ok(Json(prune_unit(&handles, &unit, dry_run, who(&request)).await))
}

async fn prune_unit(handles: &Handles, unit: &WorkUnit, dry_run: bool, who: Who) -> PruneResult {
    let told = |status| PruneResult::new(&unit.chunk, status);
    if let Some(reason) = not_prunable(unit) {
        return told(PruneStatus::Skipped { reason });
    }
    if dry_run {
        return told(PruneStatus::WouldPrune);
    }
    match give_up(handles, unit.id, Some(&unit.chunk), Event::Pruned, who).await {
        Ok(GivenUp::Removed(preserved)) => told(PruneStatus::Pruned { preserved }),
        Ok(GivenUp::UnderWay) => told(PruneStatus::Pruning),
        Ok(GivenUp::Stays(error)) => told(PruneStatus::Error { error }),
        Err(failure) => told(PruneStatus::Error { error: failure.to_string() }),
    }
}

/// How another try at a landing ended, as far as it has.
enum Tried {
    Done,
    Failed(String),
}

/// Tries a landing again that could not go on; `landing` while its gates take longer than clients wait.
#[utoipa::path(
    post, path = "/work-units/{chunk}/retry-merge",
    responses((status = 200, body = RetriedMerge), (status = 303), (status = 400), (status = 404))
)]
pub async fn retry_merge(
    state: Data<State>,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let told = try_merge(&handles, &unit, who(&request)).await;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, "/")).finish());
    }
    Ok(HttpResponse::Ok().json(told?))
}

async fn try_merge(handles: &Handles, unit: &WorkUnit, who: Who) -> Result<RetriedMerge, Failure> {
    let chunk: &ChunkName = &unit.chunk;
    let Some(ask) = unit.ask() else {
        let status = unit.status.name();
        return Err(Failure::bad_request(format!(
            "Work unit '{chunk}' is not in NEEDS_ATTENTION state (current: {status})"
        )));
    };
    if ask.about != About::Landing {
        let kind = ask.about.kind();
        return Err(Failure::bad_request(format!(
            "Work unit '{chunk}' does not wait for its landing, but for: {kind}"
        )));
    }
    let mut outcome = Outcome::listen(handles).await?;
    tell(handles, chunk, Event::Retried, who).await?;
    let tried = outcome.wait(unit.id, |change| match &change.unit.status {
        Status::Done { .. } => Some(Tried::Done),
        Status::NeedsAttention(ask) => Some(Tried::Failed(ask.reason.clone())),
        Status::Running(
            Activity::WorkerGate(_)
            | Activity::Landing(Landing::Merging | Landing::Gating { .. } | Landing::Moving { .. }),
        ) => None,
        other => Some(Tried::Failed(format!("it goes back to {} and is {}", change.unit.phase.name(), other.name()))),
    });
    match tried.await {
        Some(Tried::Done) => Ok(RetriedMerge::done(chunk)),
        Some(Tried::Failed(reason)) => {
            let body = ErrorBody::new(format!("Merge still failing: {reason}"))
                .with_hint(format!("see what is in its way with: ve orch diff {chunk}"));
            Err(Failure::new(StatusCode::BAD_REQUEST, body))
        }
        None => Ok(RetriedMerge::under_way(chunk)),
    }
}
