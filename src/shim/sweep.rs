//! Ending what shims left behind when they were killed together with their daemon.
//!
//! A process belongs to an attempt when its environment carries the attempt's marker, or when it descends from one that
//! does. Nothing else is touched: not an operator's shell inside a worktree, not another project's agents.

use super::spec::MARKER;
use super::tree::{self, Seen};
use crate::domain::ids::AttemptId;
use procfs::process::all_processes;
use rustix::process::Signal;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long killed processes get to be gone before they are looked for again.
const BETWEEN_PASSES: Duration = Duration::from_millis(10);

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Process ids that were killed.
    pub killed: Vec<i32>,
    /// Process ids that were still there when the time was over.
    pub left: Vec<i32>,
}

/// Kills every process of `attempts`, whose shims must be gone, until a pass finds none or `at_most` has passed. Blocks.
pub fn sweep(attempts: &[AttemptId], at_most: Duration) -> Swept {
    let markers: HashSet<Vec<u8>> = attempts.iter().map(|id| format!("{MARKER}={id}").into_bytes()).collect();
    let until = Instant::now() + at_most;
    let mut swept = Swept::default();
    let mut known = HashSet::new();
    loop {
        let found = members(&markers);
        if found.is_empty() || Instant::now() >= until {
            swept.left = found.iter().map(|process| process.pid).collect();
            return swept;
        }
        for process in found {
            process.signal(Signal::KILL);
            if known.insert(process) {
                swept.killed.push(process.pid);
            }
        }
        wait(BETWEEN_PASSES);
    }
}

/// The processes that carry one of the markers, and all below them, but for this process and zombies.
fn members(markers: &HashSet<Vec<u8>>) -> HashSet<Seen> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let mut found = HashSet::new();
    for process in all_processes().into_iter().flatten().flatten() {
        let pid = process.pid();
        if pid == own || !is_marked(pid, markers) {
            continue;
        }
        found.extend(Seen::find(pid));
        found.extend(tree::descendants(pid).into_iter().filter(|below| !below.is_zombie()).map(|below| below.seen));
    }
    found.retain(|process| process.pid != own);
    found
}

/// Whether the environment that the process started with holds a marker. A zombie has none.
fn is_marked(pid: i32, markers: &HashSet<Vec<u8>>) -> bool {
    let Ok(environment) = std::fs::read(format!("/proc/{pid}/environ")) else { return false };
    environment.split(|byte| *byte == 0).any(|variable| markers.contains(variable))
}

fn wait(time: Duration) {
    let Ok(timeout) = rustix::event::Timespec::try_from(time) else { return };
    // Cut short by a signal, the next pass comes a little sooner.
    rustix::event::poll(&mut [], Some(&timeout)).ok();
}
