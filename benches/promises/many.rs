//! Two hundred agents at once: what the daemon takes, how soon it dispatches, how soon its successor has adopted them.

use crate::project::{Project, SLEEPS, at, between, chunk, now, within};
use crate::table::{self, Samples};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

const FEW: usize = 50;
const MANY: usize = 200;
/// Injected one at a time beside the many.
const MORE: usize = 40;

pub fn run() {
    let limits = "max_agents = 300\nworktree_warning = 1000\nmemory_floor = \"64 MiB\"";
    let project = Project::new(MANY + MORE, SLEEPS, limits);
    project.start(&[]);
    let none = restart(&project, 0);
    launch(&project, 0..FEW);
    let few = restart(&project, FEW);
    let waited = Samples::new(launch(&project, FEW..MANY));
    let resident = project.daemon().resident() as f64 / 1e6;
    table::plain("daemon with 200 live agents: resident", &format!("{resident:.1} MB"), "promise: < 150 MB");
    let tree = project.agents_memory() as f64 / 1e6 / MANY as f64;
    table::plain("beside it, per agent: shim, jail and sleep", &format!("{tree:.1} MB"), "");
    let burst = "dispatch, 150 injected at once beside 50 live";
    table::plain(&format!("{burst}, p50"), &table::duration(waited.median()), "");
    table::plain(&format!("{burst}, p99"), &table::duration(waited.percentile(99)), "promise: < 100 ms");
    let many = restart(&project, MANY);
    let single = (MANY..MANY + MORE).flat_map(|number| launch(&project, number..number + 1));
    let waited = Samples::new(single.collect());
    let one = "dispatch, one injected beside 200 live";
    table::plain(&format!("{one}, p50"), &table::duration(waited.median()), "");
    table::plain(&format!("{one}, p99"), &table::duration(waited.percentile(99)), "promise: < 100 ms");
    table::time("kill -9 to all 50 agents adopted", few, "to an answer, without agents", none);
    table::time("kill -9 to all 200 agents adopted", many, "to an answer, without agents", none);
}

/// Injects chunks, waits until their agents live, and returns how long each was ready before its dispatch was saved.
fn launch(project: &Project, numbers: Range<usize>) -> Vec<Duration> {
    let count = numbers.len();
    let before = project.newest();
    let chunks: Vec<String> = numbers.map(chunk).collect();
    let body = serde_json::json!({ "chunks": chunks }).to_string();
    project.connect().post("/work-units/inject-batch", &body).unwrap();
    let mut moments: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut started = 0;
    for entry in project.connect().events(before) {
        match entry["kind"].as_str().unwrap() {
            "accepted" | "dispatched" => moments.entry(entry["chunk"].to_string()).or_default().push(at(&entry)),
            "started" => started += 1,
            _ => {}
        }
        if started == count {
            break;
        }
    }
    moments.values().map(|moments| between(moments[0], moments[1])).collect()
}

/// Kills the daemon and returns after which time its successor has adopted all `agents`.
fn restart(project: &Project, agents: usize) -> Duration {
    let before = project.newest();
    let daemon = i32::try_from(project.daemon().0).unwrap();
    let killed = now();
    kill_process(Pid::from_raw(daemon).unwrap(), Signal::KILL).unwrap();
    let connection = project.connect();
    let adopted = |entry: &Value| entry["kind"] == "started";
    connection.events(before).filter(adopted).take(agents).for_each(drop);
    let elapsed = between(killed, now());
    within("the new daemon has written its number", || (project.daemon().0 != daemon.unsigned_abs()).then_some(()));
    elapsed
}
