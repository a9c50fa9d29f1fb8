//! Which units have a worktree on disk, and how much room all of theirs takes. Looks at names and sizes only, and follows no link.

use super::clock;
use crate::domain::ids::UnitId;
use crate::domain::time::Timestamp;
use crate::project::layout::Layout;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A worktree on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDisk {
    /// Whose it is.
    pub unit: UnitId,
    /// Where it is.
    pub path: PathBuf,
    /// When it was made, where the file system says it.
    pub created_at: Option<Timestamp>,
    /// Room that all of its unit's directories take, in bytes.
    pub bytes: u64,
}

/// All worktrees of the project that are on disk. Looks at every file: not for the thread of an actor.
pub fn on_disk(layout: &Layout) -> io::Result<Vec<OnDisk>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(layout.units())? {
        let entry = entry?;
        let Some(unit) = entry.file_name().to_str().and_then(|name| name.parse().ok()).map(UnitId) else { continue };
        let path = layout.unit(unit).worktree();
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        let created_at = metadata.created().ok().map(clock::at);
        found.push(OnDisk { unit, path, created_at, bytes: room(&entry.path())? });
    }
    found.sort_by_key(|worktree| worktree.unit);
    Ok(found)
}

/// What a directory tree takes on the disk; what vanishes meanwhile takes nothing.
fn room(dir: &Path) -> io::Result<u64> {
    let (mut bytes, mut open) = (0, vec![dir.to_owned()]);
    while let Some(dir) = open.pop() {
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            // Of the entry itself: a link is as large as a link.
            let Ok((path, metadata)) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?))) else { continue };
            bytes += metadata.blocks() * 512;
            if metadata.is_dir() {
                open.push(path);
            }
        }
    }
    Ok(bytes)
}
