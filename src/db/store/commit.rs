//! Group commit: all writes that wait become one transaction, and one wait for the disk.

use super::write::{Write, Written};
use super::{Store, accounts, attempts, predictions, settings};
use crate::db::error::{Refused, StoreError};
use crate::db::rows::record::{CREATED, EventColumns, TransitionColumns};
use crate::db::rows::stored::to_json;
use crate::db::rows::unit_row::{self, UnitColumns};
use crate::db::rows::words;
use crate::db::schema::{events, status_log, work_units};
use crate::domain::attempt::AttemptChange;
use crate::domain::event::{Event, Moment};
use crate::domain::ids::UnitId;
use crate::domain::journal::Entry;
use crate::domain::new_unit::NewUnit;
use crate::domain::who::Who;
use crate::domain::work_unit::{Status, Wait, WorkUnit};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

/// Why a write ends before it is whole.
pub(super) enum Stop {
    /// It cannot be; its neighbours can.
    Refused(Refused),
    /// The database failed; so does the whole transaction.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Stop::Failed(Error::SerializationError(Box::new(error)))
    }
}

impl Store {
    /// Makes all `writes` in one transaction and returns when they are on the disk, with one result per write, in their order. A
    /// refused one leaves its neighbours alone; on an error nothing was written.
    pub fn commit(&mut self, writes: Vec<Write>) -> Result<Vec<Result<Written, Refused>>, StoreError> {
        // SQLite ends a transaction itself on some failures; what diesel then says about its rollback would hide the cause.
        let mut cause = None;
        let done = self.connection.immediate_transaction(|connection| {
            writes.into_iter().map(|write| save(connection, write, &mut cause)).collect::<QueryResult<Vec<_>>>()
        });
        done.map_err(|error| cause.unwrap_or(error).into())
    }
}

