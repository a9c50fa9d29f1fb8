//! `GET /accounts`: the accounts on which nobody is started, and why.

use super::times::Moment;
use crate::domain::account::{Halt, HaltReason};
use crate::domain::ids::AgentName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A halted account. It is an entry of the operator's queue that belongs to no unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its name: that of the first of its agents.
    pub account: String,
    /// `limit` or `login`.
    pub kind: String,
    /// One line.
    pub reason: String,
    /// The agent's own words.
    pub message: String,
    /// Since when.
    pub since: Moment,
    /// When its units start again by themselves; null when they wait for a login.
    pub resume_at: Option<Moment>,
    /// Chunks that wait for it.
    pub waiting: Vec<String>,
    /// The verbs that apply.
    pub verbs: Vec<String>,
}

/// The answer to `GET /accounts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accounts {
    /// The halted ones, by name.
    pub accounts: Vec<Account>,
}

/// The answer to `POST /accounts/{account}/resume`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Opened {
    /// The account whose units start again.
    pub account: String,
    /// Whether anything had halted it.
    pub was_halted: bool,
}

impl Account {
    /// A halted account that these chunks wait for.
    pub fn new(account: &AgentName, halt: &Halt, waiting: Vec<String>) -> Self {
        let (kind, reason, until) = match halt.why {
            HaltReason::Limit { until } => ("limit", format!("the allowance of {account} is used up"), Some(until)),
            HaltReason::Login => ("login", format!("nobody is logged in for {account}"), None),
        };
        Self {
            account: account.to_string(),
            kind: kind.to_owned(),
            reason,
            message: halt.message.clone(),
            since: halt.since.into(),
            resume_at: until.map(Moment::from),
            waiting,
            verbs: vec!["resume".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_limit_has_an_end_and_a_login_has_none() {
        let claude = AgentName::parse("claude").unwrap();
        let shown = |why| {
            let halt = Halt { since: Timestamp(0), why, message: "Not logged in".into() };
            Account::new(&claude, &halt, vec!["login".into()])
        };
        let limit = shown(HaltReason::Limit { until: Timestamp(9) });
        assert_eq!((limit.kind.as_str(), limit.resume_at), ("limit", Some(Moment(Timestamp(9)))));
        let login = shown(HaltReason::Login);
        assert_eq!((login.kind.as_str(), login.resume_at), ("login", None));
        assert_eq!(login.reason, "nobody is logged in for claude");
    }
}
