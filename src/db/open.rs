//! Makes a database file ready: private, durable, checked, and at the newest migration.

use super::error::{OpenError, Trouble};
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// A commit returns only once it is on the disk (FULL); readers never hold it up (WAL). Another process, such as a backup, is waited
/// for a moment; a log grown by one large transaction is cut back.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA journal_size_limit = 16777216;";

/// Opens the database at `path`, which is made if it is not there.
pub(super) fn open(path: &Path) -> Result<SqliteConnection, OpenError> {
    let create = |source| OpenError::Create { path: path.to_owned(), source };
    // An absolute path is never taken for a URI or for a database in memory.
    let absolute = std::path::absolute(path).map_err(create)?;
    make_private(&absolute).map_err(create)?;
    let url = absolute.to_str().ok_or_else(|| OpenError::NotText { path: path.to_owned() })?;
    let sqlite = |detail: String| OpenError::Sqlite { path: path.to_owned(), trouble: Trouble::of(&detail), detail };

    let mut connection = SqliteConnection::establish(url).map_err(|error| sqlite(error.to_string()))?;
    connection.batch_execute("PRAGMA busy_timeout = 5000").map_err(|error| sqlite(error.to_string()))?;
    check(&mut connection, path)?;
    connection.batch_execute(PRAGMAS).map_err(|error| sqlite(error.to_string()))?;
    if let Some(version) = newer(&mut connection).map_err(|error| sqlite(error.to_string()))? {
        return Err(OpenError::Newer { path: path.to_owned(), version });
    }
    connection.run_pending_migrations(MIGRATIONS).map_err(|error| sqlite(error.to_string()))?;
    Ok(connection)
}

/// The file is made here, not by SQLite, so that it is never readable for others; its log and index inherit the mode.
fn make_private(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_file) => Ok(()),
        // By path: closing a second descriptor of the file would drop the locks of a connection in this process.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::set_permissions(path, Permissions::from_mode(0o600))
        }
        Err(error) => Err(error),
    }
}

/// Reads through the file before anything is written to it.
fn check(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    #[derive(QueryableByName)]
    struct Finding {
        #[diesel(sql_type = Text)]
        quick_check: String,
    }
    #[derive(QueryableByName)]
    struct Origin {
        #[diesel(sql_type = Bool)]
        foreign: bool,
    }
    let sqlite = |error: diesel::result::Error| {
        let detail = error.to_string();
        OpenError::Sqlite { path: path.to_owned(), trouble: Trouble::of(&detail), detail }
    };
    let finding: Finding = diesel::sql_query("PRAGMA quick_check(1)").get_result(connection).map_err(sqlite)?;
    if finding.quick_check != "ok" {
        let detail = finding.quick_check;
        return Err(OpenError::Sqlite { path: path.to_owned(), trouble: Trouble::Damaged, detail });
    }
    let origin: Origin = diesel::sql_query(
        "SELECT count(*) > 0 AND coalesce(sum(name = '__diesel_schema_migrations'), 0) = 0 AS \"foreign\"
        FROM sqlite_schema WHERE type = 'table'",
    )
    .get_result(connection)
    .map_err(sqlite)?;
    if origin.foreign {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    Ok(())
}

/// The newest migration of the database that this program does not know.
fn newer(connection: &mut SqliteConnection) -> diesel::migration::Result<Option<String>> {
    let known: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations()?;
    let applied = connection.applied_migrations()?;
    let unknown =
        applied.into_iter().filter(|version| known.iter().all(|migration| migration.name().version() != *version));
    Ok(unknown.max().map(|version| version.to_string()))
}
