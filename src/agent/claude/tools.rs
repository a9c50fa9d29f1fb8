//! Our tools, served to the agent in process: the server `orch`, so that the model sees `mcp__orch__ask_operator` and so on.

use crate::agent::spec::Tools;
use crate::agent::tools::{self, Called, SERVER};
use crate::domain::report::{QuestionSet, Report};
use serde::Deserialize;
use serde_json::{Value, json};

/// How the model's names of our tools begin.
pub(crate) const PREFIX: &str = "mcp__orch__";

/// What a message for our server means.
#[derive(Debug)]
pub(crate) enum Served {
    /// Answer at once; where a tool was called with sense, with what it reports.
    Reply { response: Value, report: Option<Report> },
    /// The operator has the word; [`answer`] makes the reply.
    Ask {
        /// JSON-RPC id of the call.
        id: Value,
        /// The questions.
        set: QuestionSet,
        /// The vendor's id of the tool call.
        call: Option<String>,
    },
}

#[derive(Deserialize)]
struct Message {
    method: String,
    #[serde(default)]
    id: Value,
    #[serde(default)]
    params: Value,
}

#[derive(Deserialize)]
struct Call {
    name: String,
    #[serde(default)]
    arguments: Value,
    #[serde(default, rename = "_meta")]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "claudecode/toolUseId")]
    tool_use_id: Option<String>,
}

/// Serves one JSON-RPC message.
pub(crate) fn serve(message: &Value, offered: Tools) -> Served {
    let Ok(Message { method, id, params }) = Message::deserialize(message) else {
        return Served::Reply { response: failure(&Value::Null, -32600, "invalid request"), report: None };
    };
    let response = match method.as_str() {
        "initialize" => {
            let version = params.get("protocolVersion").and_then(Value::as_str).unwrap_or("2025-06-18");
            let server = json!({"name": SERVER, "version": env!("CARGO_PKG_VERSION")});
            success(&id, &json!({"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": server}))
        }
        "tools/list" => success(&id, &json!({"tools": tools::list(offered)})),
        "tools/call" => return call(id, &params, offered),
        "ping" => success(&id, &json!({})),
        // It has no id, but its control request wants an answer: any will do.
        other if other.starts_with("notifications/") => success(&json!(0), &json!({})),
        _ => failure(&id, -32601, "method not found"),
    };
    Served::Reply { response, report: None }
}

fn call(id: Value, params: &Value, offered: Tools) -> Served {
    let Ok(call) = Call::deserialize(params) else {
        return Served::Reply { response: failure(&id, -32602, "invalid params"), report: None };
    };
    match tools::read(&call.name, &call.arguments, call.meta.tool_use_id.as_deref(), offered) {
        Called::Ask(set) => Served::Ask { id, set, call: call.meta.tool_use_id },
        Called::Reply { text, failed: true, .. } => Served::Reply { response: complained(&id, &text), report: None },
        Called::Reply { text, report, .. } => Served::Reply { response: said(&id, &text), report },
    }
}

/// The reply to `ask_operator`: the answer's exact text.
pub(crate) fn answer(id: &Value, text: &str) -> Value {
    said(id, text)
}

/// What a tool says to the model.
fn said(id: &Value, text: &str) -> Value {
    success(id, &json!({"content": [{"type": "text", "text": text}], "isError": false}))
}

/// What a tool that failed says to the model.
fn complained(id: &Value, text: &str) -> Value {
    success(id, &json!({"content": [{"type": "text", "text": text}], "isError": true}))
}

fn success(id: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn failure(id: &Value, code: i32, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::report::ReviewVerdict;

    fn reply(message: Value, offered: Tools) -> (Value, Option<Report>) {
        match serve(&message, offered) {
            Served::Reply { response, report } => (response, report),
            Served::Ask { .. } => panic!("asked"),
        }
    }

    fn names(offered: Tools) -> String {
        let (response, _) = reply(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}), offered);
        let tools = response["result"]["tools"].as_array().cloned().unwrap_or_default();
        tools.iter().map(|tool| tool["name"].as_str().unwrap_or_default()).collect::<Vec<_>>().join(" ")
    }

    fn tool_call(name: &str, arguments: Value) -> Value {
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": name, "arguments": arguments}})
    }

    #[test]
    fn the_review_tool_is_only_there_in_a_review() {
        assert_eq!(names(Tools::Work), "ask_operator report_progress");
        assert_eq!(names(Tools::Review), "ask_operator report_progress review_decision");
        let decision = tool_call("review_decision", json!({"decision": "APPROVE", "summary": "fine"}));
        let (response, report) = reply(decision.clone(), Tools::Work);
        assert_eq!((response["result"]["isError"].clone(), report), (json!(true), None));
        let (response, report) = reply(decision, Tools::Review);
        assert_eq!(response["result"]["isError"], json!(false));
        let Some(Report::Review(decision)) = report else { panic!("no review") };
        assert_eq!((decision.verdict, decision.summary.as_str()), (ReviewVerdict::Approve, "fine"));
    }

    #[test]
    fn wrong_arguments_are_said_to_the_model_and_reported_to_nobody() {
        let (response, report) = reply(tool_call("review_decision", json!({"decision": "MAYBE"})), Tools::Review);
        assert_eq!((response["result"]["isError"].clone(), report), (json!(true), None));
        let (response, _) = reply(json!({"jsonrpc": "2.0", "id": 3, "method": "server/discover"}), Tools::Work);
        assert_eq!(response["error"]["code"], json!(-32601));
        let (response, _) = reply(json!("nonsense"), Tools::Work);
        assert_eq!(response["error"]["code"], json!(-32600));
    }

    #[test]
    fn a_question_waits_under_the_id_of_its_call() {
        let mut message = tool_call("ask_operator", json!({"question": "Go on?", "options": ["yes", {"label": "no"}]}));
        message["params"]["_meta"] = json!({"claudecode/toolUseId": "toolu_1"});
        let Served::Ask { id, set, .. } = serve(&message, Tools::Work) else { panic!("not asked") };
        assert_eq!((id, set.key.as_str(), set.items[0].options.len()), (json!(2), "toolu_1", 2));
        assert_eq!(answer(&json!(2), "yes \"really\"")["result"]["content"][0]["text"], json!("yes \"really\""));
    }
}
