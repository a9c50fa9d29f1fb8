//! What kind of trouble it is: the structured fields first, the text only where they are silent.

use super::resets::{Clock, moment};
use crate::domain::report::ErrorKind;
use crate::domain::time::Timestamp;

/// Everything known about one failure.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble<'a> {
    /// The class in an assistant message.
    pub error: Option<&'a str>,
    /// `usage_limit_reached`, or nothing we know.
    pub api_error: Option<&'a str>,
    /// Status of the provider's answer.
    pub status: Option<u16>,
    /// Why the turn ended.
    pub terminal_reason: Option<&'a str>,
    /// Why the model stopped.
    pub stop_reason: Option<&'a str>,
    /// Reset of an allowance that was rejected in this turn, where one was.
    pub rejected: Option<Rejected>,
    /// The agent's own words.
    pub text: &'a str,
}

/// A subscription's allowance is used up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rejected {
    /// When it is available again.
    pub resets_at: Option<Timestamp>,
}

/// The kind of `trouble`.
pub(crate) fn classify(trouble: &Trouble<'_>, clock: Clock<'_>) -> ErrorKind {
    let usage_limit = || {
        let told = trouble.rejected.and_then(|rejected| rejected.resets_at);
        ErrorKind::UsageLimit { resets_at: told.or_else(|| moment(trouble.text, clock)) }
    };
    if trouble.api_error == Some("usage_limit_reached") {
        return usage_limit();
    }
    match trouble.terminal_reason {
        Some("max_turns") => return ErrorKind::TurnLimit,
        Some("budget_exhausted") => return ErrorKind::Budget,
        Some("prompt_too_long" | "blocking_limit") => return ErrorKind::PromptTooLong,
        _ => {}
    }
    if trouble.stop_reason == Some("refusal") {
        return ErrorKind::Refused;
    }
    match (trouble.error, trouble.status) {
        (Some("rate_limit"), _) | (None, Some(429)) => {
            if trouble.rejected.is_some() || says_usage_limit(trouble.text) {
                usage_limit()
            } else {
                ErrorKind::RateLimit
            }
        }
        (Some("server_error"), _) | (None, Some(500..=599)) => ErrorKind::Overloaded,
        (Some("authentication_failed"), _) | (None, Some(401 | 403)) => ErrorKind::NotLoggedIn,
        // The account has no money: like a limit whose end nobody knows.
        (Some("billing_error"), _) => ErrorKind::UsageLimit { resets_at: None },
        (Some("model_not_found"), _) => ErrorKind::Other,
        _ => by_text(trouble.text, clock),
    }
}

/// The kind that a text alone suggests. Numbers in it mean nothing but after `API Error:`.
pub(crate) fn by_text(text: &str, clock: Clock<'_>) -> ErrorKind {
    let has = |needle: &str| text.contains(needle);
    if says_usage_limit(text) {
        return ErrorKind::UsageLimit { resets_at: moment(text, clock) };
    }
    if has("Credit balance is too low") {
        return ErrorKind::UsageLimit { resets_at: None };
    }
    if has("No conversation found with session ID") {
        return ErrorKind::SessionLost;
    }
    if has("Not logged in") || has("Please run /login") || has("Invalid API key") || has("OAuth token has expired") {
        return ErrorKind::NotLoggedIn;
    }
    if text.starts_with("Prompt is too long") {
        return ErrorKind::PromptTooLong;
    }
    let Some(told) = text.strip_prefix("API Error: ") else { return ErrorKind::Other };
    let code = told.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse::<u16>().ok());
    match code {
        Some(429) => ErrorKind::RateLimit,
        Some(401) => ErrorKind::NotLoggedIn,
        Some(500..=599) => ErrorKind::Overloaded,
        _ if told.starts_with("Request rejected (429)") => ErrorKind::RateLimit,
        _ if told.starts_with("Repeated 529 Overloaded") => ErrorKind::Overloaded,
        _ if told.contains("safeguards flagged this message") => ErrorKind::Refused,
        _ => ErrorKind::Other,
    }
}

