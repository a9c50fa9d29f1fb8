//! From the request to the agent's first instruction, beside what nobody can leave out: a worktree, a process, the durable commits.

use crate::project::{ASKS, Project, between, chunk, now};
use crate::raw::Raw;
use crate::table::{self, Samples};
use std::fs;
use std::process::Stdio;
use std::time::Duration;

const UNITS: usize = 30;

pub fn run() {
    let project = Project::new(UNITS, ASKS, "");
    project.start(&[]);
    let mut connection = project.connect();
    let mut events = project.connect().events(0);
    let mut raw = Raw::create(&project.beside("raw.db"));
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    let mut commits = 0;
    for number in 0..UNITS {
        let body = serde_json::json!({ "chunk": chunk(number) }).to_string();
        let begun = now();
        connection.post("/work-units/inject", &body).unwrap();
        let until_gathered: Vec<_> = events.by_ref().take_while(|entry| entry["kind"] != "gathered").collect();
        commits = until_gathered.iter().take_while(|entry| entry["kind"] != "started").count();
        let attempts = project.get(&format!("/work-units/{}/attempts", chunk(number)));
        let log = fs::read_to_string(attempts["attempts"][0]["log"].as_str().unwrap()).unwrap();
        ours.push(between(begun, stamp(&log)));
        floors.push(floor(&project, &mut raw, number, commits));
    }
    let what = "inject to the agent's first instruction, 200 files";
    let beside = format!("git worktree add + spawn + {commits} commits");
    table::time(what, Samples::new(ours).median(), &beside, Samples::new(floors).median());
}

fn floor(project: &Project, raw: &mut Raw, number: usize, commits: usize) -> Duration {
    let begun = now();
    for commit in 0..commits {
        let row = number * 100 + commit;
        raw.commit(row..row + 1);
    }
    let branch = format!("floor-{number}");
    let worktree = project.beside(&branch);
    project.git(&["worktree", "add", "-q", "-b", &branch, worktree.to_str().unwrap(), "main"]);
    let agent =
        project.command("bash").args(["-c", ASKS]).current_dir(&worktree).stdin(Stdio::null()).output().unwrap();
    between(begun, stamp(&String::from_utf8(agent.stdout).unwrap()))
}

/// The moment that the agent's first line tells, in microseconds since the epoch.
fn stamp(output: &str) -> i64 {
    let line = output.lines().find_map(|line| line.strip_prefix("at ")).unwrap();
    line.replace(['.', ','], "").parse().unwrap()
}
