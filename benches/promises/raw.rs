//! SQLite alone, at the daemon's settings and with rows like its own: the floor of every durable change.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::ops::Range;
use std::path::Path;

diesel::table! {
    units (id) { id -> BigInt, chunk -> Text, phase -> Text, status -> Text, at -> BigInt, data -> Text }
}
diesel::table! {
    events (seq) { seq -> BigInt, unit -> BigInt, kind -> Text, data -> Text, at -> BigInt }
}
diesel::table! {
    status_log (id) { id -> BigInt, unit -> BigInt, status -> Text, at -> BigInt, why -> Text }
}

const SCHEMA: &str = "PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE units (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, chunk TEXT NOT NULL UNIQUE, phase TEXT NOT NULL,
        status TEXT NOT NULL, at BIGINT NOT NULL, data TEXT NOT NULL);
    CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, unit BIGINT NOT NULL, kind TEXT NOT NULL,
        data TEXT NOT NULL, at BIGINT NOT NULL);
    CREATE INDEX events_by_unit ON events (unit);
    CREATE TABLE status_log (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, unit BIGINT NOT NULL, status TEXT NOT NULL,
        at BIGINT NOT NULL, why TEXT NOT NULL);
    CREATE INDEX status_log_by_unit ON status_log (unit);";

/// A database.
pub struct Raw(SqliteConnection);

impl Raw {
    /// A new one.
    pub fn create(path: &Path) -> Self {
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection.batch_execute(SCHEMA).unwrap();
        Self(connection)
    }

    /// One durable transaction: for each of these units its row, an entry of the journal and a change of status.
    pub fn commit(&mut self, numbers: Range<usize>) {
        let data = "{\"counters\":{},\"notes\":[],\"depends_on\":[]}".repeat(6);
        let saved = self.0.immediate_transaction(|connection| {
            for number in numbers {
                let chunk = format!("chunk-{number}");
                let row = (units::chunk.eq(&chunk), units::phase.eq("goal"), units::status.eq("READY"));
                let unit: i64 = diesel::insert_into(units::table)
                    .values((row, units::at.eq(1), units::data.eq(&data)))
                    .returning(units::id)
                    .get_result(connection)?;
                let entry = (events::unit.eq(unit), events::kind.eq("created"), events::at.eq(1));
                diesel::insert_into(events::table).values((entry, events::data.eq(&data))).execute(connection)?;
                let change = (status_log::unit.eq(unit), status_log::status.eq("READY"), status_log::at.eq(1));
                diesel::insert_into(status_log::table)
                    .values((change, status_log::why.eq("created")))
                    .execute(connection)?;
            }
            QueryResult::Ok(())
        });
        saved.unwrap();
    }

    /// Reads all units.
    pub fn read(&mut self) -> Vec<(i64, String, String, String, i64, String)> {
        units::table.order(units::id).load(&mut self.0).unwrap()
    }
}

/// The number of the last entry of a daemon's journal.
pub fn newest(database: &Path) -> i64 {
    let mut connection = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    let newest: Option<i64> = events::table.select(diesel::dsl::max(events::seq)).first(&mut connection).unwrap();
    newest.unwrap_or(0)
}
