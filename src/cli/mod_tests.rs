//! The tree of commands: what is understood, and what each command asks of the daemon.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::client::stub::{over_unix, response};
use super::lifecycle::fake::Fake;
use super::*;
use crate::cli::target::Target;
use clap::CommandFactory;
use render::Look;
use std::cell::RefCell;
use std::rc::Rc;
use tokio::net::UnixListener;

#[derive(Clone, Default)]
struct Captured(Rc<RefCell<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn parse(line: &str) -> Result<Orch, clap::Error> {
    let words = ["ve", "orch"].into_iter().chain(line.split_whitespace());
    Ve::try_parse_from(words).map(|Ve { family: Family::Orch(command) }| command)
}

/// Runs a command line against a daemon that gives `answers` in turn; returns requests, output and result.
fn converse(line: &str, answers: &[Vec<u8>]) -> (Vec<String>, String, Result<(), CommandError>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(".ve")).unwrap();
    let target = Target { root: dir.path().to_owned(), address: None };
    let (out, err) = (Captured::default(), Captured::default());
    let command = parse(line).unwrap();
    let mut console = Console::to(Box::new(out.clone()), Box::new(err.clone()), command.globals.json, Look::plain());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (requests, result) = runtime.block_on(async {
        let listener = UnixListener::bind(target.socket()).unwrap();
        let client = Client::new(target, &Fake::Runs);
        let daemon = async {
            let mut requests = Vec::new();
            for answer in answers {
                requests.push(over_unix(&listener, answer).await);
            }
            requests
        };
        tokio::join!(daemon, ask(command.verb, &client, &mut console))
    });
    (requests, out.text() + &err.text(), result)
}

/// `METHOD path body` of a request.
fn brief(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
    format!("{line} {body}").trim_end().to_owned()
}

#[test]
fn the_tree_is_sound() {
    Ve::command().debug_assert();
}

