//! Finds everything in a checkout that a move would overwrite or trip over, before anything moves. git is asked about what it tracks; what it does
//! not track, and what its own updates would overwrite silently, we look at ourselves.

use super::Advance;
use super::blocker::Blocker;
use super::changes::{self, Change, Kind};
use super::print::Print;
use super::site::Site;
use super::stage::Stage;
use crate::git::confined::parts;
use crate::git::error::{GitError, at};
use crate::git::host::Host;
use git2::{Repository, RepositoryState};
use rustix::fs::{Access, access};
use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What a free checkout looks like at the paths that will change.
pub(super) struct Plan {
    pub(super) seen: Vec<Seen>,
}

/// One path, and what was there when it was checked.
pub(super) struct Seen {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) print: Option<Print>,
}

/// Whether a move can be made.
pub(super) enum Checked {
    Free(Plan),
    Blocked(Vec<Blocker>),
}

/// Checks a checkout whose index lock is held.
pub(super) fn check(host: &Host, site: &Site, stage: &Stage, advance: &Advance<'_>) -> Result<Checked, GitError> {
    if !site.is_on(advance.branch)? {
        return Ok(Checked::Blocked(vec![Blocker::NotOnBranch(site.work_dir.clone())]));
    }
    if Repository::open(&site.git_dir)?.state() != RepositoryState::Clean {
        return Ok(Checked::Blocked(vec![Blocker::InProgress(site.work_dir.clone())]));
    }
    let changes = changes::between_commits(host, advance.from, advance.to)?;
    let mut blockers: BTreeSet<Blocker> = changes.submodules.into_iter().map(Blocker::Submodule).collect();
    let index = stage.index();
    // Its exit code says that some file differs, which is what we look at next.
    site.git(&index).args(["update-index", "-q", "--refresh"]).finish()?;
    let changed = local_changes(site, &index, advance)?;
    let flags = flags(site, &index)?;
    let look = Look { site, flags: &flags, leaving: leaving(&changes.files) };
    let mut seen = Vec::new();
    for Change { path, kind, new } in changes.files {
        let there = Print::of(&site.work_dir.join(&path))?;
        // Byte for byte what comes: the operator has made the same change, or copied it, and loses nothing.
        let is_same = there.is_some() && there == new;
        if changed.contains(&path) && !is_same {
            blockers.insert(Blocker::LocalChange(path.clone()));
        }
        let kind = if is_same && kind == Kind::Added { Kind::Replaced } else { kind };
        let print = look.at(&path, kind, &mut blockers)?;
        seen.push(Seen { path, kind, print });
    }
    if blockers.is_empty() {
        return Ok(Checked::Free(Plan { seen }));
    }
    Ok(Checked::Blocked(blockers.into_iter().collect()))
}

/// Tracked paths that differ between commit and index, or index and file.
fn local_changes(site: &Site, index: &Path, advance: &Advance<'_>) -> Result<HashSet<PathBuf>, GitError> {
    let staged = ["diff-index", "--cached", "--no-renames", "-z", "--name-only", advance.from.as_str(), "--"];
    let unstaged = ["diff-files", "-z", "--name-only", "--ignore-submodules=all"];
    let mut paths = HashSet::new();
    for listed in [site.git(index).args(staged).output()?, site.git(index).args(unstaged).output()?] {
        paths.extend(parts(&listed).map(path));
    }
    Ok(paths)
}

/// Tracked paths that git is told not to look at.
pub(super) struct Flags {
    /// "Assume unchanged".
    pub(super) assumed: HashSet<PathBuf>,
    /// "Skip worktree": outside a sparse checkout.
    pub(super) skipped: HashSet<PathBuf>,
}

pub(super) fn flags(site: &Site, index: &Path) -> Result<Flags, GitError> {
    let listed = site.git(index).args(["ls-files", "-v", "-z"]).output()?;
    let mut flags = Flags { assumed: HashSet::new(), skipped: HashSet::new() };
    for line in parts(&listed) {
        let (Some(flag), Some(name)) = (line.first(), line.get(2..)) else { continue };
        if flag.eq_ignore_ascii_case(&b'S') {
            flags.skipped.insert(path(name));
        }
        if flag.is_ascii_lowercase() {
            flags.assumed.insert(path(name));
        }
    }
    Ok(flags)
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// Tracked paths that the move replaces or removes.
fn leaving(changes: &[Change]) -> HashSet<PathBuf> {
    changes.iter().filter(|change| change.kind != Kind::Added).map(|change| change.path.clone()).collect()
}

struct Look<'a> {
    site: &'a Site,
    flags: &'a Flags,
    leaving: HashSet<PathBuf>,
}

impl Look<'_> {
    /// What is at a path, adding what is in its way.
    fn at(&self, path: &Path, kind: Kind, blockers: &mut BTreeSet<Blocker>) -> Result<Option<Print>, GitError> {
        if !self.parents(path, blockers) {
            return Ok(None);
        }
        let print = Print::of(&self.site.work_dir.join(path))?;
        let skipped = self.flags.skipped.contains(path);
        match (print, kind) {
            (None, Kind::Added) => {}
            (Some(Print::Other), Kind::Added) => self.directory(path, blockers)?,
            (Some(_), Kind::Added) => drop(blockers.insert(Blocker::InTheWay(path.to_owned()))),
            (None, _) if skipped => {}
            (None, _) => drop(blockers.insert(Blocker::Deleted(path.to_owned()))),
            (Some(_), _) if skipped || self.flags.assumed.contains(path) => {
                blockers.insert(Blocker::Hidden(path.to_owned()));
            }
            (Some(_), _) => {}
        }
        Ok(print)
    }

    /// Whether all directories above a path are directories, or not there. A file that the move removes may stand in for one.
    fn parents(&self, path: &Path, blockers: &mut BTreeSet<Blocker>) -> bool {
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        for dir in above {
            let full = self.site.work_dir.join(dir);
            let Ok(found) = full.symlink_metadata() else { return true };
            if !found.is_dir() {
                if !self.leaving.contains(dir) {
                    blockers.insert(Blocker::InTheWay(dir.to_owned()));
                }
                return false;
            }
            if access(&full, Access::WRITE_OK).is_err() {
                blockers.insert(Blocker::Unwritable(dir.to_owned()));
            }
        }
        true
    }

    /// A directory where a file has to go: all in it must leave with the move.
    fn directory(&self, path: &Path, blockers: &mut BTreeSet<Blocker>) -> Result<(), GitError> {
        let mut open = vec![path.to_owned()];
        while let Some(dir) = open.pop() {
            let full = self.site.work_dir.join(&dir);
            if !full.is_dir() {
                blockers.insert(Blocker::InTheWay(dir));
                continue;
            }
            for entry in fs::read_dir(&full).map_err(at(&full))? {
                let entry = entry.map_err(at(&full))?;
                let inside = dir.join(entry.file_name());
                if entry.file_type().map_err(at(&full))?.is_dir() {
                    open.push(inside);
                } else if !self.leaving.contains(&inside) {
                    blockers.insert(Blocker::InTheWay(inside));
                }
            }
        }
        Ok(())
    }
}
