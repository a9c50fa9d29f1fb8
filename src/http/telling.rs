//! A unit's transcript, told attempt after attempt, and followed while there may be more.

use super::logs::{Which, chosen};
use crate::actors::clock;
use crate::actors::hub::{News, Subscribe};
use crate::actors::supervisor::Handles;
use crate::actors::transcripts::{Reader, Said};
use crate::actors::units::Get;
use crate::domain::journal::AttemptRecord;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use crate::wire::transcript::{Entry, TranscriptLine};
use std::time::Duration;
use tokio::sync::mpsc;

/// How often a followed log is read on: nobody tells of a process that writes a line. What becomes of the attempts, the hub tells.
const LOOK: Duration = Duration::from_millis(200);

/// A transcript being told, attempt after attempt.
pub struct Telling {
    handles: Handles,
    unit: WorkUnit,
    which: Which,
    /// Whether what will be written is told, too.
    follows: bool,
    reader: Option<(AttemptRecord, Reader)>,
    /// Number of the last attempt that was told to its end.
    done: i64,
    /// The attempts as they were when the unit last changed.
    records: Vec<AttemptRecord>,
    /// Whether no attempt will follow.
    is_over: bool,
    /// Whether the unit has changed since.
    is_stale: bool,
    /// Changes of units; none before the first look, and when the hub has cut it off.
    changes: Option<mpsc::Receiver<News>>,
}

impl Telling {
    /// The transcript of the attempts of `unit` that are asked for, as far as it goes now.
    pub fn new(handles: Handles, unit: WorkUnit, which: Which) -> Self {
        Self {
            handles,
            unit,
            which,
            follows: false,
            reader: None,
            done: 0,
            records: Vec::new(),
            is_over: false,
            is_stale: true,
            changes: None,
        }
    }

    /// The same until the unit has ended.
    pub fn followed(handles: Handles, unit: WorkUnit, which: Which) -> Self {
        Self { follows: true, ..Self::new(handles, unit, which) }
    }

    /// The next lines; none at the end.
    pub async fn next(&mut self) -> Option<Vec<TranscriptLine>> {
        loop {
            if self.is_stale {
                self.look().await?;
            }
            if self.reader.is_none()
                && let Some(record) = self.records.iter().find(|record| record.number > self.done)
            {
                let line = self.begin(record.clone());
                return Some(vec![line]);
            }
            if let Some(lines) = self.more() {
                return Some(lines);
            }
            match (&self.reader, self.follows) {
                (None, true) if self.is_over => return None,
                (None, false) => return None,
                (None, true) => self.wait().await,
                (Some((record, _)), false) => {
                    self.done = record.number;
                    self.reader = None;
                }
                // Late or not: the log is read on.
                (Some(_), true) => drop(tokio::time::timeout(LOOK, self.wait()).await),
            }
        }
    }

    /// Sees how the attempts stand, and hears of what changes from then on.
    async fn look(&mut self) -> Option<()> {
        if self.changes.is_none() {
            self.changes = Some(self.handles.hub.send(Subscribe).await.ok()?);
        }
        self.records = chosen(&self.handles, &self.unit, &self.which).await.ok()?;
        let unit = self.handles.units.send(Get(self.unit.chunk.clone())).await.ok()?;
        self.is_over = unit.is_none_or(|unit| unit.is_terminal() && unit.live.is_none());
        self.is_stale = false;
        Some(())
    }

    /// Waits until the unit has changed. Given up at any moment, it has missed nothing.
    async fn wait(&mut self) {
        while let Some(changes) = &mut self.changes {
            match changes.recv().await {
                Some(News::Unit(change)) if change.unit.id == self.unit.id => {}
                Some(_) => continue,
                None => self.changes = None,
            }
            self.is_stale = true;
            return;
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

    /// The lines of the next piece of the log, and of its end; none while there is nothing to read.
    fn more(&mut self) -> Option<Vec<TranscriptLine>> {
        let (record, mut reader) = self.reader.take()?;
        let told = |said: Vec<Said>, otherwise: Timestamp| {
            let line = |(at, report): &Said| Some(line(&record, at.unwrap_or(otherwise), Entry::from_report(report)?));
            said.iter().filter_map(line).collect::<Vec<_>>()
        };
        let ended = self.records.iter().find(|fresh| fresh.number == record.number && fresh.ended_at.is_some());
        let said = reader.more();
        let Some(ended) = ended.filter(|_| said.is_none()) else {
            let lines = said.map(|said| told(said, ended.map_or_else(clock::now, |ended| ended.started_at)));
            self.reader = Some((record, reader));
            return lines;
        };
        let mut lines = told(reader.finish(), record.started_at);
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
        Some(lines)
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
