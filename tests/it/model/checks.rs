//! The model must catch what it promises to catch: requests that lack something.

use super::{Model, Script, bash, say};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

fn model() -> Model {
    let mut last = say("bye");
    last.expects = vec!["exact".into()];
    let work = Script { prompt: "SCRIPT work", turns: vec![bash("true"), last] };
    Model::start(vec![work, Script { prompt: "SCRIPT more", turns: vec![say("more")] }])
}

/// Asks as an agent would, and gives the body of the answer.
fn ask(model: &Model, messages: Value) -> Value {
    let user = json!({"session_id": "s"}).to_string();
    let body = json!({"model": "m", "tools": [{"name": "Bash"}], "metadata": {"user_id": user}, "messages": messages});
    let body = body.to_string();
    let mut stream = TcpStream::connect(model.url().trim_start_matches("http://")).unwrap();
    write!(stream, "POST /v1/messages?beta=true HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

/// Plays the first turn; gives the assistant's message and the id of its tool use.
fn first(model: &Model) -> (Value, Value) {
    let answer = ask(model, json!([user("SCRIPT work")]));
    let id = answer["content"][0]["id"].clone();
    (json!({"role": "assistant", "content": answer["content"]}), id)
}

fn result(id: &Value, text: &str) -> Value {
    json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": text}]})
}

#[test]
fn a_whole_conversation_is_no_violation() {
    let model = model();
    let (assistant, id) = first(&model);
    let answer = ask(&model, json!([user("SCRIPT work"), assistant, result(&id, "the exact text")]));
    assert_eq!(answer["content"][0]["text"], "bye");
    let bye = json!({"role": "assistant", "content": "bye"});
    ask(&model, json!([user("SCRIPT work"), assistant, result(&id, "the exact text"), bye, user("SCRIPT more")]));
    model.finish();
}

#[test]
fn a_missing_result_a_wrong_answer_and_lost_messages_are_violations() {
    let model = model();
    let (assistant, id) = first(&model);
    ask(&model, json!([user("SCRIPT work"), assistant, user("go on")]));
    ask(&model, json!([user("SCRIPT work"), assistant, result(&id, "about right")]));
    ask(&model, json!([user("SCRIPT more")]));
    ask(&model, json!([user("no such script")]));
    let violations = model.violations().join("\n");
    for expected in [
        "0 results for tool use \"toolu_scripted0001\" (\"Bash\")",
        "no result holds \"exact\", but [\"about right\"]",
        "session s lost its prompt \"SCRIPT work\"",
        "session s lost its answer \"bye\"",
        "session s lost its tool use toolu_scripted0001",
        "no script for \"no such script\"",
    ] {
        assert!(violations.contains(expected), "{expected} is not in\n{violations}");
    }
}
