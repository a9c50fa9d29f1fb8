//! The interface is what it says of itself: the same routes, bodies of the described shape, and every described status.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::client::{Ask, CONTRACT, ask, socket};
use crate::project::Project;
use crate::stream::{dial, next};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The description, for looking up and for validating.
pub struct Contract(Value);

/// One method of one path, as described.
struct Operation<'a> {
    method: String,
    path: &'a str,
    described: &'a Value,
}

impl Contract {
    /// The description that the daemon serves.
    pub fn new() -> Self {
        Self(serde_json::to_value(ve::http::openapi::description()).unwrap())
    }

    fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        self.0["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, described)| Operation { method: method.to_uppercase(), path, described })
        })
    }

    /// The described operation that a request is for; names come before placeholders, of which the last one may take several parts.
    fn find(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let path = path.split('?').next().unwrap();
        let mut found: Vec<Operation> = self
            .operations()
            .filter(|operation| {
                let mut parts = operation.path.split('/').zip(path.split('/'));
                let (of_described, of_given) = (operation.path.split('/').count(), path.split('/').count());
                operation.method == method
                    && (of_described == of_given || of_described < of_given && operation.path.ends_with('}'))
                    && parts.all(|(part, given)| part == given || part.starts_with('{'))
            })
            .collect();
        found.sort_by_key(|operation| (Reverse(operation.path.split('/').count()), operation.path.contains('{')));
        found.into_iter().next()
    }

    /// Which described answer this is, and whether its body has the described shape: `(method, path, status)`.
    #[track_caller]
    pub fn holds(&self, method: &str, path: &str, status: u16, body: &Value) -> Option<(String, String, String)> {
        let operation = self.find(method, path)?;
        let responses = &operation.described["responses"];
        let key = status.to_string();
        let is_own = responses.get(&key).is_some();
        assert!(is_own || status >= 400, "{method} {path} gave {status}, which is not described");
        let response = if is_own { &responses[&key] } else { &responses["default"] };
        let content = response["content"].as_object().and_then(|content| content.values().next());
        let schema = &content.unwrap_or_else(|| panic!("{method} {path} {status} has no described body"))["schema"];
        let validator = jsonschema::options().should_validate_formats(true).build(&self.closed(schema, true)).unwrap();
        let complaints: Vec<String> =
            validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(complaints.is_empty(), "{method} {path} {status}: {complaints:#?}\n{body:#}");
        Some((operation.method.clone(), operation.path.to_owned(), key)).filter(|_| is_own)
    }

    /// The schema with its references put in, and with no room for fields that are not described.
    fn closed(&self, schema: &Value, whole: bool) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.closed(self.0.pointer(reference.trim_start_matches('#')).unwrap(), whole);
        }
        let Some(fields) = schema.as_object() else { return schema.clone() };
        let mut closed = Map::new();
        for (key, value) in fields {
            let value = match key.as_str() {
                "properties" => {
                    let fields = value.as_object().unwrap().iter();
                    Value::Object(fields.map(|(name, field)| (name.clone(), self.closed(field, true))).collect())
                }
                "items" | "additionalProperties" => self.closed(value, true),
                "oneOf" | "anyOf" => value.as_array().unwrap().iter().map(|part| self.closed(part, whole)).collect(),
                "allOf" => value.as_array().unwrap().iter().map(|part| self.closed(part, false)).collect(),
                _ => value.clone(),
            };
            closed.insert(key.clone(), value);
        }
        let has_fields = closed.contains_key("properties") && !closed.contains_key("additionalProperties");
        if whole && (has_fields || closed.contains_key("allOf")) {
            closed.insert("unevaluatedProperties".to_owned(), json!(false));
        }
        Value::Object(closed)
    }
}

