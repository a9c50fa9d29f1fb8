//! What the operator configured while the daemon ran.

use super::Store;
use crate::db::error::StoreError;
use crate::db::schema::settings;
use diesel::prelude::*;
use std::collections::BTreeMap;

impl Store {
    /// All stored settings by name.
    pub fn settings(&mut self) -> Result<BTreeMap<String, String>, StoreError> {
        let rows: Vec<(String, String)> = settings::table.load(&mut self.connection)?;
        Ok(rows.into_iter().collect())
    }
}

/// Stores a setting, or forgets it.
pub(super) fn write(connection: &mut SqliteConnection, key: &str, value: Option<&str>) -> QueryResult<()> {
    match value {
        Some(value) => diesel::replace_into(settings::table)
            .values((settings::key.eq(key), settings::value.eq(value)))
            .execute(connection)?,
        None => diesel::delete(settings::table.find(key)).execute(connection)?,
    };
    Ok(())
}
