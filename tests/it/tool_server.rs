//! The tool server of an agent: what it may say and what not, and that its question outlives the daemon.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::{BOUND, Project};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// An agent's side of the pipes.
struct Server {
    child: Child,
    input: ChildStdin,
    answers: Receiver<Value>,
}

impl Server {
    fn start(project: &Project, file: &Path) -> Self {
        let mut command = project.orch(&["mcp-agent", file.to_str().unwrap()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let texts = lines.map_while(Result::ok);
            // A closed channel is a test that has ended.
            texts.map(|line| serde_json::from_str(&line).unwrap()).try_for_each(|answer| sender.send(answer)).ok()
        });
        let input = child.stdin.take().unwrap();
        let mut server = Self { child, input, answers };
        let client = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "3.2.1"}});
        server.ask("initialize", &client);
        server.answer();
        server.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    fn ask(&mut self, method: &str, params: &Value) {
        self.say(&json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params}));
    }

    fn call(&mut self, tool: &str, arguments: &Value) {
        self.ask("tools/call", &json!({"name": tool, "arguments": arguments}));
    }

    #[track_caller]
    fn answer(&self) -> Value {
        self.answers.recv_timeout(BOUND).unwrap()["result"].clone()
    }

    #[track_caller]
    fn told(&self) -> (String, bool) {
        let answer = self.answer();
        (answer["content"][0]["text"].as_str().unwrap().to_owned(), answer["isError"] == true)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already where its input was closed.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn status(project: &Project, authority: &str, method: &str, path: &str, token: &str) -> String {
    let output = project
        .command("curl")
        .args(["-sS", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}", "-X", method])
        .args(["-H", &format!("Authorization: Bearer {token}"), "-H", "Content-Type: application/json", "-d", "{}"])
        .arg(format!("http://{authority}{path}"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_attempts_token_opens_its_tools_and_nothing_else_and_its_question_outlives_the_daemon() {
    let project = Project::new("implement() { await_file go; mkdir -p src; echo x > src/a.txt; save implement; }");
    project.chunk("a", "[]");
    project.start();
    project.inject(&["a"]);
    let shim = project.shim_pid("a");
    let file = project.unit_dir("a").join("link/daemon.json");
    let told = || serde_json::from_str::<Value>(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let (authority, token) =
        (told()["authority"].as_str().unwrap().to_owned(), told()["token"].as_str().unwrap().to_owned());
    let tool = "/attempt/tools/report_progress";
    assert_eq!(status(&project, &authority, "POST", tool, &token), "200");
    for (method, path) in [("GET", "/work-units"), ("POST", "/work-units/a/approve"), ("POST", "/pause")] {
        assert_eq!(status(&project, &authority, method, path, &token), "401", "{path}");
    }
    let operators = project.read(".ve/token");
    assert_eq!(status(&project, &authority, "POST", tool, operators.trim()), "401");

    let mut server = Server::start(&project, &file);
    server.ask("tools/list", &json!({}));
    let listed = server.answer();
    let names: Vec<_> = listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ask_operator", "report_progress"]);
    server.call("review_decision", &json!({"decision": "APPROVE", "summary": "mine"}));
    assert_eq!(server.told(), ("there is no tool \"review_decision\" here".to_owned(), true));

    let question = json!({"question": "Left or right?", "options": ["left", "right"]});
    server.call("ask_operator", &question);
    let asked = project.wait_status("a", "NEEDS_ATTENTION");
    assert_eq!(asked["attention"]["questions"][0]["question"], "Left or right?");
    let daemon = project.daemon_pid().unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(daemon).unwrap(), rustix::process::Signal::KILL)
        .unwrap();
    project.successor(daemon);
    project.wait("a new token", || (told()["token"] != token.as_str()).then_some(()));
    let moved = told()["authority"].as_str().unwrap().to_owned();
    assert_eq!(status(&project, &moved, "POST", tool, &token), "401", "the old token died with its daemon");
    assert_eq!(project.shim_pid("a"), shim);
    project.ok(&["answer", "a", "\"left\",\nof course"]);
    assert_eq!(server.told(), ("\"left\",\nof course".to_owned(), false));
    server.call("ask_operator", &question);
    assert_eq!(server.told(), ("\"left\",\nof course".to_owned(), false), "nobody is asked twice");
    assert_ne!(project.unit("a")["status"], "NEEDS_ATTENTION");

    project.signal("a", "go");
    project.wait_done(&["a"]);
    server.call("report_progress", &json!({"percent": 100, "text": "done"}));
    project.stop();
    drop(server);
}
