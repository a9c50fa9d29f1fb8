//! The rows of `events`, `status_log` and `attempts`, as the records they are read into.

use super::stored::from_json;
use super::{account, words};
use crate::db::error::Unreadable;
use crate::db::schema::{attempts, events, status_log};
use crate::domain::ids::{AgentName, AttemptId, ChunkName, InvalidName, ObjectId, SessionId, UnitId};
use crate::domain::journal::{AccountEntry, AttemptRecord, Entry, Line, Transition};
use crate::domain::report::Usage;
use crate::domain::time::Timestamp;
use diesel::prelude::*;
use std::fmt::Display;

/// The kind of the first event of a unit.
pub(crate) const CREATED: &str = "created";

/// An event as it is written.
#[derive(Insertable)]
#[diesel(table_name = events)]
pub(crate) struct EventColumns<'a> {
    pub(crate) unit_id: Option<i64>,
    pub(crate) chunk: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) data: &'a str,
    pub(crate) who: &'a str,
    pub(crate) at: i64,
    pub(crate) fresh: &'a str,
    pub(crate) old_status: Option<&'a str>,
    pub(crate) new_status: &'a str,
    pub(crate) old_phase: Option<&'a str>,
    pub(crate) new_phase: &'a str,
}

/// An event as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
pub(crate) struct EventRow {
    seq: i64,
    unit_id: Option<i64>,
    chunk: String,
    kind: String,
    data: String,
    who: String,
    at: i64,
    fresh: String,
    old_status: Option<String>,
    new_status: String,
    new_phase: String,
}

impl TryFrom<EventRow> for Line {
    type Error = Unreadable;

    fn try_from(row: EventRow) -> Result<Self, Unreadable> {
        if row.unit_id.is_some() {
            return row.try_into().map(Line::Unit);
        }
        let (account, event) = account::from_data(&row.kind, &row.data)?;
        let who = words::read_who(&row.who).map_err(|error| Unreadable::account("who caused an event", error))?;
        Ok(Line::Account(AccountEntry { seq: row.seq, at: Timestamp(row.at), who, account, event }))
    }
}

impl TryFrom<EventRow> for Entry {
    type Error = Unreadable;

    fn try_from(row: EventRow) -> Result<Self, Unreadable> {
        let unit = UnitId(row.unit_id.ok_or_else(|| Unreadable::account("an event", "it is no unit's"))?);
        let event = match row.kind.as_str() {
            CREATED => None,
            _ => Some(from_json(&row.data).map_err(bad(unit, "an event"))?),
        };
        Ok(Entry {
            seq: row.seq,
            at: Timestamp(row.at),
            who: words::read_who(&row.who).map_err(bad(unit, "who caused an event"))?,
            unit,
            chunk: ChunkName::parse(row.chunk).map_err(bad(unit, "the chunk of an event"))?,
            event,
            fresh: AttemptId::parse(row.fresh).map_err(bad(unit, "the fresh attempt of an event"))?,
            from: row.old_status,
            to: row.new_status,
            phase: words::read_phase(&row.new_phase).map_err(bad(unit, "the phase of an event"))?,
        })
    }
}

/// A change of status as it is written.
#[derive(Insertable)]
#[diesel(table_name = status_log)]
pub(crate) struct TransitionColumns<'a> {
    pub(crate) unit_id: i64,
    pub(crate) old_status: Option<&'a str>,
    pub(crate) new_status: &'a str,
    pub(crate) phase: &'a str,
    pub(crate) at: i64,
    pub(crate) who: &'a str,
    pub(crate) why: &'a str,
}

/// A change of status as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = status_log)]
pub(crate) struct TransitionRow {
    unit_id: i64,
    old_status: Option<String>,
    new_status: String,
    phase: String,
    at: i64,
    who: String,
    why: String,
}

impl TryFrom<TransitionRow> for Transition {
    type Error = Unreadable;

    fn try_from(row: TransitionRow) -> Result<Self, Unreadable> {
        let unit = UnitId(row.unit_id);
        Ok(Transition {
            at: Timestamp(row.at),
            from: row.old_status,
            to: row.new_status,
            phase: words::read_phase(&row.phase).map_err(bad(unit, "the phase of a change"))?,
            who: words::read_who(&row.who).map_err(bad(unit, "who caused a change"))?,
            why: row.why,
        })
    }
}

/// An attempt as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = attempts)]
pub(crate) struct AttemptRow {
    attempt_id: String,
    unit_id: i64,
    number: i64,
    kind: String,
    phase: String,
    agent: Option<String>,
    agent_version: Option<String>,
    pid: Option<i64>,
    session_id: Option<String>,
    started_at: i64,
    ended_at: Option<i64>,
    outcome: Option<String>,
    error: Option<String>,
    usage: Option<String>,
    command: Option<String>,
    judges: Option<String>,
}

impl TryFrom<AttemptRow> for AttemptRecord {
    type Error = Unreadable;

    fn try_from(row: AttemptRow) -> Result<Self, Unreadable> {
        let unit = UnitId(row.unit_id);
        Ok(AttemptRecord {
            unit,
            attempt: AttemptId::parse(row.attempt_id).map_err(bad(unit, "the id of an attempt"))?,
            number: row.number,
            kind: row.kind,
            phase: words::read_phase(&row.phase).map_err(bad(unit, "the phase of an attempt"))?,
            agent: name(row.agent, AgentName::parse).map_err(bad(unit, "the agent of an attempt"))?,
            agent_version: row.agent_version,
            pid: row.pid.map(u32::try_from).transpose().map_err(bad(unit, "the process of an attempt"))?,
            session: name(row.session_id, SessionId::parse).map_err(bad(unit, "the session of an attempt"))?,
            started_at: Timestamp(row.started_at),
            ended_at: row.ended_at.map(Timestamp),
            outcome: row.outcome,
            error: row.error,
            usage: match row.usage {
                None => Usage::default(),
                Some(usage) => from_json(&usage).map_err(bad(unit, "the usage of an attempt"))?,
            },
            command: row.command,
            judges: name(row.judges, ObjectId::parse).map_err(bad(unit, "the commit of an attempt"))?,
        })
    }
}

fn name<T>(
    text: Option<String>,
    parse: impl FnOnce(String) -> Result<T, InvalidName>,
) -> Result<Option<T>, InvalidName> {
    text.map(parse).transpose()
}

fn bad<E: Display>(unit: UnitId, what: &'static str) -> impl FnOnce(E) -> Unreadable {
    move |error| Unreadable::new(unit, what, error)
}
