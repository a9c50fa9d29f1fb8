//! The index of the operator's checkout: locked while we work, so that their git commands wait outside, and replaced in one step.

use super::journal::Journal;
use super::site::Site;
use super::stage::{Stage, copy_index};
use crate::git::error::{GitError, at};
use git2::{ObjectType, Oid};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Far longer than git takes from reading a branch to asking for an index's lock.
const AFTERGLOW: Duration = Duration::from_millis(100);

/// Holds git's lock on an index until it is dropped.
pub(super) struct IndexLock {
    path: PathBuf,
}

impl IndexLock {
    /// Takes the lock of the index in `git_dir`; none if somebody else has it. One that this journal's earlier owner left behind is taken over.
    pub(super) fn take(git_dir: &Path, journal: &Path) -> Result<Option<Self>, GitError> {
        let path = git_dir.join("index.lock");
        if is_ours(&path, journal) {
            return Ok(Some(Self { path }));
        }
        // Linked into place, so that a lock of ours always says so, even if we die right here.
        let new = git_dir.join("ve-lock");
        fs::write(&new, token(journal)).map_err(at(&new))?;
        let linked = fs::hard_link(&new, &path);
        fs::remove_file(&new).map_err(at(&new))?;
        match linked {
            Ok(()) => Ok(Some(Self { path })),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(at(&path)(error)),
        }
    }

    /// Leaves the lock where it is, for the resumption to find: until then the operator's commits are not to mix with half of a landing.
    pub(super) fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the index lock could not be removed");
        }
    }
}

/// Waits before locks are given back. `git switch` and `git reset` read the branch before they ask for the lock, and set checkout or branch to
/// what they read: one that read it just before it moved must find the lock taken and end, or it would take back what has landed.
pub(super) fn linger() {
    let until = Instant::now() + AFTERGLOW;
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
}

/// Removes a lock that the journal's earlier owner left in one of the git directories.
pub(super) fn release_ours(git_dirs: &[PathBuf], journal: &Path) -> Result<(), GitError> {
    for lock in git_dirs.iter().map(|dir| dir.join("index.lock")) {
        if is_ours(&lock, journal) {
            fs::remove_file(&lock).map_err(at(&lock))?;
        }
    }
    Ok(())
}

fn token(journal: &Path) -> Vec<u8> {
    [b"ve ", journal.as_os_str().as_bytes(), b"\n"].concat()
}

pub(super) fn is_ours(lock: &Path, journal: &Path) -> bool {
    fs::read(lock).is_ok_and(|found| found == token(journal))
}

/// Identifies the bytes of an index; none if there is no index.
pub(super) fn fingerprint(index: &Path) -> Result<Option<Oid>, GitError> {
    if !index.exists() {
        return Ok(None);
    }
    Ok(Some(Oid::hash_file(ObjectType::Blob, index)?))
}

/// Replaces the checkout's index by the staged one, with fresh stat data. If the operator changed theirs since it was copied (after a crash,
/// they may have removed our lock), theirs is carried over to the new commit instead.
pub(super) fn put_in_place(site: &Site, stage: &Stage, journal: &Journal) -> Result<(), GitError> {
    let staged = stage.index();
    if fingerprint(&site.index())? != journal.index || !staged.exists() {
        copy_index(&site.index(), &staged).map_err(at(&staged))?;
        stage.read_tree(site, &journal.from, &journal.to).output()?;
    }
    // Its exit code says that some file differs from the index: those are the kept ones, and the operator's own.
    site.git(&staged).args(["update-index", "-q", "--refresh"]).finish()?;
    File::open(&staged).and_then(|file| file.sync_all()).map_err(at(&staged))?;
    fs::rename(&staged, site.index()).map_err(at(&staged))
}
