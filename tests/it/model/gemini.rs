//! The Gemini dialect.

use super::http::{Reply, Request};
use super::play::{self, Conversation, Dialect, Item, Who};
use super::{Failure, State, Turn};
use serde_json::{Value, json};

/// Answers one request.
pub fn answer(state: &mut State, request: &Request) -> Reply {
    if request.path.ends_with(":countTokens") {
        let tokens = request.body.to_string().len() / 4;
        return Reply::Json { status: 200, headers: Vec::new(), body: json!({"totalTokens": tokens}) };
    }
    let streamed = request.path.contains(":stream");
    let dialect = Dialect { fail: &fail, write: &|state, turn| reply(state, streamed, turn) };
    play::answer(state, &conversation(&request.body), &dialect)
}

fn fail(failure: &Failure) -> Reply {
    let body = json!({"error": {"code": failure.status, "message": failure.message, "status": failure.kind}});
    Reply::Json { status: failure.status, headers: failure.headers.clone(), body }
}

fn parts(content: &Value) -> impl Iterator<Item = &Value> {
    content["parts"].as_array().into_iter().flatten()
}

fn conversation(body: &Value) -> Conversation {
    let contents: Vec<&Value> = body["contents"].as_array().into_iter().flatten().collect();
    let mut items = Vec::new();
    let mut calls = Vec::new();
    for (at, content) in contents.iter().enumerate() {
        let results: Vec<&Value> =
            parts(content).map(|part| &part["functionResponse"]).filter(|part| part.is_object()).collect();
        items.extend(results.iter().map(|result| Item {
            who: Who::Result,
            text: result["response"].to_string().replace("\\n", "\n").replace("\\\"", "\""),
        }));
        let text = parts(content).filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n");
        if content["role"] == "model" {
            items.push(Item { who: Who::Assistant, text });
        } else if !text.is_empty() && results.is_empty() {
            items.push(Item { who: Who::User, text });
        }
        for call in parts(content).map(|part| &part["functionCall"]).filter(|call| call.is_object()) {
            let next = contents.get(at + 1);
            let of_call = |part: &&Value| {
                part["functionResponse"]["id"] == call["id"] && part["functionResponse"]["name"] == call["name"]
            };
            let answers = next.map_or(0, |next| parts(next).filter(of_call).count());
            let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
            calls.push((text("id"), text("name"), answers));
        }
    }
    let declared =
        body["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["functionDeclarations"].as_array());
    let tools = declared.flatten().filter_map(|tool| tool["name"].as_str()).map(str::to_owned).collect();
    Conversation { session: super::first_words(&items), items, calls, tools }
}

fn reply(state: &mut State, streamed: bool, turn: &Turn) -> (Reply, Vec<String>) {
    let mut parts = Vec::new();
    if !turn.say.is_empty() {
        parts.push(json!({"text": turn.say}));
    }
    let mut calls = Vec::new();
    for (name, input) in &turn.calls {
        state.issued += 1;
        let id = format!("fc_scripted{:04}", state.issued);
        parts.push(json!({"functionCall": {"id": id, "name": name, "args": input}}));
        calls.push(id);
    }
    let usage = json!({"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 10, "totalTokenCount": 110});
    let body = json!({
        "candidates": [{"content": {"role": "model", "parts": parts}, "index": 0, "finishReason": "STOP"}],
        "usageMetadata": usage, "modelVersion": "scripted", "responseId": "scripted"
    });
    let reply =
        if streamed { Reply::Events(vec![("", body)]) } else { Reply::Json { status: 200, headers: Vec::new(), body } };
    (reply, calls)
}
