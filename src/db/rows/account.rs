//! The rows of `accounts`.

use crate::db::error::Unreadable;
use crate::db::schema::accounts;
use crate::domain::account::{Halt, HaltReason, Halted};
use crate::domain::ids::AgentName;
use crate::domain::time::Timestamp;
use diesel::prelude::*;

/// An account on which nobody is started. Without an `until` it waits for somebody to log in.
#[derive(Insertable, Queryable, Selectable)]
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
