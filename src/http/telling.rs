//! A unit's transcript, told attempt after attempt, and followed while there may be more.

use super::logs::{Which, chosen};
use crate::actors::clock;
use crate::actors::supervisor::Handles;
use crate::actors::transcripts::Reader;
use crate::actors::units::Get;
use crate::domain::journal::AttemptRecord;
use crate::domain::report::Report;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use crate::wire::transcript::{Entry, TranscriptLine};
use std::time::Duration;

/// How often a followed transcript looks for more.
const LOOK: Duration = Duration::from_millis(200);

/// A transcript being told, attempt after attempt.
pub struct Telling {
    handles: Handles,
    unit: WorkUnit,
    which: Which,
    reader: Option<(AttemptRecord, Reader)>,
    /// Number of the last attempt that was told to its end.
    done: i64,
}

impl Telling {
    /// The transcript of the attempts of `unit` that are asked for.
    pub fn new(handles: Handles, unit: WorkUnit, which: Which) -> Self {
        Self { handles, unit, which, reader: None, done: 0 }
    }

    /// The next lines; none at the end.
    pub async fn next(&mut self) -> Option<Vec<TranscriptLine>> {
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
            let unit = self.handles.units.send(Get(self.unit.chunk.clone())).await.ok()?;
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

fn line(record: &AttemptRecord, at: Timestamp, entry: Entry) -> TranscriptLine {
    TranscriptLine {
        at: at.into(),
        attempt: record.attempt.to_string(),
        number: record.number,
        phase: record.phase.into(),
        entry,
    }
}
