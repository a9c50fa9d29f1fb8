//! What was recorded of a unit: history, documents, attempts, raw logs and transcripts.

use super::failure::Failure;
use super::state::State;
use super::telling::Telling;
use super::units::find;
use crate::actors::log_files;
use crate::actors::questions;
use crate::actors::repository::{Texts, TextsOf};
use crate::actors::supervisor::Handles;
use crate::domain::ids::UnitId;
use crate::domain::journal::AttemptRecord;
use crate::domain::work_unit::WorkUnit;
use crate::wire::attempts::{Attempt, Attempts};
use crate::wire::documents::Documents;
use crate::wire::error::ErrorBody;
use crate::wire::lists::{History, HistoryEntry};
use crate::wire::names::PhaseName;
use crate::wire::transcript::TranscriptLine;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use futures_util::stream;
use serde::Deserialize;
use std::collections::VecDeque;
use std::io::{self, Read};
use utoipa::IntoParams;

/// Which attempts; without either, all of them.
#[derive(Default)]
pub struct Which {
    /// Only the attempt of this number.
    pub attempt: Option<i64>,
    /// Only attempts at this phase.
    pub phase: Option<String>,
}

/// What of the raw logs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RawPart {
    /// Only the attempt of this number.
    attempt: Option<i64>,
    /// Only attempts at this phase.
    phase: Option<String>,
    /// Where to begin, in bytes.
    #[serde(default)]
    offset: u64,
}

/// What of the transcript.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TranscriptPart {
    /// Only the attempt of this number.
    attempt: Option<i64>,
    /// Only attempts at this phase.
    phase: Option<String>,
    /// Whether it goes on until the unit has ended.
    #[serde(default)]
    follow: bool,
    /// Only so many of the last entries there are now, of the latest attempt where none is chosen; 1,000 at most.
    last: Option<usize>,
}

/// So many last entries are told at most.
const MOST_LAST: usize = 1_000;

/// Every transition with who and why.
#[utoipa::path(get, path = "/work-units/{chunk}/history", responses((status = 200, body = History), (status = 404)))]
pub async fn history(state: Data<State>, path: Path<String>) -> Result<Json<History>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let history = handles.persistence.send(questions::history(unit.id)).await??;
    Ok(Json(History { chunk: unit.chunk.to_string(), history: history.iter().map(HistoryEntry::from).collect() }))
}

/// Every process that was started for the unit.
#[utoipa::path(
    get, path = "/work-units/{chunk}/attempts",
    responses((status = 200, body = Attempts), (status = 404))
)]
pub async fn attempts(state: Data<State>, path: Path<String>) -> Result<Json<Attempts>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let records = recorded(&handles, unit.id).await?;
    let paths = handles.settings.now().site.layout.unit(unit.id);
    let shown = records.iter().map(|record| {
        let log = paths.log(&record.attempt);
        Attempt::new(record, unit.live.as_ref(), log_files::find(&log).map(|log| log.display().to_string()))
    });
    Ok(Json(Attempts { chunk: unit.chunk.to_string(), attempts: shown.collect() }))
}

/// Goal and plan of the unit's chunk, word for word, as they stand at its tip.
#[utoipa::path(
    get, path = "/work-units/{chunk}/documents",
    responses((status = 200, body = Documents), (status = 404))
)]
pub async fn documents(state: Data<State>, path: Path<String>) -> Result<Json<Documents>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let chunk = unit.chunk.to_string();
    let texts = handles.repository.send(TextsOf(unit)).await?;
    Ok(Json(match texts {
        Some(Texts { commit, goal, plan }) => Documents { chunk, commit: Some(commit.to_string()), goal, plan },
        None => Documents { chunk, commit: None, goal: None, plan: None },
    }))
}

/// Every attempt of a unit.
pub async fn recorded(handles: &Handles, unit: UnitId) -> Result<Vec<AttemptRecord>, Failure> {
    Ok(handles.persistence.send(questions::attempts(unit)).await??)
}

