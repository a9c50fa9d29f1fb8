//! The lines Claude Code writes, as far as we read them. Unknown types and fields are ignored; a field of an unexpected shape
//! counts as absent where the rest of the line is worth more than it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// One line.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    System(System),
    Assistant(Assistant),
    User(User),
    Result(Box<TurnResult>),
    #[serde(rename = "rate_limit_event")]
    Allowance {
        rate_limit_info: RateLimit,
    },
    ControlRequest {
        request_id: String,
        request: Value,
    },
    ControlResponse {
        response: ControlResponse,
    },
    ControlCancelRequest {
        request_id: String,
    },
    #[serde(other)]
    Unknown,
}

/// `system`: the session itself speaks.
#[derive(Debug, Deserialize)]
#[serde(tag = "subtype", rename_all = "snake_case")]
pub(crate) enum System {
    /// Begins every turn.
    Init { session_id: String, model: Option<String>, claude_code_version: Option<String> },
    ApiRetry {
        #[serde(default)]
        attempt: u32,
        error_status: Option<u16>,
    },
    BackgroundTasksChanged {
        #[serde(default)]
        tasks: Vec<Value>,
    },
    #[serde(other)]
    Unknown,
}

/// `assistant`: one content block of a message; blocks of one message share its id and repeat its usage.
#[derive(Debug, Deserialize)]
pub(crate) struct Assistant {
    pub message: AssistantMessage,
    /// Set for the messages of a subagent.
    pub parent_tool_use_id: Option<String>,
    /// Class of the trouble with the provider that this message stands for.
    pub error: Option<String>,
    /// `usage_limit_reached` where the account is used up.
    pub api_error: Option<String>,
    pub api_error_status: Option<u16>,
    /// Set when the model refused.
    pub refused_message_id: Option<String>,
    pub timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AssistantMessage {
    #[serde(default)]
    pub id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub content: Vec<Block>,
    #[serde(default, deserialize_with = "lenient")]
    pub usage: TokenCounts,
}

/// A piece of a message.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Block {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    ToolResult {
        tool_use_id: String,
        #[serde(default)]
        content: Value,
        #[serde(default, deserialize_with = "lenient")]
        is_error: bool,
    },
    #[serde(other)]
    Unknown,
}

/// `user`: results of tools, as they are told to the model.
#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub message: UserMessage,
}

#[derive(Debug, Deserialize)]
pub(crate) struct UserMessage {
    #[serde(default, deserialize_with = "lenient")]
    pub content: Vec<Block>,
}

/// `result`: a turn ended. `subtype` alone says nothing: API trouble is `success` with `is_error`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TurnResult {
    #[serde(default)]
    pub subtype: String,
    /// Absent counts as an error: success must be said.
    #[serde(default = "yes")]
    pub is_error: bool,
    pub result: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub errors: Vec<String>,
    pub terminal_reason: Option<String>,
    pub stop_reason: Option<String>,
    pub api_error: Option<String>,
    pub api_error_status: Option<u16>,
    /// Of the whole session so far, over resumptions too.
    pub total_cost_usd: Option<f64>,
    /// Of this turn, without subagents.
    #[serde(default, deserialize_with = "lenient")]
    pub usage: TokenCounts,
    /// Of the whole session so far, with subagents, by model.
    #[serde(default, rename = "modelUsage", deserialize_with = "lenient")]
    pub model_usage: BTreeMap<String, ModelUsage>,
}

/// Tokens of a message or turn. In a message the output is that of its first moment, too low.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct TokenCounts {
    #[serde(default)]
    pub input_tokens: u64,
    #[serde(default)]
    pub output_tokens: u64,
    #[serde(default)]
    pub cache_read_input_tokens: u64,
    #[serde(default)]
    pub cache_creation_input_tokens: u64,
}

/// Tokens of one model in the whole session.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ModelUsage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_read_input_tokens: u64,
    pub cache_creation_input_tokens: u64,
}

/// State of a subscription's allowance.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateLimit {
    #[serde(default)]
    pub status: String,
    /// Seconds since the Unix epoch.
    pub resets_at: Option<i64>,
}

/// The answer to a request of ours.
#[derive(Debug, Deserialize)]
pub(crate) struct ControlResponse {
    #[serde(default)]
    pub subtype: String,
    #[serde(default)]
    pub request_id: String,
    pub error: Option<String>,
}

/// The event of a line, unless it is none that we know.
pub(crate) fn parse(line: &[u8]) -> Option<Event> {
    match serde_json::from_slice(line) {
        Ok(Event::Unknown) | Err(_) => None,
        Ok(event) => Some(event),
    }
}

/// Text of a tool's result: a string, or blocks of which some are text.
pub(crate) fn flatten(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts: Vec<_> = blocks.iter().filter_map(|block| block.get("text")?.as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

fn yes() -> bool {
    true
}

fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn lines_we_do_not_know_are_nothing() {
        for line in ["", "garbage", "{}", r#"{"type":"future"}"#, r#"{"type":"assistant"}"#, "[]", "null"] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }

    #[test]
    fn a_result_survives_fields_of_another_shape_and_order() {
        let line = br#"{"duration_api_ms":1,"usage":"none","modelUsage":7,"errors":null,"is_error":false,"subtype":"success","type":"result"}"#;
        let Some(Event::Result(result)) = parse(line) else { panic!("no result") };
        assert!(!result.is_error);
        let Some(Event::Result(result)) = parse(br#"{"type":"result"}"#) else { panic!("no result") };
        assert!(result.is_error, "success must be said");
    }

    #[test]
    fn results_of_tools_are_strings_or_blocks() {
        assert_eq!(flatten(&Value::from("x")), "x");
        let blocks =
            serde_json::json!([{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]);
        assert_eq!(flatten(&blocks), "a\nb");
        assert_eq!(flatten(&Value::Null), "");
    }
}
