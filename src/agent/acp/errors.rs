//! What a failed request means: the structured fields first, the text only where they are silent.

use super::message::Failure;
use crate::agent::resets::{Clock, moment};
use crate::agent::trouble;
use crate::domain::report::{AgentError, ErrorKind};
use serde_json::Value;

/// The protocol's own codes.
const AUTH_REQUIRED: i64 = -32000;
const NOT_FOUND: i64 = -32002;

/// The trouble that `failure` tells.
pub(crate) fn trouble(failure: &Failure, clock: Clock<'_>) -> AgentError {
    let message = words(failure);
    let kind = match failure.code {
        AUTH_REQUIRED => ErrorKind::NotLoggedIn,
        NOT_FOUND => ErrorKind::SessionLost,
        _ => by_class(failure, &message, clock).unwrap_or_else(|| trouble::by_text(&message, clock)),
    };
    AgentError { kind, message }
}

/// The class that an adapter puts beside its words.
fn by_class(failure: &Failure, message: &str, clock: Clock<'_>) -> Option<ErrorKind> {
    let class = ["errorKind", "codexErrorInfo"].iter().find_map(|name| failure.data[*name].as_str())?;
    match class {
        // Also said of an allowance that is used up: then the words tell until when.
        "rate_limit" => Some(match trouble::by_text(message, clock) {
            limit @ ErrorKind::UsageLimit { .. } => limit,
            _ => ErrorKind::RateLimit,
        }),
        "server_error" | "serverOverloaded" | "internalServerError" => Some(ErrorKind::Overloaded),
        "authentication_failed" | "unauthorized" => Some(ErrorKind::NotLoggedIn),
        "billing_error" => Some(ErrorKind::UsageLimit { resets_at: None }),
        "usageLimitExceeded" => Some(ErrorKind::UsageLimit { resets_at: moment(message, clock) }),
        "contextWindowExceeded" => Some(ErrorKind::PromptTooLong),
        _ => None,
    }
}

/// All that it says, each part once.
fn words(failure: &Failure) -> String {
    let data = &failure.data;
    let more = [data, &data["message"], &data["details"]].into_iter().find_map(Value::as_str).unwrap_or_default();
    match failure.message.as_str() {
        "" | "Internal error" if !more.is_empty() => more.to_owned(),
        // A wrapper's own words, before those of the program it wraps.
        message if more.is_empty() => message.strip_prefix("Internal error: ").unwrap_or(message).to_owned(),
        message if message.contains(more) => message.to_owned(),
        message => format!("{message}: {more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use serde_json::json;

    fn kind(code: i64, message: &str, data: Value) -> ErrorKind {
        let clock = Clock { now: Timestamp::from_seconds(1_795_185_000), zone: "UTC" };
        trouble(&Failure { code, message: message.into(), data }, clock).kind
    }

    #[test]
    fn fields_win_over_texts() {
        let in_2100 = ErrorKind::UsageLimit { resets_at: Some(Timestamp::from_seconds(4_102_444_800)) };
        let limit = "Internal error: You've hit your 5-hour limit · resets Jan 1, 2100, 12am (UTC)";
        let busy = "Internal error: API Error: Request rejected (429) · slow down";
        assert_eq!(kind(-32000, "Authentication required", json!({})), ErrorKind::NotLoggedIn);
        assert_eq!(kind(-32002, "Resource not found", json!({"sessionId": "s"})), ErrorKind::SessionLost);
        assert_eq!(kind(-32603, limit, json!({"errorKind": "rate_limit"})), in_2100);
        assert_eq!(kind(-32603, busy, json!({"errorKind": "rate_limit"})), ErrorKind::RateLimit);
        assert_eq!(kind(-32603, "Internal error", json!({"errorKind": "server_error"})), ErrorKind::Overloaded);
        assert_eq!(
            kind(-32603, "Internal error", json!({"codexErrorInfo": "usageLimitExceeded"})),
            ErrorKind::UsageLimit { resets_at: None }
        );
        let lost = json!({"details": "no rollout found for thread id 01a1"});
        assert_eq!(kind(-32603, "Internal error", lost), ErrorKind::SessionLost);
        assert_eq!(kind(-32603, "Internal error", json!({"codexErrorInfo": {"httpStatus": 500}})), ErrorKind::Other);
    }
}
