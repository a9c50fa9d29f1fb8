//! Submodules in a unit's worktree: repositories of their own inside it, made from what the operator has of each, without a network.
//!
//! They are the agent's like everything else there: they are touched confined. What was made is noted out of the agents' reach.

use super::{Private, lent};
use crate::domain::ids::ObjectId;
use crate::git::confined::parts;
use crate::git::error::{GitError, at};
use crate::git::host::Host;
use crate::git::import::Fetch;
use crate::git::modules::Module;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A submodule that was made in the worktree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// From the top of the worktree.
    pub(crate) path: PathBuf,
    /// The operator's repository for it.
    pub(crate) home: PathBuf,
}

/// How submodules are brought to the commits they should be at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// Those that are not there are made.
    Missing,
    /// The others follow, unless there are changes in the way.
    Along,
    /// Whatever was done in them is thrown away.
    Anew,
}

/// Makes, for triples of directory, commit and where its history ends, what `$1` asks for. `$2` is the configuration and `$3` the store that
/// new ones get.
const FILL: &str = r#"
how=$1 config=$2 store=$3; shift 3
while [ $# -gt 0 ]; do
    export GIT_DIR="$1/.git" GIT_WORK_TREE="$1"
    mkdir -p -- "$1" && cd -- "$1" || exit
    if [ ! -e .git ]; then
        git init -q && cp -- "$config" .git/config && git config core.bare false || exit
        printf '%s\n' "$store" >.git/objects/info/alternates || exit
        [ -z "$3" ] || printf '%s' "$3" >.git/shallow || exit
        git checkout -q -f --detach "$2" || exit
    elif [ "$how" = along ]; then
        git checkout -q --detach "$2" || exit
    elif [ "$how" = anew ]; then
        git checkout -q -f --detach "$2" && git clean -ffdq || exit
    fi
    [ "$how" = missing ] && git rev-parse -q --verify refs/ve/given >/dev/null || git update-ref refs/ve/given "$2" || exit
    shift 3
done
"#;

/// Lets those that nobody touched follow where a merge has moved them: else their old commit would be committed again. Triples of directory,
/// outer git directory and path in there.
const FOLLOW: &str = r#"
while [ $# -gt 0 ]; do
    if [ -e "$1/.git" ]; then
        wanted=$(GIT_DIR="$2" git rev-parse -q --verify "HEAD:$3")
        export GIT_DIR="$1/.git" GIT_WORK_TREE="$1"
        cd -- "$1" || exit
        head=$(git rev-parse -q --verify HEAD)
        if [ -n "$wanted" ] && [ "$head" != "$wanted" ] && [ "$head" = "$(git rev-parse -q --verify refs/ve/given)" ] &&
            [ -z "$(git status --porcelain)" ] && git cat-file -e "$wanted^{commit}" 2>/dev/null; then
            git checkout -q --detach "$wanted" && git update-ref refs/ve/given "$wanted" || exit
        fi
    fi
    shift 3
done
"#;

/// Commits what was left uncommitted, with the message `$1`, and prints where each is, or `-`.
const COMMIT: &str = r#"
message=$1; shift
while [ $# -gt 0 ]; do
    if [ -e "$1/.git" ]; then
        export GIT_DIR="$1/.git" GIT_WORK_TREE="$1"
        cd -- "$1" || exit
        own=$(git rev-parse --absolute-git-dir) || exit
        for operation in rebase-merge rebase-apply MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD BISECT_LOG; do
            [ ! -e "$own/$operation" ] || { echo "$1: a merge, rebase or the like is in progress" >&2; exit 1; }
        done
        ! git ls-files -v | grep -q '^[a-zS]' || git read-tree HEAD || exit
        git add -A || exit
        git config user.email >/dev/null || export GIT_AUTHOR_NAME=ve GIT_AUTHOR_EMAIL=ve@localhost \
            GIT_COMMITTER_NAME=ve GIT_COMMITTER_EMAIL=ve@localhost
        git diff-index --cached --quiet HEAD -- || git commit -q --no-verify --no-gpg-sign -m "$message" || exit
        git rev-parse HEAD && git update-ref refs/ve/given HEAD || exit
    else
        echo -
    fi
    shift
done
"#;

/// Makes a commit of all that one holds, without changing anything, and prints it, whether it differs from HEAD, and all tips; or `-`.
const SEAL: &str = r#"
export GIT_AUTHOR_NAME=ve GIT_AUTHOR_EMAIL=ve@localhost GIT_COMMITTER_NAME=ve GIT_COMMITTER_EMAIL=ve@localhost
seal() {
    export GIT_DIR="$1/.git" GIT_WORK_TREE="$1"
    cd -- "$1" && head=$(git rev-parse -q --verify 'HEAD^{commit}') || return 1
    tips=$(git for-each-ref --format='%(objectname)' refs/heads refs/stash) || return 1
    GIT_INDEX_FILE=$(git rev-parse --absolute-git-dir)/ve-index && export GIT_INDEX_FILE || return 1
    rm -f -- "$GIT_INDEX_FILE" && git read-tree HEAD && git add -A && tree=$(git write-tree) || return 1
    rm -f -- "$GIT_INDEX_FILE"
    sealed=$(git commit-tree -m "all of a submodule, saved before it was removed" $(for tip in $head $tips; do echo "-p $tip"; done) "$tree") || return 1
    git update-ref refs/ve/sealed "$sealed" || return 1
    [ "$tree" = "$(git rev-parse 'HEAD^{tree}')" ] && changed=same || changed=changed
    echo "$sealed" "$changed" "$head" $tips
}
while [ $# -gt 0 ]; do
    if [ -e "$1/.git" ]; then (seal "$1") 2>/dev/null || echo broken; else echo -; fi
    shift
done
"#;

impl Private<'_> {
    /// Makes the submodules of `commit` that can be had and are not in the worktree yet. Returns those that cannot be had.
    pub fn make_modules(self, commit: &ObjectId) -> Result<Vec<PathBuf>, GitError> {
        let (had, lacking): (Vec<Module>, Vec<Module>) =
            self.host.modules(commit)?.into_iter().partition(|module| module.home.is_some());
        let made = self.made_modules()?;
        let new: Vec<Module> =
            had.into_iter().filter(|module| !made.iter().any(|made| made.path == module.path)).collect();
        if !new.is_empty() {
            self.lend_modules(&new)?;
            self.fill(How::Missing, &self.unit.paths.worktree(), &new)?;
            self.note(&new)?;
        }
        Ok(lacking.into_iter().map(|module| module.path).collect())
    }

    /// Brings the submodules of the worktree to where `commit` has them.
    pub(super) fn move_modules(self, commit: &ObjectId) -> Result<(), GitError> {
        self.bring_modules(How::Along, commit)
    }

    /// The same, whatever was done in them.
    pub(crate) fn restore_modules(self, commit: &ObjectId) -> Result<(), GitError> {
        self.bring_modules(How::Anew, commit)
    }

    fn bring_modules(self, how: How, commit: &ObjectId) -> Result<(), GitError> {
        if self.made_modules()?.is_empty() {
            return Ok(());
        }
        let mut modules = self.host.modules(commit)?;
        modules.retain(|module| module.home.is_some());
        self.lend_modules(&modules)?;
        self.fill(how, &self.unit.paths.worktree(), &modules)?;
        self.note(&modules)
    }

    /// Makes all submodules of `commit` that can be had in a worktree that is checked out at it.
    pub(super) fn make_modules_in(self, worktree: &Path, commit: &ObjectId) -> Result<(), GitError> {
        let mut modules = self.host.modules(commit)?;
        modules.retain(|module| module.home.is_some());
        if modules.is_empty() {
            return Ok(());
        }
        self.lend_modules(&modules)?;
        self.fill(How::Missing, worktree, &modules)
    }

    fn fill(self, how: How, worktree: &Path, modules: &[Module]) -> Result<(), GitError> {
        let how = match how {
            How::Missing => "missing",
            How::Along => "along",
            How::Anew => "anew",
        };
        let (config, store) = (self.unit.paths.git().join("config"), lent::store(&self.unit.paths));
        let mut args: Vec<OsString> = vec![how.into(), config.into(), store.into()];
        args.extend(modules.iter().flat_map(|module| {
            let dir = worktree.join(&module.path);
            // Most have all of their history, and no such file.
            let ends = module.home.as_ref().and_then(|home| fs::read_to_string(home.join("shallow")).ok());
            [dir.into_os_string(), module.commit.as_str().into(), ends.unwrap_or_default().into()]
        }));
        self.confined().script("check out submodules", FILL, args).map(drop)
    }

    /// Commits what was left in the submodules, the inner ones first, and brings all commits that the operator does not have to their
    /// repositories, under refs that last.
    pub(crate) fn gather_modules(self, message: &str) -> Result<(), GitError> {
        let made = self.made_modules()?;
        if made.is_empty() {
            return Ok(());
        }
        let follow = made.iter().flat_map(|module| self.seen_from_outside(module, &made)).collect();
        self.confined().script("let submodules follow", FOLLOW, follow)?;
        let mut args = vec![OsString::from(message)];
        args.extend(made.iter().rev().map(|module| self.dir(module).into_os_string()));
        let printed = self.confined().script("commit in submodules", COMMIT, args)?;
        for (module, line) in made.iter().rev().zip(String::from_utf8_lossy(&printed).lines()) {
            if line == "-" {
                continue;
            }
            let host = self.host.module(&module.home)?;
            if !host.has(&ObjectId::parse(line)?)? {
                self.bring_module(&host, module, "HEAD")?;
            }
        }
        Ok(())
    }

    /// Saves what the submodules hold and the operator does not have: the refs, each in the operator's repository for it. Those that are no
    /// repositories any more are left out of the second list.
    pub(crate) fn preserve_modules(self) -> Result<(Vec<String>, Vec<PathBuf>), GitError> {
        let (mut refs, mut whole) = (Vec::new(), Vec::new());
        let made = self.made_modules()?;
        if made.is_empty() {
            return Ok((refs, whole));
        }
        let dirs = made.iter().map(|module| self.dir(module).into_os_string()).collect();
        let printed = self.confined().script("save submodules", SEAL, dirs)?;
        for (module, line) in made.into_iter().zip(String::from_utf8_lossy(&printed).lines()) {
            let mut words = line.split(' ');
            let (Some(_), Some(changed)) = (words.next(), words.next()) else { continue };
            let host = self.host.module(&module.home)?;
            let tips = words.map(|tip| host.has(&ObjectId::parse(tip)?)).collect::<Result<Vec<bool>, GitError>>()?;
            if changed == "changed" || tips.contains(&false) {
                let name = self.bring_module(&host, &module, "refs/ve/sealed")?;
                refs.push(format!("{name} in the submodule {}", module.path.display()));
            }
            whole.push(module.path);
        }
        Ok((refs, whole))
    }

    /// Fetches a ref of a submodule into the operator's repository for it, under the unit's next free name there.
    fn bring_module(self, host: &Host, module: &Made, from: &str) -> Result<String, GitError> {
        let (refs, id) = (host.refs(), self.unit.id);
        let mut number = 1;
        while host.reference(&refs.preserved(id, number))?.is_some() {
            number += 1;
        }
        let (repository, to) = (self.dir(module).join(".git"), refs.preserved(id, number));
        self.bring(&Fetch { into: host, repository: &repository, from, to: &to, common: None })?;
        Ok(to)
    }

    fn dir(self, module: &Made) -> PathBuf {
        self.unit.paths.worktree().join(&module.path)
    }

    /// Directory, git directory of what holds it, and path in there.
    fn seen_from_outside(self, module: &Made, made: &[Made]) -> [OsString; 3] {
        let outer = made.iter().filter(|outer| outer.path != module.path && module.path.starts_with(&outer.path));
        let outer = outer.max_by_key(|outer| outer.path.components().count());
        let (git_dir, path) = match outer {
            Some(outer) => {
                (self.dir(outer).join(".git"), module.path.strip_prefix(&outer.path).unwrap_or(&module.path))
            }
            None => (self.unit.paths.worktree_git(), module.path.as_path()),
        };
        [self.dir(module).into(), git_dir.into(), path.into()]
    }

    /// The submodules that were made in the worktree, the outer ones first.
    pub(crate) fn made_modules(self) -> Result<Vec<Made>, GitError> {
        let file = self.modules_file();
        let notes = match fs::read(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            notes => notes.map_err(at(&file))?,
        };
        let mut fields = parts(&notes).map(|field| PathBuf::from(OsStr::from_bytes(field)));
        let mut made = Vec::new();
        while let (Some(path), Some(home)) = (fields.next(), fields.next()) {
            made.push(Made { path, home: self.host.common_dir().join(home) });
        }
        Ok(made)
    }

    /// Lets the stores of these, and of those that were made, be read.
    fn lend_modules(self, modules: &[Module]) -> Result<(), GitError> {
        let made = self.made_modules()?.into_iter().map(|made| made.home);
        let mut homes: Vec<PathBuf> = made.chain(modules.iter().filter_map(|module| module.home.clone())).collect();
        homes.sort();
        homes.dedup();
        self.lend_stores(&homes)?;
        modules.iter().try_for_each(|module| match &module.home {
            Some(home) => self.lend(&self.host.module(home)?, &module.commit),
            None => Ok(()),
        })
    }

    /// Lets the stores be found where they are now, if the project was moved.
    pub(super) fn find_modules(self) -> Result<(), GitError> {
        if self.made_modules()?.is_empty() { Ok(()) } else { self.lend_modules(&[]) }
    }

    fn note(self, modules: &[Module]) -> Result<(), GitError> {
        let mut made = self.made_modules()?;
        for Module { path, home, .. } in modules {
            if let (Some(home), false) = (home, made.iter().any(|made| made.path == *path)) {
                made.push(Made { path: path.clone(), home: home.clone() });
            }
        }
        let mut notes = Vec::new();
        for Made { path, home } in &made {
            // From the repository where it is inside, so that it is found again when the project has moved.
            let home = home.strip_prefix(self.host.common_dir()).unwrap_or(home);
            notes.extend([path.as_os_str().as_bytes(), b"\0", home.as_os_str().as_bytes(), b"\0"].concat());
        }
        super::prepare::write(&self.modules_file(), &notes)
    }

    /// Forgets which were made: the worktree is made anew.
    pub(super) fn forget_modules(self) -> Result<(), GitError> {
        crate::git::remove::remove_tree(&self.modules_file())
    }

    fn modules_file(self) -> PathBuf {
        self.unit.paths.notes().join("modules")
    }
}
