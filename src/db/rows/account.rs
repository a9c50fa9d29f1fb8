//! The rows of `accounts`.

use crate::db::error::Unreadable;
use crate::db::schema::accounts;
use crate::domain::account::{AccountEvent, Halt, HaltReason, Halted};
use crate::domain::ids::AgentName;
use crate::domain::time::Timestamp;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// An account on which nobody is started. Without an `until` it waits for somebody to log in. Also the `data` of its events.
#[derive(Insertable, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = accounts)]
pub(crate) struct AccountRow {
    account: String,
    since: i64,
    until: Option<i64>,
    message: String,
}

impl From<&Halted> for AccountRow {
    fn from(Halted { account, halt }: &Halted) -> Self {
        Self {
            account: account.to_string(),
            since: halt.since.0,
            until: match halt.why {
                HaltReason::Limit { until } => Some(until.0),
                HaltReason::Login => None,
            },
            message: halt.message.clone(),
        }
    }
}

impl TryFrom<AccountRow> for Halted {
    type Error = Unreadable;

    fn try_from(row: AccountRow) -> Result<Self, Unreadable> {
        let why = row.until.map_or(HaltReason::Login, |until| HaltReason::Limit { until: Timestamp(until) });
        let account = AgentName::parse(row.account).map_err(|error| Unreadable::account("its name", error))?;
        Ok(Halted { account, halt: Halt { since: Timestamp(row.since), why, message: row.message } })
    }
}

/// The text of an event's `data`.
pub(crate) fn to_data(account: &AgentName, event: &AccountEvent) -> serde_json::Result<String> {
    let (AccountEvent::Halted(halt) | AccountEvent::Opened(halt)) = event;
    serde_json::to_string(&AccountRow::from(&Halted { account: account.clone(), halt: halt.clone() }))
}

/// The event of this name and `data`.
pub(crate) fn from_data(kind: &str, data: &str) -> Result<(AgentName, AccountEvent), Unreadable> {
    let row: AccountRow = serde_json::from_str(data).map_err(|error| Unreadable::account("an event", error))?;
    let Halted { account, halt } = row.try_into()?;
    let known = [AccountEvent::Halted(halt.clone()), AccountEvent::Opened(halt)];
    let event = known.into_iter().find(|event| event.name() == kind);
    Ok((account, event.ok_or_else(|| Unreadable::account("the kind of an event", kind))?))
}
