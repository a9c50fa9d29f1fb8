//! What a unit's work changes: files, and in each the places.

use super::ids::ObjectId;

/// What would land of a unit now, or what has landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where its target branch stands, or stood.
    pub from: ObjectId,
    /// The unit's own tip.
    pub tip: ObjectId,
    /// Whether it has landed.
    pub landed: bool,
    /// Files that conflict with the target; then the changes are those since unit and target parted.
    pub conflicts: Vec<String>,
    /// The files that differ, by path.
    pub files: Vec<FileChange>,
    /// Whether places were left out because there are too many.
    pub is_cut: bool,
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// From the top of the repository, odd bytes replaced.
    pub path: String,
    /// Its name before, where it was renamed.
    pub old_path: Option<String>,
    /// How it differs.
    pub how: How,
    /// Whether it is no text: then it has no places.
    pub binary: bool,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// The places, in order.
    pub hunks: Vec<Hunk>,
}

/// How a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Only the later side has it.
    Added,
    /// Both have it.
    Modified,
    /// Only the earlier side has it.
    Removed,
    /// It has another name.
    Renamed,
}

/// One place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// First line before, from 1, and how many.
    pub old: (u32, u32),
    /// First line after, from 1, and how many.
    pub new: (u32, u32),
    /// What git names as the place: the function around it.
    pub about: String,
    /// The lines, each behind `+`, `-` or a blank; `\` stands before what is said about a missing line break.
    pub lines: Vec<String>,
}
