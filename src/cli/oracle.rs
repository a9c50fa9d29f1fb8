//! `oracle stats`: how good the conflict oracle is.

use super::client::Client;
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use crate::wire::conflicts::{OracleStats, StageStats};
use clap::{Args, Subcommand};

/// Ask about the conflict oracle itself
#[derive(Debug, Args)]
pub(super) struct Oracle {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show how often it was right, per stage of knowledge
    Stats,
}

pub(super) async fn run(args: Oracle, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    match args.verb {
        Verb::Stats => {
            let answer = client.get("/oracle/stats").await?;
            console.show(&answer, table)
        }
    }
}

fn table(stats: &OracleStats, look: &Look) -> String {
    if stats.all.predictions == 0 {
        return "No predictions yet: they are made for pairs of which at least one is under way".to_owned();
    }
    let columns = [
        ("STAGE", 10),
        ("MADE", 5),
        ("SETTLED", 8),
        ("CONFLICTS", 10),
        ("FORESEEN", 9),
        ("FALSE ALARMS", 13),
        ("PRECISION", 10),
        ("RECALL", 7),
        ("BRIER", 0),
    ];
    let mut table = Table::new(&columns);
    for row in stats.stages.iter().chain([&stats.all]) {
        table.row(cells(row));
    }
    table.render(80, look)
}

fn cells(row: &StageStats) -> Vec<String> {
    let part = |part: Option<f64>| part.map_or_else(|| "-".to_owned(), |part| format!("{part:.2}"));
    let counts =
        [row.predictions, row.settled, row.conflicts, row.foreseen, row.false_alarms].map(|count| count.to_string());
    let parts = [row.precision, row.recall, row.brier].map(part);
    [row.stage.clone()].into_iter().chain(counts).chain(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_a_dash() {
        let stage = |stage: &str, settled, precision| StageStats {
            stage: stage.into(),
            predictions: 4,
            settled,
            conflicts: 1,
            foreseen: 1,
            false_alarms: 1,
            precision,
            recall: precision,
            brier: precision,
        };
        let stats = OracleStats {
            all: stage("ALL", 3, Some(0.5)),
            stages: vec![stage("PLAN", 0, None), stage("LIVE", 3, Some(0.5))],
        };
        insta::assert_snapshot!(table(&stats, &Look::plain()), @r"
        STAGE      MADE  SETTLED  CONFLICTS  FORESEEN  FALSE ALARMS  PRECISION  RECALL  BRIER
        -------------------------------------------------------------------------------------
        PLAN       4     0        1          1         1             -          -       -
        LIVE       4     3        1          1         1             0.50       0.50    0.50
        ALL        4     3        1          1         1             0.50       0.50    0.50
        ");
    }
}
