//! Attempts that do nothing, and what the jail adds to a process.

use crate::machine::lasts;
use crate::project::{Project, chunk, within};
use crate::table::{self, Samples};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tempfile::TempDir;
use ve::domain::ids::UnitId;
use ve::domain::workspace::UnitPaths;
use ve::shim::confined::Confined;
use ve::shim::policy::JailPolicy;
use ve::shim::presets::Toolchains;

const UNITS: usize = 40;
const SLOTS: usize = 4;
const TIMES: usize = 100;

pub fn run() {
    let jail = Jail::new();
    let plain = Samples::of(TIMES, || {
        lasts(&mut Command::new("/bin/true"));
    });
    let jailed = Samples::of(TIMES, || {
        lasts(&mut jail.command());
    });
    table::time("/bin/true in the jail", jailed.median(), "/bin/true", plain.median());

    let project = Project::new(UNITS, "true", "max_review = 4");
    project.start(&[]);
    let begun = Instant::now();
    let chunks: Vec<String> = (0..UNITS).map(chunk).collect();
    let body = serde_json::json!({ "chunks": chunks }).to_string();
    project.connect().post("/work-units/inject-batch", &body).unwrap();
    within("all units are parked", || {
        let parked = project.get("/work-units?status=NEEDS_ATTENTION")["count"].as_u64()?;
        (parked == UNITS as u64).then_some(())
    });
    let elapsed = begun.elapsed().as_secs_f64();
    let of = |chunk: &String| {
        let attempts = project.get(&format!("/work-units/{chunk}/attempts"));
        attempts["attempts"].as_array().unwrap().len()
    };
    let attempts: usize = chunks.iter().map(of).sum();
    let floor = jail.through_slots(attempts);
    let what = format!("attempts that do nothing, 4 slots, {UNITS} units");
    table::rate(&what, attempts as f64 / elapsed, "jailed /bin/true, 4 at a time", floor);
}

/// A jail as units have it.
struct Jail {
    place: TempDir,
    confined: Confined,
}

impl Jail {
    fn new() -> Self {
        let place = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let unit = UnitPaths::new(&place.path().canonicalize().unwrap(), UnitId(1));
        for path in [unit.worktree(), unit.git(), unit.home(), unit.tmp()] {
            std::fs::create_dir_all(path).unwrap();
        }
        let policy = JailPolicy::for_unit(&unit, &[], &Toolchains::default());
        let program = Path::new(env!("CARGO_BIN_EXE_ve"));
        let confined = Confined::new(program, &policy, &place.path().join("policy.json")).unwrap();
        Self { place, confined }
    }

    fn command(&self) -> Command {
        let mut command = self.confined.command("/bin/true");
        command.current_dir(self.place.path());
        command
    }

    /// How many a second run, each in its slot after the other.
    fn through_slots(&self, count: usize) -> f64 {
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for slot in 0..SLOTS {
                scope.spawn(move || {
                    (slot..count).step_by(SLOTS).for_each(|_| {
                        lasts(&mut self.command());
                    })
                });
            }
        });
        count as f64 / begun.elapsed().as_secs_f64()
    }
}
