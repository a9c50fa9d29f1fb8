//! Daemons, keepers and shims that die, and directories that vanish, while agents are at work.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// One that prints without end, one that stops in the middle of a line, one that asks, one whose gate takes its time.
const BUSY: &str = r#"implement() {
    case $VE_CHUNK in
        stream)
            i=0
            while [ ! -e "$HOME/go" ]; do echo "line $i"; i=$((i + 1)); sleep 0.02; done
            echo "$i" > "$HOME/count" ;;
        half) printf 'half a '; touch "$HOME/half"; await_file go; echo line ;;
        asks)
            say '{"ve":"session","id":"s-1"}'
            if [ -z "${VE_ANSWER-}" ]; then ask "which way?"; exit 0; fi ;;
    esac
    mkdir -p src; echo "${VE_ANSWER-made}" > "src/$VE_CHUNK.txt"; save implement
}"#;
const GATE: &str = "[gates]\nworker = ['''if [ $VE_CHUNK = gate ]; then echo gate >> $HOME/gate; while [ ! -e $HOME/go ]; do sleep 0.05; done; fi''']\n";
const CHUNKS: [&str; 4] = ["stream", "half", "asks", "gate"];
const HELD: [&str; 3] = ["stream", "half", "gate"];

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

fn busy_project() -> Project {
    let project = Project::with(BUSY, GATE);
    for chunk in CHUNKS {
        project.chunk(chunk, "[]");
    }
    project.start();
    project.inject(&CHUNKS);
    project.wait_trace("half", "half");
    project.wait_trace("gate", "gate");
    project.wait_status("asks", "NEEDS_ATTENTION");
    project.wait("a stream", || (project.log("stream", 1).lines().count() > 20).then_some(()));
    project
}

fn shims(project: &Project) -> BTreeMap<&'static str, i32> {
    HELD.into_iter().map(|chunk| (chunk, project.shim_pid(chunk))).collect()
}