/// One write in a savepoint of its own.
fn save(
    connection: &mut SqliteConnection,
    write: Write,
    cause: &mut Option<Error>,
) -> QueryResult<Result<Written, Refused>> {
    let saved = connection.transaction(|connection| {
        apply(connection, write).map_err(|stop| match stop {
            Stop::Failed(error) => {
                *cause = Some(error);
                Stop::Failed(Error::RollbackTransaction)
            }
            refused => refused,
        })
    });
    match saved {
        Ok(written) => Ok(Ok(written)),
        Err(Stop::Refused(refused)) => Ok(Err(refused)),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn apply(connection: &mut SqliteConnection, write: Write) -> Result<Written, Stop> {
    match write {
        Write::Create { unit, moment, who } => create(connection, *unit, moment, who),
        Write::Step { unit, attempts, halted, event, moment, who } => {
            let (at, by) = (moment.now, who.clone());
            let written = step(connection, unit, &attempts, Happened { event: Some(*event), moment, who })?;
            if let Some(halted) = &halted {
                accounts::halt(connection, halted, at, by)?;
            }
            Ok(written)
        }
        Write::All(writes) => {
            let written = writes.into_iter().map(|write| apply(connection, write));
            Ok(Written::All(written.collect::<Result<_, Stop>>()?))
        }
        Write::Setting { key, value } => {
            settings::write(connection, &key, value.as_deref())?;
            Ok(Written::Setting)
        }
        Write::Predict(said) => {
            predictions::insert(connection, &said)?;
            Ok(Written::Prediction)
        }
        Write::Settle { units, outcome, at } => {
            predictions::settle(connection, units, outcome, at)?;
            Ok(Written::Prediction)
        }
        Write::Account { account, event, at, who } => {
            Ok(Written::Account(accounts::happened(connection, account, event, at, who)?))
        }
    }
}

/// What is told about a change of a unit.
struct Happened {
    event: Option<Event>,
    moment: Moment,
    who: Who,
}

/// What a unit was before a change.
struct Before {
    status: String,
    phase: String,
}

fn create(connection: &mut SqliteConnection, new: NewUnit, moment: Moment, who: Who) -> Result<Written, Stop> {
    let mut unit = Box::new(new.into_unit(UnitId(0), moment.now));
    let data = unit_row::data(&unit)?;
    let id = diesel::insert_into(work_units::table)
        .values(UnitColumns::new(&unit, &data))
        .returning(work_units::unit_id)
        .get_result(connection)
        .map_err(|error| taken(error, Refused::ChunkExists(unit.chunk.clone())))?;
    unit.id = UnitId(id);
    let entry = tell(connection, &unit, &data, None, Happened { event: None, moment, who })?;
    Ok(Written::Unit { entry: Box::new(entry), unit })
}

fn step(
    connection: &mut SqliteConnection,
    unit: Box<WorkUnit>,
    changes: &[AttemptChange],
    happened: Happened,
) -> Result<Written, Stop> {
    let row = work_units::table.find(unit.id.0);
    let before = row.select((work_units::status, work_units::phase)).first(connection).optional()?;
    let Some((status, phase)) = before else { return Err(Stop::Refused(Refused::UnknownUnit(unit.id))) };
    diesel::update(row)
        .set(UnitColumns::new(&unit, &unit_row::data(&unit)?))
        .execute(connection)
        .map_err(|error| taken(error, Refused::ChunkExists(unit.chunk.clone())))?;
    for change in changes {
        attempts::write(connection, unit.id, change, happened.moment.now)?;
    }
    let data = happened.event.as_ref().map(to_json).transpose()?.unwrap_or_default();
    let entry = tell(connection, &unit, &data, Some(Before { status, phase }), happened)?;
    Ok(Written::Unit { entry: Box::new(entry), unit })
}

/// Writes the journal's entry, and the change of status if there is one.
fn tell(
    connection: &mut SqliteConnection,
    unit: &WorkUnit,
    data: &str,
    before: Option<Before>,
    Happened { event, moment, who }: Happened,
) -> Result<Entry, Stop> {
    let kind = event.as_ref().map_or(CREATED, Event::name);
    let (by, phase, at) = (words::who(&who), words::phase(unit.phase), moment.now.0);
    let old_status = before.as_ref().map(|before| before.status.as_str());
    let seq = diesel::insert_into(events::table)
        .values(EventColumns {
            unit_id: Some(unit.id.0),
            chunk: unit.chunk.as_str(),
            kind,
            data,
            who: &by,
            at,
            fresh: moment.fresh.as_str(),
            old_status,
            new_status: unit.status.name(),
            old_phase: before.as_ref().map(|before| before.phase.as_str()),
            new_phase: phase,
        })
        .returning(events::seq)
        .get_result(connection)?;
    if old_status != Some(unit.status.name()) {
        diesel::insert_into(status_log::table)
            .values(TransitionColumns {
                unit_id: unit.id.0,
                old_status,
                new_status: unit.status.name(),
                phase,
                at,
                who: &by,
                why: &why(kind, &unit.status),
            })
            .execute(connection)?;
    }
    Ok(Entry {
        seq,
        at: moment.now,
        who,
        unit: unit.id,
        chunk: unit.chunk.clone(),
        event,
        fresh: moment.fresh,
        from: before.map(|before| before.status),
        to: unit.status.name().to_owned(),
        phase: unit.phase,
    })
}

/// The name of what happened, with the reason where the new status has one.
fn why(kind: &str, status: &Status) -> String {
    match status {
        Status::NeedsAttention(ask) => format!("{kind}: {}", ask.reason),
        Status::Failed { reason } => format!("{kind}: {reason}"),
        Status::Ready { wait: Some(Wait { error: Some(error), .. }) } => format!("{kind}: {error}"),
        _ => kind.to_owned(),
    }
}

/// A violated uniqueness is a refusal, anything else a failure.
pub(super) fn taken(error: Error, refused: Refused) -> Stop {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Stop::Refused(refused),
        other => Stop::Failed(other),
    }
}
