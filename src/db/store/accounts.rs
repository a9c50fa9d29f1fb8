//! Accounts on which nobody is started.

use super::Store;
use super::commit::Stop;
use crate::db::error::StoreError;
use crate::db::rows::account::AccountRow;
use crate::db::schema::accounts;
use crate::domain::account::{Halted, Halts};
use crate::domain::ids::AgentName;
use diesel::prelude::*;

impl Store {
    /// All accounts that are halted, or were and nobody has opened them since.
    pub fn halts(&mut self) -> Result<Halts, StoreError> {
        let rows = accounts::table.select(AccountRow::as_select()).load(&mut self.connection)?;
        rows.into_iter().map(|row| Ok(Halted::try_from(row).map(|halted| (halted.account, halted.halt))?)).collect()
    }
}

/// Halts an account, or keeps it halted for as long as what was met before says.
pub(super) fn halt(connection: &mut SqliteConnection, halted: &Halted) -> Result<(), Stop> {
    let row: Option<AccountRow> =
        accounts::table.find(halted.account.as_str()).select(AccountRow::as_select()).first(connection).optional()?;
    let before = row.and_then(|row| Halted::try_from(row).ok());
    let met = match before {
        Some(before) => Halted { halt: before.halt.joined(halted.halt.clone()), ..before },
        None => halted.clone(),
    };
    diesel::replace_into(accounts::table).values(AccountRow::from(&met)).execute(connection)?;
    Ok(())
}

/// Forgets what an account was halted for.
pub(super) fn open(connection: &mut SqliteConnection, account: &AgentName) -> QueryResult<()> {
    diesel::delete(accounts::table.find(account.as_str())).execute(connection).map(drop)
}
