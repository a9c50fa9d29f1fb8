//! `worktree` and `prune`: the worktrees on disk, and which of them go.

use super::client::{Client, segment, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use super::render::words::size;
use super::verbs::OneChunk;
use crate::domain::ids::ChunkName;
use crate::wire::requests::{PatchUnit, Prune as PruneRequest};
use crate::wire::unit::WorkUnit;
use crate::wire::worktrees::{
    PruneResult, PruneStatus, Pruned, RemoveStatus, RemovedWorktree, RetriedMerge, WorktreeStatus, Worktrees,
};
use clap::{ArgGroup, Args, Subcommand};
use hyper::Method;

/// Look at and remove worktrees; what they hold beyond their branch is kept in a ref
#[derive(Debug, Args)]
pub(super) struct Worktree {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the worktrees on disk
    List(List),
    /// Remove a chunk's worktree; its unit stays, and gets another one when it is dispatched
    Remove(Remove),
    /// Remove the worktrees that were kept after landing
    Prune(DryRun),
}

#[derive(Debug, Args)]
struct List {
    /// Only worktrees of this status: retained, active, orphaned or completed
    #[arg(long, value_parser = WorktreeStatus::parse)]
    status: Option<WorktreeStatus>,
}

#[derive(Debug, Args)]
struct Remove {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// Keep its branch, also when it has landed
    #[arg(long)]
    keep_branch: bool,
}

#[derive(Debug, Args)]
struct DryRun {
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
}

/// Remove worktrees that were kept after landing
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).args(["chunk", "all"])))]
pub(super) struct Prune {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: Option<ChunkName>,
    /// All that were kept
    #[arg(long)]
    all: bool,
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
}

/// Keep a unit's worktree after it has landed
#[derive(Debug, Args)]
pub(super) struct Retain {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// Keep it no longer; if the unit has landed, the worktree goes at once
    #[arg(long)]
    off: bool,
}

pub(super) async fn worktree(args: Worktree, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    match args.verb {
        Verb::List(List { status }) => {
            let answer = client.get("/worktrees").await?;
            console.show(&answer, |list, look| table(list, status, look))
        }
        Verb::Remove(Remove { chunk, keep_branch }) => {
            let path = format!("/worktrees/{}?remove_branch={}", segment(chunk.as_str()), !keep_branch);
            let answer = client.delete(&path).await?;
            console.show(&answer, |removed: &RemovedWorktree, _| removed_text(removed))
        }
        Verb::Prune(DryRun { dry_run }) => prune_all(dry_run, client, console).await,
    }
}

pub(super) async fn prune(args: Prune, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let Some(chunk) = args.chunk else { return prune_all(args.dry_run, client, console).await };
    let request = PruneRequest { dry_run: args.dry_run };
    let answer = client.send(Method::POST, &unit_path(&chunk, "/prune"), &request).await?;
    console.show(&answer, |result: &PruneResult, _| pruned_text(std::slice::from_ref(result), args.dry_run))
}

async fn prune_all(dry_run: bool, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.send(Method::POST, "/work-units/prune", &PruneRequest { dry_run }).await?;
    console.show(&answer, |pruned: &Pruned, _| pruned_text(&pruned.results, dry_run))
}

pub(super) async fn retain(args: Retain, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let patch = PatchUnit { retain_worktree: Some(!args.off), ..PatchUnit::default() };
    let answer = client.send(Method::PATCH, &unit_path(&args.chunk, ""), &patch).await?;
    console.show(&answer, |unit: &WorkUnit, _| {
        let will = if unit.retain_worktree { "stays" } else { "goes" };
        format!("{}: its worktree {will} after landing", unit.chunk)
    })
}

pub(super) async fn retry_merge(
    args: OneChunk,
    client: &Client<'_>,
    console: &mut Console,
) -> Result<(), CommandError> {
    let answer = client.post(&unit_path(&args.chunk, "/retry-merge")).await?;
    console.show(&answer, |retried: &RetriedMerge, _| format!("{}: {}", retried.chunk, retried.message))
}

