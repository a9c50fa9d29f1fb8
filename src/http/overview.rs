//! The daemon as a whole: status, attention, costs, and the way in.

use super::failure::Failure;
use super::state::State;
use super::units::shown;
use crate::actors::clock;
use crate::actors::oracle::Judgements;
use crate::actors::questions;
use crate::actors::repository::FactsOf;
use crate::actors::scheduler::Explain;
use crate::actors::supervisor::Handles;
use crate::actors::units::List;
use crate::domain::attention::Urgency;
use crate::domain::conflict::Verdict;
use crate::domain::report::Usage;
use crate::domain::work_unit::WorkUnit;
use crate::wire::attempts::{Costs, UnitCost, dollars};
use crate::wire::attention::{AttentionItem, AttentionQueue};
use crate::wire::error::ErrorBody;
use crate::wire::explain::describe_pause;
use crate::wire::lists::{Link, Session};
use crate::wire::requests::SignIn;
use crate::wire::status::{Agent, Sandbox, Status};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json};
use std::collections::BTreeMap;
use std::time::Instant;

pub async fn healthy() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// Ready when the tree is whole and the database answers.
pub async fn ready(state: Data<State>) -> Result<HttpResponse, Failure> {
    state.handles().await?.persistence.send(questions::journal_bounds()).await??;
    Ok(healthy().await)
}

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
        problem: effective.problem.as_deref().map(not_in_effect),
    }))
}

/// The page of the dashboard, of which there is none.
pub async fn page() -> Failure {
    let body =
        ErrorBody::new("there is no page here yet").with_hint("use the commands, for instance: ve orch attention");
    Failure::new(StatusCode::NOT_FOUND, body)
}

/// A link that can be opened once.
pub async fn url(state: Data<State>) -> Json<Link> {
    let code = state.sessions.code(Instant::now());
    Json(Link { url: format!("http://{}:{}/#code={code}", state.host, state.port) })
}

/// Exchanges the code of a link for a token.
pub async fn sign_in(state: Data<State>, body: Bytes) -> Result<Json<Session>, Failure> {
    let SignIn { code } = SignIn::parse(&body)?;
    let token = state.sessions.exchange(&code, Instant::now()).ok_or_else(|| {
        let body =
            ErrorBody::new("this link was used before, or is too old").with_hint("get a new one with: ve orch url");
        Failure::new(StatusCode::UNAUTHORIZED, body)
    })?;
    Ok(Json(Session { token }))
}

pub async fn attention(state: Data<State>) -> Result<Json<AttentionQueue>, Failure> {
    let handles = state.handles().await?;
    let notices = notices(&handles).await?;
    Ok(Json(AttentionQueue { notices, ..AttentionQueue::new(queue(&handles).await?) }))
}

/// What the operator should know that keeps no unit from going on.
async fn notices(handles: &Handles) -> Result<Vec<String>, Failure> {
    let effective = handles.settings.now();
    let mut notices: Vec<String> = effective.problem.iter().map(|why| not_in_effect(why)).collect();
    if !effective.untrusted.is_empty() {
        let names: Vec<&str> = effective.untrusted.iter().map(|difference| difference.name.as_str()).collect();
        notices.push(format!("{} changed and does not count until you accept it: ve orch trust", names.join(", ")));
    }
    let undecided = handles.oracle.send(Judgements(None)).await?;
    let undecided = undecided.iter().filter(|(_, _, judged)| judged.verdict == Verdict::AskOperator);
    notices.extend(undecided.map(|(a, b, _)| {
        let (a, b) = (&a.chunk, &b.chunk);
        format!("may {a} and {b} run at once? ve orch resolve {a} --with {b} parallelize|serialize")
    }));
    Ok(notices)
}

fn not_in_effect(why: &str) -> String {
    format!("{why}; the last good configuration stays in effect")
}

/// The operator's queue, the most urgent first.
pub async fn queue(handles: &Handles) -> Result<Vec<AttentionItem>, Failure> {
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let now = clock::now();
    let mut waiting: Vec<(Urgency, &WorkUnit)> = units
        .iter()
        .filter_map(|unit| {
            let frees = outlook.frees.get(&unit.id).copied().unwrap_or(0);
            Some((Urgency { frees, since: unit.ask()?.since }, unit))
        })
        .collect();
    waiting.sort_by_key(|(urgency, _)| urgency.key());
    let mut items = Vec::with_capacity(waiting.len());
    for (urgency, unit) in waiting {
        let facts = handles.repository.send(FactsOf(unit.clone())).await?;
        items.push(AttentionItem {
            unit: shown(unit, handles, &outlook),
            blocks_count: urgency.frees,
            time_waiting: now.since(urgency.since).as_secs_f64(),
            goal_summary: facts.map(|facts| facts.goal.summary).filter(|summary| !summary.is_empty()),
        });
    }
    Ok(items)
}

pub async fn costs(state: Data<State>) -> Result<Json<Costs>, Failure> {
    let handles = state.handles().await?;
    let (mut units, mut sum) = (Vec::new(), Usage::default());
    for unit in handles.units.send(List).await? {
        let attempts = handles.persistence.send(questions::attempts(unit.id)).await??;
        let used = attempts.iter().fold(Usage::default(), |sum, attempt| sum.plus(attempt.usage));
        sum = sum.plus(used);
        units.push(UnitCost {
            chunk: unit.chunk.to_string(),
            attempts: attempts.len(),
            usage: used.into(),
            cost_usd: dollars(used.cost),
        });
    }
    Ok(Json(Costs { units, usage: sum.into(), cost_usd: dollars(sum.cost) }))
}
