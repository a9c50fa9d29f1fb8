//! What a daemon with nothing to do takes.

use crate::machine::Process;
use crate::project::{Project, SLEEPS};
use crate::table;
use std::time::Duration;

const QUIET: Duration = Duration::from_secs(30);

pub fn run() {
    let project = Project::new(0, SLEEPS, "");
    project.start(&[]);
    drop(project.connect());
    let daemon = project.daemon();
    let keeper = daemon.parent();
    settle(Duration::from_secs(2));
    let (before, keeping) = (daemon.used(), keeper.used());
    settle(QUIET);
    let (after, kept) = (daemon.used(), keeper.used());
    let resident = |process: Process| format!("{:.1} MB", process.resident() as f64 / 1e6);
    table::plain("daemon, idle: resident", &resident(daemon), "promise: < 15 MB");
    table::plain("its keeper: resident", &resident(keeper), "");
    let cpu = (after.cpu - before.cpu) + (kept.cpu - keeping.cpu);
    let share = cpu.as_secs_f64() / QUIET.as_secs_f64() * 100.0;
    table::plain("daemon and keeper, idle 30 s: CPU", &format!("{share:.3} %"), "promise: < 0.1 %");
    let ended = after.faults_of_children != before.faults_of_children;
    let subprocesses = if ended || !daemon.children().is_empty() { "some" } else { "0" };
    table::plain("daemon, idle 30 s: subprocesses", subprocesses, "promise: 0");
}

#[expect(clippy::disallowed_methods, reason = "what is measured is that nothing happens meanwhile")]
fn settle(time: Duration) {
    std::thread::sleep(time);
}
