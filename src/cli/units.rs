//! `ps` and `work-unit`: units one by one and in a table.

use super::client::{Client, segment, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use super::render::words::{line, moment, or_dash};
use super::verbs::{self, OneChunk};
use crate::domain::ids::ChunkName;
use crate::wire::lists::{Deleted, WorkUnits};
use crate::wire::names::{PhaseName, StatusName};
use crate::wire::requests::{Create, PatchUnit};
use crate::wire::unit;
use clap::{Args, Subcommand};
use hyper::Method;

/// Characters of a reason in a table.
const REASON: usize = 30;

/// List work units
#[derive(Debug, Args)]
pub(super) struct Ps {
    /// Only units of this status
    #[arg(long, value_parser = StatusName::parse)]
    status: Option<StatusName>,
}

/// Look at and change single work units
#[derive(Debug, Args)]
pub(super) struct WorkUnit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create a unit by hand, whether or not its chunk is on disk
    Create(New),
    /// Show where a unit stands, or put it somewhere else
    Status(SetStatus),
    /// Show a unit in full
    Show(OneChunk),
    /// List work units
    List(Ps),
    /// Delete a unit; what it did is kept in a ref
    Delete(Delete),
    /// Try a unit again with clean counters and a fresh conversation
    Retry(OneChunk),
}

#[derive(Debug, Args)]
struct New {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// The phase to start with
    #[arg(long, default_value = "GOAL", value_parser = PhaseName::parse)]
    phase: PhaseName,
    /// The status to start with
    #[arg(long, default_value = "READY", value_parser = StatusName::parse)]
    status: StatusName,
    /// A chunk that must be done before; may be repeated
    #[arg(long, value_name = "CHUNK", value_parser = ChunkName::from_argument)]
    blocked_by: Vec<ChunkName>,
}

#[derive(Debug, Args)]
struct SetStatus {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// The new status; without it the present one is shown
    #[arg(value_parser = StatusName::parse)]
    status: Option<StatusName>,
}

#[derive(Debug, Args)]
struct Delete {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// Even if its branch holds commits that are not landed
    #[arg(long)]
    force: bool,
}

pub(super) async fn ps(args: Ps, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let query = args.status.map_or_else(String::new, |status| format!("?status={}", segment(status.as_str())));
    let answer = client.get(&format!("/work-units{query}")).await?;
    console.show(&answer, table)
}

pub(super) async fn work_unit(args: WorkUnit, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    match args.verb {
        Verb::Create(args) => create(args, client, console).await,
        Verb::Status(args) => status(args, client, console).await,
        Verb::Show(args) => {
            let answer = client.get(&unit_path(&args.chunk, "")).await?;
            console.show(&answer, sheet)
        }
        Verb::List(args) => ps(args, client, console).await,
        Verb::Delete(args) => {
            let query = if args.force { "?force=true" } else { "" };
            let answer = client.delete(&unit_path(&args.chunk, query)).await?;
            console.show(&answer, |deleted: &Deleted, _| format!("Deleted work unit: {}", deleted.chunk))
        }
        Verb::Retry(args) => verbs::retry(args, client, console).await,
    }
}

async fn create(args: New, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let New { chunk, phase, status, blocked_by } = args;
    let answer = client.send(Method::POST, "/work-units", &Create { chunk, phase, status, blocked_by }).await?;
    console.show(&answer, |unit: &unit::WorkUnit, look| format!("Created work unit: {}", place(unit, look)))
}

async fn status(args: SetStatus, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let path = unit_path(&args.chunk, "");
    let before = client.get(&path).await?;
    let Some(status) = args.status else {
        return console
            .show(&before, |unit: &unit::WorkUnit, look| format!("{}: {}", unit.chunk, standing(unit, look)));
    };
    let before: unit::WorkUnit = before.read()?;
    let patch = PatchUnit { status: Some(status), ..PatchUnit::default() };
    let answer = client.send(Method::PATCH, &path, &patch).await?;
    console.show(&answer, |unit: &unit::WorkUnit, _| format!("{}: {} -> {}", unit.chunk, before.status, unit.status))
}

/// `chunk [PHASE] STATUS`.
pub(super) fn place(unit: &unit::WorkUnit, look: &Look) -> String {
    format!("{} {}", unit.chunk, standing(unit, look))
}

fn standing(unit: &unit::WorkUnit, look: &Look) -> String {
    let status = unit.status.as_str();
    format!("[{}] {}", unit.phase, look.status(status, status))
}

fn table(list: &WorkUnits, look: &Look) -> String {
    if list.work_units.is_empty() {
        return "No work units".to_owned();
    }
    let reason = |unit: &unit::WorkUnit| unit.attention_reason.clone().or_else(|| unit.failure.clone());
    let has_reason = list.work_units.iter().any(|unit| reason(unit).is_some());
    let mut columns = vec![("CHUNK", 30), ("PHASE", 12), ("STATUS", 16)];
    if has_reason {
        columns.push(("REASON", 32));
    }
    columns.push(("BLOCKED BY", 0));
    let mut table = Table::new(&columns);
    for unit in &list.work_units {
        let mut cells = vec![unit.chunk.clone(), unit.phase.to_string(), unit.status.to_string()];
        if has_reason {
            cells.push(or_dash(&line(&reason(unit).unwrap_or_default(), REASON)).to_owned());
        }
        cells.push(or_dash(&unit.blocked_by.join(", ")).to_owned());
        table.row(cells);
    }
    table.render(if has_reason { 110 } else { 80 }, look)
}

/// A unit's fields, one per line; those that say nothing are left out.
fn sheet(unit: &unit::WorkUnit, look: &Look) -> String {
    let list = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
    let at = |at: Option<_>| at.map(|at| moment(at, look));
    let status = match &unit.activity {
        Some(activity) => format!("{} ({activity})", unit.status),
        None => unit.status.to_string(),
    };
    let landed = unit.done_by.as_ref().map(|by| match (by.as_str(), &unit.landed_commit) {
        ("operator", _) => "declared by the operator, unproven".to_owned(),
        (_, Some(commit)) => commit.clone(),
        (by, None) => by.to_owned(),
    });
    let base = unit.base_branch.as_ref().map(|branch| match &unit.base_commit {
        Some(commit) => format!("{branch} at {commit}"),
        None => branch.clone(),
    });
    let fields = [
        ("Chunk", Some(unit.chunk.clone())),
        ("Phase", Some(unit.phase.to_string())),
        ("Status", Some(look.status(unit.status.as_str(), &status))),
        ("Priority", Some(unit.priority.to_string())),
        ("Depends On", list(&unit.depends_on)),
        ("Blocked By", list(&unit.blocked_by)),
        ("Waiting", unit.waiting.clone()),
        ("Resumes At", at(unit.resume_at)),
        ("Worktree", unit.worktree.clone()),
        ("Base", base),
        ("Tip", unit.tip.clone()),
        ("Landed", landed),
        ("Session ID", unit.session_id.clone()),
        ("Attention Reason", unit.attention_reason.clone()),
        ("Will Be Held", unit.hold.clone()),
        ("Failure", unit.failure.clone()),
        ("Created At", at(Some(unit.created_at))),
        ("Updated At", at(Some(unit.updated_at))),
    ];
    let said: Vec<(&str, String)> = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let width = said.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    let lines: Vec<String> = said
        .iter()
        .map(|(name, value)| format!("{:<width$} {}", format!("{name}:"), value.replace('\n', " ")))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
#[path = "units_tests.rs"]
pub(super) mod tests;
