//! Ends: stop, cancel, delete, interrupt. No process is left, no work is lost.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use crate::project::Project;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// An agent whose child leaves its session, its environment and its directory; it goes on only when it is resumed.
const ESCAPES: &str = r#"implement() {
    say '{"ve":"session","id":"s-9"}'
    if [ -n "${VE_SESSION-}" ] || [ -e "$HOME/again" ]; then
        mkdir -p src; echo "${VE_SESSION-again}" > src/alpha.txt; save implement; exit 0
    fi
    echo precious > left.txt
    (env -i setsid sh -c 'trap "" TERM HUP INT; cd /; while :; do /usr/bin/sleep 1; done' "$PWD/ghost" > /dev/null 2>&1 &)
    touch "$HOME/started"
    trap "" TERM
    while :; do sleep 0.1; done
}"#;

fn running() -> (Project, PathBuf) {
    let project = Project::new(ESCAPES);
    project.chunk("alpha", "[]");
    project.start();
    project.inject(&["alpha"]);
    project.wait_trace("alpha", "started");
    let dir = project.unit_dir("alpha");
    let escaped = |(_, line): &(i32, String)| line.contains("/ghost");
    project.wait("the escaped process", || project.processes_of(&dir).iter().any(escaped).then_some(()));
    (project, dir)
}

/// Five seconds are promised; twice that on a busy machine.
#[track_caller]
fn nothing_left(project: &Project, dir: &Path) {
    let asked = Instant::now();
    project.wait("the end of all processes", || {
        let left: Vec<_> =
            project.processes_of(dir).into_iter().filter(|(_, line)| !line.contains("__confined")).collect();
        if asked.elapsed() > Duration::from_secs(10) {
            panic!("left after {:?}: {left:?}", asked.elapsed());
        }
        left.is_empty().then_some(())
    });
}

/// Logs stay; repository and worktree go.
#[track_caller]
fn worktree_goes(project: &Project, dir: &Path) {
    project.wait("its worktree to go", || (!dir.join("worktree").exists()).then_some(()));
}

/// Whether any ref holds this file with these bytes.
fn is_kept(project: &Project, path: &str, content: &str) -> bool {
    let refs = project.git(&["for-each-ref", "--format=%(refname)", "refs/ve/", "refs/heads/orch/"]);
    refs.lines().any(|name| {
        let shown = project.try_git(&["show", &format!("{name}:{path}")]);
        shown.status.success() && shown.stdout == content.as_bytes()
    })
}

#[test]
fn a_stop_ends_every_process_and_the_session_goes_on_after_a_start() {
    let (project, dir) = running();
    project.stop();
    let left = project.processes_of(&dir);
    assert!(left.is_empty(), "{left:?}");
    project.start();
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt"), "s-9\n");
    assert_eq!(project.read("left.txt"), "precious\n");
}

#[test]
fn a_canceled_unit_leaves_no_process_and_its_work_is_kept() {
    let (project, dir) = running();
    project.ok(&["cancel", "alpha"]);
    nothing_left(&project, &dir);
    assert_eq!(project.unit("alpha")["status"], "CANCELED");
    worktree_goes(&project, &dir);
    assert!(is_kept(&project, "left.txt", "precious\n"));
    assert!(!project.root().join("left.txt").exists());
}

#[test]
fn a_canceled_unit_can_be_tried_again() {
    let (project, dir) = running();
    project.ok(&["cancel", "alpha"]);
    worktree_goes(&project, &dir);
    project.signal("alpha", "again");
    // Refused until the last directory is gone.
    project.wait("the unit to be taken up again", || project.ve(&["retry", "alpha"]).status.success().then_some(()));
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt"), "again\n");
    assert!(is_kept(&project, "left.txt", "precious\n"));
}

#[test]
fn a_deleted_unit_leaves_no_process_and_its_work_is_kept() {
    let (project, dir) = running();
    project.ok(&["work-unit", "delete", "alpha", "--force"]);
    nothing_left(&project, &dir);
    worktree_goes(&project, &dir);
    assert!(is_kept(&project, "left.txt", "precious\n"));
    assert!(!project.ve(&["work-unit", "show", "alpha"]).status.success());
    project.script("implement() { mkdir -p src; echo again > src/alpha.txt; save implement; }");
    project.commit("another agent");
    project.inject(&["alpha"]);
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt"), "again\n");
    assert!(!project.root().join("left.txt").exists(), "it began anew, not on what was given up");
}

#[test]
fn an_interrupted_agent_goes_on_in_its_session_when_it_is_released() {
    let (project, dir) = running();
    project.ok(&["interrupt", "alpha"]);
    project.wait_status("alpha", "PENDING");
    project.wait("the end of all processes", || project.processes_of(&dir).is_empty().then_some(()));
    project.ok(&["release", "alpha"]);
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt"), "s-9\n");
}

#[test]
fn a_stop_while_units_are_being_prepared_is_quick() {
    let project = Project::new("");
    for chunk in ["one", "two", "three", "four", "five", "six"] {
        project.chunk(chunk, "[]");
    }
    project.start();
    project.inject(&["one", "two", "three", "four", "five", "six"]);
    let asked = Instant::now();
    project.stop();
    assert!(asked.elapsed() < Duration::from_secs(9), "{:?}", asked.elapsed());
    project.start();
    project.wait_done(&["one", "two", "three", "four", "five", "six"]);
}
