//! `gates`: what must be green before work lands, and how it went.

use super::client::Client;
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use super::render::words::{elapsed, given, moment};
use crate::wire;
use crate::wire::attempts::Attempt;
use clap::Args;

/// Show the commands that must be green before work lands, and how they went
#[derive(Debug, Args)]
pub(super) struct Gates {
    /// How far back, in hours
    #[arg(long, value_name = "N", default_value_t = 168)]
    hours: u32,
}

pub(super) async fn run(args: Gates, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get(&format!("/gates?hours={}", args.hours)).await?;
    console.show(&answer, text)
}

fn text(gates: &wire::gates::Gates, look: &Look) -> String {
    let configured = [
        ("In the unit's worktree, before it lands:", &gates.worker),
        ("On exactly the tree that would land:", &gates.integration),
    ];
    let listed = |(title, commands): &(&str, &Vec<String>)| {
        let lines = commands.iter().enumerate().map(|(at, command)| format!("  {}. {command}", at + 1));
        [(*title).to_owned()].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    };
    let mut parts: Vec<String> = configured.iter().filter(|(_, commands)| !commands.is_empty()).map(listed).collect();
    if parts.is_empty() {
        parts.push("No gates are configured: what is reviewed lands. Set gates.integration in ve.toml".to_owned());
    }
    parts.push(if gates.attempts.is_empty() { "None has run lately".to_owned() } else { table(gates, look) });
    parts.join("\n\n")
}

fn table(gates: &wire::gates::Gates, look: &Look) -> String {
    let columns =
        [("TIME", 0), ("CHUNK", 0), ("ATTEMPT", 0), ("RESULT", 9), ("TOOK", 6), ("COMMIT", 9), ("COMMAND", 0)];
    let mut table = Table::new(&columns);
    for gate in &gates.attempts {
        let attempt = &gate.attempt;
        table.row(vec![
            moment(attempt.started_at, look),
            gate.chunk.clone(),
            attempt.number.to_string(),
            result(attempt).to_owned(),
            given(took(attempt)),
            given(attempt.judges.as_ref().map(|commit| commit.chars().take(9).collect())),
            given(attempt.command.clone()),
        ]);
    }
    table.render(80, look)
}

/// What a gate's end says about the work; one that was cut short says nothing.
fn result(attempt: &Attempt) -> &'static str {
    match attempt.outcome.as_deref() {
        None => "at work",
        Some("finished") => "green",
        Some("interrupted") => "cut short",
        Some(_) => "red",
    }
}

fn took(attempt: &Attempt) -> Option<String> {
    let span = attempt.ended_at?.to_jiff().duration_since(attempt.started_at.to_jiff());
    Some(elapsed(span.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;
    use crate::wire::attempts::Usage;
    use crate::wire::timeline::Attempted;

    fn gate(chunk: &str, command: Option<&str>, ended: Option<i64>, outcome: Option<&str>) -> Attempted {
        let attempt = Attempt {
            number: 5,
            id: "u".into(),
            kind: "integration gate".into(),
            phase: Phase::Complete.into(),
            agent: None,
            agent_version: None,
            status: "ended".into(),
            pid: None,
            session_id: None,
            started_at: Timestamp(0).into(),
            ended_at: ended.map(|seconds| Timestamp::from_seconds(seconds).into()),
            outcome: outcome.map(str::to_owned),
            error: None,
            usage: Usage::default(),
            cost_usd: 0.0,
            command: command.map(str::to_owned),
            judges: command.map(|_| "0123456789abcdef".to_owned()),
            log: None,
        };
        Attempted { chunk: chunk.into(), attempt }
    }

    #[test]
    fn commands_then_how_they_went() {
        let mut gates = wire::gates::Gates {
            worker: vec!["cargo fmt --check".into()],
            integration: vec!["cargo test".into(), "cargo doc".into()],
            since: Timestamp(0).into(),
            attempts: vec![
                gate("login", Some("cargo test"), None, None),
                gate("search", Some("cargo test"), Some(90), Some("failed")),
                gate("search", Some("cargo fmt --check"), Some(2), Some("finished")),
                gate("older", None, Some(2), Some("interrupted")),
            ],
        };
        insta::assert_snapshot!(text(&gates, &Look::plain()), @r"
        In the unit's worktree, before it lands:
          1. cargo fmt --check

        On exactly the tree that would land:
          1. cargo test
          2. cargo doc

        TIME                    CHUNK  ATTEMPT RESULT    TOOK   COMMIT    COMMAND
        -----------------------------------------------------------------------------------
        1970-01-01 00:00:00 UTC login  5       at work   -      012345678 cargo test
        1970-01-01 00:00:00 UTC search 5       red       2m     012345678 cargo test
        1970-01-01 00:00:00 UTC search 5       green     2s     012345678 cargo fmt --check
        1970-01-01 00:00:00 UTC older  5       cut short 2s     -         -
        ");
        gates.worker.clear();
        gates.integration.clear();
        gates.attempts.clear();
        insta::assert_snapshot!(text(&gates, &Look::plain()), @r"
        No gates are configured: what is reviewed lands. Set gates.integration in ve.toml

        None has run lately
        ");
    }
}
