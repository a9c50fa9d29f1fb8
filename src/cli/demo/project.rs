//! Makes the demo's project: a git repository with a few files, the chunks, and the configuration of its daemon.

use super::git::git;
use super::place::Place;
use super::script::{BRANCH, Plan, TASKS, Task};
use crate::cli::error::CommandError;
use std::fs;
use std::path::Path;

/// Names the program that plays the agent instead of the one in this binary. Hidden: it is for proving that the account notices an agent
/// that does not do its work, from outside, so that nothing in here has to know how to fail.
const OTHER_AGENT: &str = "VE_DEMO_AGENT";

const README: &str = "# Greeter\n\nA very small program that `ve orch demo` lets agents write.\n";
const STYLE: &str = "# How greetings look.\n";
/// The integration gate: what would land has to be valid shell.
const CHECK: &str = "for file in src/*.sh; do\n    sh -n \"$file\" || exit 1\ndone\n";

/// What confines the demo's agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confinement {
    /// The sandbox, with all of its guarantees.
    Sandbox,
    /// Nothing, for this machine cannot give them.
    Nothing,
}

/// Makes the project at `place`.
pub(super) fn make(place: &Place, confinement: Confinement) -> Result<(), CommandError> {
    let root = place.project();
    let file = |path: &str, text: &str| write(&root.join(path), text);
    file("README.md", README)?;
    file("check.sh", CHECK)?;
    file("src/style.sh", STYLE)?;
    for task in &TASKS {
        file(&document(task, "GOAL.md"), &task.goal_document())?;
        if task.plan == Plan::Written {
            file(&document(task, "PLAN.md"), &task.plan_document())?;
        }
    }
    git(&root, &["init", "--quiet", "--template="])?;
    git(&root, &["symbolic-ref", "HEAD", &format!("refs/heads/{BRANCH}")])?;
    for (key, value) in [("user.name", "Demo"), ("user.email", "demo@localhost"), ("commit.gpgSign", "false")] {
        git(&root, &["config", key, value])?;
    }
    git(&root, &["add", "--all"])?;
    git(&root, &["commit", "--quiet", "--message", "A greeter that cannot greet yet"])?;
    write(&root.join(".ve/config.toml"), &configuration(place, confinement)?)
}

/// The path of a chunk's document in the project.
pub(super) fn document(task: &Task, name: &str) -> String {
    format!("docs/chunks/{}/{name}", task.chunk)
}

/// The floors are low: a demo needs a few megabytes, and a small machine should be able to show it. Nobody wants to wait for long here.
fn configuration(place: &Place, confinement: Confinement) -> Result<String, CommandError> {
    let own = std::env::current_exe()?;
    let program = std::env::var_os(OTHER_AGENT).map_or_else(|| own.clone(), Into::into);
    let mode = match confinement {
        Confinement::Sandbox => "on",
        Confinement::Nothing => "off",
    };
    let (state, own, program) = (quoted(&place.state()), quoted(&own), quoted(&program));
    Ok(format!(
        "base = \"{BRANCH}\"\nstate_dir = {state}\n\n[limits]\nmemory_floor = \"64MB\"\ndisk_floor = \"64MB\"\nresume_jitter = \"500ms\"\nresume_stagger = \"100ms\"\n\n\
         [agents]\ndefault = \"scripted\"\n\n[agents.scripted]\nkind = \"command\"\nprogram = {program}\nargs = [\"orch\", \"__demo-agent\"]\n\n\
         [gates]\nintegration = [\"sh check.sh\"]\n\n[sandbox]\nmode = \"{mode}\"\nread = [{own}]\n"
    ))
}

/// A path as TOML writes text.
fn quoted(path: &Path) -> String {
    toml::Value::String(path.display().to_string()).to_string()
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    Ok(fs::write(path, text)?)
}