#[test]
fn every_route_is_described_and_back() {
    let contract = Contract::new();
    let described: BTreeSet<(String, String)> =
        contract.operations().map(|operation| (operation.method, operation.path.to_owned())).collect();
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/mod.rs")).unwrap();
    let mut served = BTreeSet::new();
    for resource in source.split("web::resource(\"").skip(1) {
        let (path, rest) = resource.split_once('"').unwrap();
        let handlers = rest.lines().next().unwrap();
        for method in ["get", "post", "patch", "delete", "put"] {
            if handlers.contains(&format!(".{method}(")) {
                assert!(served.insert((method.to_uppercase(), path.replace(":.+}", "}"))), "{path} stands twice");
            }
        }
    }
    assert!(!served.is_empty());
    let missing: Vec<_> = served.difference(&described).collect();
    assert!(missing.is_empty(), "#[utoipa::path(…)] its handler and name it in src/http/openapi.rs: {missing:?}");
    let extra: Vec<_> = described.difference(&served).collect();
    assert!(extra.is_empty(), "described, but not a route of src/http/mod.rs: {extra:?}");
    let ids: BTreeSet<String> =
        contract.operations().map(|operation| operation.described["operationId"].to_string()).collect();
    assert_eq!(ids.len(), described.len(), "two operations have one id: {ids:?}");
}

/// Commits something before it asks, writes where the operator does, and waits to be interrupted.
const AGENT: &str = r#"implement() {
    case "$VE_CHUNK" in
    asks) echo x > asked.txt; save ask; ask 'left or right?' ;;
    lands) mkdir -p src; echo x > src/lands.txt; save land ;;
    tells | works) await_file never ;;
    esac
}"#;

/// What is provoked of the interface in one project.
struct Provoked<'a> {
    project: &'a Project,
    statuses: BTreeSet<(String, String, String)>,
}

impl Provoked<'_> {
    /// Asks with a body, or without one when it is empty; the answer must be described, and look as described.
    #[track_caller]
    fn gives(&mut self, method: &str, path: &str, body: &str, status: u16) -> Value {
        let request = ask(self.project, method, path);
        let request = if body.is_empty() { request } else { request.json(body) };
        let answer = request.gives(status);
        self.note(method, path, status, &answer);
        answer
    }

    /// A form that is answered with the way back.
    #[track_caller]
    fn form(&mut self, path: &str, body: &str) {
        let request = ask(self.project, "POST", path).header("Content-Type", "application/x-www-form-urlencoded");
        let reply = request.body(body).reply();
        assert_eq!(reply.status, 303, "{}", reply.body);
        assert!(reply.head.contains("location: /\r\n"), "{}", reply.head);
        self.statuses.insert((
            "POST".to_owned(),
            CONTRACT.find("POST", path).unwrap().path.to_owned(),
            "303".to_owned(),
        ));
    }

    /// Something that an attempt says with its token.
    #[track_caller]
    fn hears(&mut self, token: &str, path: &str, body: &str, status: u16) {
        let answer = said(self.project, token, path, body).gives(status);
        self.note("POST", path, status, &answer);
    }

    #[track_caller]
    fn note(&mut self, method: &str, path: &str, status: u16, answer: &Value) {
        let described = CONTRACT.holds(method, path, status, answer);
        self.statuses.insert(described.unwrap_or_else(|| panic!("{method} {path} {status} is not described")));
    }
}

/// What an attempt says from its tool server's place.
fn said<'a>(project: &'a Project, token: &str, path: &str, body: &str) -> Ask<'a> {
    ask(project, "POST", path).tcp().header("Authorization", &format!("Bearer {token}")).json(body)
}

