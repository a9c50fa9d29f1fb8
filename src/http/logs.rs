//! What was recorded of a unit: history, attempts, raw logs and transcripts.

use super::failure::Failure;
use super::state::State;
use super::units::find;
use crate::actors::clock;
use crate::actors::questions;
use crate::actors::supervisor::Handles;
use crate::actors::transcripts::Reader;
use crate::domain::ids::UnitId;
use crate::domain::journal::AttemptRecord;
use crate::domain::report::Report;
use crate::domain::work_unit::WorkUnit;
use crate::wire::attempts::{Attempt, Attempts};
use crate::wire::error::ErrorBody;
use crate::wire::lists::{History, HistoryEntry};
use crate::wire::names::PhaseName;
use crate::wire::transcript::{Entry, TranscriptLine};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use futures_util::stream;
use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

/// Which attempts.
#[derive(Deserialize)]
pub struct Which {
    attempt: Option<i64>,
    phase: Option<String>,
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    follow: bool,
}

/// How often a followed transcript looks for more.
const LOOK: Duration = Duration::from_millis(200);

pub async fn history(state: Data<State>, path: Path<String>) -> Result<Json<History>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let history = handles.persistence.send(questions::history(unit.id)).await??;
    Ok(Json(History { chunk: unit.chunk.to_string(), history: history.iter().map(HistoryEntry::from).collect() }))
}

pub async fn attempts(state: Data<State>, path: Path<String>) -> Result<Json<Attempts>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let records = recorded(&handles, unit.id).await?;
    let paths = handles.settings.now().site.layout.unit(unit.id);
    let shown = records.iter().map(|record| {
        let log = paths.log(&record.attempt);
        Attempt::new(record, unit.live.as_ref(), log.exists().then(|| log.display().to_string()))
    });
    Ok(Json(Attempts { chunk: unit.chunk.to_string(), attempts: shown.collect() }))
}

async fn recorded(handles: &Handles, unit: UnitId) -> Result<Vec<AttemptRecord>, Failure> {
    Ok(handles.persistence.send(questions::attempts(unit)).await??)
}

async fn chosen(handles: &Handles, unit: &WorkUnit, which: &Which) -> Result<Vec<AttemptRecord>, Failure> {
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
pub async fn raw(state: Data<State>, path: Path<String>, which: Query<Which>) -> Result<HttpResponse, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let paths = handles.settings.now().site.layout.unit(unit.id);
    let mut records = chosen(&handles, &unit, &which).await?;
    if which.attempt.is_none() && which.phase.is_none() {
        records.drain(..records.len().saturating_sub(1));
    }
    let files = records.into_iter().map(move |record| paths.log(&record.attempt));
    let offset = which.offset;
    let bytes = stream::unfold((files, None::<File>), move |(mut files, mut open)| async move {
        let mut block = vec![0; 64 * 1024];
        loop {
            let file = match &mut open {
                Some(file) => file,
                None => open.insert(begin(&files.next()?, offset).ok()?),
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

fn begin(path: &std::path::Path, offset: u64) -> io::Result<File> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(file)
}

/// The parsed transcript of the chosen attempts as lines of JSON; followed until the unit has ended, if wanted.
pub async fn transcript(state: Data<State>, path: Path<String>, which: Query<Which>) -> Result<HttpResponse, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    chosen(&handles, &unit, &which).await?;
    let telling = Telling { handles, unit, which: which.into_inner(), reader: None, done: 0 };
    let lines = stream::unfold(telling, |mut telling| async move {
        let lines = telling.next().await?;
        let text: String =
            lines.iter().filter_map(|line| serde_json::to_string(line).ok()).map(|line| line + "\n").collect();
        Some((Ok::<_, io::Error>(Bytes::from(text)), telling))
    });
    Ok(HttpResponse::Ok().content_type("application/x-ndjson").streaming(Box::pin(lines)))
}

/// A transcript being told, attempt after attempt.
struct Telling {
    handles: Handles,
    unit: WorkUnit,
    which: Which,
    reader: Option<(AttemptRecord, Reader)>,
    /// Number of the last attempt that was told to its end.
    done: i64,
}

impl Telling {
    /// The next lines; none at the end.
    async fn next(&mut self) -> Option<Vec<TranscriptLine>> {
        loop {
            let records = chosen(&self.handles, &self.unit, &self.which).await.ok()?;
            if self.reader.is_none()
                && let Some(record) = records.iter().find(|record| record.number > self.done)
            {
                let line = self.begin(record.clone());
                return Some(vec![line]);
            }
            let lines = self.more(&records);
            if !lines.is_empty() {
                return Some(lines);
            }
            let unit = self.handles.units.send(crate::actors::units::Get(self.unit.chunk.clone())).await.ok()?;
            let over = unit.is_none_or(|unit| unit.is_terminal() && unit.live.is_none());
            if self.reader.is_none() && (over || !self.which.follow) {
                return None;
            }
            if self.reader.is_some() && !self.which.follow {
                let (record, _) = self.reader.take()?;
                self.done = record.number;
                continue;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn begin(&mut self, record: AttemptRecord) -> TranscriptLine {
        let effective = self.handles.settings.now();
        let log = effective.site.layout.unit(self.unit.id).log(&record.attempt);
        let header = Entry::Header { role: record.kind.clone(), agent: record.agent.as_ref().map(ToString::to_string) };
        let line = line(&record, record.started_at, header);
        self.reader = Some((record.clone(), Reader::new(log, &record, &effective)));
        line
    }

    fn more(&mut self, records: &[AttemptRecord]) -> Vec<TranscriptLine> {
        let Some((record, mut reader)) = self.reader.take() else { return Vec::new() };
        let told = |reports: Vec<Report>, at| {
            let entries = reports.iter().filter_map(Entry::from_report).collect::<Vec<_>>();
            entries.into_iter().map(|entry| line(&record, at, entry)).collect::<Vec<_>>()
        };
        let ended = records.iter().find(|fresh| fresh.number == record.number && fresh.ended_at.is_some());
        let mut reports = reader.more();
        let Some(ended) = ended else {
            let lines = told(reports, clock::now());
            self.reader = Some((record, reader));
            return lines;
        };
        reports.extend(reader.finish());
        let mut lines = told(reports, record.started_at);
        let ended_at = ended.ended_at.unwrap_or(ended.started_at);
        let result = Entry::Result {
            outcome: ended.outcome.clone().unwrap_or_default(),
            error: ended.error.clone(),
            duration_ms: u64::try_from(ended_at.since(ended.started_at).as_millis()).unwrap_or(u64::MAX),
            cost_usd: Some(crate::wire::attempts::dollars(ended.usage.cost)).filter(|cost| *cost > 0.0),
            turns: None,
        };
        lines.push(line(&record, ended_at, result));
        self.done = record.number;
        lines
    }
}

fn line(record: &AttemptRecord, at: crate::domain::time::Timestamp, entry: Entry) -> TranscriptLine {
    TranscriptLine {
        at: at.into(),
        attempt: record.attempt.to_string(),
        number: record.number,
        phase: record.phase.into(),
        entry,
    }
}
