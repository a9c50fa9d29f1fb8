//! The processes of an attempt, as the kernel shows them: who descends from whom, what they use, and how to signal one
//! without hitting a stranger that got its number.

use super::protocol::Usage;
use procfs::process::{Process, Stat, all_processes};
use rustix::process::{Pid, PidfdFlags, Signal};
use std::collections::{HashMap, HashSet};

/// A process that was seen: its number and when it started, which together never mean another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) pid: i32,
    started: u64,
}

impl Seen {
    /// The process with this number, if there is one.
    pub(crate) fn find(pid: i32) -> Option<Self> {
        let stat = Process::new(pid).and_then(|process| process.stat()).ok()?;
        Some(Self { pid, started: stat.starttime })
    }

    /// Sends `signal`, unless the process has ended.
    pub(crate) fn signal(self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else { return };
        let Ok(handle) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else { return };
        // The handle is of whoever has the number now: look who that is before using it.
        if Self::find(self.pid) == Some(self) {
            // It may have ended meanwhile, which is what was wanted.
            rustix::process::pidfd_send_signal(&handle, signal).ok();
        }
    }
}

/// A process below another one.
#[derive(Clone, Debug)]
pub(crate) struct Descendant {
    pub(crate) seen: Seen,
    /// 1 for a child, 2 for its children.
    pub(crate) depth: usize,
    stat: Stat,
}

impl Descendant {
    /// Whether it has ended and only waits to be reaped.
    pub(crate) fn is_zombie(&self) -> bool {
        self.stat.state == 'Z'
    }
}

/// All processes below `root`, which itself is not among them. Not atomic: repeat where it must be complete.
pub(crate) fn descendants(root: i32) -> Vec<Descendant> {
    let mut found = Vec::new();
    let mut known = HashSet::from([root]);
    let mut parents = vec![(root, 0)];
    let mut table = None;
    while let Some((parent, depth)) = parents.pop() {
        for pid in children(parent, &mut table) {
            if !known.insert(pid) {
                continue;
            }
            let Ok(stat) = Process::new(pid).and_then(|process| process.stat()) else { continue };
            parents.push((pid, depth + 1));
            found.push(Descendant { seen: Seen { pid, started: stat.starttime }, depth: depth + 1, stat });
        }
    }
    found
}

/// Children by the kernel's own list; where it keeps none, by a table of all processes that is made once.
fn children(parent: i32, table: &mut Option<HashMap<i32, Vec<i32>>>) -> Vec<i32> {
    if table.is_none()
        && let Some(listed) = listed_children(parent)
    {
        return listed;
    }
    let table = table.get_or_insert_with(|| {
        let mut table: HashMap<i32, Vec<i32>> = HashMap::new();
        for stat in all_processes().into_iter().flatten().flatten().filter_map(|process| process.stat().ok()) {
            table.entry(stat.ppid).or_default().push(stat.pid);
        }
        table
    });
    table.get(&parent).cloned().unwrap_or_default()
}

/// `None` where the kernel does not keep lists of children; empty for a process that has ended.
fn listed_children(parent: i32) -> Option<Vec<i32>> {
    let Ok(tasks) = Process::new(parent).and_then(|process| process.tasks()) else { return Some(Vec::new()) };
    let mut children = Vec::new();
    for task in tasks.flatten() {
        match task.children() {
            Ok(listed) => children.extend(listed.into_iter().filter_map(|pid| i32::try_from(pid).ok())),
            Err(_) if std::path::Path::new("/proc/thread-self/children").exists() => {}
            Err(_) => return None,
        }
    }
    Some(children)
}

/// What `processes` use together. CPU time of children that they have waited for counts, too.
pub(crate) fn usage(processes: &[Descendant]) -> Usage {
    let per_second = procfs::ticks_per_second().max(1);
    let mut usage = Usage { processes: processes.len() as u64, ..Usage::default() };
    for Descendant { stat, .. } in processes {
        let waited = u64::try_from(stat.cutime.saturating_add(stat.cstime)).unwrap_or(0);
        usage.cpu_ms += (stat.utime + stat.stime + waited) * 1000 / per_second;
        usage.memory += stat.rss * procfs::page_size();
    }
    usage
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn grandchildren_are_found_and_counted() {
        let mut shell =
            Command::new("sh").args(["-c", "cat; true"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let me = i32::try_from(std::process::id()).unwrap();
        let child = i32::try_from(shell.id()).unwrap();
        let mut below = Vec::new();
        for _ in 0..1000 {
            below = descendants(me);
            if below.iter().any(|process| process.depth == 2) {
                break;
            }
            std::thread::yield_now();
        }
        assert!(below.iter().any(|process| process.seen.pid == child && process.depth == 1));
        assert!(usage(&below).memory > 0);
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert_eq!(Seen::find(child), None);
    }

    #[test]
    fn a_process_that_got_an_old_number_is_not_signalled() {
        let mut cat = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let now = Seen::find(i32::try_from(cat.id()).unwrap()).unwrap();
        Seen { started: now.started + 1, ..now }.signal(Signal::KILL);
        drop(cat.stdin.take());
        assert!(cat.wait().unwrap().success());
    }
}