/// The attempts that are asked for; an error when they are named and not there.
pub async fn chosen(handles: &Handles, unit: &WorkUnit, which: &Which) -> Result<Vec<AttemptRecord>, Failure> {
    let phase = which.phase.as_deref().map(PhaseName::parse).transpose()?;
    let mut records = recorded(handles, unit.id).await?;
    records.retain(|record| which.attempt.is_none_or(|number| number == record.number));
    records.retain(|record| phase.is_none_or(|phase| phase.0 == record.phase));
    if records.is_empty() && (which.attempt.is_some() || phase.is_some()) {
        let body = ErrorBody::new(format!("'{}' has no such attempt", unit.chunk))
            .with_hint("see its attempts with: ve orch history");
        return Err(Failure::new(StatusCode::NOT_FOUND, body));
    }
    Ok(records)
}

/// The raw bytes of the chosen attempts, one after the other; of the latest, where none is chosen.
#[utoipa::path(
    get, path = "/work-units/{chunk}/log", params(RawPart),
    responses((status = 200, body = String, content_type = "application/octet-stream"), (status = 400), (status = 404))
)]
pub async fn raw(state: Data<State>, path: Path<String>, part: Query<RawPart>) -> Result<HttpResponse, Failure> {
    let RawPart { attempt, phase, offset } = part.into_inner();
    let which = Which { attempt, phase };
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let paths = handles.settings.now().site.layout.unit(unit.id);
    let mut records = chosen(&handles, &unit, &which).await?;
    if which.attempt.is_none() && which.phase.is_none() {
        records.drain(..records.len().saturating_sub(1));
    }
    let files = records.into_iter().map(move |record| paths.log(&record.attempt));
    let bytes = stream::unfold((files, None::<Box<dyn Read + Send>>), move |(mut files, mut open)| async move {
        let mut block = vec![0; 64 * 1024];
        loop {
            let file = match &mut open {
                Some(file) => file,
                None => open.insert(log_files::open(&files.next()?, offset).ok()?),
            };
            match file.read(&mut block) {
                Ok(0) => open = None,
                Ok(read) => {
                    block.truncate(read);
                    return Some((Ok::<_, io::Error>(Bytes::from(block)), (files, open)));
                }
                Err(error) => return Some((Err(error), (files, open))),
            }
        }
    });
    Ok(HttpResponse::Ok().content_type("application/octet-stream").streaming(Box::pin(bytes)))
}

/// The parsed transcript of the chosen attempts as lines of JSON; followed until the unit has ended, if wanted.
#[utoipa::path(
    get, path = "/work-units/{chunk}/transcript", params(TranscriptPart),
    responses((status = 200, body = TranscriptLine, content_type = "application/x-ndjson"), (status = 400), (status = 404))
)]
pub async fn transcript(
    state: Data<State>,
    path: Path<String>,
    part: Query<TranscriptPart>,
) -> Result<HttpResponse, Failure> {
    let TranscriptPart { attempt, phase, follow, last } = part.into_inner();
    let mut which = Which { attempt, phase };
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let records = chosen(&handles, &unit, &which).await?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/x-ndjson");
    let Some(count) = last else {
        let telling = if follow { Telling::followed(handles, unit, which) } else { Telling::new(handles, unit, which) };
        let lines = stream::unfold(telling, |mut telling| async move {
            let lines = telling.next().await?;
            Some((Ok::<_, io::Error>(Bytes::from(ndjson(&lines))), telling))
        });
        return Ok(answer.streaming(Box::pin(lines)));
    };
    if which.attempt.is_none() && which.phase.is_none() {
        which.attempt = records.last().map(|record| record.number);
    }
    let count = count.min(MOST_LAST);
    let (mut telling, mut end) = (Telling::new(handles, unit, which), VecDeque::new());
    while let Some(lines) = telling.next().await {
        end.extend(lines);
        end.drain(..end.len().saturating_sub(count));
        // A log may be long, and others wait for answers.
        tokio::task::yield_now().await;
    }
    Ok(answer.body(ndjson(end.make_contiguous())))
}

fn ndjson(lines: &[TranscriptLine]) -> String {
    lines.iter().filter_map(|line| serde_json::to_string(line).ok()).map(|line| line + "\n").collect()
}
