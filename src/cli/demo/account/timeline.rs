//! When what was at work: a lane of characters per chunk, how much ran at once, and the remarkable moments in words.

use crate::cli::demo::records::{Records, UnitRecord};
use crate::cli::demo::script::{PAIR, Task, Turn};
use crate::domain::phase::Phase;
use crate::wire::attempts::Attempt;
use crate::wire::lists::HistoryEntry;
use crate::wire::names::StatusName;
use serde::Serialize;

/// How many columns all of it has at most.
const COLUMNS: i64 = 64;
/// A column is not shorter than this, in microseconds.
const SHORTEST: i64 = 50_000;

/// All lanes.
#[derive(Debug, Serialize)]
pub(in crate::cli::demo) struct Timeline {
    /// From the first dispatch to the last change.
    pub(super) seconds: f64,
    /// What a column stands for.
    pub(super) column_seconds: f64,
    /// One per chunk.
    pub(super) lanes: Vec<Lane>,
    /// The most agents that were at work at one moment.
    pub(super) most_at_once: usize,
    /// Whose agents those were.
    pub(super) at_once: Vec<String>,
    /// How many agents there were.
    pub(super) agents: usize,
    /// How long they worked, all together.
    pub(super) agent_seconds: f64,
}

/// The life of one chunk.
#[derive(Debug, Serialize)]
pub(in crate::cli::demo) struct Lane {
    /// The chunk.
    pub(super) chunk: String,
    /// How it stands at the end.
    pub(super) status: StatusName,
    /// A character per column.
    pub(super) columns: String,
    /// Its attempts.
    pub(super) attempts: Vec<Span>,
}

/// One attempt.
#[derive(Debug, Serialize)]
pub(in crate::cli::demo) struct Span {
    phase: &'static str,
    kind: String,
    /// Since the first dispatch.
    from_seconds: f64,
    to_seconds: f64,
    outcome: Option<String>,
}

/// A time between two moments, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Interval {
    pub(super) fn overlaps(self, other: Interval) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// From a unit's first dispatch to its landing; none unless both have happened.
pub(super) fn life(record: &UnitRecord) -> Option<Interval> {
    let at = |status: StatusName| record.history.iter().find(|entry| entry.new_status == status.as_str());
    let (from, to) = (at(StatusName::Assigned)?, at(StatusName::Done)?);
    Some(Interval { from: from.timestamp.0.0, to: to.timestamp.0.0 })
}

/// The moments in which a unit got a slot for an agent, in microseconds; a rebase without a conflict needs none.
pub(super) fn dispatches(record: &UnitRecord) -> impl Iterator<Item = i64> {
    let is_given = |entry: &&HistoryEntry| {
        entry.new_status == StatusName::Assigned.as_str() && entry.phase.is_none_or(|phase| phase.0 != Phase::Rebase)
    };
    let given = record.history.iter().filter(is_given);
    given.map(|entry| entry.timestamp.0.0)
}

impl Timeline {
    /// The timeline of these records.
    pub(super) fn of(records: &Records) -> Self {
        let moments = || records.units.iter().flat_map(|record| &record.history).map(|entry| entry.timestamp.0.0);
        let dispatched = records.units.iter().flat_map(|record| &record.history);
        let dispatched = dispatched.filter(|entry| entry.new_status == StatusName::Assigned.as_str());
        let from = dispatched.map(|entry| entry.timestamp.0.0).min().or_else(|| moments().min()).unwrap_or(0);
        let to = moments().max().unwrap_or(from).max(from);
        let column = ((to - from) / COLUMNS + 1).max(SHORTEST);
        let all = Interval { from, to };
        let spans: Vec<(&str, Interval)> = records
            .units
            .iter()
            .flat_map(|record| agents(record).map(|attempt| (record.unit.chunk.as_str(), interval(attempt, to))))
            .collect();
        let at_once = busiest(&spans);
        Self {
            seconds: seconds(to - from),
            column_seconds: seconds(column),
            lanes: records.units.iter().map(|record| lane(record, all, column)).collect(),
            most_at_once: at_once.len(),
            at_once: at_once.into_iter().map(str::to_owned).collect(),
            agents: spans.len(),
            agent_seconds: seconds(spans.iter().map(|(_, span)| span.to - span.from).sum()),
        }
    }
}

/// Whose attempts were at work in the moment in which most were.
fn busiest<'a>(spans: &[(&'a str, Interval)]) -> Vec<&'a str> {
    let at = |moment: i64| {
        let live = spans.iter().filter(|(_, span)| span.from <= moment && moment < span.to);
        live.map(|(chunk, _)| *chunk).collect::<Vec<_>>()
    };
    let mut most = Vec::new();
    for (_, span) in spans {
        let live = at(span.from);
        if live.len() > most.len() {
            most = live;
        }
    }
    most
}

fn lane(record: &UnitRecord, all: Interval, column: i64) -> Lane {
    let count = (all.to - all.from) / column + 1;
    let at = |index: i64| Interval { from: all.from + index * column, to: all.from + (index + 1) * column };
    let columns: String = (0..count).map(|index| character(record, at(index), all.to)).collect();
    let span = |attempt: &Attempt| {
        let interval = interval(attempt, all.to);
        Span {
            phase: attempt.phase.as_str(),
            kind: attempt.kind.clone(),
            from_seconds: seconds(interval.from - all.from),
            to_seconds: seconds(interval.to - all.from),
            outcome: attempt.outcome.clone(),
        }
    };
    Lane {
        chunk: record.unit.chunk.clone(),
        status: record.unit.status,
        columns: columns.trim_end().to_owned(),
        attempts: record.attempts.iter().map(span).collect(),
    }
}

