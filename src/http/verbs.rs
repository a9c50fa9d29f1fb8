//! The operator's verbs: each request is one event for one unit.

use super::auth::who;
use super::failure::Failure;
use super::forms;
use super::state::State;
use super::units::{chunk, find, shown_alone, tell};
use crate::actors::clock;
use crate::actors::scheduler::SetPaused;
use crate::actors::units::List;
use crate::domain::event::Event;
use crate::domain::work_unit::{Status, WorkUnit};
use crate::wire;
use crate::wire::answer::Answer;
use crate::wire::lists::{Paused, Retried};
use crate::wire::names::PhaseName;
use crate::wire::requests::{Interrupt, Prioritize};
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

type Shown = Result<Json<wire::unit::WorkUnit>, Failure>;

/// `?phase=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfPhase {
    /// Only units in this phase.
    phase: Option<String>,
}

/// `?item=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfItem {
    /// Only the answer to this question of a set, counted from 1; all answers when absent.
    item: Option<u32>,
}

/// An answer is kept from its agent for so many seconds at most.
const UNDO: u32 = 60;

async fn verb(state: &State, path: &str, event: Event, request: &HttpRequest) -> Shown {
    let handles = state.handles().await?;
    let unit = tell(&handles, &chunk(path)?, event, who(request)).await?;
    Ok(shown_alone(&unit, &handles))
}

fn needs_attention(unit: &WorkUnit) -> Result<&crate::domain::attention::Ask, Failure> {
    unit.ask().ok_or_else(|| {
        let status = unit.status.name();
        Failure::bad_request(format!("Work unit '{}' is not in NEEDS_ATTENTION state (current: {status})", unit.chunk))
    })
}

/// Answers a question, or tells the agent of a unit in attention how to go on.
#[utoipa::path(
    post,
    path = "/work-units/{chunk}/answer",
    request_body(content((Answer = "application/json"), (Answer = "application/x-www-form-urlencoded"))),
    responses((status = 200, body = wire::unit::WorkUnit), (status = 303), (status = 400), (status = 404))
)]
pub async fn answer(
    state: Data<State>,
    path: Path<String>,
    body: Bytes,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let answer = Answer::parse(&forms::read(&request, body)?)?;
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let given = answer.resolve(&needs_attention(&unit)?.about)?;
    let until = answer.undo_seconds.map(|seconds| clock::now() + Duration::from_secs(seconds.min(UNDO).into()));
    let answered = verb(&state, &path, Event::Answered { answers: vec![given], until }, &request).await?;
    Ok(forms::reply(&request, &*answered))
}

/// Takes back what was answered, as long as no agent has it; the unit waits for the operator again.
#[utoipa::path(
    delete, path = "/work-units/{chunk}/answer", params(OfItem),
    responses((status = 200, body = wire::unit::WorkUnit), (status = 400), (status = 404), (status = 409))
)]
pub async fn retract(state: Data<State>, path: Path<String>, query: Query<OfItem>, request: HttpRequest) -> Shown {
    let item = match query.item {
        Some(0) => return Err(Failure::bad_request("item counts from 1".to_owned())),
        Some(number) => Some(usize::try_from(number - 1).unwrap_or(usize::MAX)),
        None => None,
    };
    verb(&state, &path, Event::Retracted { item }, &request).await
}

/// Admits a unit that waits for approval.
#[utoipa::path(
    post, path = "/work-units/{chunk}/approve",
    responses((status = 200, body = wire::unit::WorkUnit), (status = 404), (status = 409))
)]
pub async fn approve(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Approved, &request).await
}

/// Starts the phase afresh.
#[utoipa::path(
    post, path = "/work-units/{chunk}/retry",
    responses((status = 200, body = wire::unit::WorkUnit), (status = 400), (status = 404))
)]
pub async fn retry(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    if !matches!(unit.status, Status::Failed { .. } | Status::Canceled { .. }) {
        needs_attention(&unit)?;
    }
    verb(&state, &path, Event::Retried, &request).await
}

