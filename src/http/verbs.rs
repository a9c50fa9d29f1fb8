//! The operator's verbs: each request is one event for one unit.

use super::auth::who;
use super::failure::Failure;
use super::state::State;
use super::units::{chunk, find, shown_alone, tell};
use crate::actors::scheduler::SetPaused;
use crate::actors::units::List;
use crate::domain::event::Event;
use crate::domain::work_unit::{Status, WorkUnit};
use crate::wire;
use crate::wire::answer::Answer;
use crate::wire::lists::{Paused, Retried};
use crate::wire::names::PhaseName;
use crate::wire::requests::{Interrupt, Prioritize};
use actix_web::HttpRequest;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use serde::Deserialize;

type Shown = Result<Json<wire::unit::WorkUnit>, Failure>;

/// `?phase=`
#[derive(Deserialize)]
pub struct OfPhase {
    phase: Option<String>,
}

async fn verb(state: &State, path: &str, event: Event, request: &HttpRequest) -> Shown {
    let handles = state.handles().await?;
    let unit = tell(&handles, &chunk(path)?, event, who(request)).await?;
    Ok(shown_alone(&unit, &handles))
}

fn needs_attention(unit: &WorkUnit) -> Result<&crate::domain::attention::Ask, Failure> {
    unit.ask().ok_or_else(|| {
        let status = unit.status.name();
        Failure::bad_request(format!("Work unit '{}' is not in NEEDS_ATTENTION status (current: {status})", unit.chunk))
    })
}

pub async fn answer(state: Data<State>, path: Path<String>, body: Bytes, request: HttpRequest) -> Shown {
    let answer = Answer::parse(&body)?;
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let given = answer.resolve(&needs_attention(&unit)?.about)?;
    verb(&state, &path, Event::Answered { answers: vec![given] }, &request).await
}

pub async fn approve(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Approved, &request).await
}

pub async fn retry(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    if !matches!(unit.status, Status::Failed { .. } | Status::Canceled { .. }) {
        needs_attention(&unit)?;
    }
    verb(&state, &path, Event::Retried, &request).await
}

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

pub async fn prioritize(state: Data<State>, path: Path<String>, body: Bytes, request: HttpRequest) -> Shown {
    let Prioritize { priority } = Prioritize::parse(&body)?;
    verb(&state, &path, Event::Prioritized(priority), &request).await
}

pub async fn hold(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Held, &request).await
}

pub async fn release(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Released, &request).await
}

pub async fn skip(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Skipped, &request).await
}

pub async fn cancel(state: Data<State>, path: Path<String>, request: HttpRequest) -> Shown {
    verb(&state, &path, Event::Canceled, &request).await
}

pub async fn interrupt(state: Data<State>, path: Path<String>, body: Bytes, request: HttpRequest) -> Shown {
    let Interrupt { message } = Interrupt::parse(&body)?;
    verb(&state, &path, Event::Interrupted { message }, &request).await
}

pub async fn pause(state: Data<State>) -> Result<Json<Paused>, Failure> {
    set_paused(&state, true).await
}

pub async fn resume(state: Data<State>) -> Result<Json<Paused>, Failure> {
    set_paused(&state, false).await
}

async fn set_paused(state: &State, paused: bool) -> Result<Json<Paused>, Failure> {
    state.handles().await?.scheduler.send(SetPaused(paused)).await??;
    Ok(Json(Paused { paused }))
}
