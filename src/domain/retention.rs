//! How long what was recorded of units that have ended is kept: logs compressed at once, removed by age and size.

use super::policy::Policy;
use super::time::Timestamp;
use super::work_unit::WorkUnit;

/// The log of an attempt of a unit that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// When something was last written to it.
    pub written: Timestamp,
    /// Its size on disk, in bytes.
    pub bytes: u64,
    /// Whether it is compressed, or not worth it.
    pub is_small: bool,
}

/// What becomes of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is.
    Stays,
    /// It is compressed; whoever reads it sees no difference.
    Shrinks,
    /// It is removed.
    Goes,
}

/// Whether the logs of a unit are open to all this: never of one that goes on or waits for the operator. None: it was deleted.
pub fn is_over(unit: Option<&WorkUnit>) -> bool {
    unit.is_none_or(|unit| unit.is_terminal() && unit.live.is_none())
}

/// What becomes of these logs, in their order: those older than the policy says go, then the oldest until the rest fits.
pub fn fates(logs: &[Log], policy: &Policy, now: Timestamp) -> Vec<Fate> {
    let mut fates: Vec<Fate> =
        logs.iter().map(|log| if now.since(log.written) > policy.log_age { Fate::Goes } else { Fate::Stays }).collect();
    let mut youngest_first: Vec<usize> = (0..logs.len()).filter(|at| fates[*at] == Fate::Stays).collect();
    youngest_first.sort_by_key(|at| std::cmp::Reverse(logs[*at].written));
    let mut total: u64 = 0;
    for at in youngest_first {
        total = total.saturating_add(logs[at].bytes);
        if total > policy.log_total {
            fates[at] = Fate::Goes;
        } else if !logs[at].is_small {
            fates[at] = Fate::Shrinks;
        }
    }
    fates
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn old_logs_go_then_the_oldest_that_do_not_fit_and_the_rest_shrinks() {
        let policy = Policy { log_age: Duration::from_secs(100), log_total: 30, ..Policy::default() };
        let log = |written, bytes, is_small| Log { written: Timestamp::from_seconds(written), bytes, is_small };
        let logs = [log(1, 1, false), log(50, 20, false), log(60, 10, true), log(90, 15, false)];
        let fates = fates(&logs, &policy, Timestamp::from_seconds(120));
        assert_eq!(fates, [Fate::Goes, Fate::Goes, Fate::Stays, Fate::Shrinks]);
    }
}
