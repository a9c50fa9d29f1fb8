//! `GET /work-units/{chunk}/diff`: what would land of a unit now, or what has landed of it.

use crate::domain::difference::{Difference, FileChange, How};
use crate::domain::ids::{ChunkName, ObjectId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diff {
    /// The chunk.
    pub chunk: String,
    /// The branch it lands on; none before its first dispatch.
    pub target: Option<String>,
    /// Where that branch stands, or stood before the landing.
    pub from: Option<String>,
    /// The unit's own tip; none before an attempt has left anything.
    pub tip: Option<String>,
    /// Whether this has landed.
    pub landed: bool,
    /// Files that conflict with the target; then the changes are those since unit and target parted.
    pub conflicts: Vec<String>,
    /// The files that differ, by path.
    pub files: Vec<File>,
    /// Lines added in all of them.
    pub additions: usize,
    /// Lines removed in all of them.
    pub deletions: usize,
    /// Whether places were left out because there are too many; all files are named and counted.
    pub truncated: bool,
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct File {
    /// From the top of the repository.
    pub path: String,
    /// Its name before, where it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_path: Option<String>,
    /// How it differs.
    pub status: FileStatus,
    /// Whether it is no text: then it has no places.
    pub binary: bool,
    /// Lines added.
    pub additions: usize,
    /// Lines removed.
    pub deletions: usize,
    /// The places, in order.
    pub hunks: Vec<Hunk>,
}

/// How a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// Only the later side has it.
    Added,
    /// Both have it.
    Modified,
    /// Only the earlier side has it.
    Deleted,
    /// It has another name.
    Renamed,
}

/// One place of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hunk {
    /// First line before, from 1.
    pub old_start: u32,
    /// How many lines before.
    pub old_lines: u32,
    /// First line after, from 1.
    pub new_start: u32,
    /// How many lines after.
    pub new_lines: u32,
    /// The function around it, as git names it; empty where there is none.
    pub about: String,
    /// The lines, each behind `+`, `-` or a blank.
    pub lines: Vec<String>,
}

impl Diff {
    /// What differs of a unit; nothing where no attempt has left anything yet.
    pub fn new(chunk: &ChunkName, target: Option<String>, difference: Option<Difference>) -> Self {
        let id = |id: &ObjectId| id.to_string();
        let files: Vec<File> =
            difference.iter().flat_map(|difference| &difference.files).map(|file| file.clone().into()).collect();
        Self {
            chunk: chunk.to_string(),
            target,
            from: difference.as_ref().map(|difference| id(&difference.from)),
            tip: difference.as_ref().map(|difference| id(&difference.tip)),
            landed: difference.as_ref().is_some_and(|difference| difference.landed),
            additions: files.iter().map(|file| file.additions).sum(),
            deletions: files.iter().map(|file| file.deletions).sum(),
            files,
            truncated: difference.as_ref().is_some_and(|difference| difference.is_cut),
            conflicts: difference.map(|difference| difference.conflicts).unwrap_or_default(),
        }
    }
}

impl From<FileChange> for File {
    fn from(change: FileChange) -> Self {
        let hunk = |hunk: crate::domain::difference::Hunk| Hunk {
            old_start: hunk.old.0,
            old_lines: hunk.old.1,
            new_start: hunk.new.0,
            new_lines: hunk.new.1,
            about: hunk.about,
            lines: hunk.lines,
        };
        Self {
            path: change.path,
            old_path: change.old_path,
            status: match change.how {
                How::Added => FileStatus::Added,
                How::Modified => FileStatus::Modified,
                How::Removed => FileStatus::Deleted,
                How::Renamed => FileStatus::Renamed,
            },
            binary: change.binary,
            additions: change.added,
            deletions: change.removed,
            hunks: change.hunks.into_iter().map(hunk).collect(),
        }
    }
}

impl File {
    /// The file as `git diff` writes it, one line each.
    pub fn to_patch(&self) -> Vec<String> {
        let old = self.old_path.as_ref().unwrap_or(&self.path);
        let mut lines = vec![format!("diff --git a/{old} b/{}", self.path)];
        let side = |there: bool, letter: char, path: &str| {
            if there { format!("{letter}/{path}") } else { "/dev/null".to_owned() }
        };
        match self.status {
            FileStatus::Added => lines.push("new file".to_owned()),
            FileStatus::Deleted => lines.push("deleted file".to_owned()),
            FileStatus::Renamed => {
                lines.extend([format!("rename from {old}"), format!("rename to {}", self.path)]);
            }
            FileStatus::Modified => {}
        }
        let sides = [
            side(self.status != FileStatus::Added, 'a', old),
            side(self.status != FileStatus::Deleted, 'b', &self.path),
        ];
        if self.binary {
            lines.push(format!("Binary files {} and {} differ", sides[0], sides[1]));
        } else if !self.hunks.is_empty() {
            lines.extend([format!("--- {}", sides[0]), format!("+++ {}", sides[1])]);
        }
        for hunk in &self.hunks {
            let Hunk { old_start, old_lines, new_start, new_lines, about, .. } = hunk;
            let header = format!("@@ -{old_start},{old_lines} +{new_start},{new_lines} @@ {about}");
            lines.push(header.trim_end().to_owned());
            lines.extend(hunk.lines.iter().cloned());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_as_git_writes_it() {
        let hunk = crate::domain::difference::Hunk {
            old: (1, 2),
            new: (1, 1),
            about: "fn main()".into(),
            lines: vec![" a".into(), "-b".into()],
        };
        let change = FileChange {
            path: "src/b.rs".into(),
            old_path: Some("src/a.rs".into()),
            how: How::Renamed,
            binary: false,
            added: 0,
            removed: 1,
            hunks: vec![hunk],
        };
        insta::assert_snapshot!(File::from(change.clone()).to_patch().join("\n"), @r"
        diff --git a/src/a.rs b/src/b.rs
        rename from src/a.rs
        rename to src/b.rs
        --- a/src/a.rs
        +++ b/src/b.rs
        @@ -1,2 +1,1 @@ fn main()
         a
        -b
        ");
        let image =
            FileChange { path: "x".into(), old_path: None, how: How::Added, binary: true, hunks: vec![], ..change };
        insta::assert_snapshot!(File::from(image).to_patch().join("\n"), @r"
        diff --git a/x b/x
        new file
        Binary files /dev/null and b/x differ
        ");
    }
}