/// Retries every unit in attention.
#[utoipa::path(
    post, path = "/work-units/retry-all", params(OfPhase),
    responses((status = 200, body = Retried), (status = 400))
)]
pub async fn retry_all(
    state: Data<State>,
    filter: Query<OfPhase>,
    request: HttpRequest,
) -> Result<Json<Retried>, Failure> {
    let phase = filter.phase.as_deref().map(PhaseName::parse).transpose()?;
    let handles = state.handles().await?;
    let mut chunks = Vec::new();
    for unit in handles.units.send(List).await? {
        let wanted = unit.ask().is_some() && phase.is_none_or(|phase| phase.0 == unit.phase);
        // One that changed in the meantime is passed over.
        if wanted && tell(&handles, &unit.chunk, Event::Retried, who(&request)).await.is_ok() {
            chunks.push(unit.chunk.to_string());
        }
    }
    Ok(Json(Retried { count: chunks.len(), chunks }))
}

/// Sets the priority, at any time.
#[utoipa::path(
    patch, path = "/work-units/{chunk}/priority", request_body = Prioritize,
    responses((status = 200, body = wire::unit::WorkUnit), (status = 400), (status = 404))
)]
pub async fn prioritize(state: Data<State>, path: Path<String>, body: Bytes, request: HttpRequest) -> Shown {
    let Prioritize { priority } = Prioritize::parse(&body)?;
    verb(&state, &path, Event::Prioritized(priority), &request).await
}

/// Keeps a unit from starting.
#[utoipa::path(
    post, path = "/work-units/{chunk}/hold",
    responses((status = 200, body = wire::unit::WorkUnit), (status = 404), (status = 409))
)]
pub async fn hold(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Held, &request).await
}

/// Lets a held unit go on.
#[utoipa::path(
    post, path = "/work-units/{chunk}/release",
    responses((status = 200, body = wire::unit::WorkUnit), (status = 404), (status = 409))
)]
pub async fn release(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Released, &request).await
}

/// Goes on with the next phase.
#[utoipa::path(
    post, path = "/work-units/{chunk}/skip",
    responses((status = 200, body = wire::unit::WorkUnit), (status = 404), (status = 409))
)]
pub async fn skip(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Skipped, &request).await
}

/// Ends a unit; its work is kept.
#[utoipa::path(
    post, path = "/work-units/{chunk}/cancel",
    responses((status = 200, body = wire::unit::WorkUnit), (status = 404), (status = 409))
)]
pub async fn cancel(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Canceled, &request).await
}

/// Stops the agent and keeps its conversation; with a message it goes on with that, else the unit is held.
#[utoipa::path(
    post, path = "/work-units/{chunk}/interrupt", request_body = Option<Interrupt>,
    responses((status = 200, body = wire::unit::WorkUnit), (status = 400), (status = 404), (status = 409))
)]
pub async fn interrupt(state: Data<State>, path: Path<String>, body: Bytes, request: HttpRequest) -> Shown {
    let Interrupt { message } = Interrupt::parse(&body)?;
    verb(&state, &path, Event::Interrupted { message }, &request).await
}

/// Dispatches nothing more until resumed; what is at work goes on.
#[utoipa::path(post, path = "/pause", responses((status = 200, body = Paused)))]
pub async fn pause(state: Data<State>) -> Result<Json<Paused>, Failure> {
    set_paused(&state, true).await
}

/// Dispatches again.
#[utoipa::path(post, path = "/resume", responses((status = 200, body = Paused)))]
pub async fn resume(state: Data<State>) -> Result<Json<Paused>, Failure> {
    set_paused(&state, false).await
}

async fn set_paused(state: &State, paused: bool) -> Result<Json<Paused>, Failure> {
    state.handles().await?.scheduler.send(SetPaused(paused)).await??;
    Ok(Json(Paused { paused }))
}
