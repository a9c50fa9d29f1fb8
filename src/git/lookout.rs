//! Looks at works in progress: what a unit's worktree holds this moment, uncommitted work included, and what merging two of them gives.
//!
//! A picture is taken confined, by way of an index that is thrown away: worktree, index and branches of the unit stay as they are. It is
//! brought into a bare repository of ours that only borrows the operator's objects, so that nothing of all this stays in theirs.

use super::command::{Git, Settings, tail};
use super::confined::Call;
use super::error::{GitError, at};
use super::host::Host;
use super::merge::read_merge;
use super::private::Private;
use super::process::Limits;
use super::refs::{object_id, oid};
use super::remove::remove_tree;
use super::snapshot::FALLBACK_IDENTITY;
use crate::domain::ids::{ObjectId, UnitId};
use git2::{Repository, RepositoryInitOptions};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The bare repository that pictures are brought into.
#[derive(Clone, Debug)]
pub struct Lookout<'a> {
    host: &'a Host,
    dir: PathBuf,
}

/// All that a worktree held at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What distinguishes it from other moments: files and HEAD.
    pub mark: String,
    /// A commit of its files on top of HEAD.
    pub commit: ObjectId,
}

/// What a worktree holds, compared with the picture before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// The same.
    Same,
    /// Something else.
    New(Picture),
    /// That cannot be said now: a merge or rebase is under way in it, or it is not there.
    Blurred,
}

/// How two commits go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They merge; the tree of both.
    Clean(ObjectId),
    /// They do not: the paths, sorted.
    Conflict(Vec<PathBuf>),
}

/// Prints files and HEAD, and a commit of them if they are not those of `$2`. `$1` is the index to use. Paths that vanish or cannot be read
/// meanwhile are passed over. The copied index keeps its time: by it git knows which files may have changed in the second they were written.
const PICTURE: &str = r#"
for operation in rebase-merge rebase-apply MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD BISECT_LOG; do
    [ ! -e "$GIT_DIR/$operation" ] || exit 3
done
rm -f -- "$1" && cp -p -- "$GIT_DIR/index" "$1" && head=$(git rev-parse -q --verify 'HEAD^{commit}') || exit 3
export GIT_INDEX_FILE="$1"
git add -A --ignore-errors . >/dev/null 2>&1
tree=$(git write-tree) || exit 3
rm -f -- "$1"
echo "$tree $head"
[ "$tree $head" = "$2" ] && exit 0
commit=$(git commit-tree -p "$head" -m "a look" "$tree") && git update-ref refs/ve/look "$commit" && echo "$commit"
"#;

/// Where the picture waits in the private repository.
const LOOK: &str = "refs/ve/look";

/// A look that takes longer is given up: the next one comes soon.
const PATIENCE: Duration = Duration::from_secs(10);

/// Loose objects in one of its 256 directories from which on the repository is made anew: what git takes for too many.
const LOOSE: usize = 27;

impl<'a> Lookout<'a> {
    /// Opens the repository at `dir`, which is made if it is not there, and made anew if it holds too much.
    pub fn open(host: &'a Host, dir: &Path) -> Result<Self, GitError> {
        if is_full(dir) || Repository::open_bare(dir).is_err() {
            remove_tree(dir)?;
            let mut init = RepositoryInitOptions::new();
            init.bare(true).external_template(false).mkpath(true);
            Repository::init_opts(dir, &init)?;
        }
        let borrowed: String = host.object_dirs()?.iter().map(|objects| format!("{}\n", objects.display())).collect();
        let alternates = dir.join("objects/info/alternates");
        if fs::read_to_string(&alternates).ok().as_deref() != Some(&borrowed) {
            fs::write(&alternates, borrowed).map_err(at(&alternates))?;
        }
        Ok(Self { host, dir: dir.to_owned() })
    }

