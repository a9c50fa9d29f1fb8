//! The control protocol: requests both ways on the pipes of the session, each answered under its id.

use crate::agent::Input;
use crate::agent::tools::SERVER;
use serde::Deserialize;
use serde_json::{Value, json};

/// Prefix of the request ids of our interrupts.
pub(crate) const INTERRUPT: &str = "interrupt:";

/// What the agent wants from us.
#[derive(Debug, Deserialize)]
#[serde(tag = "subtype", rename_all = "snake_case")]
pub(crate) enum Request {
    /// May this tool run? Also carries the questions of `AskUserQuestion`.
    CanUseTool {
        tool_name: String,
        #[serde(default)]
        input: Value,
        #[serde(default)]
        tool_use_id: String,
    },
    /// A message for a tool server of ours.
    McpMessage {
        #[serde(default)]
        server_name: String,
        message: Value,
    },
    #[serde(other)]
    Unknown,
}

/// The first line of a session: announces our tool server.
pub(crate) fn initialize() -> Input {
    request("init", json!({"subtype": "initialize", "hooks": null, "sdkMcpServers": [SERVER]}))
}

/// Ends turn number `turn`; the same turn is interrupted once.
pub(crate) fn interrupt(turn: u64) -> Input {
    request(&format!("{INTERRUPT}{turn}"), json!({"subtype": "interrupt"}))
}

/// A message of the user: begins a turn, or joins the one that runs.
pub(crate) fn user(key: &str, text: &str) -> Input {
    line(key.to_owned(), &json!({"type": "user", "message": {"role": "user", "content": text}}))
}

/// Answers a permission request with yes.
pub(crate) fn allow(key: String, request_id: &str, input: &Value) -> Input {
    success(key, request_id, &json!({"behavior": "allow", "updatedInput": input}))
}

/// Answers a permission request with no.
pub(crate) fn deny(key: String, request_id: &str, why: &str) -> Input {
    success(key, request_id, &json!({"behavior": "deny", "message": why}))
}

/// Answers a message for a tool server.
pub(crate) fn mcp(key: String, request_id: &str, response: &Value) -> Input {
    success(key, request_id, &json!({"mcp_response": response}))
}

/// Answers a request that we do not know.
pub(crate) fn unsupported(request_id: &str) -> Input {
    let response = json!({"subtype": "error", "request_id": request_id, "error": "unsupported request"});
    line(format!("unsupported:{request_id}"), &json!({"type": "control_response", "response": response}))
}

fn request(id: &str, request: Value) -> Input {
    line(id.to_owned(), &json!({"type": "control_request", "request_id": id, "request": request}))
}

fn success(key: String, request_id: &str, response: &Value) -> Input {
    let response = json!({"subtype": "success", "request_id": request_id, "response": response});
    line(key, &json!({"type": "control_response", "response": response}))
}

fn line(key: String, value: &Value) -> Input {
    Input { key, text: format!("{value}\n") }
}
