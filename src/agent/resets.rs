//! When an allowance is available again, out of words like `resets 4pm (UTC)` or `try again in 2 hours`: the last resort, for most agents put
//! a number beside them.

use crate::domain::time::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use std::time::Duration;

/// Where a time of day without zone and date belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock<'a> {
    /// The latest moment the agent has told.
    pub now: Timestamp,
    /// The zone the agent was given.
    pub zone: &'a str,
}

/// How long ago a date without a year may be before it means next year's.
const JUST_PAST: Duration = Duration::from_secs(24 * 60 * 60);

/// The moment that `text` names after "reset", "resets" or "try again", or, as older versions write it, after `limit reached|`.
pub(crate) fn moment(text: &str, clock: Clock<'_>) -> Option<Timestamp> {
    if let Some((_, after)) = text.split_once("limit reached|") {
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        return digits.parse().ok().map(Timestamp::from_seconds);
    }
    let after = AHEAD.iter().find_map(|words| Some(text.split_once(words)?.1))?.lines().next()?;
    if let Some(span) = after.strip_prefix("in ") {
        return Some(clock.now + duration(span)?);
    }
    if let Some(moment) = after.split_whitespace().find_map(|word| word.parse::<jiff::Timestamp>().ok()) {
        return Some(Timestamp(moment.as_microsecond()));
    }
    let (words, zone) = match after.split_once('(') {
        Some((words, rest)) => (words, rest.split(')').next().unwrap_or(clock.zone)),
        None => (after, clock.zone),
    };
    let zone = TimeZone::get(zone).ok()?;
    let now = jiff::Timestamp::from_microsecond(clock.now.0).ok()?.to_zoned(zone.clone());
    let named = Named::read(words)?;
    let time = named.time?;
    let on = |date: Date| {
        let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
        Some(Timestamp(zoned.timestamp().as_microsecond()))
    };
    match (named.month, named.day) {
        (Some(month), Some(day)) => {
            let year = named.year.unwrap_or(now.year());
            let found = on(Date::new(year, month, day).ok()?)?;
            let past = named.year.is_none() && found + JUST_PAST < clock.now;
            if past { on(Date::new(year + 1, month, day).ok()?) } else { Some(found) }
        }
        _ => {
            let today = on(now.date())?;
            if today > clock.now { Some(today) } else { on(now.date().tomorrow().ok()?) }
        }
    }
}

/// What stands before a moment.
const AHEAD: [&str; 4] = ["resets ", "reset ", "try again ", "Try again "];

/// The length of `2 days 3 hours 4 minutes`, or of `45s`, up to the first word that is neither number nor unit.
fn duration(words: &str) -> Option<Duration> {
    let mut seconds = None;
    let mut number: Option<u64> = None;
    for word in words.split([' ', ',']).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty()) {
        let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        let (digits, unit) = word.split_at(digits);
        number = digits.parse().ok().or(number);
        let each = match unit.to_ascii_lowercase().as_str() {
            "" => continue,
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 60 * 60,
            "d" | "day" | "days" => 24 * 60 * 60,
            _ => break,
        };
        let span = number.take()?.checked_mul(each)?;
        seconds = Some(seconds.unwrap_or(0_u64).checked_add(span)?);
    }
    seconds.map(Duration::from_secs)
}

/// Date and time as far as the words name them.
#[derive(Default)]
struct Named {
    month: Option<i8>,
    day: Option<i8>,
    year: Option<i16>,
    time: Option<Time>,
}

