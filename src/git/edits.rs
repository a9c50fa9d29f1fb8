//! What changed between two commits line by line, with both texts: for those who want to know which symbols that were.

use super::diff::compare;
use super::error::GitError;
use super::lookout::Lookout;
use super::refs::oid;
use crate::domain::footprint::Lines;
use crate::domain::ids::ObjectId;
use git2::{Delta, DiffOptions, Oid, Patch, Repository};
use std::path::PathBuf;

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEdit {
    /// From the top of the repository.
    pub path: PathBuf,
    /// What happened to it.
    pub what: What,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It came, went, is no text, or is too large to be looked into.
    Whole,
    /// Lines of it changed.
    Lines {
        /// The text before.
        old: Vec<u8>,
        /// The text after.
        new: Vec<u8>,
        /// Where.
        hunks: Vec<Hunk>,
    },
}

/// Lines that became other lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The lines before; none where lines were only added.
    pub old: Option<Lines>,
    /// The lines after; none where lines were only removed.
    pub new: Option<Lines>,
    /// The last line before that stayed, above the change; 0 at the top.
    pub after: u32,
}

/// Files longer than this are not looked into. Bytes.
const LONGEST: usize = 1024 * 1024;

/// Of more files than this only the names are looked at: that is no edit but a sweep.
const FILES: usize = 1000;

impl Lookout<'_> {
    /// What a commit changes since it left `base`, sorted by path.
    pub fn changes(&self, base: &ObjectId, commit: &ObjectId) -> Result<Vec<FileEdit>, GitError> {
        let repo = self.repository()?;
        let start = match repo.merge_base(oid(base)?, oid(commit)?) {
            Ok(start) => super::refs::object_id(start)?,
            Err(error) if error.code() == git2::ErrorCode::NotFound => base.clone(),
            Err(error) => return Err(error.into()),
        };
        let mut options = DiffOptions::new();
        options.context_lines(0).indent_heuristic(true);
        let diff = compare(&repo, &start, commit, options)?;
        let is_sweep = diff.deltas().len() > FILES;
        let mut changes = Vec::new();
        for (at, delta) in diff.deltas().enumerate() {
            let Some(path) = delta.new_file().path().or(delta.old_file().path()) else { continue };
            let is_edit = delta.status() == Delta::Modified && !is_sweep;
            let what = if is_edit {
                edit(&repo, &diff, at, delta.old_file().id(), delta.new_file().id())?
            } else {
                What::Whole
            };
            changes.push(FileEdit { path: path.to_owned(), what });
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }
}

fn edit(repo: &Repository, diff: &git2::Diff<'_>, at: usize, old: Oid, new: Oid) -> Result<What, GitError> {
    let odb = repo.odb()?;
    for id in [old, new] {
        // A submodule's commit is none of our objects.
        if odb.read_header(id).map_or(true, |(size, _)| size > LONGEST) {
            return Ok(What::Whole);
        }
    }
    let Some(patch) = Patch::from_diff(diff, at)? else { return Ok(What::Whole) };
    let mut hunks = Vec::new();
    for number in 0..patch.num_hunks() {
        let (hunk, _) = patch.hunk(number)?;
        let old = lines(hunk.old_start(), hunk.old_lines());
        let after = old.map_or(hunk.old_start(), |old| old.first - 1);
        hunks.push(Hunk { old, new: lines(hunk.new_start(), hunk.new_lines()), after });
    }
    if hunks.is_empty() {
        return Ok(What::Whole);
    }
    let text = |id| Ok::<_, GitError>(repo.find_blob(id)?.content().to_vec());
    Ok(What::Lines { old: text(old)?, new: text(new)?, hunks })
}

fn lines(first: u32, count: u32) -> Option<Lines> {
    (count > 0).then(|| Lines { first, last: first + count - 1 })
}
