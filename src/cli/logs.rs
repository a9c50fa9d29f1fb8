//! `logs`: the raw output of an attempt, byte for byte.

use super::client::{Client, unit_path};
use super::console::Console;
use super::error::CommandError;
use crate::domain::ids::ChunkName;
use crate::wire::attempts::{Attempt, Attempts};
use crate::wire::names::PhaseName;
use clap::Args;

/// Print the raw output of an attempt, the last one if nothing says which
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// The attempt of this number
    #[arg(long, value_name = "N")]
    attempt: Option<i64>,
    /// The last attempt at this phase
    #[arg(long, value_parser = PhaseName::parse, conflicts_with = "attempt")]
    phase: Option<PhaseName>,
}

pub(super) async fn run(args: Logs, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let number = match args.attempt {
        Some(number) => number,
        None => {
            let answer = client.get(&unit_path(&args.chunk, "/attempts")).await?;
            last(&answer.read()?, args.phase).ok_or_else(|| CommandError::Nothing {
                message: format!("No logs yet for chunk '{}'", args.chunk),
                hint: "see whether it has started with: ve orch explain",
            })?
        }
    };
    let mut pieces = client.stream(&unit_path(&args.chunk, &format!("/log?attempt={number}"))).await?;
    while let Some(piece) = pieces.next().await? {
        console.raw(&piece)?;
    }
    Ok(())
}

fn last(attempts: &Attempts, phase: Option<PhaseName>) -> Option<i64> {
    let fits = |attempt: &&Attempt| phase.is_none_or(|phase| attempt.phase == phase);
    attempts.attempts.iter().filter(fits).map(|attempt| attempt.number).max()
}
