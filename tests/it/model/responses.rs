//! The Responses dialect, which Codex speaks.

use super::http::{Reply, Request};
use super::play::{self, Conversation, Dialect, Item, Who};
use super::{Failure, State, Turn};
use serde_json::{Value, json};

/// Answers one request.
pub fn answer(state: &mut State, request: &Request) -> Reply {
    let body = &request.body;
    let dialect = Dialect { fail: &fail, write: &|state, turn| reply(state, body, turn) };
    play::answer(state, &conversation(body), &dialect)
}

/// The list of models: one made-up one.
pub fn models() -> Reply {
    let model =
        json!({"id": "scripted", "slug": "scripted", "object": "model", "type": "model", "display_name": "Scripted"});
    Reply::Json {
        status: 200,
        headers: Vec::new(),
        body: json!({"object": "list", "data": [model], "models": [], "has_more": false}),
    }
}

fn fail(failure: &Failure) -> Reply {
    let body = json!({"error": {"type": failure.kind, "message": failure.message}});
    Reply::Json { status: failure.status, headers: failure.headers.clone(), body }
}

fn conversation(body: &Value) -> Conversation {
    let input = body["input"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let kind = |item: &Value| item["type"].as_str().unwrap_or("message").to_owned();
    let is_output = |item: &&Value| kind(item).ends_with("_output");
    let calls = input.iter().filter(|item| kind(item).ends_with("_call")).map(|call| {
        let answers = input.iter().filter(is_output).filter(|output| output["call_id"] == call["call_id"]).count();
        (text(call, "call_id"), text(call, "name"), answers)
    });
    let items: Vec<Item> = input
        .iter()
        .filter_map(|item| {
            let who = match (kind(item).as_str(), item["role"].as_str()) {
                (kind, _) if kind.ends_with("_output") => Who::Result,
                ("message", Some("user")) => Who::User,
                ("message", Some("developer" | "system")) => return None,
                _ => Who::Assistant,
            };
            let content = if who == Who::Result { &item["output"] } else { &item["content"] };
            Some(Item { who, text: flat(content) })
        })
        .collect();
    let session = body["prompt_cache_key"].as_str().map_or_else(|| super::first_words(&items), str::to_owned);
    let calls = calls.collect();
    Conversation { session, calls, tools: tools(body), items }
}

/// Tool servers are groups of tools: the name of one is made of both.
fn tools(body: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for tool in body["tools"].as_array().into_iter().flatten() {
        let name = tool["name"].as_str().or_else(|| tool["type"].as_str()).unwrap_or_default();
        if tool["type"] == "namespace" {
            let inner = tool["tools"].as_array().into_iter().flatten().filter_map(|inner| inner["name"].as_str());
            names.extend(inner.map(|inner| format!("{name}{GROUP}{inner}")));
        } else {
            names.push(name.to_owned());
        }
    }
    names
}

/// Between the name of a group and that of a tool in it.
const GROUP: char = '\u{1f}';

fn flat(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(flat).collect::<Vec<_>>().join("\n"),
        Value::Object(part) => part.get("text").or_else(|| part.get("content")).map(flat).unwrap_or_default(),
        _ => String::new(),
    }
}

fn reply(state: &mut State, body: &Value, turn: &Turn) -> (Reply, Vec<String>) {
    let mut id = |prefix: &str| {
        state.issued += 1;
        format!("{prefix}_scripted{:04}", state.issued)
    };
    let base = |status: &str, id: &str| json!({"id": id, "object": "response", "created_at": 0, "model": body["model"], "output": [], "status": status});
    let response = id("resp");
    let mut done = Vec::new();
    if !turn.say.is_empty() {
        let content = json!([{"type": "output_text", "text": turn.say, "annotations": []}]);
        done.push(
            json!({"type": "message", "id": id("msg"), "role": "assistant", "status": "completed", "content": content}),
        );
    }
    let mut calls = Vec::new();
    for (name, input) in &turn.calls {
        let call = id("call");
        let (group, name) = name.split_once(GROUP).map_or((None, *name), |(group, name)| (Some(group), name));
        let mut item = json!({"type": "function_call", "id": id("fc"), "call_id": call, "name": name,
            "arguments": input.to_string(), "status": "completed"});
        if let Some(group) = group {
            item["namespace"] = json!(group);
        }
        done.push(item);
        calls.push(call);
    }
    let mut events =
        vec![("response.created", json!({"type": "response.created", "response": base("in_progress", &response)}))];
    for (index, item) in done.iter().enumerate() {
        for name in ["response.output_item.added", "response.output_item.done"] {
            events.push((name, json!({"type": name, "output_index": index, "item": item})));
        }
    }
    let mut whole = base("completed", &response);
    whole["output"] = json!(done);
    whole["usage"] = json!({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60}, "output_tokens": 10,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 110});
    events.push(("response.completed", json!({"type": "response.completed", "response": whole})));
    (Reply::Events(events), calls)
}
