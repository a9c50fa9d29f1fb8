//! The rows of `work_units`.

use super::unit::{UnitData, UnitKey};
use super::words;
use crate::db::error::Unreadable;
use crate::db::schema::work_units;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use diesel::prelude::*;

/// A unit as it is written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = work_units)]
pub(crate) struct UnitColumns<'a> {
    chunk: &'a str,
    phase: &'static str,
    status: &'static str,
    settled: bool,
    created_at: i64,
    updated_at: i64,
    data: &'a str,
}

impl<'a> UnitColumns<'a> {
    /// The columns of `unit`, whose [`data`] is given.
    pub(crate) fn new(unit: &'a WorkUnit, data: &'a str) -> Self {
        Self {
            chunk: unit.chunk.as_str(),
            phase: words::phase(unit.phase),
            status: unit.status.name(),
            settled: unit.is_settled(),
            created_at: unit.created_at.0,
            updated_at: unit.updated_at.0,
            data,
        }
    }
}

/// The `data` column of `unit`.
pub(crate) fn data(unit: &WorkUnit) -> serde_json::Result<String> {
    serde_json::to_string(&UnitData::from(unit))
}

/// A unit as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = work_units)]
pub(crate) struct UnitRow {
    pub(crate) unit_id: i64,
    pub(crate) chunk: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) data: String,
}

impl TryFrom<UnitRow> for WorkUnit {
    type Error = Unreadable;

    fn try_from(row: UnitRow) -> Result<Self, Unreadable> {
        let id = UnitId(row.unit_id);
        let chunk = ChunkName::parse(row.chunk).map_err(|error| Unreadable::new(id, "its chunk", error))?;
        let data: UnitData =
            serde_json::from_str(&row.data).map_err(|error| Unreadable::new(id, "its record", error))?;
        let (created_at, updated_at) = (Timestamp(row.created_at), Timestamp(row.updated_at));
        Ok(data.into_unit(UnitKey { id, chunk, created_at, updated_at }))
    }
}
