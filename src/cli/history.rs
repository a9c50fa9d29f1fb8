//! `history`: every change of a unit's status, with who and why.

use super::client::{Client, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use super::render::words::{given, moment};
use crate::domain::ids::ChunkName;
use crate::wire;
use crate::wire::lists::HistoryEntry;
use clap::Args;

/// Show every change of a unit's status, with who and why
#[derive(Debug, Args)]
pub(super) struct History {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
}

pub(super) async fn run(args: History, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get(&unit_path(&args.chunk, "/history")).await?;
    console.show(&answer, table)
}

fn table(history: &wire::lists::History, look: &Look) -> String {
    let mut table = Table::new(&[("TIME", 0), ("PHASE", 10), ("CHANGE", 0), ("WHO", 0), ("WHY", 0)]);
    for entry in &history.history {
        table.row(vec![
            moment(entry.timestamp, look),
            given(entry.phase.map(|phase| phase.to_string())),
            change(entry),
            given(entry.who.clone()),
            given(entry.why.clone()),
        ]);
    }
    table.render(80, look)
}

fn change(entry: &HistoryEntry) -> String {
    match &entry.old_status {
        Some(old) => format!("{old} -> {}", entry.new_status),
        None => entry.new_status.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;

    #[test]
    fn changes_with_who_and_why() {
        let entry = |old: Option<&str>, new: &str, who: &str, why: &str| HistoryEntry {
            old_status: old.map(str::to_owned),
            new_status: new.to_owned(),
            timestamp: Timestamp::from_seconds(60).into(),
            phase: Some(Phase::Goal.into()),
            who: Some(who.to_owned()),
            why: Some(why.to_owned()),
        };
        let history = [
            entry(None, "READY", "uid 1000", "accepted"),
            entry(Some("READY"), "ASSIGNED", "scheduler", "dispatched"),
            HistoryEntry { phase: None, who: None, why: None, ..entry(Some("ASSIGNED"), "RUNNING", "", "") },
        ];
        let history = wire::lists::History { chunk: "login".into(), history: history.into() };
        insta::assert_snapshot!(table(&history, &Look::plain()), @r#"
        TIME                    PHASE      CHANGE              WHO       WHY
        --------------------------------------------------------------------------------
        1970-01-01 00:01:00 UTC GOAL       READY               uid 1000  accepted
        1970-01-01 00:01:00 UTC GOAL       READY -> ASSIGNED   scheduler dispatched
        1970-01-01 00:01:00 UTC -          ASSIGNED -> RUNNING -         -
        "#);
    }
}