    /// Takes a picture of a unit's worktree and brings it here, unless it is the one of `before`.
    pub fn look(&self, private: Private<'_>, before: Option<&str>) -> Result<Looked, GitError> {
        let Some(start) = private.prepared_at()? else { return Ok(Looked::Blurred) };
        let git_dir = private.unit.paths.worktree_git();
        let index = private.unit.paths.git().join("ve-index-look");
        let args: [OsString; 5] =
            ["-c".into(), PICTURE.into(), "sh".into(), index.into(), before.unwrap_or_default().into()];
        let mut env: Vec<(&str, OsString)> = vec![
            ("HOME", "/nonexistent".into()),
            ("LC_ALL", "C".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_TERMINAL_PROMPT", "0".into()),
            ("GIT_DIR", git_dir.into()),
            ("GIT_WORK_TREE", private.unit.paths.worktree().into()),
            ("GIT_CONFIG_COUNT", "2".into()),
            ("GIT_CONFIG_KEY_0", "core.hooksPath".into()),
            ("GIT_CONFIG_VALUE_0", "/dev/null".into()),
            ("GIT_CONFIG_KEY_1", "core.fsmonitor".into()),
            ("GIT_CONFIG_VALUE_1", "false".into()),
        ];
        env.extend(FALLBACK_IDENTITY.map(|(name, value)| (name, value.into())));
        let limits = Limits { time: PATIENCE, output: 4096 };
        let cwd = private.unit.paths.worktree();
        let call = Call { program: "sh", args: &args, cwd: &cwd, env: &env, input: b"", limits };
        let done = private.jail.run(&private.unit.paths, call);
        let done = done.map_err(|source| GitError::Run { command: "sh".to_owned(), source })?;
        let printed = String::from_utf8_lossy(&done.stdout).into_owned();
        let mut lines = printed.lines();
        match (done.code, lines.next(), lines.next()) {
            (Some(3), ..) => Ok(Looked::Blurred),
            (Some(0), Some(mark), None) if Some(mark) == before => Ok(Looked::Same),
            (Some(0), Some(mark), Some(_)) => {
                // What the script printed is the agent's word; what was fetched is checked.
                let commit = self.bring(private, &start)?;
                Ok(Looked::New(Picture { mark: mark.to_owned(), commit }))
            }
            (code, ..) => Err(GitError::Ended { command: "look".to_owned(), code, stderr: tail(&done.stderr) }),
        }
    }

    /// Fetches the picture that waits in the private repository, checked object by object.
    fn bring(&self, private: Private<'_>, start: &ObjectId) -> Result<ObjectId, GitError> {
        let jail = private.jail.upload_pack(&private.unit.paths);
        let jail = jail.map_err(|source| GitError::Run { command: "git-upload-pack".to_owned(), source })?;
        let mut upload_pack = OsString::from("--upload-pack=");
        upload_pack.push(jail);
        let repo = self.repository()?;
        let (here, base) = (picture_ref(private.unit.id), format!("refs/base/{}", private.unit.id));
        repo.reference(&base, oid(start)?, true, "cut")?;
        self.git()
            .args(["-c", "fetch.fsckObjects=true", "-c", "protocol.allow=never", "-c", "protocol.file.allow=always"])
            .args(["-c", "core.alternateRefsPrefixes=refs/none", "fetch", "-q", "--no-tags", "--no-write-fetch-head"])
            .args(["--no-auto-maintenance", "--no-recurse-submodules", "--negotiation-tip"])
            .arg(&base)
            .arg(upload_pack)
            .arg(private.unit.paths.git())
            .arg(format!("+{LOOK}:{here}"))
            .time(PATIENCE)
            .output()?;
        object_id(repo.refname_to_id(&here)?)
    }

    /// Merges two commits, in memory.
    pub fn fit(&self, one: &ObjectId, other: &ObjectId) -> Result<Fit, GitError> {
        self.merge(None, one, other)
    }

    /// Whether what a landing changed, from where to what, applies onto a work that does not have it.
    pub fn applies_onto(&self, (from, to): (&ObjectId, &ObjectId), work: &ObjectId) -> Result<bool, GitError> {
        Ok(matches!(self.merge(Some(from), work, to)?, Fit::Clean(_)))
    }

    /// Whether the work of the later of two landings, each from where to what, applies without that of the earlier one. None where that
    /// cannot be told: what landed in between builds on the earlier one, or neither came after the other.
    pub fn applies_alone(&self, [one, other]: [(&ObjectId, &ObjectId); 2]) -> Result<Option<bool>, GitError> {
        let (first, second) = if self.host.is_ancestor(one.1, other.0)? {
            (one, other)
        } else if self.host.is_ancestor(other.1, one.0)? {
            (other, one)
        } else {
            return Ok(None);
        };
        let Fit::Clean(without) = self.merge(Some(first.1), second.0, first.0)? else { return Ok(None) };
        let mut commit = self.git().args(["commit-tree", "-m", "without", "-p", second.0.as_str(), without.as_str()]);
        for (name, value) in FALLBACK_IDENTITY {
            commit = commit.env(name, value);
        }
        let without = ObjectId::parse(String::from_utf8_lossy(&commit.output()?).trim())?;
        Ok(Some(matches!(self.merge(Some(second.0), &without, second.1)?, Fit::Clean(_))))
    }

    fn merge(&self, base: Option<&ObjectId>, one: &ObjectId, other: &ObjectId) -> Result<Fit, GitError> {
        let mut merge = self.git().arg(format!("--attr-source={one}"));
        merge = merge.args(["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z"]);
        if let Some(base) = base {
            merge = merge.arg(format!("--merge-base={base}"));
        }
        let done = merge.args([one.as_str(), other.as_str()]).time(PATIENCE).finish()?;
        match (done.code, read_merge(&done.stdout)) {
            (Some(0), Some((tree, _))) => Ok(Fit::Clean(tree)),
            (Some(1), Some((_, paths))) => Ok(Fit::Conflict(paths)),
            (code, _) => {
                Err(GitError::Ended { command: "git merge-tree".to_owned(), code, stderr: tail(&done.stderr) })
            }
        }
    }

    pub(crate) fn repository(&self) -> Result<Repository, GitError> {
        Ok(Repository::open_bare(&self.dir)?)
    }

    fn git(&self) -> Git {
        let git = Git::new(Settings::None).env("GIT_DIR", &self.dir).dir(&self.dir);
        let shallow = self.host.common_dir().join("shallow");
        if shallow.is_file() { git.env("GIT_SHALLOW_FILE", shallow) } else { git }
    }
}

/// Whether so many pictures were taken that those of the past should go. Nothing else is in there.
fn is_full(dir: &Path) -> bool {
    dir.join("objects/17").read_dir().is_ok_and(|objects| objects.count() > LOOSE)
}

fn picture_ref(unit: UnitId) -> String {
    format!("refs/look/{unit}")
}
