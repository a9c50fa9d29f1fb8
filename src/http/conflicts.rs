//! What the conflict oracle says about pairs of chunks, and what the operator says to it.

use super::failure::Failure;
use super::state::State;
use super::units::{chunk, find};
use crate::actors::clock;
use crate::actors::oracle::{Analyze, Judgements, Resolve};
use crate::actors::scheduler::Explain;
use crate::actors::supervisor::Handles;
use crate::actors::units::Get;
use crate::domain::conflict::{Evidence, Judgement, Verdict};
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::schedule::Waiting;
use crate::domain::time::Timestamp;
use crate::wire::conflicts::{Conflict, Conflicts};
use crate::wire::lists::Resolved;
use crate::wire::names::VerdictName;
use crate::wire::requests::{self, Resolution};
use actix_web::web::{Bytes, Data, Json, Path, Query};
use serde::Deserialize;

/// `?verdict=`
#[derive(Deserialize)]
pub struct OfVerdict {
    verdict: Option<String>,
}

pub async fn list(state: Data<State>, filter: Query<OfVerdict>) -> Result<Json<Conflicts>, Failure> {
    let wanted = filter.verdict.as_deref().map(VerdictName::parse).transpose()?;
    let handles = state.handles().await?;
    let all = judged(&handles, None).await?;
    let all = all.into_iter().filter(|conflict| wanted.is_none_or(|wanted| conflict.verdict == wanted));
    Ok(Json(Conflicts::new(None, all.collect())))
}

/// A chunk that is no unit has no pairs.
pub async fn of_chunk(state: Data<State>, path: Path<String>) -> Result<Json<Conflicts>, Failure> {
    let handles = state.handles().await?;
    let unit = match chunk(&path) {
        Ok(chunk) => handles.units.send(Get(chunk)).await?,
        Err(_) => None,
    };
    let conflicts = match unit {
        Some(unit) => judged(&handles, Some(unit.id)).await?,
        None => Vec::new(),
    };
    Ok(Json(Conflicts::new(Some(path.into_inner()), conflicts)))
}

pub async fn analyze(state: Data<State>, body: Bytes) -> Result<Json<Conflict>, Failure> {
    let requests::Analyze { chunk_a, chunk_b } = requests::Analyze::parse(&body)?;
    let handles = state.handles().await?;
    let judged = handles.oracle.send(Analyze(chunk_a.clone(), chunk_b.clone())).await??;
    Ok(Json(conflict(&chunk_a, &chunk_b, clock::now(), &judged)))
}

pub async fn resolve(state: Data<State>, path: Path<String>, body: Bytes) -> Result<Json<Resolved>, Failure> {
    let requests::Resolve { other_chunk, verdict } = requests::Resolve::parse(&body)?;
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let decided = match verdict {
        Resolution::Parallelize => Verdict::Independent,
        Resolution::Serialize => Verdict::Serialize,
    };
    handles.oracle.send(Resolve { pair: (unit.chunk.clone(), other_chunk.clone()), verdict: decided }).await??;
    let blocked_by = match handles.scheduler.send(Explain).await?.waiting.remove(&unit.id) {
        Some(Waiting::Chunks(chunks)) => chunks.iter().map(ChunkName::to_string).collect(),
        _ => Vec::new(),
    };
    Ok(Json(Resolved {
        chunk: unit.chunk.to_string(),
        other_chunk: other_chunk.to_string(),
        verdict: verdict.verdict(),
        blocked_by,
    }))
}

async fn judged(handles: &Handles, of: Option<UnitId>) -> Result<Vec<Conflict>, Failure> {
    let pairs = handles.oracle.send(Judgements(of)).await?;
    let shown = pairs.iter().map(|(a, b, judged)| {
        let at = a.updated_at.max(b.updated_at);
        conflict(&a.chunk, &b.chunk, at, judged)
    });
    Ok(shown.collect())
}

fn conflict(a: &ChunkName, b: &ChunkName, at: Timestamp, judged: &Judgement) -> Conflict {
    let (mut files, mut symbols) = (Vec::new(), Vec::new());
    for evidence in &judged.evidence {
        match evidence {
            Evidence::File(path) => files.push(path.clone()),
            Evidence::Symbol(place) => symbols.push(place.to_string()),
        }
    }
    let meet = match judged.evidence.len() {
        0 => "no common place is known".to_owned(),
        1 => "both mean to change one place".to_owned(),
        count => format!("both mean to change {count} places"),
    };
    let decided = if judged.by_operator { "the operator decided; " } else { "" };
    let sure = judged.probability.max(100 - judged.probability);
    Conflict {
        chunk_a: a.to_string(),
        chunk_b: b.to_string(),
        verdict: match judged.verdict {
            Verdict::Independent => VerdictName::Independent,
            Verdict::Serialize => VerdictName::Serialize,
            Verdict::AskOperator => VerdictName::AskOperator,
        },
        confidence: if judged.by_operator { 1.0 } else { f64::from(sure) / 100.0 },
        reason: format!("{decided}{meet}; a conflict has a probability of {} %", judged.probability),
        analysis_stage: judged.stage.name().to_owned(),
        overlapping_files: files,
        overlapping_symbols: symbols,
        created_at: at.into(),
        by_operator: judged.by_operator,
    }
}
