//! The sandbox and the room that this machine offers.

use super::finding::Finding;
use crate::domain::policy::Policy;
use crate::project::config::{Config, SandboxMode};
use crate::shim::bounded::{Bounds, Output, run};
use crate::shim::confined::{Confined, this_program};
use crate::shim::policy::JailPolicy;
use crate::shim::probe::{Guarantees, probe};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const MIB: u64 = 1024 * 1024;

/// What a program may take that only says its version.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(20), output: 64 * 1024 };

/// The jail as this machine can build it.
pub(super) struct Sandbox {
    found: io::Result<(TempDir, Guarantees)>,
}

impl Sandbox {
    /// Goes the whole way once.
    pub(super) fn probe() -> Self {
        let found = tempfile::tempdir().and_then(|scratch| {
            let guarantees = probe(&this_program(), scratch.path(), &JailPolicy::for_system())?;
            Ok((scratch, guarantees))
        });
        Self { found }
    }

    /// What it can and cannot promise.
    pub(super) fn findings(&self, config: &Config) -> Vec<Finding> {
        if config.sandbox.mode == SandboxMode::Off {
            let cure = "set sandbox.mode = \"on\"";
            return vec![Finding::warn("sandbox", "it is off: agents can do all that you can", cure)];
        }
        let found = match &self.found {
            Ok((_, found)) => found,
            Err(error) => {
                let cure = "look whether the temporary directory can be written";
                return vec![Finding::fail("sandbox", format!("it cannot be tried: {error}"), cure)];
            }
        };
        let abi = found.landlock_abi;
        let mut findings = vec![match found.missing.len() {
            0 => Finding::ok("sandbox", format!("every guarantee holds (Landlock ABI {abi})")),
            missing => Finding::ok(
                "sandbox",
                format!("{} of {} guarantees hold", found.held.len(), found.held.len() + missing),
            ),
        }];
        findings.extend(found.missing.iter().map(|gap| {
            let (about, why) = (format!("sandbox: {}", gap.guarantee), format!("not on this machine: {}", gap.why));
            match config.sandbox.accept.iter().any(|name| name == gap.guarantee.as_str()) {
                true => Finding::warn(about, format!("{why}; accepted"), gap.cure),
                false => {
                    let cure = format!("{}; or go without: sandbox.accept = [\"{}\"]", gap.cure, gap.guarantee);
                    Finding::fail(about, why, cure)
                }
            }
        }));
        findings
    }

    /// Runs a program in the jail that may read `read` besides the system.
    pub(super) fn run(&self, program: &Path, args: &[&str], read: Vec<PathBuf>) -> Result<Output, String> {
        let (scratch, found) = self.found.as_ref().map_err(ToString::to_string)?;
        let mut policy = JailPolicy::for_system();
        policy.read.extend(read);
        policy.namespaces = found.namespaces;
        policy.accept = found.missing.iter().map(|gap| gap.guarantee).collect();
        // A program of its vendor wants to write where it is at home.
        let home = scratch.path().join("home");
        let tmp = scratch.path().join("tmp");
        for dir in [&home, &tmp] {
            std::fs::create_dir_all(dir).map_err(|error| error.to_string())?;
        }
        policy.write = vec![home.clone()];
        policy.home = home.clone();
        policy.tmp = Some(tmp);
        let confined = Confined::new(&this_program(), &policy, &scratch.path().join("policy.json"));
        let mut command = confined.map_err(|error| error.to_string())?.command(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.args(args).env("PATH", path).env("HOME", &home).env("TMPDIR", "/tmp").current_dir(&home);
        run(command, b"", BOUNDS).map_err(|error| format!("failed to {error}"))
    }
}

/// Memory and disk, beside the floors below which nothing is dispatched.
pub(super) fn room(state: &Path, policy: &Policy) -> Vec<Finding> {
    let existing = state.ancestors().find(|dir| dir.exists()).unwrap_or(Path::new("/"));
    let disk = rustix::fs::statvfs(existing).ok().map(|stat| stat.f_bavail * stat.f_frsize);
    let memory = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    vec![
        level("disk", disk, policy.disk_floor, "limits.disk_floor"),
        level("memory", memory, policy.memory_floor, "limits.memory_floor"),
    ]
}

/// The memory that can be had without swapping, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn level(about: &str, free: Option<u64>, floor: u64, key: &str) -> Finding {
    let Some(free) = free else {
        return Finding::warn(about, "it cannot be measured here", "nothing is held up for it");
    };
    let text = format!("{} MiB are free, the floor is {} MiB", free / MIB, floor / MIB);
    match free {
        free if free < floor => Finding::fail(about, text, format!("free some, or lower {key}: nothing is dispatched")),
        free if free < floor.saturating_mul(2) => Finding::warn(about, text, "free some before it stops the work"),
        _ => Finding::ok(about, text),
    }
}

#[cfg(test)]
impl Sandbox {
    /// One that was not tried.
    pub(super) fn probe_nothing() -> Self {
        Self { found: Err(io::Error::other("not tried")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn little_room_is_said_before_it_is_too_little() {
        let of = |free| level("disk", free, 100 * MIB, "limits.disk_floor").level;
        assert_eq!([Some(99 * MIB), Some(150 * MIB), Some(900 * MIB)].map(of), [Level::Fail, Level::Warn, Level::Ok]);
        assert_eq!(of(None), Level::Warn);
    }

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        assert_eq!(available("MemTotal:  100 kB\nMemAvailable:   2048 kB\n"), Some(2 * MIB));
        assert_eq!(available("MemTotal:  100 kB\n"), None);
    }
}
