//! Commits what an agent left uncommitted, and says where its work is then. Real git, confined: filters run as the operator has them.

use super::confined::{Confined, parts};
use super::error::GitError;
use super::private::Private;
use crate::domain::ids::ObjectId;
use crate::domain::workspace::Base;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The state of a worktree after all in it is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// HEAD of the worktree: the result of the attempt.
    pub head: ObjectId,
    /// Whether there was something to commit.
    pub leftovers: Leftovers,
    /// Whether the unit's branch carries it.
    pub branch: BranchState,
}

/// Whether a worktree held anything uncommitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    /// All was committed already.
    None,
    /// They are in the head commit now.
    Committed,
}

/// How the unit's branch stands to HEAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchState {
    /// HEAD is the branch.
    OnBranch,
    /// HEAD was elsewhere, on top of the branch or with the branch gone; the branch is at HEAD now, and HEAD is on it.
    Reattached,
    /// HEAD is elsewhere, and this commit of the branch is not in its history. Both stay as they are.
    Elsewhere(ObjectId),
    /// HEAD does not contain the base, and the branch is gone.
    Unrelated,
}

/// Why no snapshot was taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Repositories inside the worktree, whose files git would drop: each the directory that holds a `.git`.
    #[error("commit the worktree: {} of its directories are repositories of their own", .0.len())]
    Nested(Vec<PathBuf>),
    /// A rebase, merge or the like is under way.
    #[error("commit the worktree: a {0} is in progress in it")]
    InProgress(&'static str),
    /// HEAD names no commit.
    #[error("commit the worktree: its HEAD names no commit")]
    NoHead,
    /// Something else.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// What git leaves in its directory while it waits for someone to go on.
const OPERATIONS: [(&str, &str); 6] = [
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
];

impl Private<'_> {
    /// Commits all that git does not ignore, with `message`, as whoever is configured.
    pub fn snapshot(self, base: &Base, message: &str) -> Result<Snapshot, SnapshotError> {
        let confined = self.confined();
        if let Some(what) = operation(confined)? {
            return Err(SnapshotError::InProgress(what));
        }
        make_readable(confined)?;
        let made: Vec<PathBuf> = self.made_modules()?.into_iter().map(|module| module.path).collect();
        let nested = nested_repositories(confined, &base.commit, &made)?;
        if !nested.is_empty() {
            return Err(SnapshotError::Nested(nested));
        }
        if head(confined)?.is_none() {
            return Err(SnapshotError::NoHead);
        }
        show_hidden(confined)?;
        self.gather_modules(message)?;
        confined.git(&["add", "-A"]).output()?;
        let leftovers = commit(confined, message)?;
        let Some(head) = head(confined)? else { return Err(SnapshotError::NoHead) };
        let branch = self.reattach(base, &head)?;
        Ok(Snapshot { head, leftovers, branch })
    }

    /// Puts the branch at HEAD and HEAD on the branch where nothing is lost by it.
    fn reattach(self, base: &Base, head: &ObjectId) -> Result<BranchState, GitError> {
        let (confined, branch) = (self.confined(), self.unit.branch());
        let on = confined.git(&["symbolic-ref", "-q", "HEAD"]).finish()?;
        if String::from_utf8_lossy(&on.stdout).trim_end() == branch {
            return Ok(BranchState::OnBranch);
        }
        let tip = confined.git(&["rev-parse", "-q", "--verify"]).args([&branch]).object()?;
        let contained = tip.as_ref().unwrap_or(&base.commit);
        if !is_ancestor(confined, contained, head)? {
            return Ok(tip.map_or(BranchState::Unrelated, BranchState::Elsewhere));
        }
        // An empty old value means that the branch must not exist.
        let old = tip.as_ref().map_or("", ObjectId::as_str);
        confined.git(&["update-ref"]).args([&branch, head.as_str(), old]).output()?;
        confined.git(&["symbolic-ref", "HEAD"]).args([&branch]).output()?;
        Ok(BranchState::Reattached)
    }
}

pub(crate) fn head(confined: Confined<'_>) -> Result<Option<ObjectId>, GitError> {
    confined.git(&["rev-parse", "-q", "--verify", "HEAD^{commit}"]).object()
}

