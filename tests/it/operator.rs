//! What the operator sees and does: the queue, answers to many at once, several changes in one, the doctor.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::client::ask;
use crate::project::Project;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

/// An agent that asks once, and does what it is told.
const ASKS: &str = r#"implement() {
    if [ -z "${VE_ANSWER-}" ]; then ask "which way?"; exit 0; fi
    mkdir -p src; echo "$VE_ANSWER" > "src/$VE_CHUNK.txt"; save implement
}"#;

/// What the queue holds: kind, chunk, number of units that an answer frees.
fn queue(project: &Project) -> Vec<(String, Value, i64)> {
    let items = project.json(&["attention"])["items"].as_array().unwrap().clone();
    let entry = |item: Value| {
        (item["kind"].as_str().unwrap().to_owned(), item["chunk"].clone(), item["blocks_count"].as_i64().unwrap())
    };
    items.into_iter().map(entry).collect()
}

#[test]
fn one_queue_shows_everything_and_one_answer_serves_all_that_ask_the_same() {
    let project = Project::new(ASKS);
    for (chunk, needs) in [("a", "[]"), ("b", "[]"), ("c", "[\"b\"]"), ("d", "[\"c\"]")] {
        project.chunk(chunk, needs);
    }
    project.start();
    let mut watch = project.orch(&["attention", "--watch", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    project.inject(&["a", "b", "c", "d"]);
    project.wait_status("a", "NEEDS_ATTENTION");
    project.wait_status("b", "NEEDS_ATTENTION");
    // What frees the longest chain comes first, whoever asked first.
    let question = |chunk: &str, frees| ("question".to_owned(), json!(chunk), frees);
    assert_eq!(queue(&project), [question("b", 2), question("a", 0)]);
    let text = project.ok(&["attention"]);
    for part in
        ["[1] b  IMPLEMENT  blocks:2", "Q: which way?", "1) left", "Frees: c, d", "Next: ve orch answer|retry|cancel b"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }

    // A file that is not valid and one that is not trusted stand in the same list, with the line and a verb.
    let good = project.read("ve.toml");
    project.write("ve.toml", &format!("{good}\n[limits]\nmax_agent = 1\n"));
    let text = project.wait("the file to be seen", || {
        let text = project.ok(&["attention"]);
        text.contains("max_agent: unknown key").then_some(text)
    });
    assert!(text.contains("did you mean \"max_agents\"?") && text.contains("this project"), "{text}");
    project.write("ve.toml", &good);
    project.wait("the corrected file to be seen", || (queue(&project).len() == 2).then_some(()));

    // Nobody is answered without a yes; an answer to a question that is gone is refused.
    let refused = project.ve(&["answer", "a", "--option", "2", "--all-like"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("  b: which way?"), "{refused:?}");
    assert_eq!(queue(&project).len(), 2);
    let other = r#"{"option": 1, "question": "which colour?"}"#;
    ask(&project, "POST", "/work-units/a/answer").json(other).gives(400);
    project.ok(&["answer", "a", "--option", "2", "--all-like", "--yes"]);
    project.wait_done(&["a", "b"]);
    assert_eq!((project.read("src/a.txt").trim(), project.read("src/b.txt").trim()), ("right", "right"));

    // Whoever watched was told of all of it.
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("which way?")));
    watch.kill().unwrap();
    watch.wait().unwrap();
    for chunk in ["c", "d"] {
        project.ok(&["cancel", chunk]);
    }
}

#[test]
fn several_changes_by_hand_happen_together_also_while_an_agent_works() {
    let project = Project::new("implement() { touch \"$HOME/here\"; await_file go; echo x > x; save implement; }");
    project.chunk("a", "[]");
    project.start();
    project.inject(&["a"]);
    project.wait_trace("a", "here");
    let patch = |body: &str| ask(&project, "PATCH", "/work-units/a").json(body);
    let refused = patch(r#"{"priority": 7, "retain_worktree": true, "phase": "PLAN"}"#).gives(409);
    assert!(refused["hint"].as_str().unwrap().contains("interrupt"), "{refused}");
    let unit = project.unit("a");
    assert_eq!((unit["priority"].as_i64(), unit["retain_worktree"].as_bool()), (Some(0), Some(false)));
    patch(r#"{"priority": 7, "retain_worktree": true}"#).gives(200);

    // Parked for a reason of the operator's own, it waits in their queue and goes on where it was.
    patch(r#"{"status": "NEEDS_ATTENTION", "attention_reason": "after the release"}"#).gives(200);
    assert_eq!(queue(&project), [("parked".to_owned(), json!("a"), 0)]);
    assert!(project.ok(&["attention"]).contains("after the release"));
    project.ok(&["release", "a"]);
    project.signal("a", "go");
    project.wait_done(&["a"]);
    let unit = project.unit("a");
    assert_eq!(
        (unit["priority"].as_i64(), unit["retain_worktree"].as_bool()),
        (Some(7), Some(true)),
        "not lost: {unit}"
    );
}

#[test]
fn the_last_good_configuration_outlives_a_crash_of_the_daemon() {
    let project = Project::with("", "[limits]\nmax_agents = 3\n");
    project.start();
    assert_eq!(project.json(&["config"])["max_agents"], 3);
    project.write("ve.toml", "[limits\n");
    let old = project.daemon_pid().unwrap();
    let pid = rustix::process::Pid::from_raw(old).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    project.successor(old);
    let config = project.json(&["config"]);
    assert_eq!(config["max_agents"], 3, "{config}");
    let words: Vec<String> = project.ok(&["attention"]).split_whitespace().map(str::to_owned).collect();
    assert!(words.join(" ").contains("the last good configuration stays in effect"), "{words:?}");
}

#[test]
fn an_answer_is_taken_back_though_the_daemon_was_killed_meanwhile() {
    let project = Project::new(ASKS);
    project.chunk("a", "[]");
    project.start();
    project.inject(&["a"]);
    project.wait_status("a", "NEEDS_ATTENTION");
    ask(&project, "POST", "/work-units/a/answer").json(r#"{"option": 1, "undo_seconds": 60}"#).gives(200);
    let old = project.daemon_pid().unwrap();
    let pid = rustix::process::Pid::from_raw(old).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    project.successor(old);
    let unit = project.wait_status("a", "READY");
    assert!(unit["next_retry_at"].is_string(), "its wait is not forgotten: {unit:#}");
    ask(&project, "DELETE", "/work-units/a/answer").gives(200);
    let unit = project.unit("a");
    assert_eq!(unit["status"], "NEEDS_ATTENTION");
    assert!(unit["attention"]["questions"][0]["answer"].is_null(), "{unit:#}");
    project.ok(&["answer", "a", "--option", "2"]);
    project.wait_done(&["a"]);
    assert_eq!(project.read("src/a.txt"), "right\n");
    let implemented = project.attempts("a").iter().filter(|attempt| attempt["phase"] == "IMPLEMENT").count();
    assert_eq!(implemented, 2, "no agent was started with what was taken back");
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_would_help() {
    let project = Project::new("");
    // An agent is asked for its version inside the jail, where it cannot see the project.
    let program = project.root().with_file_name("fake-claude");
    let script = format!("#!/bin/sh\n[ -e {}/ve.toml ] && echo outside\necho \"$1 9.9.9\"\n", project.root().display());
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!("{}[agents.claude]\nprogram = \"{}\"\n", project.read("ve.toml"), program.display());
    project.write("ve.toml", &config);
    let sick = project.ve(&["doctor"]);
    let text = String::from_utf8(sick.stdout).unwrap();
    assert!(text.contains("--version 9.9.9") && !text.contains("outside"), "{text}");
    for part in
        ["ok    git", "ok    branch", "ok    configuration", "agent script", "disk", "memory", "it does not run"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    project.start();
    let report: Value = serde_json::from_slice(&project.ve(&["doctor", "--json"]).stdout).unwrap();
    let about = |name: &str| {
        let found = report["findings"].as_array().unwrap().iter().find(|finding| finding["about"] == name).cloned();
        found.unwrap_or_else(|| json!(format!("nothing about {name} in {report}")))
    };
    assert_eq!(about("daemon")["level"], "ok");
    assert_eq!(about("processes")["level"], "ok");
    project.stop();
    project.write("ve.toml", "[limits]\nmax_agent = 3\n");
    let sick = project.ve(&["doctor"]);
    let text = String::from_utf8(sick.stdout).unwrap();
    assert_eq!(sick.status.code(), Some(1));
    assert!(
        text.contains("FAIL  configuration") && text.contains("ve.toml:2:1") && text.contains("-> correct"),
        "{text}"
    );
    assert!(String::from_utf8(sick.stderr).unwrap().contains("Hint: "));
}
