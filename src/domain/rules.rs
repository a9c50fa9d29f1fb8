//! What a project's configuration says that decides: limits, phases, which agent plays which phase, which commands run beside them.

use super::gate::Gates;
use super::ids::AgentName;
use super::phase::{Phase, Phases};
use super::policy::Policy;
use std::collections::BTreeMap;

/// The rules a transition and a plan are made by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Limits and delays.
    pub policy: Policy,
    /// The phases in use.
    pub phases: Phases,
    /// The shell command that runs before a unit's first agent.
    pub setup: Option<String>,
    /// What must be green on the way home.
    pub gates: Gates,
    /// The agent of every phase that has none of its own.
    pub default_agent: AgentName,
    /// Agents of single phases.
    pub agents: BTreeMap<Phase, AgentName>,
    /// The account of every agent that shares one with an agent of another name.
    pub accounts: BTreeMap<AgentName, AgentName>,
}

impl Rules {
    /// The agent that plays `phase`.
    pub fn agent_for(&self, phase: Phase) -> &AgentName {
        self.agents.get(&phase).unwrap_or(&self.default_agent)
    }

    /// The account that `agent` works on.
    pub fn account_of<'a>(&'a self, agent: &'a AgentName) -> &'a AgentName {
        self.accounts.get(agent).unwrap_or(agent)
    }
}
