//! The table: one row per figure, with what stands beside it.

use std::time::Duration;

/// Prints the head.
pub fn head() {
    println!("{:<58} {:>14}   {:<44} {:>12} {:>8}", "what", "value", "beside", "value", "ratio");
}

/// Prints a duration beside another one.
pub fn time(what: &str, value: Duration, beside: &str, other: Duration) {
    row(what, &duration(value), beside, &duration(other), value.as_secs_f64() / other.as_secs_f64());
}

/// Prints a rate beside another one, both per second.
pub fn rate(what: &str, value: f64, beside: &str, other: f64) {
    row(what, &format!("{value:.0} /s"), beside, &format!("{other:.0} /s"), value / other);
}

/// Prints a figure that stands for itself, with what is promised.
pub fn plain(what: &str, value: &str, promise: &str) {
    println!("{what:<58} {value:>14}   {promise}");
}

/// A duration with the unit that suits it.
pub fn duration(value: Duration) -> String {
    match value.as_micros() {
        micros @ 0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.2} ms", value.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", value.as_secs_f64()),
    }
}

fn row(what: &str, value: &str, beside: &str, other: &str, ratio: f64) {
    println!("{what:<58} {value:>14}   {beside:<44} {other:>12} {ratio:>8.2}");
}

/// Samples of one figure.
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Sorts them.
    pub fn new(mut samples: Vec<Duration>) -> Self {
        assert!(!samples.is_empty(), "nothing was measured");
        samples.sort_unstable();
        Self(samples)
    }

    /// Measures `work` that many times.
    pub fn of(count: usize, mut work: impl FnMut()) -> Self {
        let once = |_| {
            let begun = std::time::Instant::now();
            work();
            begun.elapsed()
        };
        Self::new((0..count).map(once).collect())
    }

    /// The middle one.
    pub fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The one that `percent` of all do not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent).div_ceil(100).max(1) - 1]
    }
}