fn table(list: &Worktrees, status: Option<WorktreeStatus>, look: &Look) -> String {
    let shown: Vec<_> =
        list.worktrees.iter().filter(|tree| status.is_none_or(|status| status == tree.status)).collect();
    if shown.is_empty() {
        return "No worktrees found".to_owned();
    }
    let mut table = Table::new(&[("CHUNK", 30), ("STATUS", 12), ("DISK", 8), ("PATH", 0)]);
    for tree in &shown {
        let cells = [tree.chunk.clone(), tree.status.as_str().to_owned(), size(tree.disk_bytes), tree.path.clone()];
        table.row(cells.into());
    }
    format!("{}\n\nTotal: {} worktree(s)", table.render(80, look), shown.len())
}

fn removed_text(removed: &RemovedWorktree) -> String {
    let branch = if removed.branch_removed == Some(true) { "removed" } else { "kept" };
    match &removed.status {
        RemoveStatus::Removed { preserved } => {
            format!("Removed worktree for {} (branch {branch}){}", removed.chunk, kept(preserved.as_ref()))
        }
        RemoveStatus::Removing => format!("Removing worktree for {}; it is large and takes a while", removed.chunk),
    }
}

fn kept(preserved: Option<&String>) -> String {
    preserved.map_or_else(String::new, |name| format!("; what was in it beyond that is kept at {name}"))
}

fn pruned_text(results: &[PruneResult], dry_run: bool) -> String {
    let mut lines = vec![if dry_run { "Dry run - would prune:" } else { "Pruned:" }.to_owned()];
    for result in results {
        let told = match &result.status {
            PruneStatus::Pruned { preserved } => format!("merged and cleaned up{}", kept(preserved.as_ref())),
            PruneStatus::WouldPrune => "merged and cleaned up".to_owned(),
            PruneStatus::Pruning => "merged, being cleaned up".to_owned(),
            PruneStatus::Skipped { reason } => format!("skipped - {reason}"),
            PruneStatus::Error { error } => format!("error - {error}"),
        };
        lines.push(format!("  {}: {told}", result.chunk));
    }
    if results.is_empty() {
        lines.push("  (none)".to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::wire::worktrees;

    fn tree(chunk: &str, status: WorktreeStatus) -> worktrees::Worktree {
        worktrees::Worktree {
            chunk: chunk.into(),
            path: format!("/state/units/7/{chunk}"),
            status,
            work_unit_status: None,
            retain_worktree: false,
            created_at: None,
            unit_id: 7,
            disk_bytes: 3_500_000,
        }
    }

    #[test]
    fn worktrees_by_status() {
        let list = Worktrees::new(vec![tree("a", WorktreeStatus::Active), tree("b", WorktreeStatus::Retained)]);
        insta::assert_snapshot!(table(&list, None, &Look::plain()), @r"
        CHUNK                          STATUS       DISK     PATH
        --------------------------------------------------------------------------------
        b                              retained     3.3 MiB  /state/units/7/b
        a                              active       3.3 MiB  /state/units/7/a

        Total: 2 worktree(s)
        ");
        assert_eq!(table(&list, Some(WorktreeStatus::Orphaned), &Look::plain()), "No worktrees found");
    }

    #[test]
    fn what_went_and_what_stayed() {
        let chunk = |name: &str| ChunkName::parse(name).unwrap();
        let results = [
            PruneResult::new(&chunk("a"), PruneStatus::Pruned { preserved: None }),
            PruneResult::new(&chunk("b"), PruneStatus::Pruned { preserved: Some("refs/ve/p/preserved/1/1".into()) }),
            PruneResult::new(&chunk("c"), PruneStatus::Skipped { reason: "its worktree is not retained".into() }),
            PruneResult::new(&chunk("d"), PruneStatus::Error { error: "no".into() }),
        ];
        insta::assert_snapshot!(pruned_text(&results, false), @r"
        Pruned:
          a: merged and cleaned up
          b: merged and cleaned up; what was in it beyond that is kept at refs/ve/p/preserved/1/1
          c: skipped - its worktree is not retained
          d: error - no
        ");
        assert_eq!(pruned_text(&[], true), "Dry run - would prune:\n  (none)");
        let removed = RemovedWorktree::new("a", RemoveStatus::Removed { preserved: None }, true);
        assert_eq!(removed_text(&removed), "Removed worktree for a (branch removed)");
    }
}