#[test]
fn every_described_status_is_provoked_and_looks_as_described() {
    let project = Project::with(AGENT, "approve_goals = true\n");
    for chunk in ["a", "asks", "b", "c", "d", "lands", "tells", "works"] {
        project.chunk(chunk, "[]");
    }
    project.chunk_in("goal", "FUTURE", "[]", None);
    project.ok(&["start", "--paused", "--port", "0"]);
    let mut all = Provoked { project: &project, statuses: BTreeSet::new() };

    for path in [
        "/openapi.json",
        "/healthz",
        "/readyz",
        "/board",
        "/status",
        "/attention",
        "/costs",
        "/config",
        "/conflicts",
        "/log",
        "/machine",
        "/timeline",
        "/gates",
    ] {
        all.gives("GET", path, "", 200);
    }
    for (path, kind) in [("/", "text/html"), ("/assets/main.js", "text/javascript")] {
        let page = ask(&project, "GET", path).reply();
        assert!(page.head.contains(&format!("content-type: {kind}")), "{}", page.head);
        all.note("GET", path, page.status, &json!(page.body));
    }
    let metrics = ask(&project, "GET", "/metrics").reply();
    assert!(metrics.head.contains("content-type: text/plain; version=0.0.4"), "{}", metrics.head);
    assert!(metrics.body.contains("\nve_work_units{status=\"READY\"} 0\n"), "{}", metrics.body);
    all.note("GET", "/metrics", 200, &json!(metrics.body));
    let link = all.gives("POST", "/url", "", 200);
    let code = link["url"].as_str().unwrap().split_once("#code=").unwrap().1.to_owned();
    all.gives("POST", "/session", &json!({ "code": code }).to_string(), 200);
    all.gives("POST", "/session", &json!({ "code": code }).to_string(), 401);
    let digest = all.gives("GET", "/trust", "", 200)["digest"].clone();
    all.gives("POST", "/trust", &json!({ "digest": digest }).to_string(), 200);

    for (method, path, body, status) in [
        ("GET", "/assets/ghost.js", "", 404),
        ("GET", "/log?lines=x", "", 400),
        ("GET", "/timeline?hours=99999", "", 400),
        ("GET", "/gates?hours=99999", "", 400),
        ("GET", "/accounts", "", 200),
        ("GET", "/oracle/stats", "", 200),
        ("POST", "/accounts/script/resume", "", 200),
        ("POST", "/accounts/ghost/resume", "", 404),
        ("GET", "/worktrees", "", 200),
        ("DELETE", "/worktrees/ghost", "", 404),
        ("DELETE", "/worktrees/ghost?remove_branch=perhaps", "", 400),
        ("POST", "/work-units/prune", "{}", 200),
        ("POST", "/work-units/prune", r#"{"dry_run": 1}"#, 400),
        ("POST", "/session", "{}", 400),
        ("POST", "/trust", "{}", 400),
        ("POST", "/trust", r#"{"digest": "x"}"#, 409),
        ("PATCH", "/config", r#"{"max_agents": 3}"#, 200),
        ("PATCH", "/config", r#"{"max_agents": 0}"#, 400),
        ("GET", "/conflicts?verdict=MAYBE", "", 400),
        ("GET", "/conflicts/a?verdict=MAYBE", "", 400),
        ("GET", "/conflicts/a/b", "", 200),
        ("POST", "/conflicts/analyze", r#"{"chunk_a": "a", "chunk_b": "b"}"#, 200),
        ("POST", "/conflicts/analyze", "{}", 400),
        ("POST", "/conflicts/analyze", r#"{"chunk_a": "a", "chunk_b": "ghost"}"#, 404),
        ("POST", "/work-units/inject", r#"{"chunk": "a"}"#, 201),
        ("POST", "/work-units/inject", r#"{"chunk": "a"}"#, 409),
        ("POST", "/work-units/inject", "{}", 400),
        ("POST", "/work-units/inject-batch", r#"{"chunks": ["b", "c"]}"#, 201),
        ("POST", "/work-units/inject-batch", r#"{"chunks": ["b", "d"]}"#, 409),
        ("POST", "/work-units/inject-batch", "{}", 400),
        ("POST", "/work-units", r#"{"chunk": "made", "status": "PENDING"}"#, 201),
        ("POST", "/work-units", r#"{"chunk": "made"}"#, 409),
        ("POST", "/work-units", "[]", 400),
        ("GET", "/work-units", "", 200),
        ("GET", "/work-units?status=SLEEPY", "", 400),
        ("GET", "/work-units/queue", "", 200),
        ("GET", "/work-units/a", "", 200),
        ("GET", "/work-units/a/b", "", 404),
        ("GET", "/work-units/a/explain", "", 200),
        ("GET", "/work-units/ghost/explain", "", 404),
        ("GET", "/work-units/a/history", "", 200),
        ("GET", "/work-units/ghost/history", "", 404),
        ("GET", "/work-units/a/documents", "", 200),
        ("GET", "/work-units/ghost/documents", "", 404),
        ("GET", "/work-units/a/attempts", "", 200),
        ("GET", "/work-units/ghost/attempts", "", 404),
        ("GET", "/work-units/a/log?attempt=x", "", 400),
        ("GET", "/work-units/a/log?attempt=7", "", 404),
        ("GET", "/work-units/a/transcript?attempt=x", "", 400),
        ("GET", "/work-units/ghost/transcript", "", 404),
        ("GET", "/work-units/a/diff", "", 200),
        ("GET", "/work-units/ghost/diff", "", 404),
        ("POST", "/work-units/a/prune", "", 200),
        ("POST", "/work-units/a/prune", r#"{"dry_run": 1}"#, 400),
        ("POST", "/work-units/ghost/prune", "", 404),
        ("POST", "/work-units/a/retry-merge", "", 400),
        ("POST", "/work-units/ghost/retry-merge", "", 404),
        ("PATCH", "/work-units/a", r#"{"retain_worktree": true}"#, 200),
        ("PATCH", "/work-units/a", r#"{"retain_worktree": 1}"#, 400),
        ("PATCH", "/work-units/ghost", "{}", 404),
        ("PATCH", "/work-units/a", r#"{"status": "RUNNING"}"#, 409),
        ("PATCH", "/work-units/a/priority", r#"{"priority": 2}"#, 200),
        ("PATCH", "/work-units/a/priority", "{}", 400),
        ("PATCH", "/work-units/ghost/priority", r#"{"priority": 2}"#, 404),
        ("POST", "/work-units/a/approve", "", 409),
        ("POST", "/work-units/ghost/approve", "", 404),
        ("POST", "/work-units/a/release", "", 409),
        ("POST", "/work-units/a/hold", "", 200),
        ("POST", "/work-units/ghost/hold", "", 404),
        ("POST", "/work-units/a/release", "", 200),
        ("POST", "/work-units/ghost/release", "", 404),
        ("POST", "/work-units/b/skip", "", 200),
        ("POST", "/work-units/ghost/skip", "", 404),
        ("POST", "/work-units/a/resolve", r#"{"other_chunk": "b", "verdict": "parallelize"}"#, 200),
        ("POST", "/work-units/a/resolve", "{}", 400),
        ("POST", "/work-units/ghost/resolve", r#"{"other_chunk": "b", "verdict": "serialize"}"#, 404),
        ("POST", "/work-units/a/retry", "", 400),
        ("POST", "/work-units/ghost/retry", "", 404),
        ("POST", "/work-units/a/answer", r#"{"answer": "x"}"#, 400),
        ("POST", "/work-units/ghost/answer", r#"{"answer": "x"}"#, 404),
        ("DELETE", "/work-units/a/answer?item=0", "", 400),
        ("DELETE", "/work-units/a/answer", "", 409),
        ("DELETE", "/work-units/ghost/answer", "", 404),
        ("POST", "/work-units/retry-all", "", 200),
        ("POST", "/work-units/retry-all?phase=DANCE", "", 400),
        ("POST", "/work-units/a/interrupt", "", 409),
        ("POST", "/work-units/a/interrupt", "[]", 400),
        ("POST", "/work-units/ghost/interrupt", "", 404),
        ("POST", "/work-units/c/cancel", "", 200),
        ("POST", "/work-units/c/cancel", "", 409),
        ("POST", "/work-units/c/skip", "", 409),
        ("POST", "/work-units/c/hold", "", 409),
        ("POST", "/work-units/ghost/cancel", "", 404),
        ("POST", "/work-units/c/retry", "", 200),
        ("DELETE", "/work-units/c?force=perhaps", "", 400),
        ("DELETE", "/work-units/c", "", 200),
        ("DELETE", "/work-units/c", "", 404),
        ("GET", "/events?since=x", "", 400),
        ("GET", "/events?since=99999", "", 410),
        ("GET", "/ws?since=x", "", 400),
        ("GET", "/ws?since=99999", "", 410),
        ("GET", "/ws/log/a?since=x", "", 400),
    ] {
        all.gives(method, path, body, status);
    }
    all.form("/work-units/a/resolve", "other_chunk=b&verdict=parallelize");
    for chunk in ["a", "b", "made"] {
        project.ok(&["work-unit", "delete", chunk]);
    }

    project.inject(&["asks", "lands", "tells", "works"]);
    project.ok(&["inject", "goal", "--phase", "goal"]);
    project.write("src/lands.txt", "the operator's own");
    all.gives("POST", "/resume", "", 200);
    project.wait_trace("tells", "prompt.implement");
    let laid = fs::read_to_string(project.unit_dir("tells").join("link/daemon.json")).unwrap();
    let token = serde_json::from_str::<Value>(&laid).unwrap()["token"].as_str().unwrap().to_owned();
    let question = r#"{"arguments": {"question": "Left?", "options": ["yes", "no"]}}"#;
    std::thread::scope(|scope| {
        // Nobody answers this: it is kept waiting while the story goes on.
        let waiting = scope.spawn(|| said(&project, &token, "/attempt/tools/ask_operator", question).gives(202));
        attempts_are_heard(&mut all, &token);
        units_are_steered(&mut all);
        all.note("POST", "/attempt/tools/ask_operator", 202, &waiting.join().unwrap());
    });
    project.ok(&["cancel", "tells"]);
    project.wait("its attempt to be over", || {
        (said(&project, &token, "/attempt/hello", r#"{"version": "1"}"#).reply().status == 410).then_some(())
    });
    all.hears(&token, "/attempt/hello", r#"{"version": "1"}"#, 410);
    all.hears(&token, "/attempt/tools/report_progress", "{}", 410);
    all.gives("POST", "/stop", "", 200);

    let described: BTreeSet<_> = CONTRACT
        .operations()
        .flat_map(|Operation { method, path, described }| {
            let statuses = described["responses"].as_object().unwrap().keys().filter(|status| *status != "default");
            statuses.map(move |status| (method.clone(), path.to_owned(), status.clone()))
        })
        .collect();
    let left: Vec<_> = described.difference(&all.statuses).collect();
    assert!(left.is_empty(), "described, but never provoked: {left:#?}");
}

fn attempts_are_heard(all: &mut Provoked<'_>, token: &str) {
    for (path, good) in [("/attempt/hello", r#"{"version": "1"}"#), ("/attempt/tools/report_progress", "{}")] {
        all.hears(token, path, good, 200);
        all.hears(token, path, "{", 400);
        all.hears("nobody's", path, good, 401);
    }
}

/// Units on their way: steered, followed, and looked at.
fn units_are_steered(all: &mut Provoked<'_>) {
    let project = all.project;
    project.wait_status("goal", "PENDING");
    all.gives("POST", "/work-units/goal/approve", "", 200);
    project.wait_status("asks", "NEEDS_ATTENTION");
    project.wait_trace("works", "prompt.implement");
    project.wait_status("lands", "NEEDS_ATTENTION");
    all.gives("GET", "/attention", "", 200);
    fs::remove_file(project.root().join("src/lands.txt")).unwrap();
    all.gives("POST", "/work-units/lands/retry-merge", "", 200);
    all.gives("DELETE", "/worktrees/works", "", 409);
    all.form("/work-units/asks/retry-merge", "again=yes");
    all.gives("POST", "/work-units/works/interrupt", r#"{"message": "stop"}"#, 200);
    all.gives("POST", "/pause", "", 200);
    all.gives("DELETE", "/work-units/asks", "", 409);
    let mut lines = ask(project, "GET", "/work-units/asks/transcript").lines();
    all.note(
        "GET",
        "/work-units/asks/transcript",
        200,
        &serde_json::from_str(&lines.next("{").map(|rest| format!("{{{rest}")).unwrap()).unwrap(),
    );
    let raw = ask(project, "GET", "/work-units/asks/log").reply();
    all.note("GET", "/work-units/asks/log", raw.status, &json!(raw.body));
    let mut events = ask(project, "GET", "/events?since=0").lines();
    for _ in 0..20 {
        all.note("GET", "/events", 200, &serde_json::from_str(&events.next("data: ").unwrap()).unwrap());
    }
    for path in ["/ws", "/ws?since=3", "/ws/log/asks", "/ws/log/ghost"] {
        let mut feed = dial(socket(project), path, &[]).unwrap();
        all.note("GET", path, 101, &next(&mut feed));
    }
    all.gives("GET", "/work-units", "", 200);
    all.gives("GET", "/work-units/asks/attempts", "", 200);
    all.gives("GET", "/board", "", 200);
    all.gives("GET", "/costs", "", 200);
    all.gives("POST", "/work-units/asks/answer", r#"{"option": 2, "undo_seconds": 60}"#, 200);
    let back = all.gives("DELETE", "/work-units/asks/answer", "", 200);
    assert_eq!((&back["status"], &back["pending_answer"]), (&json!("NEEDS_ATTENTION"), &json!(null)), "{back}");
    all.gives("POST", "/work-units/asks/answer", r#"{"option": 1}"#, 200);
    project.ok(&["resume"]);
    project.wait_status("asks", "NEEDS_ATTENTION");
    all.form("/work-units/asks/answer", "answer=left+%26+right");
    all.gives("POST", "/pause", "", 200);
    project.ok(&["cancel", "asks"]);
    let removed = project.wait("its last process to be gone", || {
        let reply = ask(project, "DELETE", "/worktrees/asks").reply();
        (reply.status == 200).then_some(reply.body)
    });
    all.note("DELETE", "/worktrees/asks", 200, &serde_json::from_str(&removed).unwrap());
    fs::remove_file(project.state().join("orchestrator.log")).unwrap();
    all.gives("GET", "/log", "", 404);
    let config = project.read("ve.toml").replace("approve_goals = true", "limits.disk_floor = \"9000 TiB\"");
    project.write("ve.toml", &config);
    project.wait("the daemon to see the full disk", || {
        ask(project, "GET", "/config").gives(200);
        (ask(project, "GET", "/readyz").reply().status == 503).then_some(())
    });
    let unready = all.gives("GET", "/readyz", "", 503);
    assert!(unready["detail"]["disk"].as_str().unwrap().contains("of disk are free"), "{unready}");
}

const BEGIN: &str = "<!-- Printed by tests/it/openapi.rs: VE_UPDATE_DOCS=1 cargo test --test it openapi -->\n";
const END: &str = "<!-- End of what is printed -->\n";

#[test]
fn the_page_of_the_interface_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/API.md");
    let text = fs::read_to_string(&file).unwrap();
    let (head, rest) = text.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let printed = format!("{head}{BEGIN}{}{END}{tail}", Contract::new().table());
    if std::env::var_os("VE_UPDATE_DOCS").is_some() {
        fs::write(&file, printed).unwrap();
    } else {
        assert!(printed == text, "docs/API.md is out of date: VE_UPDATE_DOCS=1 cargo test --test it openapi");
    }
}

impl Contract {
    /// Every operation as a row of a table.
    fn table(&self) -> String {
        let rows = self.operations().map(|Operation { method, path, described }| {
            let what = described["summary"].as_str().unwrap_or_else(|| panic!("{method} {path} says not what it does"));
            let parameters = described["parameters"].as_array().into_iter().flatten();
            let query = parameters.filter(|parameter| parameter["in"] == "query");
            let query = query.map(|parameter| format!("`?{}=`", parameter["name"].as_str().unwrap()));
            let asked: Vec<String> = query.chain(named(&described["requestBody"])).collect();
            let (mut answers, mut refusals) = (Vec::new(), Vec::new());
            for (status, response) in described["responses"].as_object().unwrap() {
                match status.as_str() {
                    "default" => {}
                    "200" | "101" => answers.extend(named(response)),
                    _ if status.starts_with('2') => {
                        answers.extend(named(response).map(|name| format!("{status} {name}")))
                    }
                    _ => refusals.push(status.clone()),
                }
            }
            let cells = [
                method,
                format!("`{path}`"),
                what.to_owned(),
                asked.join(", "),
                answers.join(", "),
                refusals.join(", "),
            ];
            format!("| {} |\n", cells.join(" | ").replace("  ", " "))
        });
        let rows: String = rows.collect();
        format!("| method | path | what | request | answer | refuses |\n|---|---|---|---|---|---|\n{rows}")
    }
}

/// The type of a body, where it has one.
fn named(body: &Value) -> Option<String> {
    let (media, content) = body["content"].as_object()?.iter().next()?;
    let schema = &content["schema"];
    let reference = schema["$ref"].as_str().or_else(|| schema["oneOf"][0]["$ref"].as_str());
    let name = reference.map(|reference| format!("`{}`", reference.rsplit('/').next().unwrap()));
    Some(match (media.as_str(), name) {
        ("application/json", Some(name)) => name,
        (_, Some(name)) => format!("{name}s as `{media}`"),
        (_, None) => format!("`{media}`"),
    })
}
