//! What happens, as it happens: server-sent events and WebSockets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::client::{Lines, ask, port, socket, tcp};
use crate::project::{BOUND, Project};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket, client::IntoClientRequest};

fn paused() -> Project {
    let project = Project::new("implement() { ask 'left or right?'; }");
    project.ok(&["start", "--paused", "--port", "0"]);
    project
}

fn create(project: &Project, chunk: &str) {
    ask(project, "POST", "/work-units").json(&json!({ "chunk": chunk, "status": "PENDING" }).to_string()).gives(201);
}

/// The numbers of the next entries.
fn numbers(lines: &mut Lines, count: usize) -> Vec<i64> {
    (0..count).map(|_| lines.next("id: ").unwrap().parse().unwrap()).collect()
}

pub fn dial<S: Read + Write>(stream: S, path: &str, headers: &[(&'static str, String)]) -> Result<WebSocket<S>, u16> {
    let mut request = format!("ws://localhost{path}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tungstenite::client(request, stream) {
        Ok((feed, _)) => Ok(feed),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
            Err(response.status().as_u16())
        }
        Err(error) => panic!("{error}"),
    }
}

pub fn next<S: Read + Write>(feed: &mut WebSocket<S>) -> Value {
    // Pings keep a silent connection alive.
    let until = Instant::now() + BOUND;
    loop {
        assert!(Instant::now() < until, "nothing was told for {BOUND:?}");
        if let Message::Text(text) = feed.read().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[test]
fn events_go_on_over_a_restart_without_gap_or_repetition() {
    let project = paused();
    for chunk in ["a", "b"] {
        create(&project, chunk);
    }
    let mut lines = ask(&project, "GET", "/events?since=0").lines();
    assert_eq!(numbers(&mut lines, 2), [1, 2]);
    create(&project, "c");
    assert_eq!(numbers(&mut lines, 1), [3]);
    assert_eq!(lines.next("event: ").as_deref(), Some("accepted"));
    let entry: Value = serde_json::from_str(&lines.next("data: ").unwrap()).unwrap();
    assert_eq!((&entry["seq"], &entry["chunk"], &entry["new_status"]), (&json!(3), &json!("c"), &json!("PENDING")));
    assert!(entry["who"].as_str().unwrap().starts_with("uid "), "{entry}");

    project.stop();
    assert_eq!(lines.next("id: "), None, "the daemon's end is the stream's");
    project.ok(&["start", "--paused", "--port", "0"]);
    create(&project, "d");
    let mut again = ask(&project, "GET", "/events?since=1").header("Last-Event-ID", "2").lines();
    assert_eq!(numbers(&mut again, 2), [3, 4], "what the client saw last counts");
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let project = &project;
            scope.spawn(move || (0..10).for_each(|number| create(project, &format!("w{worker}-{number}"))));
        }
    });
    assert_eq!(numbers(&mut again, 40), (5..45).collect::<Vec<_>>(), "in the order in which they were saved");
    let mut from_now = ask(&project, "GET", "/events").lines();
    create(&project, "e");
    assert_eq!(numbers(&mut from_now, 1), [45]);
    ask(&project, "GET", "/events?since=46").gives(410);
}

#[test]
fn a_feed_begins_with_the_state_and_goes_on_with_numbered_changes() {
    let project = Project::new("implement() { ask 'left or right?'; }");
    project.chunk("a", "[]");
    project.ok(&["start", "--paused", "--port", "0"]);
    project.inject(&["a"]);
    let mut feed = dial(socket(&project), "/ws", &[]).unwrap();
    let first = next(&mut feed);
    assert_eq!(first["type"], "initial_state");
    assert_eq!(first["data"]["work_units"][0]["chunk"], "a");
    assert_eq!(first["data"]["attention_items"], json!([]));
    let since = first["seq"].as_i64().unwrap();

    project.ok(&["resume"]);
    let mut last = since;
    let added = loop {
        let message = next(&mut feed);
        let seq = message["seq"].as_i64().unwrap();
        assert!(seq == last || seq == last + 1, "{message} after {last}");
        last = seq;
        assert!(message["timestamp"].is_string(), "{message}");
        if message["type"] == "attention_update" {
            break message;
        }
        assert_eq!(message["type"], "work_unit_update");
    };
    assert_eq!((&added["data"]["action"], &added["data"]["chunk"]), (&json!("added"), &json!("a")));
    assert!(added["data"]["attention_reason"].as_str().unwrap().contains("left or right?"), "{added}");
    project.ok(&["answer", "a", "left"]);
    let resolved = loop {
        let message = next(&mut feed);
        if message["type"] == "attention_update" {
            break message;
        }
    };
    assert_eq!(resolved["data"]["action"], "resolved");

    let mut replay = dial(socket(&project), &format!("/ws?since={since}"), &[]).unwrap();
    let message = next(&mut replay);
    assert_eq!((&message["type"], message["seq"].as_i64()), (&json!("work_unit_update"), Some(since + 1)));
    assert_eq!(dial(socket(&project), "/ws?since=99999", &[]).unwrap_err(), 410);
    project.ok(&["cancel", "a"]);
}

