//! Recorded streams of the agents beside Claude Code, and what each must mean.

use crate::recorded::{Agent, Recorded};
use ve::domain::agent::AgentKind;
use ve::domain::report::ProcessExit;

const CODEX: Agent = Agent { fixtures: "codex", kind: AgentKind::Codex };
const GEMINI: Agent = Agent { fixtures: "gemini", kind: AgentKind::Gemini };
const OPENCODE: Agent = Agent { fixtures: "opencode", kind: AgentKind::Opencode };
const CODEX_ACP: Agent = Agent { fixtures: "codex-acp", kind: AgentKind::Acp };

const fn finished(agent: Agent, name: &'static str, reports: &'static str, tokens: (u64, u64)) -> Recorded {
    Recorded { agent, name, exit: ProcessExit::Code(0), outcome: "finished", reports, tokens }
}

const fn failed(agent: Agent, name: &'static str, code: i32, outcome: &'static str, reports: &'static str) -> Recorded {
    Recorded { agent, name, exit: ProcessExit::Code(code), outcome, reports, tokens: (0, 0) }
}

pub const OTHERS: [Recorded; 13] = [
    finished(CODEX, "implement", "session orch.ask_operator result shell result text usage end", (120, 30)),
    finished(CODEX, "review", "session shell result orch.review_decision result text usage end", (120, 30)),
    // Codex tells 400 and 40, of which 200 and 20 were used before.
    finished(CODEX, "resumed", "session shell result text usage end", (200, 20)),
    failed(CODEX, "usage-limit", 1, "UsageLimit { resets_at: None }", "session error end"),
    failed(CODEX, "overloaded", 1, "overloaded", "session retry error end"),
    finished(
        GEMINI,
        "implement",
        "session mcp_orch_ask_operator result run_shell_command result text usage end",
        (120, 30),
    ),
    finished(
        GEMINI,
        "review",
        "session run_shell_command result mcp_orch_review_decision result text usage end",
        (120, 30),
    ),
    failed(GEMINI, "overloaded", 17, "overloaded", "session usage error end"),
    failed(GEMINI, "usage-limit", 173, "UsageLimit { resets_at: None }", "session usage error end"),
    finished(OPENCODE, "implement", "session orch_ask_operator result bash result cost text usage end", (100, 10)),
    finished(OPENCODE, "review", "session bash result orch_review_decision result cost text usage end", (100, 10)),
    finished(
        CODEX_ACP,
        "implement",
        "session text mcp.orch.ask_operator result exec_command result text usage end",
        (120, 30),
    ),
    finished(
        CODEX_ACP,
        "review",
        "session text exec_command result mcp.orch.review_decision result text usage end",
        (120, 30),
    ),
];
