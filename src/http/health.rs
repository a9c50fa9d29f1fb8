//! What watchers of the daemon ask: whether it lives, whether it can take work, and its figures.

use super::failure::Failure;
use super::state::State;
use crate::actors::clock;
use crate::actors::machine;
use crate::actors::questions;
use crate::actors::repository::BaseCommit;
use crate::actors::scheduler::Explain;
use crate::actors::units::List;
use crate::domain::schedule::Pause;
use crate::wire::costs::Costs;
use crate::wire::error::ErrorBody;
use crate::wire::explain::describe_pause;
use crate::wire::metrics::{CONTENT_TYPE, Kind, Metrics};
use crate::wire::names::StatusName;
use crate::wire::status::{Health, Readiness};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use serde_json::json;

/// Answers as long as the daemon lives; needs no token.
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = Health)))]
pub async fn healthy() -> Json<Health> {
    Json(Health::ok())
}

/// Whether new work can be done: database, git and disk are as they must be.
#[utoipa::path(get, path = "/readyz", responses((status = 200, body = Readiness), (status = 503)))]
pub async fn ready(state: Data<State>) -> Result<Json<Readiness>, Failure> {
    let handles = state.handles().await?;
    let journal = handles.persistence.send(questions::journal_bounds()).await?;
    let base = handles.repository.send(BaseCommit).await?;
    let settings = handles.settings.now();
    let (free, floor) = (machine::free_disk(settings.site.layout.state()), settings.rules.policy.disk_floor);
    let readiness = Readiness::new([
        journal.map(|_| ()).map_err(|error| error.to_string()),
        base.map(|_| ()).ok_or_else(|| "there is no commit on the base branch".to_owned()),
        match free {
            Some(free) if free < floor => Err(describe_pause(&Pause::Disk { free })),
            _ => Ok(()),
        },
    ]);
    if readiness.is_ready() {
        return Ok(Json(readiness));
    }
    let body = ErrorBody::new("no new work can be done").with_hint("mend what the detail says, then ask again");
    Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, body.with_detail(json!(readiness))))
}

/// Figures for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub async fn metrics(state: Data<State>) -> Result<HttpResponse, Failure> {
    let handles = state.handles().await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let (_, newest) = handles.persistence.send(questions::journal_bounds()).await??;
    let spent = handles.persistence.send(questions::spending()).await??;
    let costs = Costs::new(&units, &spent);
    let now = clock::now();
    let asked = units.iter().filter_map(|unit| Some(now.since(unit.ask()?.since).as_secs_f64()));
    let attempts: usize = costs.units.iter().map(|unit| unit.attempts).sum();
    let of_status = |status: StatusName| units.iter().filter(|unit| StatusName::from(&unit.status) == status).count();
    let counts = StatusName::LISTED.map(|status| (status.as_str(), of_status(status) as f64));
    let tokens = [
        ("input", costs.usage.input_tokens),
        ("output", costs.usage.output_tokens),
        ("cache_read", costs.usage.cache_read_tokens),
        ("cache_write", costs.usage.cache_write_tokens),
    ];
    let mut page = Metrics::default();
    let (counter, gauge) = (Kind::Counter, Kind::Gauge);
    let uptime = now.since(state.started_at).as_secs_f64();
    page.one(gauge, "ve_uptime_seconds", "Since the daemon started.", uptime);
    page.each(gauge, "ve_work_units", "Units by status.", "status", counts);
    let slots = units.iter().filter(|unit| unit.holds_slot()).count();
    page.one(gauge, "ve_agents_running", "Agents at work.", slots);
    let limit = handles.settings.now().rules.policy.max_agents;
    page.one(gauge, "ve_agents_limit", "Agents at work at once, at most.", limit);
    page.one(gauge, "ve_dispatch_paused", "1 while nothing is dispatched.", u8::from(outlook.pause.is_some()));
    let oldest = asked.fold(0.0, f64::max);
    page.one(gauge, "ve_attention_oldest_seconds", "How long the operator has been waited for.", oldest);
    page.one(counter, "ve_events_total", "Entries of the journal.", newest);
    page.one(counter, "ve_attempts_total", "Processes started for the units there are.", attempts);
    let tokens = tokens.map(|(class, count)| (class, count as f64));
    page.each(counter, "ve_tokens_total", "Tokens of the units there are.", "class", tokens);
    page.one(counter, "ve_cost_usd_total", "Dollars of the units there are.", costs.cost_usd);
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(page.into_text()))
}
