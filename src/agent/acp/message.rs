//! The lines: what comes, read leniently, and what goes, each under a key that is also its JSON-RPC id.

use crate::agent::Input;
use serde::Deserialize;
use serde_json::{Value, json};

/// Id of our first request.
pub(crate) const INIT: &str = "init";
/// Id of the request that opens the session.
pub(crate) const OPEN: &str = "session";
/// Id of the request that sets its mode.
pub(crate) const MODE: &str = "mode";
/// Id of the request that carries the prompt.
pub(crate) const PROMPT: &str = "prompt";
/// How the ids of later messages of ours begin.
pub(crate) const SAY: &str = "say:";

/// A line from the agent.
#[derive(Debug)]
pub(crate) enum Line {
    /// It wants something, and waits for the answer.
    Request { id: Value, method: String, params: Value },
    /// It tells something.
    Notification { method: String, params: Value },
    /// It answers what we asked under `id`.
    Response { id: String, answer: Result<Value, Failure> },
}

/// Why a request of ours failed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Failure {
    #[serde(default)]
    pub code: i64,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub data: Value,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    id: Option<Value>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    result: Value,
    error: Option<Failure>,
}

/// Reads a line; none where it is no message.
pub(crate) fn read(line: &[u8]) -> Option<Line> {
    let Raw { id, method, params, result, error } = serde_json::from_slice(line).ok()?;
    Some(match (id, method) {
        (Some(id), Some(method)) => Line::Request { id, method, params },
        (None, Some(method)) => Line::Notification { method, params },
        (Some(Value::String(id)), None) => Line::Response { id, answer: error.map_or(Ok(result), Err) },
        _ => return None,
    })
}

/// Who we are and what we can do: forms, so that questions reach the operator; neither files nor terminals.
pub(crate) fn initialize() -> Input {
    let capabilities = json!({
        "fs": {"readTextFile": false, "writeTextFile": false}, "terminal": false, "elicitation": {"form": {}}
    });
    let client = json!({"name": "ve", "version": env!("CARGO_PKG_VERSION")});
    request(
        INIT,
        "initialize",
        &json!({"protocolVersion": 1, "clientCapabilities": capabilities, "clientInfo": client}),
    )
}

/// A message of ours for the session.
pub(crate) fn prompt(id: &str, session: &str, text: &str) -> Input {
    request(id, "session/prompt", &json!({"sessionId": session, "prompt": [{"type": "text", "text": text}]}))
}

/// Ends the turn; `turn` tells it from others.
pub(crate) fn cancel(turn: u64, session: &str) -> Input {
    let line = json!({"jsonrpc": "2.0", "method": "session/cancel", "params": {"sessionId": session}});
    Input { key: format!("interrupt:{turn}"), text: format!("{line}\n") }
}

/// A request of ours.
pub(crate) fn request(id: &str, method: &str, params: &Value) -> Input {
    let line = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    Input { key: id.to_owned(), text: format!("{line}\n") }
}

/// The answer to the agent's request `id`.
pub(crate) fn answer(key: String, id: &Value, result: &Value) -> Input {
    Input { key, text: format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "result": result})) }
}

/// Refuses the agent's request `id`, which we do not know.
pub(crate) fn unsupported(id: &Value) -> Input {
    let error = json!({"code": -32601, "message": "method not found"});
    Input {
        key: format!("unsupported:{id}"),
        text: format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "error": error})),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use agent_client_protocol_schema as schema;

    fn params<T: serde::de::DeserializeOwned>(input: &Input) -> T {
        let line: Value = serde_json::from_str(&input.text).unwrap();
        serde_json::from_value(line["params"].clone()).unwrap()
    }

    #[test]
    fn what_we_write_is_what_the_protocol_has() {
        let first: schema::v1::InitializeRequest = params(&initialize());
        assert!(!first.client_capabilities.terminal);
        let said: schema::v1::PromptRequest = params(&prompt(PROMPT, "s-1", "do it"));
        assert_eq!(&*said.session_id.0, "s-1");
        let _: schema::v1::CancelNotification = params(&cancel(0, "s-1"));
    }

    #[test]
    fn what_is_no_message_is_nothing() {
        for line in ["", "{}", "[1]", "null", "Loading…", r#"{"id":7,"result":{}}"#, r#"{"jsonrpc":"2.0"}"#] {
            assert!(read(line.as_bytes()).is_none(), "{line}");
        }
    }
}
