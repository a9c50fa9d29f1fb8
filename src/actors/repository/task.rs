//! What a task over several repositories adds: which of them a unit spans, and the directory above them that its agent starts in.

use super::docs;
use super::home::Home;
use super::place::Outcome;
use crate::domain::ids::RepoName;
use crate::domain::work_unit::WorkUnit;
use crate::domain::workspace::{Base, UnitPaths};
use crate::git::host::Host;
use crate::project::document;
use crate::project::task::{SHARED, Task};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The repositories that the unit's chunk spans beside the lead, as its documents say there; none in a project of one repository.
pub(super) fn spanned(home: &Home, host: &Host, unit: &WorkUnit, lead: &Base) -> Outcome<Vec<RepoName>> {
    let site = home.effective().site.clone();
    let Some(task) = &site.task else { return Ok(Vec::new()) };
    let goal = docs::text_at(&host.contents(&lead.commit)?, &document::goal_path(&unit.chunk))?;
    // A chunk without a goal document is refused when it is activated, with a better reason.
    let dependents = goal.map_or(Ok(Vec::new()), |goal| document::dependents(&unit.chunk, &goal))?;
    named(task, &dependents)
}

fn named(task: &Task, dependents: &[String]) -> Outcome<Vec<RepoName>> {
    task.spanned(dependents).map_err(|error| format!("{error}: {}", error.hint()).into())
}

/// Makes links to the task's own files in the directory above the unit's worktrees. Agents cannot write there.
pub(super) fn share(task_dir: &Path, paths: &UnitPaths) -> io::Result<()> {
    for name in SHARED {
        let (from, to) = (task_dir.join(name), paths.worktree().join(name));
        if from.symlink_metadata().is_ok() && to.symlink_metadata().is_err() {
            symlink(from, to)?;
        }
    }
    Ok(())
}

/// Removes the links, and the directories that held the unit's repositories. What somebody else left in them stays.
pub(super) fn clear(paths: &UnitPaths) -> io::Result<()> {
    for name in SHARED {
        let link = paths.worktree().join(name);
        if link.is_symlink() {
            fs::remove_file(link)?;
        }
    }
    [paths.worktree(), paths.landing(), paths.shadow(), paths.git()].iter().try_for_each(|dir| remove_empty(dir))
}

/// Removes a directory that holds nothing but empty directories.
fn remove_empty(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let entries: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    for below in entries {
        if below.is_symlink() || !below.is_dir() {
            tracing::warn!("{} is not of a repository and stays", below.display());
            return Ok(());
        }
        remove_empty(&below)?;
    }
    match fs::remove_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::ids::UnitId;

    #[test]
    fn the_files_of_a_task_are_shared_and_only_links_go() {
        let temp = tempfile::tempdir().unwrap();
        let (task, paths) = (temp.path().join("task"), UnitPaths::new(temp.path(), UnitId(7)));
        fs::create_dir_all(task.join(".claude")).unwrap();
        fs::write(task.join("CLAUDE.md"), "read me").unwrap();
        let top = paths.worktree();
        fs::create_dir_all(top.join("acme/web")).unwrap();
        share(&task, &paths).unwrap();
        share(&task, &paths).unwrap();
        assert_eq!(fs::read_to_string(top.join("CLAUDE.md")).unwrap(), "read me");
        assert!(top.join(".claude").is_symlink() && !top.join("AGENTS.md").exists());
        fs::write(top.join("acme/web/stray"), "work").unwrap();
        clear(&paths).unwrap();
        assert!(!top.join("CLAUDE.md").exists() && top.join("acme/web/stray").exists());
        fs::remove_file(top.join("acme/web/stray")).unwrap();
        clear(&paths).unwrap();
        assert!(!top.exists() && task.join("CLAUDE.md").exists());
    }
}
