//! Accounts on which nobody is started, and what happened to them.

use super::Store;
use super::commit::Stop;
use crate::db::error::StoreError;
use crate::db::rows::account::{AccountRow, to_data};
use crate::db::rows::record::EventColumns;
use crate::db::rows::words;
use crate::db::schema::{accounts, events};
use crate::domain::account::{AccountEvent, Halted, Halts};
use crate::domain::ids::AgentName;
use crate::domain::journal::AccountEntry;
use crate::domain::time::Timestamp;
use crate::domain::who::Who;
use diesel::prelude::*;

impl Store {
    /// All accounts that are halted, or were and nobody has opened them since.
    pub fn halts(&mut self) -> Result<Halts, StoreError> {
        let rows = accounts::table.select(AccountRow::as_select()).load(&mut self.connection)?;
        rows.into_iter().map(|row| Ok(Halted::try_from(row).map(|halted| (halted.account, halted.halt))?)).collect()
    }
}

/// Halts an account, or keeps it halted for as long as what was met before says.
pub(super) fn halt(connection: &mut SqliteConnection, halted: &Halted, at: Timestamp, who: Who) -> Result<(), Stop> {
    let row: Option<AccountRow> =
        accounts::table.find(halted.account.as_str()).select(AccountRow::as_select()).first(connection).optional()?;
    let before = row.and_then(|row| Halted::try_from(row).ok());
    let Halted { account, halt } = match before {
        Some(before) => Halted { halt: before.halt.joined(halted.halt.clone()), ..before },
        None => halted.clone(),
    };
    happened(connection, account, AccountEvent::Halted(halt), at, who).map(drop)
}

/// What happens to an account: its row, and its entry in the journal.
pub(super) fn happened(
    connection: &mut SqliteConnection,
    account: AgentName,
    event: AccountEvent,
    at: Timestamp,
    who: Who,
) -> Result<AccountEntry, Stop> {
    match &event {
        AccountEvent::Halted(halt) => {
            let halted = Halted { account: account.clone(), halt: halt.clone() };
            diesel::replace_into(accounts::table).values(AccountRow::from(&halted)).execute(connection)?;
        }
        AccountEvent::Opened(_) => {
            diesel::delete(accounts::table.find(account.as_str())).execute(connection)?;
        }
    }
    let columns = EventColumns {
        unit_id: None,
        chunk: "",
        kind: event.name(),
        data: &to_data(&account, &event)?,
        who: &words::who(&who),
        at: at.0,
        fresh: "",
        old_status: None,
        new_status: "",
        old_phase: None,
        new_phase: "",
    };
    let seq = diesel::insert_into(events::table).values(columns).returning(events::seq).get_result(connection)?;
    Ok(AccountEntry { seq, at, who, account, event })
}
