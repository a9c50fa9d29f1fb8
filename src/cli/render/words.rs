//! Small things in words: durations, moments, counts, paths through text.

use super::Look;
use crate::wire::times::Moment;

/// `12s`, `5m`, `1.2h`, `3.5d`.
pub(crate) fn elapsed(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.0}s"),
        s if s < 3600.0 => format!("{:.0}m", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.1}h", s / 3600.0),
        s => format!("{:.1}d", s / 86400.0),
    }
}

/// A moment in the operator's zone, with its name.
pub(crate) fn moment(at: Moment, look: &Look) -> String {
    at.to_jiff().to_zoned(look.zone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// The text, or a hyphen for none.
pub(crate) fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The text, or a hyphen where there is none.
pub(crate) fn given(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// All of it on one line, at most `width` characters.
pub(crate) fn line(text: &str, width: usize) -> String {
    crate::wire::transcript::text::cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), width)
}

/// `512 B`, `3.3 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), "B");
    for next in UNITS {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1024, next);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

/// `1.2k`, `3.4M`.
pub(crate) fn tokens(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{}.{}k", count / 1_000, count % 1_000 / 100),
        _ => format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn quantities_are_short() {
        assert_eq!([12.4, 300.0, 4320.0, 259_200.0].map(elapsed), ["12s", "5m", "1.2h", "3.0d"]);
        assert_eq!([999, 1_250, 3_450_000].map(tokens), ["999", "1.2k", "3.4M"]);
        assert_eq!([0, 1023, 1536, 3_500_000, 5 << 40].map(size), ["0 B", "1023 B", "1.5 KiB", "3.3 MiB", "5.0 TiB"]);
    }

    #[test]
    fn moments_say_their_zone() {
        assert_eq!(moment(Moment(Timestamp(0)), &Look::plain()), "1970-01-01 00:00:00 UTC");
    }

    #[test]
    fn lines_are_cut() {
        assert_eq!(line("a\n b", 10), "a b");
        assert_eq!(line("abcdefghij", 8), "abcde...");
    }
}
