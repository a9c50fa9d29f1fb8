//! Which program plays the agent, as configured.

use super::ids::AgentName;

/// A protocol that an adapter speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentKind {
    /// Claude Code, stream-json both ways.
    Claude,
    /// Any program that speaks the `command` protocol.
    Command,
}

impl AgentKind {
    /// Every kind, in the order they are listed to operators.
    pub const ALL: [AgentKind; 2] = [AgentKind::Claude, AgentKind::Command];

    /// The kind as configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            AgentKind::Claude => "claude",
            AgentKind::Command => "command",
        }
    }

    /// The kind that configuration names `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A named agent: what `[agents.<name>]` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentConfig {
    /// Its name in the configuration.
    pub name: AgentName,
    /// The protocol it speaks.
    pub kind: AgentKind,
    /// A program on `PATH`, or a path.
    pub program: String,
    /// Arguments before those of the adapter.
    pub args: Vec<String>,
    /// Environment beside what the adapter allows, values already expanded.
    pub env: Vec<(String, String)>,
}