fn operation(confined: Confined<'_>) -> Result<Option<&'static str>, GitError> {
    let dir = confined.unit.worktree_git();
    let listed = confined.tool("ls", &["-A".into(), "--".into(), dir.into()], b"")?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    Ok(OPERATIONS.iter().find(|(file, _)| names.lines().any(|name| name == *file)).map(|(_, what)| *what))
}

/// Opens directories and files that were closed even to their owner: git skips such a directory with no more than a warning.
pub(crate) fn make_readable(confined: Confined<'_>) -> Result<(), GitError> {
    let directories = ["-type", "d", "!", "-perm", "-700"];
    let files = ["-type", "f", "!", "-perm", "-400"];
    // One by one, so that a directory is open before it is entered.
    let open = ["-exec", "chmod", "u+rwX", "{}", ";"];
    let find = [&[".", "("][..], &directories, &["-o"], &files, &[")"], &open].concat();
    let find: Vec<OsString> = find.into_iter().map(OsString::from).collect();
    // Its exit code also tells of what vanished meanwhile; what stays closed makes git fail.
    confined.tool("find", &find, b"").map(drop)
}

/// Directories with a `.git` of their own that git would take as one opaque entry; not the submodules that we made, nor others of the base that
/// somebody checked out there and left as they were.
pub(crate) fn nested_repositories(
    confined: Confined<'_>,
    base: &ObjectId,
    made: &[PathBuf],
) -> Result<Vec<PathBuf>, GitError> {
    let find = [".", "-mindepth", "2", "-name", ".git", "-prune", "-print0"].map(Into::into);
    // Its exit code also tells of directories that vanished or are locked: git will name those itself.
    let found = confined.tool("find", &find, b"")?.stdout;
    let dirs: Vec<&[u8]> = parts(&found).filter_map(|path| path.strip_prefix(b"./")?.strip_suffix(b"/.git")).collect();
    if dirs.is_empty() {
        return Ok(Vec::new());
    }
    let ignored = confined.git(&["check-ignore", "-z", "--stdin"]).input(dirs.join(&0)).finish()?.stdout;
    let ignored: HashSet<&[u8]> = parts(&ignored).collect();
    let strange = dirs.into_iter().filter(|dir| !ignored.contains(dir)).map(|dir| Path::new(OsStr::from_bytes(dir)));
    let strange: Vec<&Path> = strange.filter(|dir| !made.iter().any(|made| made == dir)).collect();
    if strange.is_empty() {
        return Ok(Vec::new());
    }
    let modules = submodules(confined, base)?;
    let mut nested = Vec::new();
    for dir in strange {
        let untouched = match modules.get(dir) {
            Some(commit) => is_untouched(confined, dir, commit)?,
            None => false,
        };
        if !untouched {
            nested.push(dir.to_owned());
        }
    }
    Ok(nested)
}

/// The submodules of a commit, each with where it is.
fn submodules(confined: Confined<'_>, base: &ObjectId) -> Result<HashMap<PathBuf, String>, GitError> {
    let listed = confined.git(&["ls-tree", "-r", "-z"]).args([base.as_str()]).output()?;
    let modules = parts(&listed).filter_map(|line| {
        let (entry, path) = line.split_at(line.iter().position(|byte| *byte == b'\t')?);
        let commit = String::from_utf8_lossy(entry.strip_prefix(b"160000 commit ")?).into_owned();
        Some((PathBuf::from(OsStr::from_bytes(&path[1..])), commit))
    });
    Ok(modules.collect())
}

/// Whether a repository inside the worktree is at that commit, and nothing in it differs from it.
fn is_untouched(confined: Confined<'_>, dir: &Path, commit: &str) -> Result<bool, GitError> {
    const LOOK: &str = r#"export GIT_DIR="$1/.git" GIT_WORK_TREE="$1"
        [ "$(git rev-parse HEAD 2>/dev/null)" = "$2" ] && [ -z "$(git status --porcelain 2>&1)" ] && echo untouched; :"#;
    let args = vec![confined.unit.worktree().join(dir).into_os_string(), commit.into()];
    Ok(confined.script("look at submodules", LOOK, args)?.starts_with(b"untouched"))
}

/// Makes git look at files that the index says it need not: "assume unchanged", and "skip" for those that are there.
pub(crate) fn show_hidden(confined: Confined<'_>) -> Result<(), GitError> {
    let listed = confined.git(&["ls-files", "-v", "-z"]).output()?;
    let flagged: Vec<(u8, &[u8])> = parts(&listed)
        .filter_map(|line| Some((*line.first()?, line.get(2..)?)))
        .filter(|(flag, _)| flag.is_ascii_lowercase() || *flag == b'S')
        .collect();
    if flagged.is_empty() {
        return Ok(());
    }
    let update = |flag: &str, paths: &[&[u8]]| {
        confined.git(&["update-index", flag, "-z", "--stdin"]).input(paths.join(&0)).output().map(drop)
    };
    let all: Vec<&[u8]> = flagged.iter().map(|(_, path)| *path).collect();
    update("--no-assume-unchanged", &all)?;
    update("--no-skip-worktree", &all)?;
    let absent = confined.git(&["ls-files", "-z", "-d"]).output()?;
    let absent: HashSet<&[u8]> = parts(&absent).collect();
    let skipped = flagged.iter().filter(|(flag, path)| flag.eq_ignore_ascii_case(&b's') && absent.contains(path));
    update("--skip-worktree", &skipped.map(|(_, path)| *path).collect::<Vec<_>>())
}

fn commit(confined: Confined<'_>, message: &str) -> Result<Leftovers, GitError> {
    let staged = confined.git(&["diff-index", "--cached", "--quiet", "HEAD", "--"]).finish()?;
    if staged.code == Some(0) {
        return Ok(Leftovers::None);
    }
    let options = ["commit", "-q", "--no-verify", "--no-gpg-sign", "--cleanup=verbatim", "-F", "-"];
    let mut commit = confined.git(&options).input(message);
    if confined.git(&["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"]).finish()?.code != Some(0) {
        for (name, value) in FALLBACK_IDENTITY {
            commit = commit.env(name, value);
        }
    }
    commit.output()?;
    Ok(Leftovers::Committed)
}

/// Who commits in a repository where nobody is configured.
pub(crate) const FALLBACK_IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "ve"),
    ("GIT_AUTHOR_EMAIL", "ve@localhost"),
    ("GIT_COMMITTER_NAME", "ve"),
    ("GIT_COMMITTER_EMAIL", "ve@localhost"),
];

fn is_ancestor(confined: Confined<'_>, old: &ObjectId, new: &ObjectId) -> Result<bool, GitError> {
    let asked = confined.git(&["merge-base", "--is-ancestor"]).args([old.as_str(), new.as_str()]).finish()?;
    Ok(asked.code == Some(0))
}
