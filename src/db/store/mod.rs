//! The database as questions and writes: one function per question, one [`commit`](Store::commit) for all that is to be written.

mod accounts;
mod attempts;
mod commit;
mod events;
mod predictions;
mod settings;
mod spending;
mod timeline;
mod units;
pub mod write;

use super::error::OpenError;
use super::open;
use diesel::SqliteConnection;
use std::path::Path;

/// An open database. Dropping it closes the file; everything committed is on the disk already.
///
/// A caller that catches a panic out of one of its functions must drop it and open the file again: a transaction may be left open.
pub struct Store {
    pub(super) connection: SqliteConnection,
}

impl Store {
    /// Opens the database at `path`, which is made if it is not there.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: open::open(path)? })
    }
}
