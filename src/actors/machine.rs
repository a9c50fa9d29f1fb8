//! How much memory, disk and time the machine has left.

use crate::domain::policy::Policy;
use crate::domain::schedule::Pause;
use std::fs;
use std::path::Path;

/// The floor that is reached, if one is. What cannot be measured does not hold anything up.
pub fn pause(policy: &Policy, state: &Path) -> Option<Pause> {
    if let Some(free) = free_memory()
        && free < policy.memory_floor
    {
        return Some(Pause::Memory { free });
    }
    match free_disk(state) {
        Some(free) if free < policy.disk_floor => Some(Pause::Disk { free }),
        _ => None,
    }
}

/// Bytes of memory that can be had without swapping.
pub fn free_memory() -> Option<u64> {
    memory("MemAvailable:")
}

/// Bytes of memory in all.
pub fn total_memory() -> Option<u64> {
    memory("MemTotal:")
}

fn memory(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Bytes that an ordinary user may still write on the file system of `path`.
pub fn free_disk(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail * stat.f_frsize)
}

/// Bytes of the file system of `path`.
pub fn total_disk(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_blocks * stat.f_frsize)
}

/// Processes that run or want to, on average over 1, 5 and 15 minutes.
pub fn load() -> Option<[f64; 3]> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let mut averages = text.split_whitespace().map_while(|word| word.parse().ok());
    Some([averages.next()?, averages.next()?, averages.next()?])
}
