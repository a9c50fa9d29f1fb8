//! What the kernel says of a process.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// A process.
#[derive(Clone, Copy)]
pub struct Process(pub u32);

/// What a process has used so far.
#[derive(Clone, Copy)]
pub struct Used {
    /// User and system time, children that it waited for among it.
    pub cpu: Duration,
    /// Page faults of children it waited for: no program starts without some, so that equal figures mean that none ended.
    pub faults_of_children: u64,
}

impl Process {
    /// Resident memory in bytes.
    pub fn resident(self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Its memory in bytes, of shared pages its part.
    pub fn share(self) -> u64 {
        let map = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0)).unwrap_or_default();
        let line = map.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("0 kB");
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Whether its command line or its environment contains `text`.
    pub fn mentions(self, text: &str) -> bool {
        ["cmdline", "environ"].iter().any(|file| {
            let bytes = fs::read(format!("/proc/{}/{file}", self.0)).unwrap_or_default();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    /// What it has used.
    pub fn used(self) -> Used {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        let field = |number: usize| fields[number - 3].parse::<u64>().unwrap();
        // Linux shows times to programs in hundredths of a second, whatever its own clock does.
        let cpu = Duration::from_millis((14..=17).map(field).sum::<u64>() * 10);
        Used { cpu, faults_of_children: field(11) + field(13) }
    }

    /// The process that started it.
    pub fn parent(self) -> Process {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        Process(status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim().parse().unwrap())
    }

    /// Its children that live.
    pub fn children(self) -> Vec<u32> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0)).unwrap().flatten();
        let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>()).collect()
    }
}

/// All processes.
pub fn all() -> impl Iterator<Item = Process> {
    fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Process))
}

/// How long a program runs as a whole process.
pub fn lasts(command: &mut Command) -> Duration {
    let begun = std::time::Instant::now();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    begun.elapsed()
}
