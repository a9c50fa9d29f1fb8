//! Moves of the host's refs: by compare-and-swap under the ref's lock, never by force, with our own name in the reflog.

use super::error::{GitError, at};
use super::host::Host;
use super::names::ProjectRefs;
use crate::domain::ids::{ObjectId, UnitId};
use git2::{ErrorCode, Oid, Repository, Signature, Transaction};
use std::time::{Duration, Instant};

/// What a ref must be for it to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect<'a> {
    /// It does not exist.
    Absent,
    /// It is at this commit.
    At(&'a ObjectId),
    /// Whatever it is: for refs only we write.
    Anything,
}

/// Whether a ref moved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Swapped {
    /// It is at the new commit, now or already.
    Moved,
    /// Somebody else was there first; where it is instead.
    Stale(Option<ObjectId>),
}

/// How long we wait for somebody else's lock on a ref.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

impl Host {
    /// Where a ref is, by full name; none if it does not exist.
    pub fn reference(&self, name: &str) -> Result<Option<ObjectId>, GitError> {
        current(&self.repository()?, name)?.map(object_id).transpose()
    }

    /// Removes the locks that a daemon left on refs of this project when it ended in the middle of a move. Only for whoever alone writes
    /// these refs, and before it writes any.
    pub fn clear_locks(&self) -> Result<usize, GitError> {
        let mut cleared = 0;
        let mut waiting = vec![self.common_dir().join(self.refs().dir())];
        while let Some(dir) = waiting.pop() {
            for entry in std::fs::read_dir(&dir).into_iter().flatten() {
                let path = entry.map_err(at(&dir))?.path();
                if path.is_dir() {
                    waiting.push(path);
                } else if path.extension().is_some_and(|extension| extension == "lock") {
                    std::fs::remove_file(&path).map_err(at(&path))?;
                    cleared += 1;
                }
            }
        }
        Ok(cleared)
    }

    /// Moves the ref `name` to `new` if it is as expected.
    pub fn swap(&self, name: &str, expect: Expect<'_>, new: &ObjectId, why: &str) -> Result<Swapped, GitError> {
        self.swap_after(name, expect, new, why, || Ok(()))
    }

    /// The same, after `before`: it is done while the ref is locked and known to be as expected, and nobody sees the ref at `new` before it
    /// is done. If it fails, the ref stays.
    pub(super) fn swap_after(
        &self,
        name: &str,
        expect: Expect<'_>,
        new: &ObjectId,
        why: &str,
        before: impl FnOnce() -> Result<(), GitError>,
    ) -> Result<Swapped, GitError> {
        let repo = self.repository()?;
        let mut transaction = lock(&repo, name)?;
        let now = current(&repo, name)?;
        let new = oid(new)?;
        let fits = match expect {
            _ if now == Some(new) => true,
            Expect::Absent => now.is_none(),
            Expect::At(commit) => now == Some(oid(commit)?),
            Expect::Anything => true,
        };
        if !fits {
            return Ok(Swapped::Stale(now.map(object_id).transpose()?));
        }
        before()?;
        if now != Some(new) {
            transaction.set_target(name, new, Some(&signature()?), why)?;
            transaction.commit()?;
        }
        Ok(Swapped::Moved)
    }

    /// Removes the lock of a ref that its holder, this program in a former life, was killed with. git holds such locks for microseconds: one
    /// that somebody else has just taken is gone soon.
    pub(super) fn take_over_lock(&self, name: &str) -> Result<(), GitError> {
        let path = self.common_dir().join(format!("{name}.lock"));
        let deadline = Instant::now() + LOCK_PATIENCE;
        while path.exists() {
            if Instant::now() >= deadline {
                tracing::warn!(path = %path.display(), "the lock of an interrupted landing is removed");
                return std::fs::remove_file(&path).map_err(at(&path));
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Saves `commit` under the unit's next free number and returns the ref; one that already holds it is used again.
    pub fn preserve_commit(&self, unit: UnitId, commit: &ObjectId) -> Result<String, GitError> {
        let mut number = 1;
        loop {
            let name = self.refs().preserved(unit, number);
            match self.swap(&name, Expect::Absent, commit, "preserve")? {
                Swapped::Moved => return Ok(name),
                Swapped::Stale(_) => number += 1,
            }
        }
    }

    /// Whether `commit` is reachable from a ref that lasts, `except` left out.
    pub fn is_kept(&self, commit: &ObjectId, except: &[&str]) -> Result<bool, GitError> {
        let repo = self.repository()?;
        let mut walk = repo.revwalk()?;
        walk.push(oid(commit)?)?;
        for tip in kept_tips(&repo, self.refs(), except)? {
            walk.hide(tip)?;
        }
        Ok(walk.next().transpose()?.is_none())
    }

    /// Deletes the ref `name` if a ref that lasts reaches what it holds. Returns whether it is gone.
    pub fn delete_if_kept(&self, name: &str) -> Result<Deleted, GitError> {
        let Some(commit) = self.reference(name)? else { return Ok(Deleted::Gone) };
        if !self.is_kept(&commit, &[name])? {
            return Ok(Deleted::StillNeeded);
        }
        let repo = self.repository()?;
        let mut transaction = lock(&repo, name)?;
        if current(&repo, name)? != Some(oid(&commit)?) {
            return Ok(Deleted::StillNeeded);
        }
        transaction.remove(name)?;
        transaction.commit()?;
        Ok(Deleted::Gone)
    }
}

/// What became of a ref that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Deleted {
    /// It does not exist any more.
    Gone,
    /// It stays: nothing else holds its work, or it moved meanwhile.
    StillNeeded,
}

/// All commits that refs which last point at.
fn kept_tips(repo: &Repository, refs: &ProjectRefs, except: &[&str]) -> Result<Vec<Oid>, GitError> {
    let mut tips = Vec::new();
    for reference in repo.references()? {
        let reference = reference?;
        // A name that is not UTF-8 is none of ours; it keeps its work but cannot be consulted.
        let Ok(name) = reference.name() else { continue };
        if !refs.keeps(name) || except.contains(&name) {
            continue;
        }
        // A tag of a tree or blob, or a broken ref, keeps no commit.
        if let Ok(commit) = reference.peel_to_commit() {
            tips.push(commit.id());
        }
    }
    Ok(tips)
}

/// Locks a ref, waiting a little for another holder: git holds such locks for microseconds.
fn lock<'repo>(repo: &'repo Repository, name: &str) -> Result<Transaction<'repo>, GitError> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        let mut transaction = repo.transaction()?;
        match transaction.lock_ref(name) {
            Ok(()) => return Ok(transaction),
            Err(error) if error.code() == ErrorCode::Locked && Instant::now() < deadline => {
                // Nobody unparks us: the lock is a file of another process, which cannot be waited for otherwise.
                std::thread::park_timeout(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn current(repo: &Repository, name: &str) -> Result<Option<Oid>, GitError> {
    match repo.refname_to_id(name) {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Who moved a ref, in reflogs.
fn signature() -> Result<Signature<'static>, GitError> {
    Ok(Signature::now("ve", "ve@localhost")?)
}

/// libgit2's form of an id.
pub(crate) fn oid(id: &ObjectId) -> Result<Oid, GitError> {
    Ok(Oid::from_str(id.as_str())?)
}

/// Our form of an id.
pub(crate) fn object_id(oid: Oid) -> Result<ObjectId, GitError> {
    Ok(ObjectId::parse(oid.to_string())?)
}
