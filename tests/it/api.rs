//! Every route, what it answers and what it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::client::{ask, in_order};
use crate::project::Project;
use serde_json::{Value, json};
use std::time::Instant;

/// Its agents wait until they are told to go on.
const PATIENT: &str = "implement() { await_file go; mkdir -p src; echo x > src/$VE_CHUNK.txt; save implement; }";

const UNIT: [&str; 12] = [
    "chunk",
    "phase",
    "status",
    "blocked_by",
    "worktree",
    "priority",
    "session_id",
    "completion_retries",
    "attention_reason",
    "displaced_chunk",
    "pending_answer",
    "conflict_verdicts",
];

fn paused(chunks: &[&str]) -> Project {
    let project = Project::new(PATIENT);
    for chunk in chunks {
        project.chunk(chunk, "null");
    }
    project.ok(&["start", "--paused", "--port", "0"]);
    project
}

#[test]
fn every_route_that_reads_answers_in_its_shape() {
    let project = paused(&["a", "b"]);
    let text = |path: &str| {
        let reply = ask(&project, "GET", path).reply();
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.body
    };
    in_order(&text("/work-units"), &["work_units", "count"]);
    let injected = ask(&project, "POST", "/work-units/inject").json(r#"{"chunk": "a", "priority": 3}"#).reply();
    assert_eq!(injected.status, 201, "{}", injected.body);
    in_order(&injected.body, &UNIT);
    ask(&project, "POST", "/work-units").json(r#"{"chunk": "b", "blocked_by": ["a"]}"#).gives(201);

    in_order(&text("/work-units/a"), &UNIT);
    in_order(&text("/work-units"), &["work_units", "chunk", "count"]);
    in_order(&text("/work-units/queue"), &["work_units", "count"]);
    let state = ["running", "pid", "uptime_seconds", "started_at", "work_unit_counts", "version"];
    in_order(&text("/status"), &state);
    let config = [
        "max_agents",
        "dispatch_interval_seconds",
        "max_completion_retries",
        "max_turns_implement",
        "max_turns_complete",
        "worktree_warning_threshold",
        "api_retry_initial_delay_ms",
        "api_retry_max_delay_ms",
        "api_retry_max_attempts",
        "backend",
    ];
    in_order(&text("/config"), &config);
    in_order(&text("/attention"), &["attention_items", "count"]);
    in_order(&text("/conflicts"), &["conflicts", "count"]);
    in_order(&text("/conflicts/a"), &["chunk", "conflicts", "count"]);
    in_order(&text("/work-units/a/history"), &["chunk", "history", "old_status", "new_status", "timestamp"]);
    in_order(&text("/work-units/a/attempts"), &["chunk", "attempts"]);
    in_order(&text("/work-units/a/explain"), &["chunk", "phase", "status"]);
    in_order(&text("/costs"), &["units", "usage", "cost_usd"]);
    in_order(&text("/trust"), &["digest", "accepted", "diff"]);
    assert_eq!(text("/healthz"), r#"{"status":"ok"}"#);
    assert_eq!(text("/readyz"), r#"{"status":"ok","database":"ok","git":"ok","disk":"ok"}"#);
    in_order(&text("/board"), &["backlog", "columns"]);
    for path in ["/work-units/a/log", "/work-units/a/transcript"] {
        ask(&project, "GET", path).lines();
    }
    let of = |status: &str| ask(&project, "GET", &format!("/work-units?status={status}")).gives(200)["count"].clone();
    assert_eq!((of("READY"), of("BLOCKED"), of("COMPLETED")), (json!(1), json!(1), json!(0)));
}

#[test]
fn every_refusal_is_json_with_a_hint_and_changes_nothing() {
    let project = paused(&["a", "b", "c"]);
    project.inject(&["a"]);
    let events = || ask(&project, "GET", "/work-units/a/history").gives(200)["history"].as_array().unwrap().len();
    let before = (ask(&project, "GET", "/work-units").gives(200), events());
    let refused: &[(&str, &str, &str, u16, &str)] = &[
        ("GET", "/nope", "", 404, "Not Found"),
        ("PUT", "/config", "", 405, "Method Not Allowed"),
        ("GET", "/pause", "", 405, "Method Not Allowed"),
        ("DELETE", "/status", "", 405, "Method Not Allowed"),
        ("GET", "/work-units/ghost", "", 404, "Work unit 'ghost' not found"),
        ("GET", "/work-units/ghost/history", "", 404, "not found"),
        ("GET", "/work-units/ghost/attempts", "", 404, "not found"),
        ("GET", "/work-units/ghost/log", "", 404, "not found"),
        ("GET", "/work-units/ghost/transcript", "", 404, "not found"),
        ("GET", "/work-units/ghost/explain", "", 404, "not found"),
        ("GET", "/work-units/a/log?attempt=7", "", 404, "no such attempt"),
        ("GET", "/work-units/a/log?attempt=x", "", 400, "Invalid query"),
        ("GET", "/work-units/a/log?phase=DANCE", "", 400, "Invalid phase: DANCE"),
        ("GET", "/work-units?status=SLEEPY", "", 400, "Invalid status: SLEEPY"),
        ("GET", "/conflicts?verdict=MAYBE", "", 400, "Invalid verdict: MAYBE"),
        ("GET", "/events?since=99999", "", 410, "the journal"),
        ("GET", "/events?since=x", "", 400, "Invalid query"),
        ("GET", "/ws", "", 400, ""),
        ("DELETE", "/work-units/ghost", "", 404, "not found"),
        ("PATCH", "/work-units/ghost", "{}", 404, "not found"),
        ("PATCH", "/work-units/a", "[]", 400, "JSON body must be an object"),
        ("PATCH", "/work-units/a", "{", 400, "Invalid JSON body"),
        ("PATCH", "/work-units/a", r#"{"phase": "DANCE"}"#, 400, "Invalid phase"),
        ("PATCH", "/work-units/a", r#"{"status": "RUNNING"}"#, 409, "cannot be set to RUNNING"),
        ("PATCH", "/work-units/a", r#"{"blocked_by": "b"}"#, 400, "blocked_by must be a list"),
        ("PATCH", "/work-units/a", r#"{"retain_worktree": 1}"#, 400, "retain_worktree must be"),
        ("PATCH", "/work-units/a", r#"{"attention_reason": "x"}"#, 409, "only what waits for you has a reason"),
        ("PATCH", "/work-units/a/priority", r#"{"priority": true}"#, 400, "priority must be an integer"),
        ("PATCH", "/work-units/a/priority", "{}", 400, "missing priority"),
        ("PATCH", "/work-units/ghost/priority", r#"{"priority": 1}"#, 404, "not found"),
        ("PATCH", "/config", r#"{"max_agents": 2, "backend": "x"}"#, 400, "Unknown backend 'x'"),
        ("PATCH", "/config", r#"{"max_agents": 0}"#, 400, "max_agents must be a positive integer"),
        ("PATCH", "/config", "[]", 400, "object"),
        ("POST", "/work-units", "{}", 400, "missing chunk"),
        ("POST", "/work-units", r#"{"chunk": ""}"#, 400, "missing chunk"),
        ("POST", "/work-units", r#"{"chunk": "x/y"}"#, 400, ""),
        ("POST", "/work-units", r#"{"chunk": "x", "status": "RUNNING"}"#, 400, "Invalid status"),
        ("POST", "/work-units", r#"{"chunk": "a"}"#, 409, "already exists"),
        ("POST", "/work-units/inject", r#"{"chunk": "a"}"#, 409, "already exists (status: READY)"),
        ("POST", "/work-units/inject", r#"{"chunk": "ghost"}"#, 400, "ghost"),
        ("POST", "/work-units/inject", r#"{"chunk": "b", "priority": "high"}"#, 400, "priority must be an integer"),
        ("POST", "/work-units/inject", r#"{"chunk": "b", "blocked_by": ["ghost"]}"#, 400, "depends on 'ghost'"),
        ("POST", "/work-units/inject-batch", r#"{"chunks": []}"#, 400, "missing chunks"),
        ("POST", "/work-units/inject-batch", r#"{"chunks": ["b", "ghost"]}"#, 400, "ghost"),
        ("POST", "/work-units/inject-batch", r#"{"chunks": ["b", "a"]}"#, 409, "already exists"),
        ("POST", "/work-units/retry-all?phase=DANCE", "{}", 400, "Invalid phase"),
        ("POST", "/work-units/a/answer", r#"{"answer": "x"}"#, 400, "not in NEEDS_ATTENTION state (current: READY)"),
        ("POST", "/work-units/a/answer", "{}", 400, "answer"),
        ("POST", "/work-units/a/retry", "{}", 400, "not in NEEDS_ATTENTION"),
        ("POST", "/work-units/a/approve", "", 409, "nothing to approve"),
        ("POST", "/work-units/a/release", "", 409, "it is not held"),
        ("POST", "/work-units/a/interrupt", "", 409, "no agent is at work"),
        ("POST", "/work-units/ghost/hold", "", 404, "not found"),
        ("POST", "/work-units/a/resolve", r#"{"other_chunk": "b"}"#, 400, "missing verdict"),
        ("POST", "/work-units/a/resolve", r#"{"other_chunk": "b", "verdict": "x"}"#, 400, "Invalid verdict"),
        ("POST", "/work-units/a/resolve", r#"{"other_chunk": "ghost", "verdict": "serialize"}"#, 404, "Chunk 'ghost'"),
        ("POST", "/work-units/b/resolve", r#"{"other_chunk": "a", "verdict": "serialize"}"#, 404, "not found"),
        ("POST", "/conflicts/analyze", r#"{"chunk_a": "a"}"#, 400, "missing chunk_b"),
        ("POST", "/conflicts/analyze", r#"{"chunk_a": "a", "chunk_b": "a"}"#, 400, "itself"),
        ("POST", "/trust", r#"{"digest": "x"}"#, 409, "has changed"),
        ("POST", "/session", r#"{"code": "x"}"#, 401, "used before"),
    ];
    for (method, path, body, status, error) in refused {
        let request = ask(&project, method, path);
        let request = if body.is_empty() { request } else { request.json(body) };
        let answer = request.gives(*status);
        assert!(answer["error"].as_str().unwrap().contains(error), "{method} {path} {body}: {answer}");
        if *status == 409 && answer["detail"]["allowed"].is_array() {
            assert!(answer["hint"].as_str().unwrap().starts_with("possible now: hold"), "{answer}");
        }
    }
    let form = ask(&project, "POST", "/work-units/a/hold").header("Content-Type", "application/x-www-form-urlencoded");
    form.body("a=b").gives(415);
    let long = format!(r#"{{"chunk": "{}"}}"#, "x".repeat(1_200_000));
    ask(&project, "POST", "/work-units").json(&long).gives(413);
    let after = (ask(&project, "GET", "/work-units").gives(200), events());
    assert_eq!(before, after);
    assert_eq!(project.json(&["config"])["max_agents"], 4);
}

#[test]
fn changes_of_a_unit_at_work_are_kept() {
    let project = Project::new(PATIENT);
    project.chunk("a", "[]");
    project.start();
    project.inject(&["a"]);
    project.wait_status("a", "RUNNING");
    ask(&project, "PATCH", "/work-units/a/priority").json(r#"{"priority": 7}"#).gives(200);
    ask(&project, "PATCH", "/work-units/a").json(r#"{"retain_worktree": true}"#).gives(200);
    let refused = ask(&project, "PATCH", "/work-units/a").json(r#"{"phase": "PLAN"}"#).gives(409);
    assert_eq!(refused["hint"], "possible now: interrupt, hold, prioritize, cancel, delete");
    project.signal("a", "go");
    project.wait_done(&["a"]);
    let unit = project.unit("a");
    assert_eq!((unit["priority"].as_i64(), unit["retain_worktree"].as_bool()), (Some(7), Some(true)));
}

#[test]
fn a_changed_configuration_counts_at_once_and_stays() {
    let project = Project::with(PATIENT, "[limits]\nmax_agents = 1\n");
    project.chunk("a", "[]");
    project.chunk("b", "[]");
    project.start();
    project.inject(&["a", "b"]);
    project.wait_trace("a", "prompt.implement");
    assert_eq!(project.unit("b")["status"], "READY");
    let began = Instant::now();
    ask(&project, "PATCH", "/config").json(r#"{"max_agents": 2, "unknown": 1}"#).gives(200);
    project.wait_status("b", "RUNNING");
    assert!(began.elapsed().as_secs() < 12, "not only when the scheduler looks again by itself");
    let text = project.ok(&["config"]);
    assert!(text.contains("max_agents: 2 (stored settings)"), "{text}");
    for chunk in ["a", "b"] {
        project.signal(chunk, "go");
    }
    project.wait_done(&["a", "b"]);
    project.stop();
    project.start();
    assert_eq!(project.json(&["config"])["max_agents"], 2);
}

#[test]
fn a_thousand_units() {
    let project = Project::new("");
    let names: Vec<String> = (0..1000).map(|number| format!("chunk_{number:04}")).collect();
    for name in &names {
        let goal = format!("---\nstatus: IMPLEMENTING\ndepends_on: []\ncode_paths: [src/{name}.rs]\n---\n# {name}\n");
        project.write(&format!("docs/chunks/{name}/GOAL.md"), &goal);
        project.write(&format!("docs/chunks/{name}/PLAN.md"), "# Plan\n\n## Approach\n\nDo it.\n");
    }
    project.commit("a thousand chunks");
    project.ok(&["start", "--paused", "--port", "0"]);
    let body = json!({ "chunks": names }).to_string();
    let injected = ask(&project, "POST", "/work-units/inject-batch").json(&body).gives(201);
    assert_eq!(injected["results"].as_array().unwrap().len(), 1000);
    let list = ask(&project, "GET", "/work-units").gives(200);
    assert_eq!(list["count"], 1000);
    let chunks: Vec<&Value> = list["work_units"].as_array().unwrap().iter().map(|unit| &unit["chunk"]).collect();
    assert_eq!((chunks[0], chunks[999]), (&json!("chunk_0000"), &json!("chunk_0999")));
    let began = Instant::now();
    ask(&project, "POST", "/work-units/chunk_0500/hold").gives(200);
    assert!(began.elapsed().as_secs() < 20, "the daemon goes on while the oracle looks at half a million pairs");
    let again = ask(&project, "POST", "/work-units/inject-batch").json(&body).gives(409);
    assert!(again["error"].as_str().unwrap().contains("already exists"));
}

#[test]
fn a_long_log_is_told_whole_and_its_end_alone() {
    let script = "implement() { seq -f 'line %.0f of a log that is longer than what is read of it at once' 20000; \
                  mkdir -p src; echo x > src/x.txt; save implement; }";
    let project = Project::new(script);
    project.chunk("a", "[]");
    project.start();
    project.inject(&["a"]);
    project.wait_done(&["a"]);
    let told = |query: &str| -> Vec<Value> {
        let reply = ask(&project, "GET", &format!("/work-units/a/transcript{query}")).reply();
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply
            .body
            .lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let whole = told("?phase=IMPLEMENT");
    let lines = whole.iter().filter(|entry| entry["kind"] == "text").count();
    assert_eq!((lines, &whole[0]["kind"], &whole[20_001]["kind"]), (20_000, &json!("header"), &json!("result")));
    assert_eq!(told("?phase=IMPLEMENT&last=3"), whole[whole.len() - 3..]);
    assert_eq!(told("?phase=IMPLEMENT&last=5000").len(), 1_000);
    let latest = told("?last=1");
    assert_eq!((latest.len(), &latest[0]["kind"], &latest[0]["phase"]), (1, &json!("result"), &json!("COMPLETE")));
    ask(&project, "GET", "/work-units/a/transcript?last=some").gives(400);
}
