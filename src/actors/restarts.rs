//! Counts restarts against a budget.

use crate::domain::policy::RestartBudget;
use std::collections::VecDeque;
use std::time::Instant;

/// The restarts of one child.
#[derive(Debug, Default)]
pub struct Restarts {
    latest: VecDeque<Instant>,
}

impl Restarts {
    /// Counts a restart at `now`; whether the budget allows it.
    pub fn allows(&mut self, budget: RestartBudget, now: Instant) -> bool {
        while self.latest.front().is_some_and(|first| now.duration_since(*first) > budget.within) {
            self.latest.pop_front();
        }
        if self.latest.len() >= budget.restarts as usize {
            return false;
        }
        self.latest.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_budget_refills_with_time() {
        let budget = RestartBudget { restarts: 2, within: Duration::from_secs(10) };
        let (mut restarts, start) = (Restarts::default(), Instant::now());
        assert!(restarts.allows(budget, start));
        assert!(restarts.allows(budget, start));
        assert!(!restarts.allows(budget, start + Duration::from_secs(9)));
        assert!(restarts.allows(budget, start + Duration::from_secs(11)));
    }
}
