//! What kind of trouble a text tells of: for every agent the last resort, where no field says it.
//!
//! A text is judged by how its lines begin. Agents quote tests, logs and code in what they say at the end, and a number between 500 and 599 in
//! the middle of a sentence is a number.

use super::resets::{Clock, moment};
use crate::domain::report::ErrorKind;

/// So many lines at the end of a text are looked at: what made a program give up is what it said last.
const LINES: usize = 8;

/// The kind that an error's text suggests.
pub(crate) fn by_text(text: &str, clock: Clock<'_>) -> ErrorKind {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = lines.rev().take(LINES).map(|line| by_line(line, clock));
    last.into_iter().find(|kind| *kind != ErrorKind::Other).unwrap_or(ErrorKind::Other)
}

fn by_line(line: &str, clock: Clock<'_>) -> ErrorKind {
    let plain = line.to_lowercase().replace('’', "'");
    if says_usage_limit(line) {
        return ErrorKind::UsageLimit { resets_at: moment(line, clock) };
    }
    if let Some((_, kind)) = PHRASES.iter().find(|(phrase, _)| plain.contains(phrase)) {
        return *kind;
    }
    by_opening(&plain)
}

/// The status of the provider's answer that a text quotes after the word that says so.
pub(crate) fn status(text: &str) -> Option<u16> {
    let (_, told) = text.split_once("unexpected status ")?;
    told.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Whether the text says that an account's allowance is used up; a plain "rate limit" only where it names the moment that it ends.
pub(crate) fn says_usage_limit(text: &str) -> bool {
    let plain = text.to_lowercase().replace('’', "'");
    let spent = ["reached", "exceeded", "hit"].iter().any(|word| plain.contains(word));
    let (_, rest) = match plain.split_once("ve hit your ") {
        Some(parts) => parts,
        None => plain.split_once("have reached your ").unwrap_or(("", "")),
    };
    let named = ["session limit", "usage limit", "weekly limit", "-hour limit"].iter().any(|name| plain.contains(name));
    let until = plain.contains("rate limit") && (plain.contains("resets ") || plain.contains("reset at "));
    rest.contains("limit") || (spent && (named || until)) || plain.contains("\"usage_limit_reached\"")
}

/// Words that no program says about anything else, wherever they stand.
const PHRASES: [(&str, ErrorKind); 21] = [
    ("credit balance is too low", ErrorKind::UsageLimit { resets_at: None }),
    ("no conversation found with session id", ErrorKind::SessionLost),
    ("invalid session identifier", ErrorKind::SessionLost),
    ("no rollout found for thread id", ErrorKind::SessionLost),
    ("please set an auth method", ErrorKind::NotLoggedIn),
    ("missing environment variable: `", ErrorKind::NotLoggedIn),
    ("not logged in. please login", ErrorKind::NotLoggedIn),
    ("not logged in · please run /login", ErrorKind::NotLoggedIn),
    ("please run /login", ErrorKind::NotLoggedIn),
    ("invalid api key · fix external api key", ErrorKind::NotLoggedIn),
    ("oauth token has expired", ErrorKind::NotLoggedIn),
    ("refresh token was revoked", ErrorKind::NotLoggedIn),
    ("api key not valid. please pass a valid api key", ErrorKind::NotLoggedIn),
    ("\"authentication_error\"", ErrorKind::NotLoggedIn),
    ("\"overloaded_error\"", ErrorKind::Overloaded),
    ("\"api_error\"", ErrorKind::Overloaded),
    ("\"rate_limit_error\"", ErrorKind::RateLimit),
    ("\"resource_exhausted\"", ErrorKind::RateLimit),
    ("safeguards flagged this message", ErrorKind::Refused),
    ("prompt is too long ·", ErrorKind::PromptTooLong),
    ("context_length_exceeded", ErrorKind::PromptTooLong),
];

/// Words that mean trouble where a line begins with them, after nothing but the likes of `API Error: 503`.
const OPENINGS: [(&str, ErrorKind); 14] = [
    ("internal server error", ErrorKind::Overloaded),
    ("bad gateway", ErrorKind::Overloaded),
    ("service unavailable", ErrorKind::Overloaded),
    ("gateway timeout", ErrorKind::Overloaded),
    ("overloaded", ErrorKind::Overloaded),
    ("repeated 529 overloaded", ErrorKind::Overloaded),
    ("rate_limit", ErrorKind::RateLimit),
    ("rate limit", ErrorKind::RateLimit),
    ("too many requests", ErrorKind::RateLimit),
    ("request rejected (429)", ErrorKind::RateLimit),
    ("not logged in", ErrorKind::NotLoggedIn),
    ("invalid api key", ErrorKind::NotLoggedIn),
    ("unauthorized", ErrorKind::NotLoggedIn),
    ("prompt is too long", ErrorKind::PromptTooLong),
];

/// The kind that a line's beginning suggests, read over the words that announce an error, in lower case. A number counts as a status only after
/// a word that says so.
fn by_opening(line: &str) -> ErrorKind {
    const ANNOUNCE: [&str; 7] = ["error", "fatal", "unexpected", "request", "failed", "with", "response"];
    const NAMES_STATUS: [&str; 5] = ["api", "http", "status", "code", "status_code"];
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut rest, mut names_status) = (line, false);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '[' | ']' | '-' | '=' | ','));
        if let Some((_, kind)) = OPENINGS.iter().find(|(phrase, _)| rest.starts_with(phrase)) {
            return *kind;
        }
        let word = rest.split(|c: char| !is_part(c)).next().unwrap_or_default();
        match word.parse::<u16>() {
            Ok(429) if names_status => return ErrorKind::RateLimit,
            Ok(401 | 403) if names_status => return ErrorKind::NotLoggedIn,
            Ok(500..=599) if names_status => return ErrorKind::Overloaded,
            Ok(100..=599) => {}
            _ if NAMES_STATUS.contains(&word) => names_status = true,
            _ if ANNOUNCE.contains(&word) => {}
            _ => return ErrorKind::Other,
        }
        rest = &rest[word.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::failure::{Remedy, remedy};
    use crate::domain::ids::UnitId;
    use crate::domain::policy::Policy;
    use crate::domain::report::AgentError;
    use crate::domain::time::Timestamp;
    use crate::domain::work_unit::Counters;

    const NOW: Timestamp = Timestamp(1_795_185_000_000_000);
    const CLOCK: Clock<'static> = Clock { now: NOW, zone: "UTC" };
    const FOUR: Option<Timestamp> = Some(Timestamp(1_795_190_400_000_000));
    const NO_MOMENT: ErrorKind = ErrorKind::UsageLimit { resets_at: None };
    const UNTIL_FOUR: ErrorKind = ErrorKind::UsageLimit { resets_at: FOUR };

    /// What is done about it, in one word.
    fn cure(kind: ErrorKind) -> &'static str {
        let error = AgentError { kind, message: String::new() };
        match remedy(&error, UnitId(1), Counters::default(), &Policy::default(), NOW) {
            Remedy::Resume { .. } => "resume",
            Remedy::StartOver => "start over",
            Remedy::WaitForAccount { .. } => "wait",
            Remedy::LogIn => "log in",
            Remedy::AskOperator => "ask",
            Remedy::GiveUp => "give up",
        }
    }

    /// Every message that agents are known to end with, its kind, and what is done about it.
    const CASES: &[(&str, ErrorKind, &str)] = &[
        // The provider is overloaded or broken: in a while again.
        ("API Error: Repeated 529 Overloaded errors. The API is at capacity", ErrorKind::Overloaded, "resume"),
        ("API Error: 529 Overloaded. This is a server-side issue, usually temporary", ErrorKind::Overloaded, "resume"),
        ("API Error: 500 Internal server error", ErrorKind::Overloaded, "resume"),
        (
            r#"API Error: 529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            ErrorKind::Overloaded,
            "resume",
        ),
        (r#"{"type":"error","error":{"type":"api_error","message":"x"}}"#, ErrorKind::Overloaded, "resume"),
        ("Internal Server Error", ErrorKind::Overloaded, "resume"),
        ("502 Bad Gateway", ErrorKind::Overloaded, "resume"),
        ("Error: 503 Service Unavailable", ErrorKind::Overloaded, "resume"),
        ("HTTP 504: Gateway Timeout", ErrorKind::Overloaded, "resume"),
        ("Request failed with status code 500", ErrorKind::Overloaded, "resume"),
        ("unexpected status 503 Service Unavailable: upstream", ErrorKind::Overloaded, "resume"),
        ("API Error: Request rejected (429) · slow down", ErrorKind::RateLimit, "resume"),
        ("429 Too Many Requests", ErrorKind::RateLimit, "resume"),
        ("rate_limit: slow down", ErrorKind::RateLimit, "resume"),
        ("Rate limit exceeded", ErrorKind::RateLimit, "resume"),
        // The account has used up its allowance: all of its units wait.
        ("You've hit your 5-hour limit · resets 4pm (UTC)", UNTIL_FOUR, "wait"),
        ("You’ve hit your weekly limit · resets 4pm (UTC)", UNTIL_FOUR, "wait"),
        ("you've hit your limit, resets at 4pm", UNTIL_FOUR, "wait"),
        ("youve hit your limit", NO_MOMENT, "wait"),
        ("Claude AI usage limit reached|1795190400", UNTIL_FOUR, "wait"),
        ("Session limit reached ∙ resets 4:00pm", UNTIL_FOUR, "wait"),
        ("session limit exceeded, resets at 2026-11-20T16:00:00Z", UNTIL_FOUR, "wait"),
        ("rate limit hit; resets 4pm (UTC)", UNTIL_FOUR, "wait"),
        ("5-hour limit reached ∙ resets 4pm", UNTIL_FOUR, "wait"),
        ("You’ve hit your usage limit. Try again later.", NO_MOMENT, "wait"),
        ("You've hit your usage limit. Upgrade or try again at 4:00 PM.", UNTIL_FOUR, "wait"),
        ("You've hit your usage limit. Try again in 1 hour 30 minutes.", UNTIL_FOUR, "wait"),
        ("Credit balance is too low", NO_MOMENT, "wait"),
        // Nobody is logged in.
        ("Not logged in · Please run /login", ErrorKind::NotLoggedIn, "log in"),
        ("Invalid API key · Fix external API key", ErrorKind::NotLoggedIn, "log in"),
        ("Invalid API key · Please run /login", ErrorKind::NotLoggedIn, "log in"),
        ("API Error: 401 OAuth token has expired", ErrorKind::NotLoggedIn, "log in"),
        ("API key not valid. Please pass a valid API key.", ErrorKind::NotLoggedIn, "log in"),
        ("unexpected status 401 Unauthorized", ErrorKind::NotLoggedIn, "log in"),
        // The conversation is of no use any more.
        ("No conversation found with session ID: d130919a-68a0", ErrorKind::SessionLost, "start over"),
        ("Error resuming session: Invalid session identifier \"x\".", ErrorKind::SessionLost, "start over"),
        ("Prompt is too long · the request is ~1200000 tokens (limit 1000000)", ErrorKind::PromptTooLong, "start over"),
        // For the operator.
        ("API Error: Opus 5.5's safeguards flagged this message (…).", ErrorKind::Refused, "ask"),
        ("There's an issue with the selected model (claude-nope). It may not exist.", ErrorKind::Other, "ask"),
        ("Error: Session ID a8bedb9d is already in use.", ErrorKind::Other, "ask"),
        ("cursor-agent phase exceeded 1800s", ErrorKind::Other, "ask"),
        ("Agent ended in unknown state", ErrorKind::Other, "ask"),
        // Numbers and quotations are neither.
        ("failed after 512 lines", ErrorKind::Other, "ask"),
        ("the test expected 503 but got 529 lines", ErrorKind::Other, "ask"),
        ("512 tests failed", ErrorKind::Other, "ask"),
        ("Add a retry for HTTP 500 errors: API Error: 500", ErrorKind::Other, "ask"),
        ("assert response.status == 503, Service Unavailable", ErrorKind::Other, "ask"),
        ("the rate limit of the endpoint was reached in the test", ErrorKind::Other, "ask"),
        ("a user who is not logged in sees the page", ErrorKind::Other, "ask"),
        ("", ErrorKind::Other, "ask"),
    ];

    #[test]
    fn every_known_message_has_its_kind_and_its_cure() {
        for (text, kind, wanted) in CASES {
            assert_eq!(by_text(text, CLOCK), *kind, "{text}");
            assert_eq!(cure(*kind), *wanted, "{text}");
        }
    }

    #[test]
    fn what_was_said_last_counts() {
        let tail = "working\nReconnecting... 1/1\nYou’ve hit your usage limit. Try again later.\n\n";
        assert_eq!(by_text(tail, CLOCK), NO_MOMENT);
        let long_ago = format!("Internal server error\n{}", "and on it went\n".repeat(LINES));
        assert_eq!(by_text(&long_ago, CLOCK), ErrorKind::Other);
    }
}
