//! The configuration of a project: what `ve.toml`, `.ve/config.toml` and the stored settings say, checked and merged.
//!
//! Nothing is read from disk here: callers bring the texts, and get a [`Config`] or an error that names file, line and key.

mod build;
pub mod error;
pub mod layers;
mod model;
mod permissions;
pub mod sensitive;
pub mod settings;
pub mod sources;
mod values;
pub mod words;

use crate::domain::agent::AgentConfig;
use crate::domain::gate::Gates;
use crate::domain::ids::{AgentName, BranchName};
use crate::domain::phase::{Phase, Phases};
use crate::domain::policy::Policy;
use crate::domain::rules::Rules;
use layers::Origin;
use std::collections::BTreeMap;

/// All that can be configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Limits, delays and styles.
    pub policy: Policy,
    /// Where units are cut and where they land.
    pub base: BaseSpec,
    /// The phases of this project.
    pub phases: Phases,
    /// Who plays the agent.
    pub agents: Agents,
    /// A shell command that prepares a fresh worktree.
    pub setup: Option<String>,
    /// Commands that judge the work.
    pub gates: Gates,
    /// Whether what has landed is pushed to `origin`; only with a base there.
    pub push: bool,
    /// What agents can reach.
    pub sandbox: Sandbox,
    /// Where the daemon listens.
    pub listen: Listen,
    /// Directory for the state of all projects, as written: see [`super::layout::home::state_home`].
    pub state_dir: Option<String>,
    /// Where each value comes from; keys that are not here have their default.
    origins: BTreeMap<String, Origin>,
}

/// Where units are cut and where they land.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseSpec {
    /// The branch that is checked out at dispatch.
    Current,
    /// This local branch.
    Branch(BranchName),
    /// Cut from this branch of `origin` as fetched; landed on the local branch of the same name.
    Origin(BranchName),
}

/// Who plays the agent. The agents named here are all in `all`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agents {
    /// Plays every phase that has no agent of its own.
    pub default: AgentName,
    /// Agents of single phases.
    pub per_phase: BTreeMap<Phase, AgentName>,
    /// Every agent, by name.
    pub all: BTreeMap<AgentName, AgentConfig>,
}

impl Agents {
    /// The agent that plays `phase`.
    pub fn of_phase(&self, phase: Phase) -> Option<&AgentConfig> {
        self.all.get(self.per_phase.get(&phase).unwrap_or(&self.default))
    }
}

impl Config {
    /// What of all this decides.
    pub fn rules(&self) -> Rules {
        Rules {
            policy: self.policy.clone(),
            phases: self.phases.clone(),
            setup: self.setup.clone(),
            gates: self.gates.clone(),
            default_agent: self.agents.default.clone(),
            agents: self.agents.per_phase.clone(),
            accounts: BTreeMap::new(),
        }
    }
}

/// What agents can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// Whether there is one.
    pub mode: SandboxMode,
    /// Paths to read beside the system's, as written.
    pub read: Vec<String>,
    /// Paths to write.
    pub write: Vec<String>,
    /// Paths to write into a copy that only the unit sees.
    pub cow: Vec<String>,
    /// Paths hidden although they lie in a readable one.
    pub mask: Vec<String>,
    /// Names of guarantees that may be missing on this machine.
    pub accept: Vec<String>,
    /// Presets of paths for toolchains; `auto` finds out.
    pub toolchains: Vec<String>,
    /// Whose objects are read inside.
    pub objects: SharedObjects,
}

/// Whose objects the agents of a unit can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedObjects {
    /// All of the operator's.
    Shared,
    /// What the unit's base reaches, and what it makes.
    Own,
}

/// Whether agents are confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SandboxMode {
    /// They are; what the machine cannot guarantee is refused.
    On,
    /// They are not, and permissions go to the operator.
    Off,
}

/// Where the daemon listens beside its socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Address.
    pub host: String,
    /// TCP port to try first.
    pub port: u16,
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
