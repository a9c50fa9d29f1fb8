//! Whether and when a crashed daemon is started again.

use crate::domain::policy::RestartBudget;
use crate::domain::time::Timestamp;
use std::time::Duration;

/// The fifth crash within a minute is the last: what fails that often does not heal by itself.
const BUDGET: RestartBudget = RestartBudget { restarts: 4, within: Duration::from_secs(60) };
/// Before the first restart: hardly noticed by clients that try again.
const INITIAL: Duration = Duration::from_millis(100);
/// No wait is longer.
const MAX: Duration = Duration::from_secs(10);

/// What to do after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Start it again after this time.
    Again(Duration),
    /// Leave it.
    GiveUp,
}

/// Remembers crashes. Moments are on a clock that never jumps.
#[derive(Debug, Default)]
pub(super) struct Revival {
    crashes: Vec<Timestamp>,
    in_a_row: u32,
}

impl Revival {
    /// Decides about a crash at `now`.
    pub(super) fn crashed(&mut self, now: Timestamp) -> Answer {
        let lived_long = self.crashes.last().is_none_or(|last| now.since(*last) >= BUDGET.within);
        self.in_a_row = if lived_long { 1 } else { self.in_a_row.saturating_add(1) };
        let may = BUDGET.allows(&self.crashes, now);
        self.crashes.retain(|at| now.since(*at) < BUDGET.within);
        self.crashes.push(now);
        if !may {
            return Answer::GiveUp;
        }
        let doublings = 2_u32.saturating_pow(self.in_a_row - 1);
        Answer::Again(INITIAL.saturating_mul(doublings).min(MAX))
    }

    /// Crashes that count.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.crashes.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(seconds: &[i64]) -> Vec<Answer> {
        let mut revival = Revival::default();
        seconds.iter().map(|at| revival.crashed(Timestamp::from_seconds(*at))).collect()
    }

    fn again(millis: u64) -> Answer {
        Answer::Again(Duration::from_millis(millis))
    }

    #[test]
    fn a_crash_loop_is_given_up_after_longer_and_longer_waits() {
        let expected = [again(100), again(200), again(400), again(800), Answer::GiveUp];
        assert_eq!(answers(&[0, 1, 2, 3, 4]), expected);
    }

    #[test]
    fn rare_crashes_go_on_for_ever_and_the_wait_is_bounded() {
        let often: Vec<i64> = (0..20).map(|count| count * 20).collect();
        assert_eq!(answers(&often).last(), Some(&again(10_000)));
        assert_eq!(answers(&[0, 60, 120, 180, 240, 300]), [again(100); 6]);
    }
}
