//! `doctor`: looks at the machine, the project and the daemon, and says what would help. It needs no daemon, and changes nothing.

mod agents;
mod daemon;
mod finding;
mod logins;
mod machine;
mod processes;
mod project;

use super::client::Client;
use super::console::Console;
use super::error::CommandError;
use super::target::Target;
use crate::project::layout::home::logins_home;
use crate::shim::presets::Operator;
use finding::{Finding, Level};
use serde::Serialize;
use std::path::PathBuf;

/// What `--json` answers.
#[derive(Serialize)]
struct Report {
    healthy: bool,
    findings: Vec<Finding>,
}

pub(super) async fn run(target: &Target, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let operator = operator();
    let mut findings = project::git(&target.root, &operator);
    let project = project::Project::of(&target.root);
    findings.push(project.configuration());
    if let Ok(config) = &project.config {
        let sandbox = machine::Sandbox::probe();
        findings.extend(sandbox.findings(config));
        findings.extend(agents::findings(config, &operator, &sandbox, logins()));
        findings.extend(machine::room(project.state(), &config.policy));
    }
    findings.extend(daemon::findings(client, &project).await);
    let failed = findings.iter().filter(|finding| finding.level == Level::Fail).count();
    if console.json {
        console.value(&Report { healthy: failed == 0, findings })?;
    } else {
        let text = finding::text(&findings, &console.look);
        console.text(&text)?;
    }
    if failed == 0 { Ok(()) } else { Err(CommandError::Unhealthy { failed }) }
}

/// The shared login directories, which lie beside the state of all projects.
fn logins() -> PathBuf {
    logins_home(|name| std::env::var_os(name))
}

/// The operator's own surroundings.
fn operator() -> Operator {
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    Operator { home, path: std::env::split_paths(&path).collect() }
}
