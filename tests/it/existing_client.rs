//! The Python tool's own client, as its package index has it, against our daemon: every command of it that speaks to a daemon, and its texts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// Asks once, and fails once, when it is told to.
const AGENT: &str = r#"implement() {
    case "$VE_CHUNK" in
    asks) if [ -z "${VE_ANSWER:-}" ]; then echo x > asked.txt; save ask; ask 'left or right?'; return; fi ;;
    fails) if [ ! -e "$HOME/mended" ]; then echo 'no compiler here' >&2; exit 1; fi ;;
    waits) await_file go ;;
    esac
    mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; save implement
}"#;

/// The real client in one interpreter.
struct Client {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a command did.
struct Ran {
    exit: i64,
    out: String,
    err: String,
}

impl Client {
    /// The client that is installed, in the checkout of the project; none when there is none.
    fn find(project: &Project) -> Option<Self> {
        let Ok(ve) = std::env::var("VE_E2E_CLIENT") else {
            eprintln!(
                "skipped: VE_E2E_CLIENT names no client; scripts/install-client.sh DIR installs it and prints its path"
            );
            return None;
        };
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/client/drive.py");
        let python = Path::new(&ve).with_file_name("python");
        let mut command = project.command(python.to_str().unwrap());
        let mut process = command.arg("-B").arg(driver).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (asks, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Some(Self { process, asks, answers: BufReader::new(answers) })
    }

    fn ask(&mut self, what: &Value) -> Value {
        writeln!(self.asks, "{what}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the client died of {what}");
        serde_json::from_str(&line).unwrap()
    }

    /// Runs `ve orch` with these words.
    fn run(&mut self, words: &[&str]) -> Ran {
        let ran = self.ask(&json!(words));
        let text = |field: &str| {
            let lines: Vec<&str> = ran[field].as_str().unwrap().lines().map(str::trim_end).collect();
            lines.join("\n").trim_end().to_owned()
        };
        Ran { exit: ran["exit"].as_i64().unwrap(), out: text("out"), err: text("err") }
    }

    /// What a command prints; it must succeed.
    #[track_caller]
    fn says(&mut self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!((ran.exit, ran.err.as_str()), (0, ""), "{words:?}: {}", ran.out);
        ran.out
    }

    /// What a command refuses.
    #[track_caller]
    fn fails(&mut self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.exit, 1, "{words:?}: {}{}", ran.out, ran.err);
        ran.err
    }

