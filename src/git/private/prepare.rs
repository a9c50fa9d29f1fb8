//! Makes the private repository. Idempotent: a complete one is used again, a half-made one is made anew.

use super::heal::Healed;
use super::layout::{self, Writer};
use super::{Private, config};
use crate::domain::ids::ObjectId;
use crate::domain::workspace::Base;
use crate::git::error::{GitError, at};
use crate::git::refs::{Expect, Swapped, oid};
use crate::git::remove::remove_tree;
use crate::git::worktrees;
use git2::{Repository, RepositoryInitOptions, WorktreeAddOptions};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// What a unit starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The commit its branch was cut at; for one that is used again, where it was cut then.
    pub start: ObjectId,
    /// How it came to be.
    pub origin: Origin,
}

/// How a private repository came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Cut at the base.
    Base,
    /// It was complete already, but for what is missing of it by other hands.
    Reused(Healed),
    /// Cut at the host's `orch/<chunk>`, which had commits on top of the base.
    HostBranch,
    /// Cut at the base. The host's `orch/<chunk>` held other work, which is now under this ref.
    Preserved(String),
}

impl Origin {
    /// Whether it was made by this very order, so that nobody has worked in it.
    pub fn is_fresh(&self) -> bool {
        !matches!(self, Origin::Reused(_))
    }
}

/// Written last, outside the agent's reach: the commit the unit was cut at.
const MARKER: &str = "prepared";

pub(crate) fn marker(notes: &Path) -> PathBuf {
    notes.join(MARKER)
}

impl Private<'_> {
    /// Makes the unit's repository and worktree, cut at `base`, or finds them made.
    pub fn prepare(self, base: &Base) -> Result<Prepared, GitError> {
        let healed = self.heal(base)?;
        match self.prepared_at()? {
            Some(start) => Ok(Prepared { start, origin: Origin::Reused(healed) }),
            None => self.make(base),
        }
    }

    /// Makes what was never made completely.
    pub(super) fn make(self, base: &Base) -> Result<Prepared, GitError> {
        let paths = &self.unit.paths;
        // Without a marker no agent was ever started here: what there is, is ours and incomplete.
        let removing = marker(&paths.notes()).with_extension("removing");
        for half_made in [paths.git(), paths.worktree(), removing] {
            remove_tree(&half_made)?;
        }
        for dir in [Some(paths.notes().as_path()), paths.worktree().parent()].into_iter().flatten() {
            fs::create_dir_all(dir).map_err(at(dir))?;
        }
        self.pin(base)?;
        let (start, origin) = self.start(base)?;
        for commit in [&base.commit, &start] {
            self.lend(self.host, commit)?;
        }
        self.create(base, &start)?;
        self.include()?;
        write_marker(&marker(&paths.notes()), &start)?;
        self.put_back()?;
        Ok(Prepared { start, origin })
    }

    /// Keeps what the unit borrows from the operator's garbage collection.
    pub(super) fn pin(self, base: &Base) -> Result<(), GitError> {
        let name = self.host.refs().base(self.unit.id);
        match self.host.swap(&name, Expect::Anything, &base.commit, "pin the base")? {
            Swapped::Moved | Swapped::Stale(_) => Ok(()),
        }
    }

    /// Where to cut, seeing what the host's branch of that name holds.
    fn start(self, base: &Base) -> Result<(ObjectId, Origin), GitError> {
        let branch = self.unit.branch();
        let Some(tip) = self.host.reference(&branch)? else { return Ok((base.commit.clone(), Origin::Base)) };
        if self.host.is_ancestor(&tip, &base.commit)? {
            return Ok((base.commit.clone(), Origin::Base));
        }
        if self.host.is_ancestor(&base.commit, &tip)? {
            return Ok((tip, Origin::HostBranch));
        }
        let preserved = self.host.preserve_commit(self.unit.id, &tip)?;
        if worktrees::holding(self.host, &branch)?.is_empty() {
            let reset =
                self.host.swap(&branch, Expect::At(&tip), &base.commit, "start over; the old work is preserved")?;
            if let Swapped::Stale(now) = reset {
                tracing::warn!(%branch, ?now, "the branch moved while it was preserved and stays as it is");
            }
        }
        Ok((base.commit.clone(), Origin::Preserved(preserved)))
    }

    fn create(self, base: &Base, start: &ObjectId) -> Result<(), GitError> {
        let (host, paths) = (self.host.repository()?, &self.unit.paths);
        let git = paths.git();
        let mut init = RepositoryInitOptions::new();
        // HEAD of the bare repository is no branch anyone uses, so that none counts as checked out there.
        init.bare(true).external_template(false).initial_head("refs/heads/ve-none").mkpath(true);
        config::copy(&host, &mut Repository::init_opts(&git, &init)?.config()?)?;
        self.borrow_objects(&git)?;
        for shared in ["shallow", "info/exclude"] {
            let from = self.host.common_dir().join(shared);
            if from.is_file() {
                write(&git.join(shared), &fs::read(&from).map_err(at(&from))?)?;
            }
        }
        let packed = self.shown_refs(base)?.iter().map(|(name, id)| format!("{id} {name}\n")).collect::<String>();
        write(&git.join("packed-refs"), format!("# pack-refs with: sorted \n{packed}").as_bytes())?;
        self.add_worktree(start)
    }

    fn add_worktree(self, start: &ObjectId) -> Result<(), GitError> {
        let paths = &self.unit.paths;
        // Opened anew: the list of borrowed objects is read when a repository is opened.
        let repo = Repository::open_bare(paths.git())?;
        let commit = repo.find_commit(oid(start)?)?;
        let branch = repo.reference(&self.unit.branch(), commit.id(), false, "cut")?;
        if layout::writer(&repo, &commit.tree()?)? == Writer::Library {
            // Locked, because git would take a worktree seen at another path inside a jail for a stale one.
            let mut options = WorktreeAddOptions::new();
            repo.worktree(paths.worktree_name(), &paths.worktree(), Some(options.reference(Some(&branch)).lock(true)))?;
            return Ok(());
        }
        fs::create_dir_all(paths.worktree()).map_err(at(&paths.worktree()))?;
        let add = ["-c", "checkout.workers=2", "worktree", "add", "-q", "--lock"];
        let target = [paths.worktree().as_os_str(), OsStr::new(self.unit.chunk.branch().as_str())].map(OsStr::to_owned);
        self.confined().git_bare(&add).args(target).output().map(drop)
    }

    /// Where the unit was cut; none unless it was completely prepared.
    pub(crate) fn prepared_at(self) -> Result<Option<ObjectId>, GitError> {
        let marker = marker(&self.unit.paths.notes());
        match fs::read_to_string(&marker) {
            Ok(text) => Ok(Some(ObjectId::parse(text.trim())?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&marker)(error)),
        }
    }
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), GitError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(at(parent))?;
    }
    fs::write(path, bytes).map_err(at(path))
}

/// Appears whole or not at all.
fn write_marker(marker: &Path, start: &ObjectId) -> Result<(), GitError> {
    let new = marker.with_extension("new");
    fs::write(&new, start.as_str()).map_err(at(&new))?;
    fs::rename(&new, marker).map_err(at(marker))
}
