//! Merges two commits of the host in memory. The git program merges; it runs in a git directory of ours that shares the host's objects, so
//! no merge driver of the operator's, chosen by an agent's attributes, is ever run.

use super::command::{Git, Settings};
use super::confined::parts;
use super::error::{GitError, at};
use super::host::Host;
use super::refs::{object_id, oid};
use crate::domain::ids::ObjectId;
use git2::{Repository, RepositoryInitOptions, Signature};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What target and tip are together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The target contains the tip.
    AlreadyIn,
    /// The tip contains the target; this is the tip's tree.
    FastForward(ObjectId),
    /// Both went on and fit together; the tree of both.
    Clean(ObjectId),
    /// They do not fit together: the paths, sorted.
    Conflict(Vec<PathBuf>),
}

/// How a tip becomes part of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A commit with both as parents.
    Merge,
    /// One commit on the target with all changes.
    Squash,
    /// The tip itself.
    FastForward,
}

/// A bare git directory of ours over the host's objects.
#[derive(Clone, Debug)]
pub struct Merger<'a> {
    host: &'a Host,
    shadow: PathBuf,
}

impl<'a> Merger<'a> {
    /// Makes the directory `shadow`, or finds it made.
    pub fn open(host: &'a Host, shadow: &Path) -> Result<Self, GitError> {
        if Repository::open_bare(shadow).is_err() {
            make(shadow)?;
        }
        Ok(Self { host, shadow: shadow.to_owned() })
    }

    /// Merges `tip` into `target`; attributes are those of the target. Nothing but objects is written.
    pub fn merge(&self, target: &ObjectId, tip: &ObjectId) -> Result<Merged, GitError> {
        if self.host.is_ancestor(tip, target)? {
            return Ok(Merged::AlreadyIn);
        }
        if self.host.is_ancestor(target, tip)? {
            let tree = self.host.repository()?.find_commit(oid(tip)?)?.tree_id();
            return Ok(Merged::FastForward(object_id(tree)?));
        }
        let done = self
            .git()
            .arg(format!("--attr-source={target}"))
            .args(["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", target.as_str(), tip.as_str()])
            .finish()?;
        // Exit code 1 also means that a commit is missing: a conflict is one only if a tree was written.
        match (done.code, read_merge(&done.stdout)) {
            (Some(0), Some((tree, _))) => Ok(Merged::Clean(tree)),
            (Some(1), Some((_, paths))) => Ok(Merged::Conflict(paths)),
            (code, _) => Err(GitError::Ended {
                command: "git merge-tree".to_owned(),
                code,
                stderr: super::command::tail(&done.stderr),
            }),
        }
    }

    /// Makes the commit that lands `tree`, in the operator's name. With [`Style::FastForward`] it is the tip itself; none if the tip is not on top
    /// of the target.
    pub fn commit(
        &self,
        style: Style,
        target: &ObjectId,
        tip: &ObjectId,
        tree: &ObjectId,
        message: &str,
    ) -> Result<Option<ObjectId>, GitError> {
        let parents = match style {
            Style::FastForward => return Ok(self.host.is_ancestor(target, tip)?.then(|| tip.clone())),
            Style::Merge => vec![target, tip],
            Style::Squash => vec![target],
        };
        if self.host.signs()? {
            return self.commit_signed(&parents, tree, message).map(Some);
        }
        let repo = self.host.repository()?;
        let parents =
            parents.into_iter().map(|id| Ok(repo.find_commit(oid(id)?)?)).collect::<Result<Vec<_>, GitError>>()?;
        let who = repo.signature().or_else(|_| Signature::now("ve", "ve@localhost"))?;
        let tree = repo.find_tree(oid(tree)?)?;
        let parents: Vec<_> = parents.iter().collect();
        object_id(repo.commit(None, &who, &who, message, &tree, &parents)?).map(Some)
    }

    /// As [`Merger::commit`], by the operator's git, which knows their key.
    fn commit_signed(&self, parents: &[&ObjectId], tree: &ObjectId, message: &str) -> Result<ObjectId, GitError> {
        let parents = parents.iter().flat_map(|id| ["-p", id.as_str()]);
        let made = Git::new(Settings::Operator(self.host.operator_home()))
            .env("GIT_DIR", self.host.common_dir())
            .args(["commit-tree", "-S"])
            .args(parents)
            .arg(tree.as_str())
            .input(message.as_bytes().to_vec())
            .time(Duration::from_secs(60))
            .output()?;
        Ok(ObjectId::parse(String::from_utf8_lossy(&made).trim())?)
    }

    fn git(&self) -> Git {
        let common = self.host.common_dir();
        let git = Git::new(Settings::None)
            .env("GIT_DIR", &self.shadow)
            .env("GIT_OBJECT_DIRECTORY", common.join("objects"))
            .dir(&self.shadow);
        let shallow = common.join("shallow");
        if shallow.is_file() { git.env("GIT_SHALLOW_FILE", shallow) } else { git }
    }
}

/// Makes a bare repository beside `shadow` and puts it in its place whole: others may be at it at the same moment.
fn make(shadow: &Path) -> Result<(), GitError> {
    let parent = shadow.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(at(parent))?;
    let new = tempfile::tempdir_in(parent).map_err(at(parent))?;
    let mut init = RepositoryInitOptions::new();
    init.bare(true).external_template(false);
    Repository::init_opts(new.path(), &init)?;
    match fs::rename(new.path(), shadow) {
        Err(error) if Repository::open_bare(shadow).is_err() => Err(at(shadow)(error)),
        // Moved, or somebody else was first, and ours goes with its guard.
        _ => Ok(()),
    }
}

/// A tree and the paths after it; none if the output does not start with a tree.
pub(super) fn read_merge(output: &[u8]) -> Option<(ObjectId, Vec<PathBuf>)> {
    let mut fields = parts(output);
    let tree = ObjectId::parse(str::from_utf8(fields.next()?).ok()?).ok()?;
    let mut paths: Vec<PathBuf> = fields.map(|path| PathBuf::from(OsStr::from_bytes(path))).collect();
    paths.sort();
    paths.dedup();
    Some((tree, paths))
}

impl Host {
    /// Whether the operator signs their commits.
    fn signs(&self) -> Result<bool, GitError> {
        Ok(self.repository()?.config()?.get_bool("commit.gpgsign").unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn only_output_that_starts_with_a_tree_is_a_merge() {
        let tree = "a".repeat(40);
        let (found, paths) = read_merge(format!("{tree}\0b\0a\0a\0").as_bytes()).unwrap();
        assert_eq!((found.as_str(), paths), (tree.as_str(), vec![PathBuf::from("a"), PathBuf::from("b")]));
        assert_eq!(read_merge(b""), None);
        assert_eq!(read_merge(b"merge-tree: not something we can merge\0"), None);
    }
}