#[test]
fn what_each_command_asks() {
    let lines = [
        "status",
        "url",
        "pause",
        "resume",
        "ps",
        "ps --status completed",
        "inject docs/chunks/a/",
        "inject a b --phase plan --priority -2 --retain",
        "queue",
        "prioritize a -5",
        "config",
        "config --max-agents 2 --dispatch-interval 0.5 --worktree-threshold 3 --backend claude",
        "config --max-turns-implement 7 --max-turns-complete 8",
        "trust",
        "attention",
        "answer a JWT",
        "answer a --option 2 --item 1",
        "answer a --retract --item 2",
        "approve a",
        "retry chunks/a",
        "retry-all",
        "retry-all --phase REVIEW",
        "hold a",
        "release a",
        "skip a",
        "cancel a",
        "interrupt a",
        "interrupt a use-JWT",
        "resolve a --with b serialize",
        "conflicts",
        "conflicts --unresolved",
        "conflicts a",
        "analyze a b",
        "explain a",
        "tail a",
        "tail a -f --attempt 2",
        "logs a",
        "logs a --attempt 3",
        "history a",
        "costs",
        "costs a",
        "work-unit create a --phase PLAN --status READY --blocked-by b --blocked-by c",
        "work-unit status a",
        "work-unit show a",
        "work-unit list --status RUNNING",
        "work-unit delete a --force",
        "work-unit delete a",
        "work-unit retry a",
    ];
    let no = response("400 Bad Request", r#"{"error":"no"}"#);
    let asked = lines.map(|line| {
        let (requests, _, result) = converse(line, std::slice::from_ref(&no));
        assert_eq!(result.unwrap_err().to_string(), "no", "{line}");
        format!("{line}\n    {}", brief(&requests[0]))
    });
    insta::assert_snapshot!(asked.join("\n"), @r#"
    status
        GET /status
    url
        POST /url {}
    pause
        POST /pause {}
    resume
        POST /resume {}
    ps
        GET /work-units
    ps --status completed
        GET /work-units?status=DONE
    inject docs/chunks/a/
        POST /work-units/inject-batch {"chunks":["a"],"phase":null,"priority":0,"retain_worktree":false}
    inject a b --phase plan --priority -2 --retain
        POST /work-units/inject-batch {"chunks":["a","b"],"phase":"PLAN","priority":-2,"retain_worktree":true}
    queue
        GET /work-units/queue
    prioritize a -5
        PATCH /work-units/a/priority {"priority":-5}
    config
        GET /config
    config --max-agents 2 --dispatch-interval 0.5 --worktree-threshold 3 --backend claude
        PATCH /config {"max_agents":2,"dispatch_interval_seconds":0.5,"worktree_warning_threshold":3,"backend":"claude"}
    config --max-turns-implement 7 --max-turns-complete 8
        PATCH /config {"max_turns_implement":7,"max_turns_complete":8}
    trust
        GET /trust
    attention
        GET /attention
    answer a JWT
        POST /work-units/a/answer {"answer":"JWT"}
    answer a --option 2 --item 1
        POST /work-units/a/answer {"option":2,"item":1}
    answer a --retract --item 2
        DELETE /work-units/a/answer?item=2
    approve a
        POST /work-units/a/approve {}
    retry chunks/a
        POST /work-units/a/retry {}
    retry-all
        POST /work-units/retry-all {}
    retry-all --phase REVIEW
        POST /work-units/retry-all?phase=REVIEW {}
    hold a
        POST /work-units/a/hold {}
    release a
        POST /work-units/a/release {}
    skip a
        POST /work-units/a/skip {}
    cancel a
        POST /work-units/a/cancel {}
    interrupt a
        POST /work-units/a/interrupt {"message":null}
    interrupt a use-JWT
        POST /work-units/a/interrupt {"message":"use-JWT"}
    resolve a --with b serialize
        POST /work-units/a/resolve {"other_chunk":"b","verdict":"serialize"}
    conflicts
        GET /conflicts
    conflicts --unresolved
        GET /conflicts?verdict=ASK_OPERATOR
    conflicts a
        GET /conflicts/a
    analyze a b
        POST /conflicts/analyze {"chunk_a":"a","chunk_b":"b"}
    explain a
        GET /work-units/a/explain
    tail a
        GET /work-units/a/transcript?follow=false
    tail a -f --attempt 2
        GET /work-units/a/transcript?follow=true&attempt=2
    logs a
        GET /work-units/a/attempts
    logs a --attempt 3
        GET /work-units/a/log?attempt=3
    history a
        GET /work-units/a/history
    costs
        GET /costs
    costs a
        GET /work-units/a/attempts
    work-unit create a --phase PLAN --status READY --blocked-by b --blocked-by c
        POST /work-units {"chunk":"a","phase":"PLAN","status":"READY","blocked_by":["b","c"]}
    work-unit status a
        GET /work-units/a
    work-unit show a
        GET /work-units/a
    work-unit list --status RUNNING
        GET /work-units?status=RUNNING
    work-unit delete a --force
        DELETE /work-units/a?force=true
    work-unit delete a
        DELETE /work-units/a
    work-unit retry a
        POST /work-units/a/retry {}
    "#);
}

#[test]
fn wrong_usage_is_refused() {
    for line in [
        "",
        "nonsense",
        "inject",
        "inject ../x",
        "inject a --phase TEST",
        "inject a --priority high",
        "ps --status SLEEPING",
        "answer a",
        "answer a text --option 1",
        "answer a --option 0",
        "answer a text --retract",
        "resolve a serialize",
        "resolve a --with b maybe",
        "config --max-agents 0",
        "config --dispatch-interval 0",
        "logs a --attempt 1 --phase PLAN",
        "start --port 70000",
    ] {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
    assert_eq!(parse("ps --help").unwrap_err().exit_code(), 0);
}

#[test]
fn what_every_command_takes_may_stand_anywhere() {
    for line in ["--json --project-dir /p ps", "ps --json --project-dir /p"] {
        let globals = parse(line).unwrap().globals;
        assert!(globals.json && globals.project_dir == Some("/p".into()), "{line}");
    }
}

#[test]
fn json_is_the_daemons_own_text_indented() {
    let answers = [response("200 OK", r#"{"work_units":[],"count":0}"#)];
    let (_, shown, result) = converse("ps --json", &answers);
    result.unwrap();
    assert_eq!(shown, "{\n  \"work_units\": [],\n  \"count\": 0\n}\n");
    let (_, shown, _) = converse("url --json", &[response("200 OK", r##"{"url":"http://127.0.0.1:7845/#token=x"}"##)]);
    assert_eq!(shown, "{\"url\":\"http://127.0.0.1:7845/#token=x\"}\n");
}

#[test]
fn a_status_is_set_after_it_was_read() {
    let unit = |status: crate::wire::names::StatusName| {
        let unit = crate::wire::unit::WorkUnit { status, ..units::tests::unit("a") };
        response("200 OK", &serde_json::to_string(&unit).unwrap())
    };
    use crate::wire::names::StatusName::{Done, Ready};
    let (requests, shown, result) = converse("work-unit status a DONE", &[unit(Ready), unit(Done)]);
    result.unwrap();
    assert_eq!(
        requests.iter().map(|request| brief(request)).collect::<Vec<_>>(),
        ["GET /work-units/a", r#"PATCH /work-units/a {"status":"DONE"}"#]
    );
    assert_eq!(shown, "a: READY -> DONE\n");
}

#[test]
fn logs_are_those_of_the_last_attempt() {
    let attempt = |number: u32, phase: &str| {
        format!(
            r#"{{"number":{number},"id":"u","kind":"agent","phase":"{phase}","agent":null,"agent_version":null,"status":"ended","pid":null,"session_id":null,"started_at":"1970-01-01T00:00:00Z","ended_at":null,"outcome":null,"error":null,"usage":{{"input_tokens":0,"output_tokens":0,"cache_read_tokens":0,"cache_write_tokens":0}},"cost_usd":0,"log":null}}"#
        )
    };
    let attempts = format!(r#"{{"chunk":"a","attempts":[{},{}]}}"#, attempt(1, "GOAL"), attempt(2, "PLAN"));
    for (line, path) in
        [("logs a", "GET /work-units/a/log?attempt=2"), ("logs a --phase goal", "GET /work-units/a/log?attempt=1")]
    {
        let answers = [response("200 OK", &attempts), response("200 OK", "raw \u{1b}[0m bytes")];
        let (requests, shown, result) = converse(line, &answers);
        result.unwrap();
        assert_eq!(brief(&requests[1]), path);
        assert_eq!(shown, "raw \u{1b}[0m bytes");
    }
    let (_, _, result) = converse("logs a --phase review", &[response("200 OK", &attempts)]);
    assert_eq!(result.unwrap_err().to_string(), "No logs yet for chunk 'a'");
}

#[test]
fn a_transcript_without_lines_is_a_failure() {
    let (_, _, result) = converse("tail a", &[response("200 OK", "")]);
    let error = result.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.exit_code()), ("No logs yet for chunk 'a'", 1));
}

#[test]
fn settings_are_accepted_only_on_purpose() {
    let state = response("200 OK", r#"{"digest":"d1","accepted":false,"diff":"+ setup = \"curl evil\""}"#);
    let (_, shown, result) = converse("trust --json", std::slice::from_ref(&state));
    assert_eq!((shown.as_str(), result.unwrap_err().exit_code()), ("", 1));

    let accepted = response("200 OK", r#"{"digest":"d1","accepted":true,"diff":""}"#);
    let (requests, shown, result) = converse("trust --yes", &[state, accepted]);
    result.unwrap();
    assert_eq!(brief(&requests[1]), r#"POST /trust {"digest":"d1"}"#);
    assert_eq!(shown, "+ setup = \"curl evil\"\nAccepted; the settings count from now on\n");
}

/// Output and result of a command that asks no daemon.
fn alone(line: &str, lifecycle: Fake) -> (String, Result<(), CommandError>) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = parse(line).unwrap();
    command.globals.project_dir = Some(dir.path().to_owned());
    let out = Captured::default();
    let mut console = Console::to(Box::new(out.clone()), Box::new(out.clone()), command.globals.json, Look::plain());
    let result = perform(command, &lifecycle, &mut console);
    (out.text(), result)
}

#[test]
fn starting_and_stopping() {
    let transcript: Vec<String> = [
        ("start", Fake::IsStopped),
        ("start --port 8000 --host ::1 --json", Fake::IsStopped),
        ("start --foreground --paused", Fake::IsStopped),
        ("start", Fake::Fails),
        ("restart", Fake::Runs),
        ("stop", Fake::Runs),
        ("stop", Fake::IsStopped),
        ("stop --json", Fake::Runs),
        ("status", Fake::IsStopped),
        ("status --json", Fake::IsStopped),
        ("ps", Fake::IsStopped),
    ]
    .into_iter()
    .map(|(line, lifecycle)| {
        let (shown, result) = alone(line, lifecycle);
        let failure = result.err().map(|error| {
            format!("Error: {error}\nHint: {}\n[exit code {}]\n", error.hint().unwrap_or("-"), error.exit_code())
        });
        format!("$ ve orch {line}\n{shown}{}", failure.unwrap_or_default())
    })
    .collect();
    insta::assert_snapshot!(transcript.join(""), @r#"
    $ ve orch start
    Orchestrator daemon started (PID 7)
    Dashboard available at http://127.0.0.1:7845/ (link with access: ve orch url)
    $ ve orch start --port 8000 --host ::1 --json
    {
      "pid": 7,
      "host": "::1",
      "port": 8000
    }
    $ ve orch start --foreground --paused
    $ ve orch start
    Error: Daemon already running with PID 7
    Hint: stop it with: ve orch stop
    [exit code 1]
    $ ve orch restart
    Orchestrator daemon restarted (PID 7)
    Dashboard available at http://127.0.0.1:7845/ (link with access: ve orch url)
    $ ve orch stop
    Orchestrator daemon stopped
    $ ve orch stop
    Orchestrator daemon is not running
    $ ve orch stop --json
    {
      "was_running": true
    }
    $ ve orch status
    Status: Stopped
    $ ve orch status --json
    {
      "running": false,
      "pid": null,
      "uptime_seconds": null,
      "started_at": null,
      "work_unit_counts": {},
      "version": "0.1.0",
      "paused": null,
      "project": null,
      "state_dir": null,
      "url": null,
      "sandbox": null,
      "agents": []
    }
    $ ve orch ps
    Error: Orchestrator daemon is not running. Start it with: ve orch start
    Hint: -
    [exit code 3]
    "#);
}

#[test]
fn every_shell_can_complete() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (script, result) = alone(&format!("completions {shell}"), Fake::IsStopped);
        result.unwrap();
        assert!(script.contains("retry-all"), "{shell}");
    }
}
