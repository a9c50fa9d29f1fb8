//! What all units did since a moment: the material of the dashboard's charts, and of what is told about gates.

use super::Store;
use crate::db::error::{StoreError, Unreadable};
use crate::db::rows::record::{AttemptRow, TransitionRow};
use crate::db::schema::{attempts, status_log, work_units};
use crate::domain::attempt::AttemptKind;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::journal::{AttemptRecord, Timeline, Transition};
use crate::domain::time::Timestamp;
use diesel::prelude::*;

impl Store {
    /// Attempts that lived after `since`, and changes of status after it, each with its chunk, the oldest first.
    pub fn timeline(&mut self, since: Timestamp) -> Result<Timeline, StoreError> {
        let rows: Vec<(i64, String, AttemptRow)> = attempts::table
            .inner_join(work_units::table)
            .filter(attempts::ended_at.is_null().or(attempts::ended_at.gt(since.0)))
            .order((attempts::started_at, attempts::attempt_id))
            .select((attempts::unit_id, work_units::chunk, AttemptRow::as_select()))
            .load(&mut self.connection)?;
        let attempts = rows.into_iter().map(named).collect::<Result<_, _>>()?;
        let rows: Vec<(i64, String, TransitionRow)> = status_log::table
            .inner_join(work_units::table)
            .filter(status_log::at.gt(since.0))
            .order(status_log::id)
            .select((status_log::unit_id, work_units::chunk, TransitionRow::as_select()))
            .load(&mut self.connection)?;
        let changes = rows.into_iter().map(|(unit, name, row)| Ok((chunk(unit, name)?, Transition::try_from(row)?)));
        Ok(Timeline { attempts, changes: changes.collect::<Result<_, Unreadable>>()? })
    }

    /// At most `limit` attempts of gates that began at or after `since` or are at work, each with its chunk, the latest first.
    pub fn gate_attempts(
        &mut self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ChunkName, AttemptRecord)>, StoreError> {
        let kinds = [AttemptKind::WorkerGate(0), AttemptKind::IntegrationGate(0)].map(AttemptKind::name);
        let rows: Vec<(i64, String, AttemptRow)> = attempts::table
            .inner_join(work_units::table)
            .filter(attempts::kind.eq_any(kinds))
            .filter(attempts::ended_at.is_null().or(attempts::started_at.ge(since.0)))
            .order((attempts::started_at.desc(), attempts::number.desc()))
            .limit(i64::from(limit))
            .select((attempts::unit_id, work_units::chunk, AttemptRow::as_select()))
            .load(&mut self.connection)?;
        rows.into_iter().map(named).collect()
    }
}

fn named((unit, name, row): (i64, String, AttemptRow)) -> Result<(ChunkName, AttemptRecord), StoreError> {
    Ok((chunk(unit, name)?, row.try_into()?))
}

fn chunk(unit: i64, name: String) -> Result<ChunkName, Unreadable> {
    ChunkName::parse(name).map_err(|error| Unreadable::new(UnitId(unit), "its chunk", error))
}