fn says_usage_limit(text: &str) -> bool {
    let hit = ["You've hit your ", "You’ve hit your "].iter().any(|start| text.starts_with(start));
    (hit && text.contains("limit")) || text.starts_with("Claude AI usage limit reached")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_185_000_000_000);
    const CLOCK: Clock<'static> = Clock { now: NOW, zone: "UTC" };
    const FOUR: Option<Timestamp> = Some(Timestamp(1_795_190_400_000_000));
    const SAFEGUARDS: &str =
        "API Error: Opus 5.5's safeguards flagged this message (https://www.anthropic.com/legal/aup). Try rephrasing.";
    const TOO_LONG: &str = "Prompt is too long · the request is ~1200000 tokens (limit 1000000)";
    const LIMIT: &str = "You've hit your 5-hour limit · resets 4pm (UTC)";

    #[test]
    fn texts_alone() {
        let table = [
            ("API Error: Repeated 529 Overloaded errors. The API is at capacity", ErrorKind::Overloaded),
            ("API Error: 529 Overloaded. This is a server-side issue, usually temporary", ErrorKind::Overloaded),
            ("API Error: 500 Internal server error", ErrorKind::Overloaded),
            ("API Error: Request rejected (429) · slow down", ErrorKind::RateLimit),
            ("Invalid API key · Fix external API key", ErrorKind::NotLoggedIn),
            ("Not logged in · Please run /login", ErrorKind::NotLoggedIn),
            ("Credit balance is too low", ErrorKind::UsageLimit { resets_at: None }),
            ("There's an issue with the selected model (claude-nope). It may not exist.", ErrorKind::Other),
            (LIMIT, ErrorKind::UsageLimit { resets_at: FOUR }),
            ("Claude AI usage limit reached|1795190400", ErrorKind::UsageLimit { resets_at: FOUR }),
            ("No conversation found with session ID: d130919a-68a0-470f-a594-93cb305efa09", ErrorKind::SessionLost),
            (TOO_LONG, ErrorKind::PromptTooLong),
            (SAFEGUARDS, ErrorKind::Refused),
            ("Error: Session ID a8bedb9d is already in use.", ErrorKind::Other),
            ("the test expected 503 but got 529 lines", ErrorKind::Other),
            ("Add a retry for HTTP 500 errors: API Error: 500", ErrorKind::Other),
            ("", ErrorKind::Other),
        ];
        for (text, kind) in table {
            assert_eq!(by_text(text, CLOCK), kind, "{text}");
        }
    }

    #[test]
    fn fields_win_over_texts() {
        let rejected = Some(Rejected { resets_at: Some(Timestamp::from_seconds(4_102_444_800)) });
        let late = ErrorKind::UsageLimit { resets_at: Some(Timestamp::from_seconds(4_102_444_800)) };
        let trouble = |error, status| Trouble { error, status, text: "Invalid API key", ..Trouble::default() };
        let ended = |terminal_reason| Trouble { terminal_reason: Some(terminal_reason), ..Trouble::default() };
        let table = [
            (trouble(Some("server_error"), Some(529)), ErrorKind::Overloaded),
            (trouble(None, Some(503)), ErrorKind::Overloaded),
            (trouble(Some("rate_limit"), Some(429)), ErrorKind::RateLimit),
            (trouble(Some("authentication_failed"), Some(401)), ErrorKind::NotLoggedIn),
            (trouble(Some("billing_error"), Some(400)), ErrorKind::UsageLimit { resets_at: None }),
            (trouble(Some("model_not_found"), Some(404)), ErrorKind::Other),
            (Trouble { rejected, ..trouble(Some("rate_limit"), Some(429)) }, late),
            (Trouble { rejected, ..trouble(Some("server_error"), Some(529)) }, ErrorKind::Overloaded),
            (
                Trouble { api_error: Some("usage_limit_reached"), text: LIMIT, ..Trouble::default() },
                ErrorKind::UsageLimit { resets_at: FOUR },
            ),
            (
                Trouble { error: Some("rate_limit"), text: LIMIT, ..Trouble::default() },
                ErrorKind::UsageLimit { resets_at: FOUR },
            ),
            (ended("max_turns"), ErrorKind::TurnLimit),
            (ended("budget_exhausted"), ErrorKind::Budget),
            (ended("prompt_too_long"), ErrorKind::PromptTooLong),
            (ended("blocking_limit"), ErrorKind::PromptTooLong),
            (
                Trouble { error: Some("invalid_request"), stop_reason: Some("refusal"), ..Trouble::default() },
                ErrorKind::Refused,
            ),
            (
                Trouble { error: Some("invalid_request"), text: TOO_LONG, ..Trouble::default() },
                ErrorKind::PromptTooLong,
            ),
        ];
        for (trouble, kind) in table {
            assert_eq!(classify(&trouble, CLOCK), kind, "{trouble:?}");
        }
    }
}
