//! The agents: whether their programs are here, run in the jail, and are logged in.

use super::finding::Finding;
use super::logins::Surroundings;
use super::machine::Sandbox;
use crate::domain::agent::AgentConfig;
use crate::project::config::Config;
use crate::shim::presets::{Operator, Toolchain};
use std::path::PathBuf;

/// One or two lines for each agent of the configuration.
pub(super) fn findings(config: &Config, operator: &Operator, sandbox: &Sandbox, logins: PathBuf) -> Vec<Finding> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let surroundings = Surroundings { is_set: &is_set, logins };
    let mut findings = Vec::new();
    for agent in config.agents.all.values() {
        let plays =
            agent.name == config.agents.default || config.agents.per_phase.values().any(|name| *name == agent.name);
        findings.push(program(agent, plays, operator, sandbox));
        findings.extend(surroundings.login(agent));
    }
    findings
}

fn program(agent: &AgentConfig, plays: bool, operator: &Operator, sandbox: &Sandbox) -> Finding {
    let about = format!("agent {}", agent.name);
    // What plays no phase may be missing until it does.
    let trouble: fn(String, String, String) -> Finding = if plays { Finding::fail } else { Finding::warn };
    let Some(path) = operator.find(&agent.program) else {
        let text = format!("{} is not found on PATH", agent.program);
        return trouble(about, text, format!("install it, or set agents.{}.program", agent.name));
    };
    if agent.kind.as_str() == "command" {
        // A program of the project's own need not know of versions.
        return Finding::ok(about, path.display().to_string());
    }
    let mut read = operator.program(&agent.program);
    read.extend(operator.toolchains(&Toolchain::ALL).read);
    let cure =
        format!("run it yourself: {} --version; what it needs to read belongs into sandbox.read", path.display());
    match sandbox.run(&path, &["--version"], read) {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let version = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no version");
            Finding::ok(about, format!("{version} ({})", path.display()))
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let why = said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing");
            trouble(about, format!("{} does not run in the jail: {why}", path.display()), cure)
        }
        Err(error) => trouble(about, error, cure),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::cli::doctor::finding::Level;
    use crate::domain::agent::AgentKind;
    use crate::domain::ids::AgentName;

    fn agent(kind: AgentKind) -> AgentConfig {
        AgentConfig {
            name: AgentName::parse("mine").unwrap(),
            kind,
            program: "/nonexistent/agent".into(),
            args: vec![],
            env: vec![],
        }
    }

    #[test]
    fn only_an_agent_that_plays_must_be_there() {
        let operator = Operator { home: "/".into(), path: vec![] };
        let level = |plays| program(&agent(AgentKind::Command), plays, &operator, &Sandbox::probe_nothing()).level;
        assert_eq!((level(true), level(false)), (Level::Fail, Level::Warn));
    }
}