fn keeper_of(daemon: i32) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{daemon}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Lets all agents go on and checks that the whole is what it would have been without the disturbance.
fn finish_undisturbed(project: &Project) {
    project.ok(&["answer", "asks", "right"]);
    for chunk in HELD {
        project.signal(chunk, "go");
    }
    let count = {
        project.wait_trace("stream", "count");
        project.unit_home("stream").join("count")
    };
    let count: usize = project.wait("the count", || fs::read_to_string(&count).ok()?.trim().parse().ok());
    project.wait_done(&CHUNKS);
    assert_eq!(project.read("src/asks.txt"), "right\n");
    let stream: String = (0..count).map(|line| format!("line {line}\n")).collect();
    assert!(project.log("stream", 1) == stream, "no byte lost or repeated");
    assert_eq!(project.log("half", 1), "half a line\n");
    for chunk in CHUNKS {
        let attempts = project.attempts(chunk);
        let kinds: Vec<String> =
            attempts.iter().map(|attempt| word(attempt, "kind") + " " + &word(attempt, "phase")).collect();
        let asked = if chunk == "asks" { 2 } else { 1 };
        let wanted =
            [vec!["agent IMPLEMENT"; asked], vec!["agent REVIEW", "agent COMPLETE", "worker gate COMPLETE"]].concat();
        assert_eq!(kinds, wanted, "{chunk}: no phase runs twice");
    }
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

#[test]
fn a_killed_daemon_s_agents_are_adopted_by_the_next_one() {
    let project = busy_project();
    let (daemon, before) = (project.daemon_pid().unwrap(), shims(&project));
    kill(daemon);
    project.successor(daemon);
    assert_eq!(shims(&project), before);
    finish_undisturbed(&project);
}

#[test]
fn agents_outlive_daemon_and_keeper() {
    let project = busy_project();
    let (daemon, before) = (project.daemon_pid().unwrap(), shims(&project));
    kill(keeper_of(daemon));
    kill(daemon);
    project.wait("their end", || project.daemon_pid().is_none().then_some(()));
    project.start();
    assert_eq!(shims(&project), before);
    finish_undisturbed(&project);
}

#[test]
fn a_restart_leaves_agents_alone() {
    let project = busy_project();
    let (daemon, before) = (project.daemon_pid().unwrap(), shims(&project));
    project.ok(&["restart"]);
    assert_ne!(project.daemon_pid().unwrap(), daemon);
    assert_eq!(shims(&project), before);
    finish_undisturbed(&project);
}

#[test]
fn a_checkout_that_is_cleaned_under_live_agents_loses_nothing() {
    let project = busy_project();
    let (daemon, before) = (project.daemon_pid().unwrap(), shims(&project));
    project.git(&["clean", "-q", "-fdx"]);
    project.git(&["clean", "-q", "-ffdx"]);
    fs::remove_dir_all(project.root().join(".ve"))
        .or_else(|error| if project.root().join(".ve").exists() { Err(error) } else { Ok(()) })
        .unwrap();
    let second = project.ve(&["start"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned() + &String::from_utf8_lossy(&second.stdout);
    assert!(said.contains("already running"), "{said}");
    project.wait("the daemon to be found again", || (project.daemon_pid() == Some(daemon)).then_some(()));
    assert_eq!(shims(&project), before);
    finish_undisturbed(&project);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_moved_project_is_found_again() {
    let mut project =
        Project::new("implement() { mkdir -p src; echo made > \"src/$VE_CHUNK.txt\"; await_file go; save implement; }");
    for chunk in ["early", "late"] {
        project.chunk(chunk, "[]");
    }
    project.start();
    project.inject(&["early", "late"]);
    project.signal("early", "go");
    project.wait_done(&["early"]);
    project.wait_status("late", "RUNNING");
    project.stop();
    project.move_to("elsewhere");
    project.start();
    assert_eq!(project.unit("early")["status"], "DONE");
    project.signal("late", "go");
    project.wait_done(&["late"]);
    assert_eq!(project.read("src/late.txt"), "made\n");
}

#[test]
fn a_killed_shim_costs_an_attempt_and_leaves_nothing() {
    let project = Project::new(
        r#"implement() {
            if [ ! -e "$HOME/started" ]; then
                (env -i setsid sh -c 'cd /; while :; do /usr/bin/sleep 1; done' "$PWD/ghost" > /dev/null 2>&1 &)
                echo half > half.txt; touch "$HOME/started"
                while :; do sleep 0.1; done
            fi
            mkdir -p src; echo made > src/alpha.txt; save implement
        }"#,
    );
    project.chunk("alpha", "[]");
    project.start();
    project.inject(&["alpha"]);
    project.wait_trace("alpha", "started");
    let dir = project.unit_dir("alpha");
    let before = project.wait("the escaped process", || {
        let found = project.processes_of(&dir);
        found.iter().any(|(_, line)| line.contains("/ghost")).then_some(found)
    });
    kill(project.shim_pid("alpha"));
    project.wait_done(&["alpha"]);
    let left: Vec<_> = project.processes().into_iter().filter(|process| before.contains(process)).collect();
    let attempts = project.attempts("alpha");
    let outcomes: Vec<&str> = attempts.iter().map(|attempt| attempt["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["crashed", "finished", "finished", "finished"]);
    let shims: Vec<_> = left.iter().filter(|(_, line)| !line.contains("orch __")).collect();
    assert!(shims.is_empty(), "{shims:?}");
    assert_eq!(project.read("half.txt"), "half\n", "what the killed attempt left was kept");
}

#[test]
fn of_two_daemons_that_start_at_once_one_runs() {
    let project = Project::new("");
    let start = || {
        let mut command = project.orch(&["start"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start(), start()];
    let said: Vec<_> = both
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            (
                output.status.code().unwrap(),
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
            )
        })
        .collect();
    let started = said.iter().filter(|(code, text)| *code == 0 && text.contains("started")).count();
    let refused = said.iter().filter(|(_, text)| text.contains("already running")).count();
    assert_eq!((started, refused), (1, 2), "{said:?}");
    let daemons = project.processes().into_iter().filter(|(_, line)| line.contains(" __daemon")).count();
    assert_eq!(daemons, 1);
}

#[test]
fn fifty_units_at_once_all_land() {
    // The shortest life there is: what counts here is how many live and land beside each other.
    let config = "phases = [\"goal\", \"plan\", \"implement\", \"complete\"]\n\
                  [limits]\nmax_agents = 8\nmemory_floor = \"64MiB\"\n";
    let project = Project::with("", config);
    let names: Vec<String> = (0..50).map(|number| format!("unit-{number}")).collect();
    let chunks: Vec<&str> = names.iter().map(String::as_str).collect();
    for chunk in &chunks {
        project.chunk(chunk, "[]");
    }
    project.start();
    project.inject(&chunks);
    project.wait_all(&chunks, std::time::Duration::from_secs(400));
    for chunk in chunks {
        assert_eq!(project.read(&format!("src/{chunk}.txt")), format!("{chunk}\n"));
        let outcomes = project.attempts(chunk);
        assert!(outcomes.iter().all(|attempt| attempt["outcome"] == "finished"), "{outcomes:#?}");
    }
}
