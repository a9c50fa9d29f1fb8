//! The Messages dialect: reads the conversation, checks that it is whole, and plays the turn that is due.

use super::http::{Reply, Request};
use super::{History, State, Turn};
use serde_json::{Value, json};

/// One entry of a conversation, whatever blocks it was made of.
struct Item {
    who: Who,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    User,
    Assistant,
    Result,
}

/// Answers one request.
pub fn answer(state: &mut State, request: &Request) -> Reply {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/messages") => messages(state, &request.body),
        ("POST", "/v1/messages/count_tokens") => ok(json!({"input_tokens": request.body.to_string().len() / 4})),
        (_, path) => error(404, "not_found_error", path, Vec::new()),
    }
}

fn messages(state: &mut State, body: &Value) -> Reply {
    let offered = body["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    if !offered {
        // Titles, summaries, probes: never part of a script.
        return reply(state, body, &super::say("ok")).0;
    }
    check_results(state, body);
    let items = items(body);
    let session = session(body);
    let Some((at, script)) = pick(state, &session, &items) else {
        let last = items.last().map(|item| item.text.clone()).unwrap_or_default();
        state.violations.push(format!("no script for {last:?}"));
        return error(400, "invalid_request_error", "no script", Vec::new());
    };
    let (prompt, turns) = (state.scripts[script].prompt, state.scripts[script].turns.clone());
    let number =
        items[at..].windows(2).filter(|pair| pair[1].who == Who::Assistant && pair[0].who != Who::Assistant).count();
    check_history(state, &session, body, &items);
    let Some(turn) = turns.get(number) else {
        state.violations.push(format!("script {prompt:?} has no turn {number}"));
        return error(400, "invalid_request_error", "the script is over", Vec::new());
    };
    if let Some(failure) = &turn.failure {
        let failed = state.failed.entry((prompt, number)).or_default();
        if *failed < failure.times {
            *failed += 1;
            return error(failure.status, failure.kind, failure.message, failure.headers.clone());
        }
    }
    check_expected(state, prompt, turn, &items);
    let (reply, calls) = reply(state, body, turn);
    state.played.push((session.clone(), prompt, number));
    let history = state.history.entry(session).or_default();
    if !history.prompts.contains(&prompt) {
        history.prompts.push(prompt);
    }
    history.said.extend((!turn.say.is_empty()).then_some(turn.say));
    history.calls.extend(calls);
    reply
}

/// The latest text of the user that is in some script, and the script that this session plays for it.
fn pick(state: &mut State, session: &str, items: &[Item]) -> Option<(usize, usize)> {
    let (at, prompt) =
        items.iter().enumerate().rev().filter(|(_, item)| item.who == Who::User).find_map(|(at, item)| {
            let script = state.scripts.iter().find(|script| item.text.contains(script.prompt))?;
            Some((at, script.prompt))
        })?;
    let all: Vec<_> = (0..state.scripts.len()).filter(|script| state.scripts[*script].prompt == prompt).collect();
    let taken = state.cast.keys().filter(|(_, taken)| *taken == prompt).count();
    let script = *state.cast.entry((session.to_owned(), prompt)).or_insert(all[taken.min(all.len() - 1)]);
    Some((at, script))
}

/// Every tool use is followed, in the very next message of the user, by its result.
fn check_results(state: &mut State, body: &Value) {
    let messages: Vec<_> =
        body["messages"].as_array().into_iter().flatten().filter(|m| m["role"] != "system").collect();
    for (at, message) in messages.iter().enumerate().filter(|(_, message)| message["role"] == "assistant") {
        let uses = blocks(message).into_iter().filter(|block| block["type"] == "tool_use").collect::<Vec<_>>();
        let next = messages.get(at + 1).map(|next| blocks(next)).unwrap_or_default();
        for used in uses {
            let answers = next.iter().filter(|block| block["tool_use_id"] == used["id"]).count();
            if answers != 1 {
                state.violations.push(format!("{answers} results for tool use {} ({})", used["id"], used["name"]));
            }
        }
    }
}

/// All that was said in the session is still there.
fn check_history(state: &mut State, session: &str, body: &Value, items: &[Item]) {
    let Some(History { prompts, said, calls }) = state.history.get(session) else { return };
    let holds = |who: Who, text: &str| items.iter().any(|item| item.who == who && item.text.contains(text));
    let mut lost = Vec::new();
    lost.extend(prompts.iter().filter(|text| !holds(Who::User, text)).map(|text| format!("prompt {text:?}")));
    lost.extend(said.iter().filter(|text| !holds(Who::Assistant, text)).map(|text| format!("answer {text:?}")));
    let ids = body["messages"].to_string();
    lost.extend(calls.iter().filter(|id| !ids.contains(id.as_str())).map(|id| format!("tool use {id}")));
    state.violations.extend(lost.into_iter().map(|what| format!("session {session} lost its {what}")));
}

/// The results since the last answer hold the exact texts the turn expects.
fn check_expected(state: &mut State, prompt: &str, turn: &Turn, items: &[Item]) {
    let results: Vec<_> = items.iter().rev().take_while(|item| item.who != Who::Assistant).collect();
    for expected in &turn.expects {
        if !results.iter().any(|item| item.who == Who::Result && item.text.contains(expected.as_str())) {
            let seen: Vec<_> = results.iter().map(|item| &item.text).collect();
            state.violations.push(format!("in {prompt:?} no result holds {expected:?}, but {seen:?}"));
        }
    }
}

fn session(body: &Value) -> String {
    let told = body["metadata"]["user_id"].as_str().unwrap_or_default();
    let told: Value = serde_json::from_str(told).unwrap_or_default();
    told["session_id"].as_str().unwrap_or_default().to_owned()
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
