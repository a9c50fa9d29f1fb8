//! New units.

use super::auth::who;
use super::failure::Failure;
use super::state::State;
use super::units::{shown, shown_alone};
use crate::actors::intake::{Create, Inject};
use crate::actors::scheduler::Outlook;
use crate::actors::settings::Reload;
use crate::domain::admission::Request;
use crate::domain::new_unit::NewUnit;
use crate::domain::work_unit::{Admission, Status};
use crate::wire::lists::{Injected, InjectedBatch};
use crate::wire::names::StatusName;
use crate::wire::{self, requests};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json};
use actix_web::{HttpRequest, Responder};

/// Makes a unit as described, whether or not its chunk is on disk.
#[utoipa::path(
    post, path = "/work-units", request_body = requests::Create,
    responses((status = 201, body = wire::unit::WorkUnit), (status = 400), (status = 409))
)]
pub async fn create(state: Data<State>, body: Bytes, request: HttpRequest) -> Result<impl Responder, Failure> {
    let wanted = requests::Create::parse(&body)?;
    let depends_on: std::collections::BTreeSet<_> = wanted.blocked_by.into_iter().collect();
    let status = match wanted.status {
        StatusName::Pending => Status::Pending(Admission::Held),
        StatusName::Ready | StatusName::Blocked if depends_on.is_empty() => Status::Ready { wait: None },
        StatusName::Ready | StatusName::Blocked => Status::Blocked { by: depends_on.clone() },
        other => return Err(Failure::bad_request(format!("Invalid status: a work unit cannot be created {other}"))),
    };
    let unit = NewUnit {
        chunk: wanted.chunk,
        phase: wanted.phase.0,
        status,
        priority: 0,
        explicit_deps: !depends_on.is_empty(),
        depends_on,
        retain: false,
    };
    let handles = state.handles().await?;
    let unit = handles.intake.send(Create { unit, who: who(&request) }).await??;
    Ok((shown_alone(&unit, &handles), StatusCode::CREATED))
}

/// Makes a unit of a chunk; what the request leaves out is read from its documents.
#[utoipa::path(
    post, path = "/work-units/inject", request_body = requests::Inject,
    responses((status = 201, body = Injected), (status = 400), (status = 409))
)]
pub async fn inject(state: Data<State>, body: Bytes, request: HttpRequest) -> Result<impl Responder, Failure> {
    let wanted = requests::Inject::parse(&body)?;
    let wanted = Request {
        chunk: wanted.chunk,
        phase: wanted.phase.map(|phase| phase.0),
        priority: wanted.priority,
        depends_on: wanted.blocked_by.map(|chunks| chunks.into_iter().collect()),
        explicit_deps: wanted.explicit_deps,
        retain: wanted.retain_worktree,
        hold: wanted.hold,
    };
    let mut batch = accept(&state, vec![wanted], &request).await?;
    let one = batch.pop().ok_or_else(Failure::restarting)?;
    Ok((Json(one), StatusCode::CREATED))
}

/// Makes units of several chunks, all or none.
#[utoipa::path(
    post, path = "/work-units/inject-batch", request_body = requests::InjectBatch,
    responses((status = 201, body = InjectedBatch), (status = 400), (status = 409))
)]
pub async fn inject_batch(state: Data<State>, body: Bytes, request: HttpRequest) -> Result<impl Responder, Failure> {
    let wanted = requests::InjectBatch::parse(&body)?;
    let of = |chunk| Request {
        chunk,
        phase: wanted.phase.map(|phase| phase.0),
        priority: wanted.priority,
        depends_on: None,
        explicit_deps: None,
        retain: wanted.retain_worktree,
        hold: wanted.hold,
    };
    let results = accept(&state, wanted.chunks.into_iter().map(of).collect(), &request).await?;
    Ok((Json(InjectedBatch { results }), StatusCode::CREATED))
}

async fn accept(state: &State, requests: Vec<Request>, request: &HttpRequest) -> Result<Vec<Injected>, Failure> {
    let handles = state.handles().await?;
    // Whoever edits the configuration and then hands work over means the new one.
    handles.settings_actor.send(Reload).await?;
    let injected = handles.intake.send(Inject { requests, who: who(request) }).await??;
    let common = injected.warnings;
    let of = |(unit, mut warnings): (_, Vec<String>)| {
        let unit = shown(&unit, &handles, &Outlook::default());
        warnings.extend(common.iter().filter(|warning| warning.starts_with(&format!("{}:", unit.chunk))).cloned());
        Injected { unit, warnings }
    };
    Ok(injected.units.into_iter().map(of).collect())
}
