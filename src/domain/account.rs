//! The account that agents work on: its limits and its login are those of every unit whose agent uses it.

use super::ids::AgentName;
use super::policy::Policy;
use super::time::Timestamp;
use std::collections::BTreeMap;

/// Accounts on which nobody is started, by name. An account bears the name of the first of the agents that share its login.
pub type Halts = BTreeMap<AgentName, Halt>;

/// Why nobody is started on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// When it was met.
    pub since: Timestamp,
    /// What was met.
    pub why: HaltReason,
    /// The agent's own words.
    pub message: String,
}

/// What keeps an account from working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HaltReason {
    /// Its allowance is used up.
    Limit {
        /// From when on its units start again.
        until: Timestamp,
    },
    /// Nobody is logged in; only the operator can change that.
    Login,
}

/// A halt that an attempt met, saved with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halted {
    /// Which account.
    pub account: AgentName,
    /// Why.
    pub halt: Halt,
}

/// Something that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountEvent {
    /// An attempt met what halts it; it is halted as this says from now on.
    Halted(Halt),
    /// The operator has its units start again, whatever had halted it.
    Opened(Halt),
}

impl AccountEvent {
    /// The event's name in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            AccountEvent::Halted(_) => "account halted",
            AccountEvent::Opened(_) => "account opened",
        }
    }
}

/// Decides what it means that the operator wants the units of `account` to start again; nothing where nothing halts it.
pub fn open(halts: &Halts, account: &AgentName) -> Option<AccountEvent> {
    halts.get(account).cloned().map(AccountEvent::Opened)
}

/// When a unit of a halted account may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Now.
    Open,
    /// Not before this moment.
    At(Timestamp),
    /// When somebody has logged in.
    AfterLogin,
}

impl Halt {
    /// What is known of an account after both of these were met: a missing login outlasts every limit, a later end an earlier one.
    pub fn joined(self, other: Halt) -> Halt {
        match (&self.why, &other.why) {
            (HaltReason::Login, _) => self,
            (_, HaltReason::Login) => other,
            (HaltReason::Limit { until }, HaltReason::Limit { until: later }) if later > until => other,
            _ => self,
        }
    }

    /// Whether its units may start as if nothing had been.
    pub fn is_over(&self, policy: &Policy, now: Timestamp) -> bool {
        match self.why {
            HaltReason::Limit { until } => until + policy.resume_stagger * policy.max_agents <= now,
            HaltReason::Login => false,
        }
    }

    /// When the next unit may start, the last one on this account having started at `last`: one after the other, so that they do not
    /// use up together at once what has just come back.
    pub fn opening(&self, last: Option<Timestamp>, policy: &Policy, now: Timestamp) -> Opening {
        let HaltReason::Limit { until } = self.why else { return Opening::AfterLogin };
        if self.is_over(policy, now) {
            return Opening::Open;
        }
        let turn = last.filter(|last| *last >= until).map_or(until, |last| last + policy.resume_stagger);
        let turn = turn.min(until + policy.resume_stagger * policy.max_agents);
        if turn > now { Opening::At(turn) } else { Opening::Open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn limit(until: i64) -> Halt {
        let why = HaltReason::Limit { until: Timestamp::from_seconds(until) };
        Halt { since: Timestamp(0), why, message: "limit".into() }
    }

    fn login() -> Halt {
        Halt { why: HaltReason::Login, ..limit(0) }
    }

    #[test]
    fn what_lasts_longer_counts() {
        assert_eq!(limit(5).joined(limit(9)), limit(9));
        assert_eq!(limit(9).joined(limit(5)), limit(9));
        assert_eq!(limit(9).joined(login()), login());
        assert_eq!(login().joined(limit(9)), login());
    }

    #[test]
    fn after_a_limit_units_start_one_after_the_other_for_a_while() {
        let policy = Policy { max_agents: 2, resume_stagger: Duration::from_secs(10), ..Policy::default() };
        let at = Timestamp::from_seconds;
        let opening = |last: Option<i64>, now| limit(100).opening(last.map(at), &policy, at(now));
        assert_eq!(opening(None, 99), Opening::At(at(100)));
        assert_eq!(opening(Some(50), 100), Opening::Open, "the last start was before the limit");
        assert_eq!(opening(Some(100), 101), Opening::At(at(110)));
        assert_eq!(opening(Some(100), 110), Opening::Open);
        assert_eq!(opening(Some(115), 116), Opening::At(at(120)));
        assert_eq!(opening(Some(119), 120), Opening::Open, "it is forgotten");
        assert_eq!(login().opening(None, &policy, at(1_000_000)), Opening::AfterLogin);
    }
}
