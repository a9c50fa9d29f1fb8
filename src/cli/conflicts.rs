//! `conflicts`, `resolve`, `analyze`: what the conflict oracle says, and what the operator says to it.

use super::client::{Client, segment, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use crate::domain::ids::ChunkName;
use crate::wire;
use crate::wire::conflicts::{Conflict, EvidenceItem};
use crate::wire::lists::Resolved;
use crate::wire::names::VerdictName;
use crate::wire::requests::{self, Resolution};
use clap::{Args, ValueEnum};
use hyper::Method;

/// Files and symbols that a table names.
const NAMED: usize = 3;

/// List what the conflict oracle says about pairs of chunks
#[derive(Debug, Args)]
pub(super) struct Conflicts {
    /// Only pairs with this chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: Option<ChunkName>,
    /// Only pairs that wait for you
    #[arg(long)]
    unresolved: bool,
}

/// Decide whether two chunks may run at once
#[derive(Debug, Args)]
pub(super) struct Resolve {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// The other chunk
    #[arg(long, value_name = "OTHER", value_parser = ChunkName::from_argument)]
    with: ChunkName,
    /// What holds from now on
    verdict: Decision,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Decision {
    /// They may run at once
    Parallelize,
    /// One after the other
    Serialize,
}

/// Ask the conflict oracle about two chunks now
#[derive(Debug, Args)]
pub(super) struct Analyze {
    /// One chunk
    #[arg(value_parser = ChunkName::from_argument)]
    a: ChunkName,
    /// The other
    #[arg(value_parser = ChunkName::from_argument)]
    b: ChunkName,
}

pub(super) async fn conflicts(args: Conflicts, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let mut path = "/conflicts".to_owned();
    let list_of = args.chunk;
    if let Some(chunk) = &list_of {
        path.push_str(&format!("/{}", segment(chunk.as_str())));
    }
    if args.unresolved {
        path.push_str(&format!("?verdict={}", VerdictName::AskOperator));
    }
    let answer = client.get(&path).await?;
    let none = match (&list_of, args.unresolved) {
        (_, true) => "No unresolved conflicts".to_owned(),
        (Some(chunk), false) => format!("No conflicts for {chunk}"),
        (None, false) => "No conflicts found".to_owned(),
    };
    console.show(&answer, |list: &wire::conflicts::Conflicts, look| match list.conflicts.as_slice() {
        [] => none,
        _ => table(list, look),
    })
}

fn table(list: &wire::conflicts::Conflicts, look: &Look) -> String {
    let columns = [("CHUNK A", 25), ("CHUNK B", 25), ("VERDICT", 15), ("CONFIDENCE", 12), ("STAGE", 0)];
    let mut table = Table::new(&columns);
    for conflict in &list.conflicts {
        table.row(vec![
            conflict.chunk_a.clone(),
            conflict.chunk_b.clone(),
            conflict.verdict.to_string(),
            format!("{:.2}", conflict.confidence),
            conflict.analysis_stage.clone(),
        ]);
    }
    let table = table.render(80, look);
    let mut lines = table.lines();
    let mut text: Vec<String> = lines.by_ref().take(2).map(str::to_owned).collect();
    for (row, conflict) in lines.zip(&list.conflicts) {
        text.push(row.to_owned());
        text.extend(named("  Files: ", &conflict.overlapping_files, NAMED));
        text.extend(named("  Symbols: ", &conflict.overlapping_symbols, NAMED));
        text.extend(named("  Subsystems: ", &subsystems(conflict), NAMED));
    }
    text.join("\n")
}

fn named(title: &str, names: &[String], limit: usize) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let shown: Vec<&str> = names.iter().take(limit).map(String::as_str).collect();
    let more = names.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{title}{}{more}", shown.join(", ")))
}

pub(super) async fn resolve(args: Resolve, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let verdict = match args.verdict {
        Decision::Parallelize => Resolution::Parallelize,
        Decision::Serialize => Resolution::Serialize,
    };
    let request = requests::Resolve { other_chunk: args.with, verdict };
    let answer = client.send(Method::POST, &unit_path(&args.chunk, "/resolve"), &request).await?;
    console.show(&answer, |resolved: &Resolved, _| {
        let mut text = format!("Resolved: {} vs {} -> {}", resolved.chunk, resolved.other_chunk, resolved.verdict);
        if !resolved.blocked_by.is_empty() {
            text.push_str(&format!("\n  Blocked by: {}", resolved.blocked_by.join(", ")));
        }
        text
    })
}

pub(super) async fn analyze(args: Analyze, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let request = requests::Analyze { chunk_a: args.a, chunk_b: args.b };
    let answer = client.send(Method::POST, "/conflicts/analyze", &request).await?;
    console.show(&answer, |conflict: &Conflict, _| sheet(conflict))
}

fn sheet(conflict: &Conflict) -> String {
    let mut lines = vec![
        format!("Conflict Analysis: {} vs {}", conflict.chunk_a, conflict.chunk_b),
        format!("  Verdict:    {}", conflict.verdict),
        format!("  Confidence: {:.2}", conflict.confidence),
        format!("  Stage:      {}", conflict.analysis_stage),
        format!("  Reason:     {}", conflict.reason),
    ];
    lines.extend(named("  Files:      ", &conflict.overlapping_files, usize::MAX));
    lines.extend(named("  Symbols:    ", &conflict.overlapping_symbols, usize::MAX));
    lines.extend(named("  Subsystems: ", &subsystems(conflict), usize::MAX));
    lines.extend(named("  In different parts of: ", &conflict.shared_files, usize::MAX));
    let located: Vec<String> = conflict.evidence.iter().filter_map(located).collect();
    lines.extend(named("  Lines:      ", &located, usize::MAX));
    lines.join("\n")
}

/// Subsystems in common, and the chunk that the other one modifies.
fn subsystems(conflict: &Conflict) -> Vec<String> {
    conflict.evidence.iter().filter_map(|evidence| evidence.subsystem.clone()).collect()
}

/// `src/a.rs:12-19`, with all lines of the place.
fn located(evidence: &EvidenceItem) -> Option<String> {
    let path = evidence.path.as_ref().filter(|_| !evidence.lines.is_empty())?;
    let lines = evidence.lines.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    Some(format!("{path}:{}", lines.collect::<Vec<_>>().join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn conflict() -> Conflict {
        Conflict {
            chunk_a: "login".into(),
            chunk_b: "schema".into(),
            verdict: VerdictName::Serialize,
            confidence: 0.857,
            reason: "both change the users table".into(),
            analysis_stage: "PLAN".into(),
            overlapping_files: ["a.rs", "b.rs", "c.rs", "d.rs"].map(str::to_owned).into(),
            overlapping_symbols: vec![],
            created_at: Timestamp(0).into(),
            by_operator: false,
            probability: 0.857,
            evidence: vec![EvidenceItem {
                kind: "SYMBOL".into(),
                path: Some("a.rs".into()),
                symbol: Some("Users::find".into()),
                subsystem: None,
                lines: vec![(12, 19), (30, 30)],
            }],
            shared_files: vec!["e.rs".into()],
        }
    }

    #[test]
    fn pairs_come_with_their_evidence() {
        let list = wire::conflicts::Conflicts::new(None, vec![conflict(), conflict()]);
        insta::assert_snapshot!(table(&list, &Look::plain()), @r#"
        CHUNK A                   CHUNK B                   VERDICT         CONFIDENCE   STAGE
        --------------------------------------------------------------------------------------
        login                     schema                    SERIALIZE       0.86         PLAN
          Files: a.rs, b.rs, c.rs and 1 more
        login                     schema                    SERIALIZE       0.86         PLAN
          Files: a.rs, b.rs, c.rs and 1 more
        "#);
        insta::assert_snapshot!(sheet(&conflict()), @r#"
        Conflict Analysis: login vs schema
          Verdict:    SERIALIZE
          Confidence: 0.86
          Stage:      PLAN
          Reason:     both change the users table
          Files:      a.rs, b.rs, c.rs, d.rs
          In different parts of: e.rs
          Lines:      a.rs:12-19,30
        "#);
    }
}
