//! Verbs that take a unit and little else: approve, retry, hold, release, skip, cancel, interrupt.

use super::client::{Client, segment, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::units::place;
use crate::domain::ids::ChunkName;
use crate::wire;
use crate::wire::lists::Retried;
use crate::wire::names::PhaseName;
use crate::wire::unit::WorkUnit;
use clap::Args;
use hyper::Method;

/// A verb about one chunk.
#[derive(Debug, Args)]
pub(super) struct OneChunk {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    pub(super) chunk: ChunkName,
}

/// Try all units again that need attention
#[derive(Debug, Args)]
pub(super) struct RetryAll {
    /// Only units at this phase
    #[arg(long, value_parser = PhaseName::parse)]
    phase: Option<PhaseName>,
}

/// Stop a unit's agent but keep its conversation; without a message the unit is held
#[derive(Debug, Args)]
pub(super) struct Interrupt {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// What the agent is told when it goes on, which it then does at once
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    message: Option<String>,
}

pub(super) async fn approve(args: OneChunk, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    verb(&args, "approve", "Approved", client, console).await
}

pub(super) async fn hold(args: OneChunk, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.post(&unit_path(&args.chunk, "/hold")).await?;
    console.show(&answer, |unit: &WorkUnit, look| match &unit.hold {
        Some(when) => format!("Will be held {when}: {}", place(unit, look)),
        None => format!("Held: {}", place(unit, look)),
    })
}

pub(super) async fn release(args: OneChunk, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    verb(&args, "release", "Released", client, console).await
}

pub(super) async fn skip(args: OneChunk, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    verb(&args, "skip", "Skipped to", client, console).await
}

pub(super) async fn cancel(args: OneChunk, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    verb(&args, "cancel", "Canceled", client, console).await
}

async fn verb(
    args: &OneChunk,
    path: &str,
    done: &str,
    client: &Client<'_>,
    console: &mut Console,
) -> Result<(), CommandError> {
    let answer = client.post(&unit_path(&args.chunk, &format!("/{path}"))).await?;
    console.show(&answer, |unit: &WorkUnit, look| format!("{done}: {}", place(unit, look)))
}

pub(super) async fn interrupt(args: Interrupt, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let request = wire::requests::Interrupt { message: args.message };
    let answer = client.send(Method::POST, &unit_path(&args.chunk, "/interrupt"), &request).await?;
    console.show(&answer, |unit: &WorkUnit, look| format!("Interrupted: {}", place(unit, look)))
}

pub(super) async fn retry(args: OneChunk, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.post(&unit_path(&args.chunk, "/retry")).await?;
    console.show(&answer, |unit: &WorkUnit, _| format!("Retried {}, work unit queued for fresh dispatch", unit.chunk))
}

pub(super) async fn retry_all(args: RetryAll, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let query = args.phase.map_or_else(String::new, |phase| format!("?phase={}", segment(phase.as_str())));
    let answer = client.post(&format!("/work-units/retry-all{query}")).await?;
    console.show(&answer, |retried: &Retried, _| retried_text(retried, args.phase))
}

fn retried_text(retried: &Retried, phase: Option<PhaseName>) -> String {
    if retried.chunks.is_empty() {
        let which = phase.map_or_else(|| "to retry".to_owned(), |phase| format!("at phase {phase}"));
        return format!("No NEEDS_ATTENTION work units {which}");
    }
    let mut lines = vec![format!("Retried {} work unit(s):", retried.count)];
    lines.extend(retried.chunks.iter().map(|chunk| format!("  {chunk}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phase::Phase;

    #[test]
    fn retrying_all_says_which() {
        let two = Retried { count: 2, chunks: vec!["a".into(), "b".into()] };
        assert_eq!(retried_text(&two, None), "Retried 2 work unit(s):\n  a\n  b");
        let none = Retried { count: 0, chunks: vec![] };
        assert_eq!(retried_text(&none, None), "No NEEDS_ATTENTION work units to retry");
        assert_eq!(
            retried_text(&none, Some(PhaseName(Phase::Review))),
            "No NEEDS_ATTENTION work units at phase REVIEW"
        );
    }
}