#[test]
fn a_feed_over_tcp_needs_the_token_as_subprotocol_and_no_foreign_origin() {
    let project = paused();
    let port = port(&project);
    let token = project.read(".ve/token").trim().to_owned();
    let host = ("host", format!("127.0.0.1:{port}"));
    let protocol = ("sec-websocket-protocol", format!("ve.token.{token}"));
    let wrong = ("sec-websocket-protocol", "ve.token.x".to_owned());
    let origin = |from: &str| ("origin", from.to_owned());
    let dial = |headers: &[(&'static str, String)]| dial(tcp(port), "/ws", headers).map(|mut feed| next(&mut feed));
    assert_eq!(dial(std::slice::from_ref(&host)).unwrap_err(), 401);
    assert_eq!(dial(&[host.clone(), wrong]).unwrap_err(), 401);
    assert_eq!(dial(&[host.clone(), protocol.clone(), origin("https://evil.example")]).unwrap_err(), 403);
    assert_eq!(dial(&[("host", "evil.example".to_owned()), protocol.clone()]).unwrap_err(), 403);
    let own = origin(&format!("http://127.0.0.1:{port}"));
    assert_eq!(dial(&[host, protocol, own]).unwrap()["type"], "initial_state");
}

#[test]
fn many_clients_hear_everything_and_one_that_does_not_read_is_cut_off() {
    let project = paused();
    create(&project, "a");
    // Never reads: its buffers fill.
    let mut stuck = socket(&project);
    stuck.write_all(b"GET /events?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut feeds: Vec<_> = (0..50).map(|_| dial(socket(&project), "/ws", &[]).unwrap()).collect();
    for feed in &mut feeds {
        assert_eq!(next(feed)["type"], "initial_state");
    }
    let changes = 3_000;
    std::thread::scope(|scope| {
        for verb in ["hold", "release"] {
            let project = &project;
            scope.spawn(move || {
                for _ in 0..changes / 2 {
                    // Which of the two comes first does not matter, only that something is saved now and then.
                    drop(ask(project, "POST", &format!("/work-units/a/{verb}")).json("{}").reply());
                }
            });
        }
        for feed in &mut feeds {
            scope.spawn(move || {
                let mut last = 1;
                while last < 200 {
                    let seq = next(feed)["seq"].as_i64().unwrap();
                    assert_eq!(seq, last + 1);
                    last = seq;
                }
            });
        }
    });
    drop(feeds);
    // It reads nothing until the daemon has hung up on it, and then finds an end.
    project.wait("the stuck client to be cut off", || {
        project.daemon_log().contains("does not read is cut off").then_some(())
    });
    let mut rest = Vec::new();
    drop(stuck.read_to_end(&mut rest));
    assert!(rest.starts_with(b"HTTP/1.1 200"));
    let status = project.daemon_pid().unwrap();
    let memory = std::fs::read_to_string(format!("/proc/{status}/status")).unwrap();
    let resident = memory.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 300_000, "{kib} KiB");
}

#[test]
fn a_units_log_is_streamed_through_every_phase_and_again_to_its_end() {
    let script = r#"
        implement() { say '<b>one & two</b>'; mkdir -p src; echo $VE_ATTEMPT > src/x;
            rm -f docs/chunks/a/REVIEW_FEEDBACK.md; save implement; await_file go; }
        rebase() { say rebasing; git merge -q main || true; echo both > src/x; save merge; }
        review() { if [ -e "$HOME/again" ]; then say '{"ve":"review","decision":"APPROVE","summary":"fine"}'; else
            : > "$HOME/again"; say '{"ve":"review","decision":"FEEDBACK","summary":"more"}'; fi; }"#;
    let project = Project::new(script);
    project.chunk("a", "[]");
    project.ok(&["start", "--paused", "--port", "0"]);
    let mut unknown = dial(socket(&project), "/ws/log/ghost", &[]).unwrap();
    assert_eq!(next(&mut unknown), json!({"type": "error", "content": "Chunk 'ghost' not found"}));
    assert!(matches!(unknown.read(), Ok(Message::Close(_)) | Err(_)));
    project.inject(&["a"]);
    let mut feed = dial(socket(&project), "/ws/log/a", &[]).unwrap();
    assert_eq!(next(&mut feed), json!({"type": "info", "content": "Waiting for log output..."}));
    project.ok(&["resume"]);
    project.wait_trace("a", "prompt.implement");
    // Another change of the same file lands meanwhile, so that a rebase has something to do.
    project.write("src/x", "y\n");
    project.commit("the same file");
    project.signal("a", "go");
    let (mut headers, mut lines, mut last) = (Vec::new(), Vec::new(), 0);
    let end = loop {
        let message = next(&mut feed);
        if message["type"] != "log_line" {
            break message;
        }
        last += 1;
        assert_eq!(message["seq"], last, "{message}");
        let content = message["content"].as_str().unwrap().to_owned();
        if message["is_header"] == true {
            headers.push(content.split(" phase").next().unwrap().to_owned());
        } else {
            lines.push(content);
        }
    };
    assert_eq!(end, json!({"type": "completed", "content": "Work unit completed"}));
    match feed.read().unwrap() {
        Message::Close(Some(frame)) => assert_eq!(u16::from(frame.code), 1000),
        other => panic!("{other:?}"),
    }
    assert_eq!(headers[..2], ["=== IMPLEMENT", "=== REBASE"], "{headers:?}");
    assert_eq!(headers.iter().filter(|header| *header == "=== IMPLEMENT").count(), 2, "{headers:?}");
    assert_eq!(headers.last().unwrap(), "=== COMPLETE", "{headers:?}");
    assert!(lines.iter().any(|line| line.ends_with("&lt;b&gt;one &amp; two&lt;/b&gt;")), "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with("💬 rebasing")), "{lines:?}");

    let mut rest = dial(socket(&project), &format!("/ws/log/a?since={}", last - 1), &[]).unwrap();
    assert_eq!(next(&mut rest)["seq"], last);
    assert_eq!(next(&mut rest)["type"], "completed");
    project.ok(&["work-unit", "delete", "a"]);
}
