//! What changed between two commits of the host, file by file and place by place.

use super::error::GitError;
use super::host::Host;
use super::refs::oid;
use crate::domain::difference::{FileChange, How, Hunk};
use crate::domain::ids::ObjectId;
use git2::{Delta, DiffDelta, DiffFindOptions, DiffHunk, DiffLine, DiffOptions};
use std::cell::RefCell;

/// The files that differ, and whether some of their places were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunks {
    /// By path.
    pub files: Vec<FileChange>,
    /// Whether there was more than asked for.
    pub is_cut: bool,
}

impl Host {
    /// The files that differ between two commits or trees, with at most about `limit` bytes of their lines. All files are named and counted.
    pub fn hunks(&self, from: &ObjectId, to: &ObjectId, limit: usize) -> Result<Hunks, GitError> {
        let repo = self.repository()?;
        let tree = |id: &ObjectId| -> Result<_, GitError> { Ok(repo.find_object(oid(id)?, None)?.peel_to_tree()?) };
        let mut options = DiffOptions::new();
        options.ignore_submodules(false).include_typechange(true);
        let mut diff = repo.diff_tree_to_tree(Some(&tree(from)?), Some(&tree(to)?), Some(&mut options))?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        let (found, room) = (RefCell::new(Hunks::default()), RefCell::new(limit));
        diff.foreach(
            &mut |delta, _| {
                found.borrow_mut().files.push(file(&delta));
                true
            },
            Some(&mut |_, _| {
                if let Some(file) = found.borrow_mut().files.last_mut() {
                    file.binary = true;
                }
                true
            }),
            Some(&mut |_, hunk| {
                if *room.borrow() > 0
                    && let Some(file) = found.borrow_mut().files.last_mut()
                {
                    file.hunks.push(place(&hunk));
                }
                true
            }),
            Some(&mut |_, _, line| {
                found.borrow_mut().take(&line, &mut room.borrow_mut());
                true
            }),
        )?;
        Ok(found.into_inner())
    }
}

impl Hunks {
    /// Counts a line, and keeps it as long as there is room.
    fn take(&mut self, line: &DiffLine<'_>, room: &mut usize) {
        let Some(file) = self.files.last_mut() else { return };
        match line.origin() {
            '+' => file.added += 1,
            '-' => file.removed += 1,
            _ => {}
        }
        let text = String::from_utf8_lossy(line.content());
        let (mark, text) = match line.origin() {
            mark @ ('+' | '-' | ' ') => (mark, text.trim_end_matches('\n')),
            _ => ('\\', " No newline at end of file"),
        };
        match file.hunks.last_mut() {
            Some(hunk) if *room > text.len() => {
                *room -= text.len() + 1;
                hunk.lines.push(format!("{mark}{text}"));
            }
            _ => {
                *room = 0;
                self.is_cut = true;
            }
        }
    }
}

fn file(delta: &DiffDelta<'_>) -> FileChange {
    let name = |file: git2::DiffFile<'_>| file.path_bytes().map(|path| String::from_utf8_lossy(path).into_owned());
    let (old, new) = (name(delta.old_file()), name(delta.new_file()));
    let how = match delta.status() {
        Delta::Added => How::Added,
        Delta::Deleted => How::Removed,
        Delta::Renamed => How::Renamed,
        _ => How::Modified,
    };
    FileChange {
        old_path: old.clone().filter(|_| how == How::Renamed),
        path: if how == How::Removed { old } else { new }.unwrap_or_default(),
        how,
        binary: false,
        added: 0,
        removed: 0,
        hunks: Vec::new(),
    }
}

fn place(hunk: &DiffHunk<'_>) -> Hunk {
    let header = String::from_utf8_lossy(hunk.header());
    Hunk {
        old: (hunk.old_start(), hunk.old_lines()),
        new: (hunk.new_start(), hunk.new_lines()),
        about: header.splitn(3, "@@").nth(2).unwrap_or_default().trim().to_owned(),
        lines: Vec::new(),
    }
}
