//! What the conflict oracle says about pairs of chunks, and what the operator says to it.

use super::failure::Failure;
use super::forms;
use super::state::State;
use super::units::{chunk, find};
use crate::actors::clock;
use crate::actors::oracle::{Analyze, Judgements, Resolve};
use crate::actors::questions;
use crate::actors::scheduler::Explain;
use crate::actors::supervisor::Handles;
use crate::actors::units::Get;
use crate::domain::conflict::Verdict;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::schedule::Waiting;
use crate::wire::conflicts::{Conflict, Conflicts, OracleStats};
use crate::wire::lists::Resolved;
use crate::wire::names::VerdictName;
use crate::wire::requests::{self, Resolution};
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use std::cmp::Reverse;
use utoipa::IntoParams;

/// `?verdict=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfVerdict {
    /// Only pairs with this verdict.
    verdict: Option<String>,
}

impl OfVerdict {
    fn wanted(&self) -> Result<Option<VerdictName>, Failure> {
        Ok(self.verdict.as_deref().map(VerdictName::parse).transpose()?)
    }
}

/// What the oracle says about all pairs of units.
#[utoipa::path(
    get, path = "/conflicts", params(OfVerdict),
    responses((status = 200, body = Conflicts), (status = 400))
)]
pub async fn list(state: Data<State>, filter: Query<OfVerdict>) -> Result<Json<Conflicts>, Failure> {
    let wanted = filter.wanted()?;
    let handles = state.handles().await?;
    Ok(Json(Conflicts::new(None, judged(&handles, None, wanted).await?)))
}

/// What the oracle says about the pairs of one chunk; one that is no unit has none.
#[utoipa::path(
    get, path = "/conflicts/{chunk}", params(OfVerdict),
    responses((status = 200, body = Conflicts), (status = 400))
)]
pub async fn of_chunk(
    state: Data<State>,
    path: Path<String>,
    filter: Query<OfVerdict>,
) -> Result<Json<Conflicts>, Failure> {
    let wanted = filter.wanted()?;
    let handles = state.handles().await?;
    let unit = match chunk(&path) {
        Ok(chunk) => handles.units.send(Get(chunk)).await?,
        Err(_) => None,
    };
    let conflicts = match unit {
        Some(unit) => judged(&handles, Some(unit.id), wanted).await?,
        None => Vec::new(),
    };
    Ok(Json(Conflicts::new(Some(path.into_inner()), conflicts)))
}

/// Looks at a pair of chunks now.
#[utoipa::path(
    post, path = "/conflicts/analyze", request_body = requests::Analyze,
    responses((status = 200, body = Conflict), (status = 400), (status = 404))
)]
pub async fn analyze(state: Data<State>, body: Bytes) -> Result<Json<Conflict>, Failure> {
    let requests::Analyze { chunk_a, chunk_b } = requests::Analyze::parse(&body)?;
    let handles = state.handles().await?;
    let judged = handles.oracle.send(Analyze(chunk_a.clone(), chunk_b.clone())).await??;
    Ok(Json(Conflict::new(&chunk_a, &chunk_b, clock::now(), &judged)))
}

/// The operator decides about a pair; both sides show it.
#[utoipa::path(
    post,
    path = "/work-units/{chunk}/resolve",
    request_body(content((requests::Resolve = "application/json"), (requests::Resolve = "application/x-www-form-urlencoded"))),
    responses((status = 200, body = Resolved), (status = 303), (status = 400), (status = 404))
)]
pub async fn resolve(
    state: Data<State>,
    path: Path<String>,
    body: Bytes,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let requests::Resolve { other_chunk, verdict } = requests::Resolve::parse(&forms::read(&request, body)?)?;
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let decided = match verdict {
        Resolution::Parallelize => Verdict::Independent,
        Resolution::Serialize => Verdict::Serialize,
    };
    handles.oracle.send(Resolve { pair: (unit.chunk.clone(), other_chunk.clone()), verdict: decided }).await??;
    let blocked_by = match handles.scheduler.send(Explain).await?.waiting.get(&unit.id) {
        Some(Waiting::Chunks(chunks)) => chunks.iter().map(ChunkName::to_string).collect(),
        _ => Vec::new(),
    };
    let resolved = Resolved {
        chunk: unit.chunk.to_string(),
        other_chunk: other_chunk.to_string(),
        verdict: verdict.verdict(),
        blocked_by,
    };
    Ok(forms::reply(&request, &resolved))
}

/// How good the oracle was: predictions and what became of them, per stage of knowledge.
#[utoipa::path(get, path = "/oracle/stats", responses((status = 200, body = OracleStats)))]
pub async fn stats(state: Data<State>) -> Result<Json<OracleStats>, Failure> {
    let said = state.handles().await?.persistence.send(questions::predictions()).await??;
    Ok(Json(OracleStats::new(&said)))
}

/// The pairs there are, or those of one unit, with the wanted verdict, or any; the newest first.
async fn judged(handles: &Handles, of: Option<UnitId>, wanted: Option<VerdictName>) -> Result<Vec<Conflict>, Failure> {
    let pairs = handles.oracle.send(Judgements(of)).await?;
    let shown = pairs.iter().map(|(a, b, judged)| {
        let at = a.updated_at.max(b.updated_at);
        Conflict::new(&a.chunk, &b.chunk, at, judged)
    });
    let mut shown: Vec<Conflict> =
        shown.filter(|conflict| wanted.is_none_or(|wanted| conflict.verdict == wanted)).collect();
    shown.sort_by_key(|conflict| Reverse(conflict.created_at));
    Ok(shown)
}
