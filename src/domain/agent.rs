//! Which program plays the agent, as configured.

use super::ids::AgentName;

/// A protocol that an adapter speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentKind {
    /// Claude Code, stream-json both ways.
    Claude,
    /// Any program that speaks the Agent Client Protocol.
    Acp,
    /// Codex, one turn per process.
    Codex,
    /// `OpenCode` over the Agent Client Protocol.
    Opencode,
    /// Gemini CLI, one turn per process.
    Gemini,
    /// Cursor's command line, one turn per process.
    Cursor,
    /// Any program that speaks the `command` protocol.
    Command,
}

impl AgentKind {
    /// Every kind, in the order they are listed to operators.
    pub const ALL: [AgentKind; 7] = [
        AgentKind::Claude,
        AgentKind::Acp,
        AgentKind::Codex,
        AgentKind::Opencode,
        AgentKind::Gemini,
        AgentKind::Cursor,
        AgentKind::Command,
    ];

    /// The kind as configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            AgentKind::Claude => "claude",
            AgentKind::Acp => "acp",
            AgentKind::Codex => "codex",
            AgentKind::Opencode => "opencode",
            AgentKind::Gemini => "gemini",
            AgentKind::Cursor => "cursor",
            AgentKind::Command => "command",
        }
    }

    /// The kind that configuration names `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The program of the vendor, where the kind has one.
    pub fn program(self) -> Option<&'static str> {
        match self {
            AgentKind::Cursor => Some("cursor-agent"),
            AgentKind::Acp | AgentKind::Command => None,
            AgentKind::Claude | AgentKind::Codex | AgentKind::Opencode | AgentKind::Gemini => Some(self.as_str()),
        }
    }

    /// Whether it can ask the operator for what it may not do by itself. What runs one turn cannot: it refuses by its own rules. A program of the
    /// `command` protocol has no rules that we know of.
    pub fn can_ask(self) -> bool {
        !matches!(self, AgentKind::Codex | AgentKind::Gemini | AgentKind::Cursor)
    }

    /// Whether our tools reach its model: as tools, not as lines that it prints.
    pub fn has_tools(self) -> bool {
        self != AgentKind::Command
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