impl Named {
    /// Reads words up to the first that belongs to neither date nor time.
    fn read(words: &str) -> Option<Self> {
        let mut named = Named::default();
        let words: Vec<String> = words
            .split([' ', ','])
            .map(|word| word.trim_end_matches('.').to_ascii_lowercase())
            .filter(|word| !word.is_empty() && word != "at" && word != "on")
            .collect();
        let mut rest = words.as_slice();
        while let [word, after @ ..] = rest {
            rest = after;
            let half = after.first().map(String::as_str).filter(|next| matches!(*next, "am" | "pm"));
            if let Some(month) = month(word) {
                named.month = Some(month);
            } else if let (Some(_), None, Ok(day)) = (named.month, named.day, word.parse()) {
                named.day = Some(day);
            } else if let (Some(year @ 2000..), None) = (word.parse().ok(), named.year) {
                named.year = Some(year);
            } else if let Some(time) = time_of_day(word, half) {
                named.time = Some(time);
                return Some(named);
            } else {
                return None;
            }
        }
        None
    }
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let number = MONTHS.iter().position(|month| word.starts_with(month))?;
    i8::try_from(number + 1).ok()
}

/// `4pm`, `4:30pm`, `4 pm`, `16:00`; a bare number is no time.
fn time_of_day(word: &str, next: Option<&str>) -> Option<Time> {
    let (digits, half) = match word.strip_suffix("am").or_else(|| word.strip_suffix("pm")) {
        Some(digits) => (digits, Some(&word[digits.len()..])),
        None => (word, next),
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) => (hour, minute.parse().ok()?),
        None => (digits, 0),
    };
    let hour: i8 = hour.parse().ok()?;
    let hour = match half {
        None if digits.contains(':') => hour,
        Some("am") if (1..=12).contains(&hour) => hour % 12,
        Some("pm") if (1..=12).contains(&hour) => hour % 12 + 12,
        _ => return None,
    };
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn read(text: &str, zone: &str) -> Option<String> {
        let now: jiff::Timestamp = "2026-11-20T14:30:00Z".parse().unwrap();
        let clock = Clock { now: Timestamp(now.as_microsecond()), zone };
        moment(text, clock).map(|at| jiff::Timestamp::from_microsecond(at.0).unwrap().to_string())
    }

    #[test]
    fn times_dates_and_zones() {
        let table = [
            ("You've hit your 5-hour limit · resets 4pm (UTC)", "2026-11-20T16:00:00Z"),
            ("You've hit your 5-hour limit · resets 2pm (UTC)", "2026-11-21T14:00:00Z"),
            ("resets 4:45pm", "2026-11-20T15:45:00Z"),
            ("resets at 4 pm", "2026-11-20T15:00:00Z"),
            ("resets 18:05", "2026-11-20T17:05:00Z"),
            ("resets 12am (UTC)", "2026-11-21T00:00:00Z"),
            ("resets 12pm (America/New_York)", "2026-11-20T17:00:00Z"),
            ("resets Nov 23 at 10pm (UTC)", "2026-11-23T22:00:00Z"),
            ("resets Oct 3 at 10pm (UTC)", "2027-10-03T22:00:00Z"),
            ("resets Nov 20, 2pm (UTC)", "2026-11-20T14:00:00Z"),
            ("You've hit your weekly limit · resets Jan 1, 2100, 12am (UTC)", "2100-01-01T00:00:00Z"),
            ("Your limit will reset at 3pm (Asia/Tokyo).", "2026-11-21T06:00:00Z"),
            ("Claude AI usage limit reached|1795190400", "2026-11-20T16:00:00Z"),
            ("resets at 2026-11-20T18:00:00Z", "2026-11-20T18:00:00Z"),
            ("Session limit reached, reset at 2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
            ("Try again in 1 hour 30 minutes.", "2026-11-20T16:00:00Z"),
            ("or try again in 3 days 4 hours.", "2026-11-23T18:30:00Z"),
            ("try again in 45s", "2026-11-20T14:30:45Z"),
            ("try again at 4:05 PM", "2026-11-20T15:05:00Z"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, "Europe/Berlin").as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_names_no_moment_is_none() {
        for text in [
            "",
            "resets",
            "resets soon",
            "resets 4",
            "resets 25:00",
            "resets 13pm",
            "resets 4pm (Nowhere/Land)",
            "resets Feb 31 at 4pm",
            "try again later",
            "try again in a while",
        ] {
            assert_eq!(read(text, "UTC"), None, "{text}");
        }
    }
}
