//! `inject`: chunks become units. The daemon reads their documents and puts them in order.

use super::client::Client;
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use crate::domain::ids::ChunkName;
use crate::wire::board::Board;
use crate::wire::lists::{Injected, InjectedBatch};
use crate::wire::names::{PhaseName, StatusName};
use crate::wire::requests::InjectBatch;
use clap::Args;
use hyper::Method;

/// Hand chunks to the orchestrator, all of them or, if one is refused, none
#[derive(Debug, Args)]
pub(super) struct Inject {
    /// The chunks: x, chunks/x or docs/chunks/x
    #[arg(required_unless_present = "future", value_name = "CHUNK", value_parser = ChunkName::from_argument)]
    chunks: Vec<ChunkName>,
    /// All chunks of the base branch whose status is FUTURE and that are no units yet
    #[arg(long, visible_alias = "proposed", conflicts_with = "chunks")]
    future: bool,
    /// Start with this phase instead of the first one whose document is missing
    #[arg(long, value_parser = PhaseName::parse)]
    phase: Option<PhaseName>,
    /// Higher goes first
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    priority: i32,
    /// Keep the worktree after landing
    #[arg(long)]
    retain: bool,
    /// Wait for a release before anything starts
    #[arg(long)]
    hold: bool,
}

pub(super) async fn run(args: Inject, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let Inject { chunks, future, phase, priority, retain, hold } = args;
    let chunks = if future { planned(client).await? } else { chunks };
    if chunks.is_empty() {
        return console
            .show(&client.get("/board").await?, |_: &Board, _| "No FUTURE chunk is left to inject".to_owned());
    }
    if chunks.len() > 1 && !console.json {
        console.text(&format!("Reading dependencies for {} chunks...", chunks.len()))?;
    }
    let request = InjectBatch { chunks, phase, priority, retain_worktree: retain, hold };
    let answer = client.send(Method::POST, "/work-units/inject-batch", &request).await?;
    console.show(&answer, text)?;
    let batch: InjectedBatch = answer.read()?;
    for warning in warnings(&batch) {
        console.note(&warning)?;
    }
    Ok(())
}

/// The chunks that wait in the project, as the base branch has them.
async fn planned(client: &Client<'_>) -> Result<Vec<ChunkName>, CommandError> {
    let board: Board = client.get("/board").await?.read()?;
    Ok(board.backlog.iter().filter_map(|planned| ChunkName::from_argument(&planned.chunk).ok()).collect())
}

fn text(batch: &InjectedBatch, _: &Look) -> String {
    let mut lines: Vec<String> = batch.results.iter().map(injected).collect();
    if lines.len() > 1 {
        lines.push(format!("Injected {} chunks in dependency order", lines.len()));
    }
    lines.join("\n")
}

fn injected(result: &Injected) -> String {
    let unit = &result.unit;
    let mut text = format!("Injected: {} [{}] priority={}", unit.chunk, unit.phase, unit.priority);
    if unit.status == StatusName::Pending {
        text.push_str(" held");
    }
    if !unit.blocked_by.is_empty() {
        text.push_str(&format!(" blocked_by=[{}]", unit.blocked_by.join(", ")));
    }
    if unit.retain_worktree {
        text.push_str(" retain=True");
    }
    text
}

fn warnings(batch: &InjectedBatch) -> Vec<String> {
    let of = |result: &Injected| -> Vec<String> {
        result.warnings.iter().map(|warning| format!("Warning: {}: {warning}", result.unit.chunk)).collect()
    };
    batch.results.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::units::tests::unit;

    #[test]
    fn every_chunk_has_a_line_in_the_order_of_the_daemon() {
        let mut second = unit("login");
        second.blocked_by = vec!["schema".into(), "users".into()];
        second.retain_worktree = true;
        let first = Injected { unit: unit("schema"), warnings: vec!["no plan yet".into()] };
        let batch = InjectedBatch { results: vec![first, Injected { unit: second, warnings: vec![] }] };
        insta::assert_snapshot!(text(&batch, &Look::plain()), @r#"
        Injected: schema [PLAN] priority=0
        Injected: login [PLAN] priority=0 blocked_by=[schema, users] retain=True
        Injected 2 chunks in dependency order
        "#);
        assert_eq!(warnings(&batch), ["Warning: schema: no plan yet"]);
    }

    #[test]
    fn one_chunk_needs_no_summary() {
        let batch = InjectedBatch { results: vec![Injected { unit: unit("schema"), warnings: vec![] }] };
        assert_eq!(text(&batch, &Look::plain()), "Injected: schema [PLAN] priority=0");
    }
}
