//! Units: who is there.

use super::Store;
use crate::db::error::StoreError;
use crate::db::rows::record::{EventRow, TransitionRow};
use crate::db::rows::unit_row::UnitRow;
use crate::db::schema::{events, status_log, work_units};
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::journal::{Entry, Transition};
use crate::domain::work_unit::WorkUnit;
use diesel::prelude::*;

/// The status of tombstones, as the index of chunks has it.
const DELETED: &str = "DELETED";

impl Store {
    /// All units that are not deleted, the oldest first.
    pub fn units(&mut self) -> Result<Vec<WorkUnit>, StoreError> {
        let rows = work_units::table
            .filter(work_units::status.ne(DELETED))
            .order(work_units::unit_id)
            .select(UnitRow::as_select())
            .load(&mut self.connection)?;
        read(rows)
    }

    /// All units with something left to do, also deleted ones: those that need an actor.
    pub fn unsettled(&mut self) -> Result<Vec<WorkUnit>, StoreError> {
        let rows = work_units::table
            .filter(diesel::dsl::not(work_units::settled))
            .order(work_units::unit_id)
            .select(UnitRow::as_select())
            .load(&mut self.connection)?;
        read(rows)
    }

    /// The unit of `chunk` that is not deleted.
    pub fn unit(&mut self, chunk: &ChunkName) -> Result<Option<WorkUnit>, StoreError> {
        let row = work_units::table
            .filter(work_units::chunk.eq(chunk.as_str()))
            .filter(work_units::status.ne(DELETED))
            .select(UnitRow::as_select())
            .first(&mut self.connection)
            .optional()?;
        Ok(row.map(WorkUnit::try_from).transpose()?)
    }

    /// The unit as saved last, deleted or not, with the entry that says what happened then; none where its entries are pruned.
    pub fn latest(&mut self, unit: UnitId) -> Result<Option<(WorkUnit, Entry)>, StoreError> {
        let row = work_units::table.find(unit.0).select(UnitRow::as_select()).first(&mut self.connection).optional()?;
        let entry = events::table
            .filter(events::unit_id.eq(unit.0))
            .order(events::seq.desc())
            .select(EventRow::as_select())
            .first(&mut self.connection)
            .optional()?;
        let (Some(row), Some(entry)) = (row, entry) else { return Ok(None) };
        Ok(Some((row.try_into()?, entry.try_into()?)))
    }

    /// The changes of the unit's public status, the first one first.
    pub fn history(&mut self, unit: UnitId) -> Result<Vec<Transition>, StoreError> {
        let rows = status_log::table
            .filter(status_log::unit_id.eq(unit.0))
            .order(status_log::id)
            .select(TransitionRow::as_select())
            .load(&mut self.connection)?;
        rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
    }
}

fn read(rows: Vec<UnitRow>) -> Result<Vec<WorkUnit>, StoreError> {
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}
