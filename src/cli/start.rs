//! `start`, `stop`, `restart`.

use super::console::Console;
use super::error::CommandError;
use super::lifecycle::{Lifecycle, StartOptions, Started};
use super::target::Target;
use clap::Args;
use serde_json::json;

/// How a daemon is started.
#[derive(Debug, Args)]
pub(super) struct Start {
    /// TCP port of the dashboard, 0 for any free one; otherwise the one it had, or 7845, or a free one
    #[arg(long)]
    port: Option<u16>,
    /// Address to listen at; otherwise 127.0.0.1
    #[arg(long)]
    host: Option<String>,
    /// Dispatch nothing until "ve orch resume"
    #[arg(long)]
    paused: bool,
    /// Stay in this process, as service managers and containers want it
    #[arg(long)]
    foreground: bool,
}

impl Start {
    fn options(self, target: &Target) -> StartOptions {
        let Start { port, host, paused, foreground } = self;
        StartOptions { project_dir: target.root.clone(), host, port, paused, foreground }
    }
}

pub(super) fn start(
    args: Start,
    target: &Target,
    lifecycle: &dyn Lifecycle,
    console: &mut Console,
) -> Result<(), CommandError> {
    let options = args.options(target);
    let started = lifecycle.start(&options)?;
    if options.foreground {
        return Ok(());
    }
    tell(&started, "started", console)
}

pub(super) fn restart(
    args: Start,
    target: &Target,
    lifecycle: &dyn Lifecycle,
    console: &mut Console,
) -> Result<(), CommandError> {
    let started = lifecycle.restart(&args.options(target))?;
    tell(&started, "restarted", console)
}

pub(super) fn stop(target: &Target, lifecycle: &dyn Lifecycle, console: &mut Console) -> Result<(), CommandError> {
    let stopped = lifecycle.stop(&target.root)?;
    if console.json {
        return console.value(&json!({ "was_running": stopped.was_running }));
    }
    console.text(if stopped.was_running { "Orchestrator daemon stopped" } else { "Orchestrator daemon is not running" })
}

fn tell(started: &Started, verb: &str, console: &mut Console) -> Result<(), CommandError> {
    let Started { pid, host, port } = started;
    if console.json {
        return console.value(&json!({ "pid": pid, "host": host, "port": port }));
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    console.text(&format!(
        "Orchestrator daemon {verb} (PID {pid})\nDashboard available at http://{host}:{port}/ (link with access: ve orch url)"
    ))
}
