//! What the oracle said about pairs, and what happened.

use super::Store;
use crate::db::error::StoreError;
use crate::db::rows::prediction::{PredictionColumns, PredictionRow};
use crate::db::schema::predictions;
use crate::domain::ids::UnitId;
use crate::domain::prediction::{Outcome, Prediction};
use crate::domain::time::Timestamp;
use diesel::prelude::*;

impl Store {
    /// All predictions in the order in which they were made.
    pub fn predictions(&mut self) -> Result<Vec<Prediction>, StoreError> {
        let rows =
            predictions::table.order(predictions::id).select(PredictionRow::as_select()).load(&mut self.connection)?;
        read(rows)
    }

    /// Those of them that have no outcome yet.
    pub fn open_predictions(&mut self) -> Result<Vec<Prediction>, StoreError> {
        let rows = predictions::table
            .filter(predictions::outcome.is_null())
            .order(predictions::id)
            .select(PredictionRow::as_select())
            .load(&mut self.connection)?;
        read(rows)
    }
}

fn read(rows: Vec<PredictionRow>) -> Result<Vec<Prediction>, StoreError> {
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}

pub(super) fn insert(connection: &mut SqliteConnection, said: &Prediction) -> QueryResult<()> {
    diesel::insert_into(predictions::table).values(PredictionColumns::from(said)).execute(connection).map(drop)
}

pub(super) fn settle(
    connection: &mut SqliteConnection,
    (a, b): (UnitId, UnitId),
    outcome: Outcome,
    at: Timestamp,
) -> QueryResult<()> {
    let open = predictions::table
        .filter(predictions::unit_a.eq(a.0))
        .filter(predictions::unit_b.eq(b.0))
        .filter(predictions::outcome.is_null());
    diesel::update(open)
        .set((predictions::outcome.eq(outcome.name()), predictions::settled_at.eq(at.0)))
        .execute(connection)
        .map(drop)
}
