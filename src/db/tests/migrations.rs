//! Migrations go up and down, and `schema` is what they make.

use crate::db::open::MIGRATIONS;
use crate::db::store::Store;
use crate::domain::account::HaltReason;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Status, Wait};
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::MigrationHarness;
use std::collections::BTreeSet;
use tempfile::TempDir;

#[derive(QueryableByName)]
struct Definition {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    sql: Option<String>,
}

fn memory() -> SqliteConnection {
    SqliteConnection::establish(":memory:").unwrap()
}

/// Every table and index but SQLite's and diesel's own.
fn definitions(connection: &mut SqliteConnection) -> BTreeSet<(String, Option<String>)> {
    diesel::sql_query("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '%sqlite%' AND name NOT LIKE '%diesel%'")
        .load::<Definition>(connection)
        .unwrap()
        .into_iter()
        .map(|definition| (definition.name, definition.sql))
        .collect()
}

fn migrations() -> Vec<Box<dyn Migration<Sqlite>>> {
    let mut all: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().unwrap();
    all.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
    all
}

#[test]
fn every_migration_goes_down_to_where_it_came_from_and_up_again() {
    let mut connection = memory();
    assert_eq!(connection.applied_migrations().unwrap(), []);
    for migration in migrations() {
        let before = definitions(&mut connection);
        connection.run_migration(&*migration).unwrap();
        let after = definitions(&mut connection);
        assert_ne!(before, after, "{}", migration.name());
        connection.revert_migration(&*migration).unwrap();
        assert_eq!(definitions(&mut connection), before, "{}", migration.name());
        connection.run_migration(&*migration).unwrap();
        assert_eq!(definitions(&mut connection), after, "{}", migration.name());
    }
}

#[test]
fn a_database_of_every_earlier_migration_opens() {
    for applied in 0..migrations().len() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("orchestrator.db");
        let mut old = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        for migration in &migrations()[..applied] {
            old.applied_migrations().unwrap();
            old.run_migration(&**migration).unwrap();
        }
        drop(old);
        assert_eq!(Store::open(&path).unwrap().units().unwrap(), [], "after {applied} migrations");
    }
}

#[test]
fn what_a_unit_had_met_of_its_account_is_the_accounts_since() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("orchestrator.db");
    let mut old = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    old.applied_migrations().unwrap();
    for migration in
        migrations().iter().filter(|migration| migration.name().version().to_string().as_str() < "20261120000004")
    {
        old.run_migration(&**migration).unwrap();
    }
    let unit = |chunk: &str, status: &str| {
        let data = format!(
            "{{\"phase\":\"PLAN\",\"status\":{status},\"priority\":0,\"depends_on\":[],\"explicit_deps\":false,\"base\":null,\"tip\":null,\
             \"session\":null,\"session_cost\":0,\"notes\":[],\"live\":null,\"counters\":{{\"errors\":0,\"review_cycles\":0,\"nudges\":0,\
             \"rebases\":0}},\"decision\":null,\"approved\":null,\"set_up\":false,\"retain\":false}}"
        );
        format!(
            "INSERT INTO work_units (chunk, phase, status, settled, created_at, updated_at, data) VALUES ('{chunk}', 'PLAN', 'X', 0, 1, 2, '{data}')"
        )
    };
    for (chunk, status) in [
        ("soon", r#"{"ready":{"wait":{"until":5,"why":{"usage_limit":{"agent":"claude"}}}}}"#),
        ("late", r#"{"ready":{"wait":{"until":9,"why":{"usage_limit":{"agent":"claude"}}}}}"#),
        ("out", r#"{"needs_attention":{"since":3,"reason":"Not logged in","about":{"login":{"agent":"codex"}}}}"#),
        ("again", r#"{"ready":{"wait":{"until":7,"why":{"back_off":{"error":"529"}}}}}"#),
    ] {
        diesel::sql_query(unit(chunk, status)).execute(&mut old).unwrap();
    }
    drop(old);
    let mut store = Store::open(&path).unwrap();
    let halts = store.halts().unwrap();
    let why: Vec<_> = halts.iter().map(|(account, halt)| (account.as_str(), halt.why)).collect();
    assert_eq!(why, [("claude", HaltReason::Limit { until: Timestamp(9) }), ("codex", HaltReason::Login)]);
    let units = store.units().unwrap();
    let statuses: Vec<&Status> = units.iter().map(|unit| &unit.status).collect();
    let ready = Status::Ready { wait: None };
    let again = Status::Ready { wait: Some(Wait { until: Timestamp(7), error: Some("529".into()) }) };
    assert_eq!(statuses, [&ready, &ready, &ready, &again]);
}

#[derive(Debug, PartialEq, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    mandatory: bool,
}

/// The tables in `schema.rs`, read as text: its macros keep no list.
fn tables_of_schema() -> Vec<(String, Vec<Column>)> {
    let mut tables: Vec<(String, Vec<Column>)> = Vec::new();
    for line in include_str!("../schema.rs").lines().map(str::trim) {
        if let Some((name, rest)) = line.split_once(" (")
            && rest.ends_with(") {")
        {
            tables.push((name.to_owned(), Vec::new()));
        } else if let Some((name, kind)) = line.trim_end_matches(',').split_once(" -> ")
            && let Some((_, columns)) = tables.last_mut()
            && !line.starts_with("diesel::")
        {
            let inner = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
            let kind = match inner.unwrap_or(kind) {
                "BigInt" => "BIGINT",
                "Text" => "TEXT",
                "Bool" => "BOOLEAN",
                other => unreachable!("{other}"),
            };
            columns.push(Column { name: name.to_owned(), kind: kind.to_owned(), mandatory: inner.is_none() });
        }
    }
    tables
}

#[test]
fn the_schema_is_what_the_migrations_make() {
    let mut connection = memory();
    connection.run_pending_migrations(MIGRATIONS).unwrap();
    let tables = tables_of_schema();
    assert_eq!(tables.len(), 7);
    for (table, columns) in tables {
        // The surrogate keys are INTEGER, which SQLite gives out by itself, and 64 bits wide like BIGINT.
        let query = "SELECT name, replace(type, 'INTEGER', 'BIGINT') AS kind, \"notnull\" AS mandatory FROM pragma_table_info(?)";
        let made: Vec<Column> = diesel::sql_query(query).bind::<Text, _>(&table).load(&mut connection).unwrap();
        assert_eq!(made, columns, "{table}");
    }
    let mut made: BTreeSet<String> = definitions(&mut connection)
        .into_iter()
        .filter(|(_, sql)| sql.as_ref().is_some_and(|sql| sql.starts_with("CREATE TABLE")))
        .map(|(name, _)| name)
        .collect();
    made.remove("schema_migrations");
    assert_eq!(made, tables_of_schema().into_iter().map(|(table, _)| table).collect());
}
