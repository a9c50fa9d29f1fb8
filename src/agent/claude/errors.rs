//! What kind of trouble it is: the structured fields first, the text only where they are silent.

use crate::agent::resets::{Clock, moment};
use crate::agent::trouble::{by_text, says_usage_limit};
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_185_000_000_000);
    const CLOCK: Clock<'static> = Clock { now: NOW, zone: "UTC" };
    const FOUR: Option<Timestamp> = Some(Timestamp(1_795_190_400_000_000));
    const TOO_LONG: &str = "Prompt is too long · the request is ~1200000 tokens (limit 1000000)";
    const LIMIT: &str = "You've hit your 5-hour limit · resets 4pm (UTC)";

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
