//! `demo`: a throw-away project with a few chunks, run by a scripted agent to the end, and an honest account of what happened.
//!
//! Two processes: the outer one owns the temporary directory and removes it whatever happens; the inner one, which this program starts of
//! itself, lives wholly in there, with a home of its own, and is where a daemon is started, used and stopped as an operator would.

mod account;
mod agent;
mod ask;
mod git;
mod place;
mod progress;
mod project;
mod records;
mod run;
mod script;
mod signals;

pub use agent::agent_main;

use super::console::Console;
use super::error::CommandError;
use super::lifecycle::Lifecycle;
use clap::Args;
use place::Place;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long processes of a demo that was stopped get to be gone.
const GONE: Duration = Duration::from_secs(5);

/// Run a small throw-away project with a scripted agent, and see what happens
///
/// Makes a project in a temporary directory, with chunks that depend on each other, two that change the same file, one that asks you,
/// one whose agent crashes, one that a review sends back and one that has to wait for the account's allowance. Takes about ten seconds, needs git and no model, and leaves nothing behind.
/// Exits with 1 if anything went otherwise than promised.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Keep the project and the daemon's state, and say where they are
    #[arg(long)]
    keep: bool,
    /// The directory of the inner process.
    #[arg(long, hide = true, value_name = "DIR")]
    inside: Option<PathBuf>,
}

/// Runs the demo, or its inner process.
pub(super) fn run(args: Demo, lifecycle: &dyn Lifecycle, console: &mut Console) -> Result<(), CommandError> {
    match args.inside {
        Some(root) => run::inside(&Place::new(root), lifecycle, console),
        None => outside(args.keep, lifecycle, console),
    }
}

fn outside(keep: bool, lifecycle: &dyn Lifecycle, console: &mut Console) -> Result<(), CommandError> {
    let dir = tempfile::Builder::new().prefix("ve-demo-").tempdir()?;
    let place = Place::new(dir.path().canonicalize()?);
    for path in [place.project(), place.root().join("home")] {
        std::fs::create_dir_all(path)?;
    }
    let status = inner(&place, console.json);
    let swept = sweep(&place, lifecycle);
    if keep {
        let kept = dir.keep();
        console.note(&format!(
            "\nKept in {0}. Look around with: cd {0}/project && git log --graph\nRemove it with: rm -rf {0}",
            kept.display()
        ))?;
    } else {
        dir.close()?;
    }
    swept?;
    match status?.code() {
        Some(0) => Ok(()),
        code => Err(CommandError::Told { code: code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1) }),
    }
}

/// Starts this program again, living in `place`, and waits for its end, whatever signals arrive meanwhile.
fn inner(place: &Place, json: bool) -> Result<ExitStatus, CommandError> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.args(["orch", "demo", "--inside"]).arg(place.root());
    if json {
        command.arg("--json");
    }
    place.settle(&mut command);
    signals::runtime()?.block_on(signals::wait(command.into()))
}

/// Stops a daemon that an inner process left, and makes sure that nothing runs any more.
fn sweep(place: &Place, lifecycle: &dyn Lifecycle) -> Result<(), CommandError> {
    if lifecycle.probe(&place.project()).is_some() {
        lifecycle.stop(&place.project())?;
    }
    let left = gone(place);
    if left.is_empty() { Ok(()) } else { Err(CommandError::LeftBehind { processes: left.join(", ") }) }
}

/// The processes that are still there after the time they get to end.
fn gone(place: &Place) -> Vec<String> {
    let deadline = Instant::now() + GONE;
    loop {
        let left = place.processes();
        if left.is_empty() || Instant::now() >= deadline {
            return left;
        }
        let tick = rustix::event::Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        // Only passes the time: the next look tells.
        rustix::event::poll(&mut [], Some(&tick)).ok();
    }
}