    /// What `--json` prints.
    #[track_caller]
    fn json(&mut self, words: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[words, &["--json"]].concat())).unwrap()
    }

    /// What a method of the client's library answers.
    fn call(&mut self, method: &str, args: Value) -> Value {
        self.ask(&json!({ "call": method, "args": args }))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn it_finds_no_daemon_one_and_none_again() {
    let project = Project::new("");
    let Some(mut client) = Client::find(&project) else { return };
    assert_eq!(client.says(&["status"]), "Status: Stopped");
    assert_eq!(client.says(&["stop"]), "Orchestrator daemon is not running");
    for command in [&["ps"][..], &["inject", "a"], &["work-unit", "show", "a"], &["config"], &["attention"], &["queue"]]
    {
        let error = client.fails(command);
        assert!(error.ends_with("Orchestrator daemon is not running. Start it with: ve orch start"), "{error}");
    }
    project.start();
    let pid = project.daemon_pid().unwrap();
    let url = format!("http://127.0.0.1:{}", crate::client::port(&project));
    assert_eq!(client.says(&["url"]), url);
    assert_eq!(client.json(&["url"])["url"], url);
    let status = client.says(&["status"]);
    assert!(status.starts_with(&format!("Status: Running\nPID: {pid}\nUptime: ")), "{status}");
    assert_eq!(client.fails(&["start"]), format!("Error: Daemon already running with PID {pid}"));
    assert_eq!(client.says(&["ps"]), "No work units");

    project.chunk("waits", "[]");
    project.script(AGENT);
    project.commit("an agent that waits");
    client.says(&["inject", "waits"]);
    project.wait_trace("waits", "prompt.implement");
    project.wait_status("waits", "RUNNING");
    let status = client.says(&["status"]);
    assert!(status.ends_with("Work Units:\n  RUNNING: 1"), "{status}");
    let dir = project.unit_dir("waits");
    assert_eq!(client.says(&["stop"]), "Orchestrator daemon stopped", "with an agent at work");
    assert_eq!(client.says(&["status"]), "Status: Stopped");
    assert_eq!(project.processes_of(&dir).len(), 0, "no agent is left behind");
    project.start();
    project.wait_trace("waits", "prompt.implement");
    project.signal("waits", "go");
    project.wait_done(&["waits"]);
}

#[test]
fn every_command_that_steers_units_works_unchanged() {
    let project = Project::new(AGENT);
    let Some(mut client) = Client::find(&project) else { return };
    for (chunk, depends_on) in
        [("asks", "[]"), ("base", "[]"), ("fails", "null"), ("next", "[\"base\"]"), ("other", "null")]
    {
        project.chunk(chunk, depends_on);
    }
    project.chunk_in("later", "FUTURE", "[]", None);
    project.chunk_in("past", "HISTORICAL", "[]", Some(&[]));
    project.chunk_in("one", "IMPLEMENTING", "[\"two\"]", Some(&[]));
    project.chunk_in("two", "IMPLEMENTING", "[\"one\"]", Some(&[]));
    project.ok(&["start", "--paused", "--port", "0"]);

    assert_eq!(
        client.says(&["inject", "next", "docs/chunks/base/"]),
        "Reading dependencies for 2 chunks...\nInjected: base [IMPLEMENT] priority=0\n\
         Injected: next [IMPLEMENT] priority=0 blocked_by=['base']\nInjected 2 chunks in dependency order"
    );
    assert_eq!(
        client.says(&["inject", "asks", "--priority", "3", "--retain"]),
        "Injected: asks [IMPLEMENT] priority=3 retain=True"
    );
    let injected = client.json(&["inject", "later"]);
    assert_eq!(injected["results"][0]["phase"], "PLAN", "{injected}");
    assert!(client.fails(&["inject", "one", "two"]).contains("Dependency cycle detected: one -> two -> one"));
    assert!(client.fails(&["inject", "base"]).contains("'base' already exists (status: READY)"));
    assert!(client.fails(&["inject", "past"]).contains("HISTORICAL"));
    assert!(client.fails(&["inject", "ghost"]).contains("ghost"));
    assert!(client.fails(&["inject", "other", "--phase", "DANCE"]).contains("Invalid phase: DANCE"));

    let ps = client.says(&["ps"]);
    assert_eq!(ps, client.says(&["work-unit", "list"]));
    let rows: Vec<Vec<&str>> = lines(&ps).into_iter().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["CHUNK", "PHASE", "STATUS", "BLOCKED", "BY"]);
    assert_eq!(rows[1], ["-".repeat(80)]);
    assert_eq!(rows[2], ["base", "IMPLEMENT", "READY", "-"]);
    assert_eq!(rows[3], ["next", "IMPLEMENT", "BLOCKED", "base"]);
    assert_eq!(client.json(&["ps", "--status", "BLOCKED"])["count"], 1);
    assert!(client.fails(&["ps", "--status", "SLEEPY"]).contains("Invalid status: SLEEPY"));

    assert_eq!(client.says(&["prioritize", "base", "7"]), "base: priority set to 7");
    assert!(client.fails(&["prioritize", "ghost", "7"]).contains("Work unit 'ghost' not found"));
    let queue = client.says(&["queue"]);
    let first: Vec<&str> = lines(&queue)[2].split_whitespace().collect();
    assert_eq!(first, ["base", "IMPLEMENT", "7"], "{queue}");

    assert_eq!(
        client.says(&["work-unit", "create", "made", "--phase", "PLAN", "--blocked-by", "base"]),
        "Created work unit: made [PLAN] BLOCKED"
    );
    assert!(client.fails(&["work-unit", "create", "made"]).contains("already exists"));
    assert!(client.fails(&["work-unit", "create", "x", "--status", "DANCING"]).contains("Invalid status: DANCING"));
    assert_eq!(client.says(&["work-unit", "status", "made"]), "made: [PLAN] BLOCKED");
    assert_eq!(client.says(&["work-unit", "status", "made", "READY"]), "made: BLOCKED -> READY");
    let shown = client.says(&["work-unit", "show", "next"]);
    assert!(
        shown.starts_with("Chunk:            next\nPhase:            IMPLEMENT\nStatus:           BLOCKED\n"),
        "{shown}"
    );
    assert!(shown.contains("\nBlocked By:       base\n"), "{shown}");
    let updated = client
        .call("update_work_unit", json!({"chunk": "made", "phase": "GOAL", "blocked_by": ["next"], "worktree": "/x"}));
    let made = &updated["answer"];
    assert_eq!(
        (&made["phase"], &made["blocked_by"], &made["worktree"]),
        (&json!("GOAL"), &json!(["next"]), &Value::Null),
        "{updated}"
    );
    let refused = client.call("update_work_unit", json!({"chunk": "made", "status": "RUNNING"}));
    assert!(refused["error"].as_str().unwrap().contains("RUNNING"), "{refused}");
    assert_eq!(client.says(&["work-unit", "delete", "docs/chunks/made"]), "Deleted work unit: made");
    assert!(client.fails(&["work-unit", "show", "made"]).contains("Work unit 'made' not found"));

    let config = client.says(&["config", "--max-agents", "3", "--dispatch-interval", "0.5"]);
    assert!(
        config.starts_with("Orchestrator Configuration:\n  max_agents: 3\n  dispatch_interval_seconds: 0.5\n"),
        "{config}"
    );
    assert_eq!(client.says(&["config"]), config);
    assert!(client.fails(&["config", "--max-agents", "0"]).contains("max_agents must be a positive integer"));
    assert!(client.fails(&["config", "--backend", "x"]).contains("Unknown backend 'x'"));

    client.says(&["inject", "fails"]);
    let analysis = client.says(&["analyze", "base", "fails"]);
    assert!(analysis.starts_with("Conflict Analysis: base vs fails\n  Verdict:    INDEPENDENT\n"), "{analysis}");
    assert_eq!(
        client.says(&["resolve", "fails", "--with", "base", "serialize"]),
        "Resolved: fails vs base -> SERIALIZE"
    );
    assert!(client.fails(&["resolve", "ghost", "--with", "base", "serialize"]).contains("not found"));
    let conflicts = client.says(&["conflicts", "base"]);
    assert!(lines(&conflicts)[0].starts_with("CHUNK A                   CHUNK B"), "{conflicts}");
    assert!(conflicts.contains("SERIALIZE       1.00"), "{conflicts}");
    assert_eq!(client.says(&["conflicts", "--unresolved"]), "No unresolved conflicts");
    assert_eq!(client.says(&["conflicts", "ghost"]), "No conflicts for ghost");

    assert_eq!(client.says(&["attention"]), "No work units need attention");
    assert_eq!(client.says(&["retry-all"]), "No NEEDS_ATTENTION work units to retry");
    assert_eq!(client.says(&["retry-all", "--phase", "REVIEW"]), "No NEEDS_ATTENTION work units at phase REVIEW");
    assert!(client.fails(&["retry-all", "--phase", "X"]).contains("Invalid phase"));
    project.ok(&["resume"]);
    project.wait_done(&["base", "later", "next"]);
    project.wait_status("asks", "NEEDS_ATTENTION");
    project.wait_status("fails", "NEEDS_ATTENTION");
    let attention = client.says(&["attention"]);
    assert!(
        attention.starts_with(&format!(
            "ATTENTION QUEUE (2 items)\n{}\n[1] asks  IMPLEMENT  blocks:0  waiting:",
            "─".repeat(60)
        )),
        "{attention}"
    );
    assert!(attention.contains("\n    Question: left or right?\n    Goal: Do asks.\n"), "{attention}");
    assert!(attention.contains("no compiler here"), "{attention}");
    assert!(lines(&client.says(&["ps"]))[0].contains("REASON"));
    assert!(client.fails(&["work-unit", "delete", "asks"]).contains("Branch has 1 unmerged commit(s). Use force=true"));
    let removed = client.says(&["worktree", "remove", "docs/chunks/fails"]);
    assert_eq!(removed, "Removed worktree for fails (branch removed)");
    assert!(client.fails(&["worktree", "remove", "ghost"]).contains("Worktree 'ghost' not found"));
    assert_eq!(client.says(&["answer", "asks", "left"]), "Answered asks, work unit queued for resume");
    assert_eq!(project.wait_status("asks", "DONE")["retain_worktree"], true);
    assert!(client.fails(&["answer", "asks", "left"]).contains("is not in NEEDS_ATTENTION state (current: DONE)"));
    assert_eq!(client.says(&["retry", "docs/chunks/fails"]), "Retried fails, work unit queued for fresh dispatch");
    project.wait_status("fails", "NEEDS_ATTENTION");
    project.signal("fails", "mended");
    assert_eq!(client.says(&["retry-all"]), "Retried 1 work unit(s):\n  fails");
    project.wait_done(&["fails"]);
    assert!(client.fails(&["work-unit", "retry", "fails"]).contains("(current: DONE)"));
    worktrees_are_kept_and_pruned(&project, &mut client);
    let history = client.call("get_status_history", json!({ "chunk": "fails" }));
    let steps = history["answer"]["history"].as_array().unwrap();
    assert_eq!((&steps[0]["old_status"], &steps[0]["new_status"]), (&Value::Null, &json!("READY")), "{history}");
    assert_eq!(steps.last().unwrap()["new_status"], "DONE", "{history}");
    let state = client.call("get_status", json!({}));
    assert_eq!(
        (&state["answer"]["running"], &state["answer"]["work_unit_counts"]["DONE"]),
        (&json!(true), &json!(6)),
        "{state}"
    );
}

