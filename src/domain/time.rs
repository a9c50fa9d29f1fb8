//! A moment, as data. Only actors and the command line read the clock.

use std::ops::Add;
use std::time::Duration;

/// Microseconds since the Unix epoch, UTC: the unit of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// How long after `earlier` this moment is; zero when it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// A moment from whole seconds since the Unix epoch.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, after: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(after.as_micros()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_never_runs_backwards() {
        let early = Timestamp(5);
        let late = early + Duration::from_micros(7);
        assert_eq!(late.since(early), Duration::from_micros(7));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}
