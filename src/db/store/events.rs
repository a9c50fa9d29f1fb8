//! The journal: what happened, in order.

use super::{Store, settings};
use crate::db::error::{StoreError, Unreadable};
use crate::db::rows::record::{CREATED, EventRow};
use crate::db::rows::unit_row::UnitRow;
use crate::db::schema::{events, work_units};
use crate::domain::event::Moment;
use crate::domain::ids::UnitId;
use crate::domain::journal::{Entry, Line, Story};
use crate::domain::time::Timestamp;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

impl Store {
    /// The entries after `seq`, at most `limit`, in order.
    pub fn events_since(&mut self, seq: i64, limit: usize) -> Result<Vec<Line>, StoreError> {
        let rows = events::table
            .filter(events::seq.gt(seq))
            .order(events::seq)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(EventRow::as_select())
            .load(&mut self.connection)?;
        rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
    }

    /// All that happened to `unit`; none when it does not exist or its entries are pruned.
    pub fn journal(&mut self, unit: UnitId) -> Result<Option<Story>, StoreError> {
        let of_unit = events::table.filter(events::unit_id.eq(unit.0)).order(events::seq);
        let accepted: Option<(String, i64, String)> = of_unit
            .filter(events::kind.eq(CREATED))
            .select((events::chunk, events::at, events::data))
            .first(&mut self.connection)
            .optional()?;
        let Some((chunk, at, data)) = accepted else { return Ok(None) };
        let rows = of_unit.filter(events::kind.ne(CREATED)).select(EventRow::as_select()).load(&mut self.connection)?;
        let happened = rows.into_iter().map(|row| {
            let entry = Entry::try_from(row)?;
            let event = entry.event.ok_or_else(|| Unreadable::new(unit, "an event", "it is empty"))?;
            Ok((Moment { now: entry.at, fresh: entry.fresh }, event))
        });
        Ok(Some(Story {
            accepted: UnitRow { unit_id: unit.0, chunk, created_at: at, updated_at: at, data }.try_into()?,
            events: happened.collect::<Result<_, StoreError>>()?,
        }))
    }

    /// The first entry from which on none is missing: whoever saw less has missed some.
    pub fn oldest_event(&mut self) -> Result<Option<i64>, StoreError> {
        let first: Option<i64> = events::table.select(diesel::dsl::min(events::seq)).first(&mut self.connection)?;
        Ok(first.max(begins(&mut self.connection)?))
    }

    /// The number of the last entry ever written, pruned or not; 0 before the first.
    pub fn newest_seq(&mut self) -> Result<i64, StoreError> {
        #[derive(QueryableByName)]
        struct Newest {
            #[diesel(sql_type = BigInt)]
            seq: i64,
        }
        let newest: Option<Newest> = diesel::sql_query("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
            .get_result(&mut self.connection)
            .optional()?;
        Ok(newest.map_or(0, |newest| newest.seq))
    }

    /// Forgets the entries of units that were settled and last changed before `before`, and older ones of accounts. Returns how many. Older entries of other units stay for
    /// their own replay, but the journal as a whole begins after the last one that is gone.
    pub fn prune_events(&mut self, before: Timestamp) -> Result<usize, StoreError> {
        let old = work_units::table
            .filter(work_units::settled)
            .filter(work_units::updated_at.lt(before.0))
            .select(work_units::unit_id.nullable());
        let of_account = events::unit_id.is_null().and(events::at.lt(before.0));
        let gone = events::table.filter(of_account.or(events::unit_id.eq_any(old)));
        Ok(self.connection.immediate_transaction(|connection| {
            let last: Option<i64> = gone.select(diesel::dsl::max(events::seq)).first(connection)?;
            let Some(last) = last else { return Ok(0) };
            let begins = begins(connection)?.max(Some(last + 1)).map(|seq| seq.to_string());
            settings::write(connection, BEGINS, begins.as_deref())?;
            diesel::delete(gone).execute(connection)
        })?)
    }
}

/// The stored setting that says where the journal begins since it was pruned.
const BEGINS: &str = "journal begins";

fn begins(connection: &mut SqliteConnection) -> QueryResult<Option<i64>> {
    use crate::db::schema::settings::dsl;
    let stored: Option<String> = dsl::settings.find(BEGINS).select(dsl::value).first(connection).optional()?;
    Ok(stored.and_then(|text| text.parse().ok()))
}