/// Of two units whose worktrees stay after landing, one is pruned by its name and the other with all that were kept.
fn worktrees_are_kept_and_pruned(project: &Project, client: &mut Client) {
    client.says(&["inject", "other", "--retain"]);
    project.wait_done(&["other"]);
    let list = client.says(&["worktree", "list", "--status", "retained"]);
    let rows: Vec<Vec<&str>> = lines(&list).into_iter().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!((&rows[0][..], &rows[1][..]), (&["CHUNK", "STATUS", "PATH"][..], &["-".repeat(80).as_str()][..]));
    let path = project.unit_dir("asks").join("worktree");
    assert_eq!(rows[2], ["asks", "retained", path.to_str().unwrap()]);
    assert_eq!(lines(&list).last(), Some(&"Total: 2 worktree(s)"), "{list}");
    assert_eq!(client.json(&["worktree", "list", "--status", "retained"])["count"], 2);

    assert!(client.fails(&["prune"]).contains("Specify a chunk or use --all"));
    let all = "  asks: merged and cleaned up\n  other: merged and cleaned up";
    assert_eq!(client.says(&["prune", "--all", "--dry-run"]), format!("Dry run - would prune:\n{all}"));
    assert_eq!(client.says(&["worktree", "prune", "--dry-run"]), format!("Dry run - would prune:\n{all}"));
    assert_eq!(client.says(&["prune", "docs/chunks/asks"]), "Pruned:\n  asks: merged and cleaned up");
    assert_eq!(client.says(&["prune", "asks"]), "Pruned:\n  asks: skipped - its worktree is not retained");
    assert!(client.fails(&["prune", "ghost"]).contains("Work unit 'ghost' not found"));
    assert_eq!(client.says(&["worktree", "prune"]), "Pruned:\n  other: merged and cleaned up");
    assert_eq!(client.says(&["prune", "--all"]), "Pruned:\n  (none)");
    project.wait("no worktree", || (client.says(&["worktree", "list"]) == "No worktrees found").then_some(()));
}
