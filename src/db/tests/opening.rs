//! What is opened, and what is refused without a change.

use super::Bench;
use crate::db::error::{OpenError, Trouble};
use crate::db::store::Store;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn number(store: &mut Store, query: &str) -> i64 {
    diesel::sql_query(query).get_result::<Number>(&mut store.connection).unwrap().n
}

fn trouble(path: &Path) -> (Trouble, OpenError) {
    match Store::open(path).map(|_| ()).unwrap_err() {
        OpenError::Sqlite { path, trouble, detail } => (trouble, OpenError::Sqlite { path, trouble, detail }),
        other => unreachable!("{other}"),
    }
}

#[test]
fn the_connection_is_durable() {
    #[derive(QueryableByName)]
    struct Mode {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }
    let mut bench = Bench::new();
    let mode: Mode = diesel::sql_query("PRAGMA journal_mode").get_result(&mut bench.store.connection).unwrap();
    assert_eq!(mode.journal_mode, "wal");
    let full = "SELECT synchronous AS n FROM pragma_synchronous";
    assert_eq!(number(&mut bench.store, full), 2);
    assert_eq!(number(&mut bench.store, "SELECT foreign_keys AS n FROM pragma_foreign_keys"), 1);
    assert_eq!(number(&mut bench.store, "SELECT timeout AS n FROM pragma_busy_timeout"), 5000);
}

#[test]
fn the_files_are_private() {
    let mut bench = Bench::new();
    bench.created("a");
    for name in ["orchestrator.db", "orchestrator.db-wal", "orchestrator.db-shm"] {
        let mode = fs::metadata(bench.dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    fs::set_permissions(bench.path(), Permissions::from_mode(0o644)).unwrap();
    let bench = bench.reopened();
    assert_eq!(fs::metadata(bench.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn names_that_sqlite_would_take_for_something_else_are_files() {
    let dir = TempDir::new().unwrap();
    for name in [":memory:", "file:x?mode=memory", "a b%20c"] {
        drop(Store::open(&dir.path().join(name)).unwrap());
        assert!(dir.path().join(name).is_file(), "{name}");
    }
}

#[test]
fn the_python_tool_finds_a_version_it_leaves_alone() {
    let mut bench = Bench::new();
    assert!(number(&mut bench.store, "SELECT max(version) AS n FROM schema_migrations") > 16);
}

#[test]
fn a_newer_database_is_refused_and_says_which() {
    let mut bench = Bench::new();
    bench
        .store
        .connection
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000'), ('99980101000000')")
        .unwrap();
    let path = bench.path();
    drop(bench.store);
    let error = Store::open(&path).map(|_| ()).unwrap_err();
    assert!(matches!(&error, OpenError::Newer { version, .. } if version == "99990101000000"), "{error}");
    assert!(error.hint().contains("newer version"));
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("orchestrator.db");
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other.batch_execute("CREATE TABLE work_units (chunk TEXT PRIMARY KEY)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("orchestrator.db");
    let text = "This is a letter, not a database.\n".repeat(200);
    fs::write(&path, &text).unwrap();
    assert_eq!(trouble(&path).0, Trouble::NotADatabase);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_damaged_file_is_refused() {
    let mut bench = Bench::new();
    for number in 0..200 {
        bench.created(&format!("chunk-{number}"));
    }
    let path = bench.path();
    drop(bench.store);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xA5);
    fs::write(&path, &bytes).unwrap();
    let (class, error) = trouble(&path);
    assert_eq!(class, Trouble::Damaged, "{error}");
    assert!(error.hint().contains("backup"));

    bytes.truncate(middle);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(trouble(&path).0, Trouble::Damaged);
}

#[test]
fn a_missing_directory_is_named() {
    let dir = TempDir::new().unwrap();
    let error = Store::open(&dir.path().join("no/orchestrator.db")).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Create { .. }), "{error}");
    assert!(error.hint().contains("missing"));
}

#[test]
fn a_directory_that_cannot_be_written_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("orchestrator.db");
    drop(Store::open(&path).unwrap());
    fs::set_permissions(dir.path(), Permissions::from_mode(0o500)).unwrap();
    // Root writes everywhere.
    let root = fs::write(dir.path().join("probe"), "").is_ok();
    let old = Store::open(&path).map(|_| ());
    let new = Store::open(&dir.path().join("new.db")).map(|_| ());
    fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
    if root {
        return;
    }
    let old = old.unwrap_err();
    assert!(matches!(old, OpenError::Sqlite { trouble: Trouble::ReadOnly, .. }), "{old}");
    let new = new.unwrap_err();
    assert_eq!((old.hint(), matches!(new, OpenError::Create { .. })), (new.hint(), true), "{new}");
}

#[test]
fn a_path_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let dir = TempDir::new().unwrap();
    let error = Store::open(&dir.path().join(std::ffi::OsStr::from_bytes(b"\xff.db"))).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::NotText { .. }), "{error}");
}

#[test]
fn a_writer_from_outside_is_waited_for_then_named() {
    let bench = Bench::new();
    let mut other = SqliteConnection::establish(bench.path().to_str().unwrap()).unwrap();
    other.batch_execute("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; DELETE FROM settings").unwrap();
    let mut bench = bench;
    bench.store.connection.batch_execute("PRAGMA busy_timeout = 1").unwrap();
    let error = bench.one(super::create("a")).unwrap_err();
    assert!(error.to_string().contains("another process holds it"), "{error}");
    other.batch_execute("ROLLBACK").unwrap();
    bench.created("a");
}
