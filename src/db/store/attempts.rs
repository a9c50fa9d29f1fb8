//! Attempts: what a step says about them, and what is asked about them.

use super::Store;
use super::commit::{Stop, taken};
use crate::db::error::{Refused, StoreError};
use crate::db::rows::record::AttemptRow;
use crate::db::rows::stored::to_json;
use crate::db::rows::words;
use crate::db::schema::attempts;
use crate::domain::attempt::AttemptChange;
use crate::domain::ids::{AgentName, AttemptId, ObjectId, SessionId, UnitId};
use crate::domain::journal::AttemptRecord;
use crate::domain::time::Timestamp;
use diesel::dsl::max;
use diesel::prelude::*;

/// Columns that one change sets; the others stay.
#[derive(Default, AsChangeset)]
#[diesel(table_name = attempts)]
struct Changes<'a> {
    pid: Option<i64>,
    session_id: Option<&'a str>,
    agent_version: Option<&'a str>,
    ended_at: Option<i64>,
    outcome: Option<&'a str>,
    error: Option<&'a str>,
    usage: Option<&'a str>,
}

impl Store {
    /// All attempts of `unit`, the first one first.
    pub fn attempts(&mut self, unit: UnitId) -> Result<Vec<AttemptRecord>, StoreError> {
        let rows = attempts::table
            .filter(attempts::unit_id.eq(unit.0))
            .order(attempts::number)
            .select(AttemptRow::as_select())
            .load(&mut self.connection)?;
        read(rows)
    }

    /// The attempts of all units whose process exists, or may exist.
    pub fn open_attempts(&mut self) -> Result<Vec<AttemptRecord>, StoreError> {
        let rows = attempts::table
            .filter(attempts::ended_at.is_null())
            .order(attempts::unit_id)
            .select(AttemptRow::as_select())
            .load(&mut self.connection)?;
        read(rows)
    }
}

fn read(rows: Vec<AttemptRow>) -> Result<Vec<AttemptRecord>, StoreError> {
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}

/// Saves what a step says about an attempt of `unit`.
pub(super) fn write(
    connection: &mut SqliteConnection,
    unit: UnitId,
    change: &AttemptChange,
    now: Timestamp,
) -> Result<(), Stop> {
    match change {
        AttemptChange::Opened { attempt, kind, phase, agent, command, judges } => {
            let last: Option<i64> =
                attempts::table.filter(attempts::unit_id.eq(unit.0)).select(max(attempts::number)).first(connection)?;
            diesel::insert_into(attempts::table)
                .values((
                    attempts::attempt_id.eq(attempt.as_str()),
                    attempts::unit_id.eq(unit.0),
                    attempts::number.eq(last.unwrap_or(0) + 1),
                    attempts::kind.eq(kind.name()),
                    attempts::phase.eq(words::phase(*phase)),
                    attempts::agent.eq(agent.as_ref().map(AgentName::as_str)),
                    attempts::started_at.eq(now.0),
                    attempts::command.eq(command),
                    attempts::judges.eq(judges.as_ref().map(ObjectId::as_str)),
                ))
                .execute(connection)
                .map_err(|error| taken(error, Refused::AttemptOpen { unit, attempt: attempt.clone() }))?;
            Ok(())
        }
        AttemptChange::Started { attempt, pid } => {
            update(connection, unit, attempt, &Changes { pid: Some(i64::from(*pid)), ..Changes::default() })
        }
        AttemptChange::Named { attempt, session, version } => {
            let session_id = Some(SessionId::as_str(session));
            update(
                connection,
                unit,
                attempt,
                &Changes { session_id, agent_version: version.as_deref(), ..Changes::default() },
            )
        }
        AttemptChange::Used { attempt, usage } => {
            let usage = to_json(usage)?;
            update(connection, unit, attempt, &Changes { usage: Some(&usage), ..Changes::default() })
        }
        AttemptChange::Closed { attempt, outcome, error } => {
            let closed = Changes {
                ended_at: Some(now.0),
                outcome: Some(outcome),
                error: error.as_deref(),
                ..Changes::default()
            };
            update(connection, unit, attempt, &closed)
        }
    }
}

fn update(
    connection: &mut SqliteConnection,
    unit: UnitId,
    attempt: &AttemptId,
    changes: &Changes<'_>,
) -> Result<(), Stop> {
    let row = attempts::table.find(attempt.as_str()).filter(attempts::unit_id.eq(unit.0));
    match diesel::update(row).set(changes).execute(connection)? {
        0 => Err(Stop::Refused(Refused::UnknownAttempt { unit, attempt: attempt.clone() })),
        _ => Ok(()),
    }
}
