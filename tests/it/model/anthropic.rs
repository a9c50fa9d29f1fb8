//! The Messages dialect: reads the conversation and writes the turn that is due.

use super::http::{Reply, Request};
use super::play::{self, Conversation, Dialect, Item, Who};
use super::{Failure, State, Turn};
use serde_json::{Value, json};

/// Answers one request.
pub fn answer(state: &mut State, request: &Request) -> Reply {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/messages") => {
            let body = &request.body;
            let fail =
                |failure: &Failure| error(failure.status, failure.kind, failure.message, failure.headers.clone());
            let dialect = Dialect { fail: &fail, write: &|state, turn| reply(state, body, turn) };
            play::answer(state, &conversation(body), &dialect)
        }
        ("POST", "/v1/messages/count_tokens") => ok(json!({"input_tokens": request.body.to_string().len() / 4})),
        (_, path) => error(404, "not_found_error", path, Vec::new()),
    }
}

fn conversation(body: &Value) -> Conversation {
    let names = body["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str());
    let items = items(body);
    Conversation {
        session: session(body, &items),
        calls: calls(body),
        tools: names.map(str::to_owned).collect(),
        items,
    }
}

/// Every tool use is followed, in the very next message of the user, by its result.
fn calls(body: &Value) -> Vec<(String, String, usize)> {
    let messages: Vec<_> =
        body["messages"].as_array().into_iter().flatten().filter(|m| m["role"] != "system").collect();
    let mut calls = Vec::new();
    for (at, message) in messages.iter().enumerate().filter(|(_, message)| message["role"] == "assistant") {
        let next = messages.get(at + 1).map(|next| blocks(next)).unwrap_or_default();
        for used in blocks(message).into_iter().filter(|block| block["type"] == "tool_use") {
            let answers = next.iter().filter(|block| block["tool_use_id"] == used["id"]).count();
            let text = |name: &str| used[name].as_str().unwrap_or_default().to_owned();
            calls.push((text("id"), text("name"), answers));
        }
    }
    calls
}

fn session(body: &Value, items: &[Item]) -> String {
    let told = body["metadata"]["user_id"].as_str().unwrap_or_default();
    let told: Value = serde_json::from_str(told).unwrap_or_default();
    told["session_id"].as_str().map_or_else(|| super::first_words(items), str::to_owned)
}

fn items(body: &Value) -> Vec<Item> {
    let mut items = Vec::new();
    for message in body["messages"].as_array().into_iter().flatten() {
        let who = match message["role"].as_str() {
            Some("user") => Who::User,
            Some("assistant") => Who::Assistant,
            _ => continue,
        };
        let (results, others): (Vec<_>, Vec<_>) =
            blocks(message).into_iter().partition(|block| block["type"] == "tool_result");
        items.extend(results.iter().map(|block| Item { who: Who::Result, text: flat(&block["content"]) }));
        let text = others.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n");
        if who == Who::Assistant || !text.is_empty() {
            items.push(Item { who, text });
        }
    }
    items
}

fn blocks(message: &Value) -> Vec<Value> {
    match &message["content"] {
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        Value::Array(blocks) => blocks.clone(),
        _ => Vec::new(),
    }
}

fn flat(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn ok(body: Value) -> Reply {
    Reply::Json { status: 200, headers: Vec::new(), body }
}

fn error(status: u16, kind: &str, message: &str, headers: Vec<(&'static str, &'static str)>) -> Reply {
    Reply::Json { status, headers, body: json!({"type": "error", "error": {"type": kind, "message": message}}) }
}

/// The turn as the request wants it, whole or streamed, and the ids of its tool uses.
fn reply(state: &mut State, body: &Value, turn: &Turn) -> (Reply, Vec<String>) {
    let mut id = |prefix: &str| {
        state.issued += 1;
        format!("{prefix}_scripted{:04}", state.issued)
    };
    let mut content = Vec::new();
    if !turn.say.is_empty() {
        content.push(json!({"type": "text", "text": turn.say}));
    }
    for (name, input) in &turn.calls {
        content.push(json!({"type": "tool_use", "id": id("toolu"), "name": name, "input": input}));
    }
    let calls = content.iter().filter_map(|block| Some(block["id"].as_str()?.to_owned())).collect();
    let stop = if turn.calls.is_empty() { "end_turn" } else { "tool_use" };
    let mut message = json!({
        "id": id("msg"), "type": "message", "role": "assistant", "model": body["model"], "content": content,
        "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": 100, "output_tokens": 10, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 60}
    });
    if body["stream"] != true {
        return (ok(message), calls);
    }
    let usage = message["usage"].clone();
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    message["usage"]["output_tokens"] = json!(1);
    let mut events = vec![("message_start", json!({"type": "message_start", "message": message}))];
    for (index, block) in content.into_iter().enumerate() {
        let (start, delta) = if block["type"] == "text" {
            (json!({"type": "text", "text": ""}), json!({"type": "text_delta", "text": block["text"]}))
        } else {
            let partial = json!({"type": "input_json_delta", "partial_json": block["input"].to_string()});
            (json!({"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}}), partial)
        };
        let start = json!({"type": "content_block_start", "index": index, "content_block": start});
        events.push(("content_block_start", start));
        events.push(("content_block_delta", json!({"type": "content_block_delta", "index": index, "delta": delta})));
        events.push(("content_block_stop", json!({"type": "content_block_stop", "index": index})));
    }
    let delta = json!({"stop_reason": stop, "stop_sequence": null});
    let usage = json!({"output_tokens": usage["output_tokens"]});
    events.push(("message_delta", json!({"type": "message_delta", "delta": delta, "usage": usage})));
    events.push(("message_stop", json!({"type": "message_stop"})));
    (Reply::Events(events), calls)
}
