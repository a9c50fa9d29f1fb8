//! The daemon as a whole: status, costs, and the way in.

use super::auth::who;
use super::failure::Failure;
use super::state::State;
use crate::actors::clock;
use crate::actors::questions;
use crate::actors::scheduler::Explain;
use crate::actors::units::List;
use crate::wire::costs::Costs;
use crate::wire::error::ErrorBody;
use crate::wire::explain::describe_pause;
use crate::wire::lists::{Link, Session, Stopping};
use crate::wire::requests::SignIn;
use crate::wire::status::{Agent, Sandbox, Status};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json};
use std::collections::BTreeMap;
use std::time::Instant;

/// The daemon itself.
#[utoipa::path(get, path = "/status", responses((status = 200, body = Status)))]
pub async fn status(state: Data<State>) -> Result<Json<Status>, Failure> {
    let handles = state.handles().await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for unit in &units {
        *counts.entry(unit.status.name().to_owned()).or_default() += 1;
    }
    let effective = handles.settings.now();
    let site = &effective.site;
    let sandboxed = effective.config.sandbox.mode == crate::actors::settings::SANDBOXED;
    Ok(Json(Status {
        running: true,
        pid: Some(std::process::id()),
        uptime_seconds: Some(clock::now().since(state.started_at).as_secs_f64()),
        started_at: Some(state.started_at.into()),
        work_unit_counts: counts,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        paused: outlook.pause.as_ref().map(describe_pause),
        project: Some(site.layout.root().display().to_string()),
        state_dir: Some(site.layout.state().display().to_string()),
        url: Some(format!("http://{}:{}/", state.host, state.port)),
        sandbox: Some(Sandbox {
            mode: if sandboxed { "on" } else { "off" }.to_owned(),
            missing: site.machine.missing.iter().map(ToString::to_string).collect(),
        }),
        agents: effective
            .config
            .agents
            .all
            .values()
            .map(|agent| Agent {
                name: agent.name.to_string(),
                kind: agent.kind.as_str().to_owned(),
                program: agent.program.clone(),
                unavailable: site.operator.find(&agent.program).is_none().then(|| "not found on PATH".to_owned()),
            })
            .collect(),
        problem: effective
            .problem
            .as_ref()
            .map(|problem| format!("{}; the last good configuration stays in effect", problem.why)),
    }))
}

/// A link that can be opened once.
#[utoipa::path(post, path = "/url", responses((status = 200, body = Link)))]
pub async fn url(state: Data<State>) -> Json<Link> {
    let code = state.sessions.code(Instant::now());
    Json(Link { url: format!("http://{}:{}/#code={code}", state.host, state.port) })
}

/// Exchanges the code of a link for a token.
#[utoipa::path(
    post, path = "/session", request_body = SignIn,
    responses((status = 200, body = Session), (status = 400), (status = 401))
)]
pub async fn sign_in(state: Data<State>, body: Bytes) -> Result<Json<Session>, Failure> {
    let SignIn { code } = SignIn::parse(&body)?;
    let token = state.sessions.exchange(&code, Instant::now(), clock::now()).ok_or_else(|| {
        let body =
            ErrorBody::new("this link was used before, or is too old").with_hint("get a new one with: ve orch url");
        Failure::new(StatusCode::UNAUTHORIZED, body)
    })?;
    Ok(Json(Session { token }))
}

/// Stops the daemon as `ve orch stop` does: its agents end politely and keep their sessions. Only a command starts it again.
#[utoipa::path(post, path = "/stop", responses((status = 200, body = Stopping)))]
pub async fn stop(state: Data<State>, request: HttpRequest) -> Result<Json<Stopping>, Failure> {
    let handles = state.handles().await?;
    let units = handles.units.send(List).await?;
    tracing::info!("asked to stop by {}", who(&request));
    state.stop.notify_one();
    Ok(Json(Stopping { stopping: true, agents: units.iter().filter(|unit| unit.live.is_some()).count() }))
}

/// Tokens and dollars by unit and phase, and all in all; deleted units count, too.
#[utoipa::path(get, path = "/costs", responses((status = 200, body = Costs)))]
pub async fn costs(state: Data<State>) -> Result<Json<Costs>, Failure> {
    let handles = state.handles().await?;
    let (units, spent) =
        futures_util::try_join!(handles.units.send(List), handles.persistence.send(questions::spending()))?;
    Ok(Json(Costs::new(&units, &spent?)))
}
