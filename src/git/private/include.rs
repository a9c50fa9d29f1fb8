//! `.worktreeinclude`: ignored files of the operator's checkout, such as `.env`, of which every worktree gets a copy.
//!
//! Only files that git ignores are copied, and the copies are ignored inside, too. What was copied is noted out of the agents' reach, so that a
//! landing that carries one of them, under whatever name, is seen.

use super::Private;
use crate::domain::ids::ObjectId;
use crate::git::command::{Git, Settings};
use crate::git::confined::parts;
use crate::git::error::{GitError, at};
use crate::git::host::Host;
use crate::git::names::Unit;
use crate::git::refs::{object_id, oid};
use git2::{ObjectType, Oid};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

impl Private<'_> {
    /// Says which of the operator's ignored files the worktree gets when it is made: patterns as in `.gitignore`, from the project's directory.
    pub fn set_include(self, patterns: Option<&str>) -> Result<(), GitError> {
        let file = self.patterns();
        match patterns {
            Some(patterns) => super::prepare::write(&file, patterns.as_bytes()),
            None => remove_file(&file),
        }
    }

    /// Copies what was asked for into a worktree that no agent has seen yet.
    pub(super) fn include(self) -> Result<(), GitError> {
        remove_file(&noted(self.unit))?;
        let (Some(host), patterns) = (self.host.work_dir(), self.patterns()) else { return Ok(()) };
        if !patterns.is_file() {
            return Ok(());
        }
        let root = host.join(self.host.prefix());
        let wanted = matcher(&root, &patterns)?;
        let (mut notes, mut excluded) = (Vec::new(), Vec::new());
        for path in ignored(self.host, &root)? {
            let is_wanted = wanted.matched_path_or_any_parents(&path, false).is_ignore();
            let inside = self.host.prefix().join(&path);
            if !is_wanted || is_ours(&path) || !copy(&root.join(&path), &self.unit.paths.worktree(), &inside)? {
                continue;
            }
            if let Ok(id) = Oid::hash_file(ObjectType::Blob, root.join(&path)) {
                notes.extend_from_slice(format!("{id} ").as_bytes());
                notes.extend_from_slice(inside.as_os_str().as_bytes());
                notes.push(0);
            }
            excluded.push(literal(&inside));
        }
        append(&self.unit.paths.git().join("info/exclude"), &excluded)?;
        super::prepare::write(&noted(self.unit), &notes)
    }

    fn patterns(self) -> PathBuf {
        self.unit.paths.notes().join("worktreeinclude")
    }
}

impl Host {
    /// The paths between two commits that hold what was copied into the unit's worktree, each with the name it was copied from.
    pub fn included_changes(
        &self,
        from: &ObjectId,
        to: &ObjectId,
        unit: &Unit,
    ) -> Result<Vec<(PathBuf, PathBuf)>, GitError> {
        let notes = match fs::read(noted(unit)) {
            Ok(notes) => notes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(at(&noted(unit))(error)),
        };
        let copied: BTreeMap<&[u8], &Path> = parts(&notes)
            .filter_map(|line| Some((line.get(..40)?, Path::new(OsStr::from_bytes(line.get(41..)?)))))
            .collect();
        let tree = self.repository()?;
        let tree = tree.find_object(oid(to)?, None)?.peel_to_tree()?;
        let empty = Oid::hash_object(ObjectType::Blob, b"")?;
        let mut found = Vec::new();
        for change in self.changes(from, to)? {
            let Ok(entry) = tree.get_path(&change.path) else { continue };
            let same = copied.get(object_id(entry.id())?.as_str().as_bytes()).filter(|_| entry.id() != empty);
            let named = copied.values().find(|path| **path == change.path);
            if let Some(source) = same.or(named) {
                found.push((change.path.clone(), source.to_path_buf()));
            }
        }
        Ok(found)
    }
}

/// Out of the agents' reach: what was copied, as lines of object id and path that end with NUL.
fn noted(unit: &Unit) -> PathBuf {
    unit.paths.notes().join("included")
}

fn matcher(root: &Path, patterns: &Path) -> Result<Gitignore, GitError> {
    let mut builder = GitignoreBuilder::new(root);
    let text = fs::read_to_string(patterns).map_err(at(patterns))?;
    let unreadable = |error: ignore::Error| at(Path::new(".worktreeinclude"))(std::io::Error::other(error));
    for line in text.lines() {
        builder.add_line(None, line).map_err(unreadable)?;
    }
    builder.build().map_err(unreadable)
}

/// The files that the operator's git ignores below `root`, by path from there.
fn ignored(host: &Host, root: &Path) -> Result<Vec<PathBuf>, GitError> {
    let listed = Git::new(Settings::Operator(host.operator_home()))
        .dir(root)
        .args(["ls-files", "--others", "--ignored", "--exclude-standard", "-z"])
        .output()?;
    Ok(parts(&listed).map(|path| Path::new(OsStr::from_bytes(path)).to_owned()).collect())
}

/// Whether a path leads into git's or our own directory.
fn is_ours(path: &Path) -> bool {
    path.components().any(|part| {
        let Component::Normal(name) = part else { return true };
        name.eq_ignore_ascii_case(".git") || name.eq_ignore_ascii_case(".ve")
    })
}

/// Copies a file or a link to `inside` below `worktree`, through real directories only. Not where something is already.
fn copy(source: &Path, worktree: &Path, inside: &Path) -> Result<bool, GitError> {
    let found = fs::symlink_metadata(source).map_err(at(source))?;
    if !found.is_file() && !found.is_symlink() {
        return Ok(false);
    }
    let mut dir = worktree.to_owned();
    for part in inside.parent().into_iter().flat_map(Path::components) {
        dir.push(part);
        match fs::symlink_metadata(&dir) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Ok(false),
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir(&dir).map_err(at(&dir))?,
            Err(error) => return Err(at(&dir)(error)),
        }
    }
    let target = worktree.join(inside);
    if fs::symlink_metadata(&target).is_ok() {
        return Ok(false);
    }
    if found.is_symlink() {
        let to = fs::read_link(source).map_err(at(source))?;
        std::os::unix::fs::symlink(to, &target).map_err(at(&target))?;
    } else {
        fs::copy(source, &target).map_err(at(source))?;
    }
    Ok(true)
}

/// A path as a pattern that fits nothing else.
fn literal(path: &Path) -> Vec<u8> {
    let mut pattern = vec![b'/'];
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'\\' | b'*' | b'?' | b'[' | b' ') {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern.push(b'\n');
    pattern
}

fn append(file: &Path, lines: &[Vec<u8>]) -> Result<(), GitError> {
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).map_err(at(dir))?;
    }
    let mut open = OpenOptions::new().create(true).append(true).open(file).map_err(at(file))?;
    // A line before that has no end would swallow ours.
    open.write_all(b"\n").and_then(|()| open.write_all(&lines.concat())).map_err(at(file))
}

fn remove_file(file: &Path) -> Result<(), GitError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(at(file)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_pattern_for_itself_alone() {
        assert_eq!(literal(Path::new("a b/[x]*.env")), b"/a\\ b/\\[x]\\*.env\n");
    }

    #[test]
    fn nothing_of_git_or_of_ours_is_copied() {
        assert!(is_ours(Path::new("sub/.GIT/config")) && is_ours(Path::new(".ve/token")) && is_ours(Path::new("../x")));
        assert!(!is_ours(Path::new(".env")) && !is_ours(Path::new("docs/.gitignored")));
    }
}