/// What a column shows: rare moments before agents, agents before waiting.
fn character(record: &UnitRecord, column: Interval, end: i64) -> char {
    let within = |at: i64| column.from <= at && at < column.to;
    let became = |status: StatusName| {
        record.history.iter().any(|entry| entry.new_status == status.as_str() && within(entry.timestamp.0.0))
    };
    let mut here = record.attempts.iter().filter(|attempt| interval(attempt, end).overlaps(column));
    let crashed = |attempt: &Attempt| {
        attempt.outcome.as_deref() == Some("crashed") && attempt.ended_at.is_some_and(|at| within(at.0.0))
    };
    if became(StatusName::Done) {
        return 'L';
    }
    if record.attempts.iter().any(crashed) {
        return 'x';
    }
    if became(StatusName::NeedsAttention) {
        return '?';
    }
    if let Some(attempt) = here.next() {
        return letter(attempt);
    }
    let before = record.history.iter().rev().find(|entry| entry.timestamp.0.0 < column.to);
    match before.and_then(|entry| StatusName::parse(&entry.new_status).ok()) {
        Some(StatusName::Blocked | StatusName::Ready) => '.',
        Some(StatusName::NeedsAttention) => '?',
        Some(StatusName::Assigned | StatusName::Running) => '-',
        _ => ' ',
    }
}

fn letter(attempt: &Attempt) -> char {
    if attempt.kind == "agent" { attempt.phase.as_str().chars().next().unwrap_or('-') } else { 'T' }
}

fn agents(record: &UnitRecord) -> impl Iterator<Item = &Attempt> {
    record.attempts.iter().filter(|attempt| attempt.kind == "agent")
}

fn interval(attempt: &Attempt, end: i64) -> Interval {
    let from = attempt.started_at.0.0;
    Interval { from, to: attempt.ended_at.map_or(end, |at| at.0.0).max(from) }
}

fn seconds(micros: i64) -> f64 {
    // Tenths of milliseconds are noise.
    (micros / 1000) as f64 / 1000.0
}

/// The remarkable moments, as far as they happened.
pub(super) fn story(records: &Records, timeline: &Timeline) -> Vec<String> {
    let mut told = Vec::new();
    if timeline.most_at_once > 1 {
        told.push(format!(
            "{} agents worked {:.1} s in {:.1} s, up to {} at once: {}.",
            timeline.agents,
            timeline.agent_seconds,
            timeline.seconds,
            timeline.most_at_once,
            timeline.at_once.join(", ")
        ));
    }
    let chain: Vec<&str> =
        records.units.iter().filter(|record| has_after(record)).map(|record| record.unit.chunk.as_str()).collect();
    if !chain.is_empty() {
        told.push(format!("{} started only after what each depends on had landed.", chain.join(" and ")));
    }
    told.extend(serialised(records));
    told.extend(records.units.iter().filter_map(turn));
    told
}

fn has_after(record: &UnitRecord) -> bool {
    Task::of(&record.unit.chunk).is_some_and(|task| task.after.is_some()) && life(record).is_some()
}

/// The pair that did not overlap, in the order in which they landed.
fn serialised(records: &Records) -> Option<String> {
    let find = |chunk: &str| records.units.iter().find(|record| record.unit.chunk == chunk);
    let mut pair = PAIR.map(|chunk| find(chunk).and_then(life).map(|life| (life, chunk)));
    pair.sort_by_key(|entry| entry.map(|(life, _)| life.from));
    let [Some((first, one)), Some((second, other))] = pair else { return None };
    let file = Task::of(one).map_or("", |task| task.file);
    (!first.overlaps(second)).then(|| {
        format!(
            "The plans of {one} and {other} both change {file}, so {other} began {:.1} s after {one} had landed.",
            seconds(second.from - first.to)
        )
    })
}

/// What its script had in store for a unit, if it happened.
fn turn(record: &UnitRecord) -> Option<String> {
    let chunk = &record.unit.chunk;
    let of_outcome = |outcome: &str| record.attempts.iter().find(|attempt| attempt.outcome.as_deref() == Some(outcome));
    match Task::of(chunk)?.turn {
        Turn::Straight => None,
        Turn::Asks => {
            let asked = of_outcome("suspended")?;
            let answer = record.landed_file.as_deref()?.trim_end();
            Some(format!("{chunk} asked you in attempt {}; your answer, {answer:?}, is what landed.", asked.number))
        }
        Turn::Crashes => {
            let crashed = of_outcome("crashed")?;
            let next = record.attempts.iter().find(|attempt| attempt.number > crashed.number)?;
            let why = crashed.error.as_deref().unwrap_or("it crashed").lines().next().unwrap_or_default();
            Some(format!(
                "The agent of {chunk} died half-way ({why}); attempt {} found its half-written file and finished it.",
                next.number
            ))
        }
        Turn::Limited => {
            let limited = of_outcome("failed")?;
            let next = record.attempts.iter().find(|attempt| attempt.number > limited.number)?;
            let waited = seconds(next.started_at.0.0 - limited.ended_at?.0.0);
            Some(format!(
                "The allowance of the agents' account was used up half-way through {chunk}; all waited, and {waited:.1} s later it went on."
            ))
        }
        Turn::SentBack => {
            let count = record.attempts.iter().filter(|attempt| attempt.phase.as_str() == "REVIEW").count();
            (count > 1).then(|| format!("A review sent {chunk} back; review {count} approved it."))
        }
    }
}
