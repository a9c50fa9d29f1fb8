//! A host repository, a state directory and an operator's home, all temporary; and a confinement that confines nothing.

use crate::domain::ids::{BranchName, ChunkName, ObjectId, UnitId};
use crate::domain::workspace::{Base, UnitPaths};
use crate::git::confined::{Call, Confinement};
use crate::git::host::Host;
use crate::git::names::{ProjectRefs, Unit};
use crate::git::private::Private;
use crate::git::process::{self, Finished};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Runs programs as they are, and leaves a trace of each `git-upload-pack`.
pub(super) struct Unconfined {
    trace: PathBuf,
}

impl Confinement for Unconfined {
    fn run(&self, _: &UnitPaths, call: Call<'_>) -> io::Result<Finished> {
        let mut command = Command::new(call.program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(call.env.iter().map(|(name, value)| (name, value))).args(call.args).current_dir(call.cwd);
        process::run(command, call.input, call.limits)
    }

    fn upload_pack(&self, _: &UnitPaths) -> io::Result<OsString> {
        Ok(format!("echo ran >>'{}' && git-upload-pack", self.trace.display()).into())
    }
}

pub(super) struct Lab {
    temp: TempDir,
    pub(super) jail: Unconfined,
}

impl Lab {
    /// A host with one commit on `main`: `a.txt`, `b.txt`, `dir/c.txt`, and a `.gitignore` that names `*.log`.
    pub(super) fn new() -> Self {
        let lab = Self::empty();
        lab.fill(&[]);
        lab
    }

    /// As [`Lab::new`], the repository made by `git init` with `options`.
    pub(super) fn fill(&self, options: &[&str]) {
        self.git(&self.host_dir(), &[&["init", "-q", "-b", "main"], options].concat());
        self.configure();
        for (path, text) in [("a.txt", "a\n"), ("b.txt", "b\n"), ("dir/c.txt", "c\n"), (".gitignore", "*.log\n")] {
            self.write(path, text);
        }
        self.commit("first");
    }

    /// Directories, and no repository.
    pub(super) fn empty() -> Self {
        let temp = tempfile::tempdir().unwrap();
        for dir in ["host", "state", "home"] {
            fs::create_dir(temp.path().join(dir)).unwrap();
        }
        let jail = Unconfined { trace: temp.path().join("upload-pack.trace") };
        Self { temp, jail }
    }

    pub(super) fn configure(&self) {
        for (name, value) in [("user.name", "Op Erator"), ("user.email", "op@localhost"), ("commit.gpgsign", "false")] {
            self.git(&self.host_dir(), &["config", name, value]);
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.temp.path()
    }

    pub(super) fn host_dir(&self) -> PathBuf {
        self.temp.path().join("host")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.temp.path().join("state/checkout.journal")
    }

    pub(super) fn host(&self) -> Host {
        Host::open(&self.host_dir(), ProjectRefs::new("p").unwrap(), &self.temp.path().join("home")).unwrap()
    }

    pub(super) fn upload_packs(&self) -> usize {
        fs::read_to_string(&self.jail.trace).unwrap_or_default().lines().count()
    }

    /// Runs git as operator or agent would; panics unless it succeeds. Returns what it wrote, trimmed.
    pub(super) fn git(&self, dir: &Path, args: &[&str]) -> String {
        let done = self.try_git(dir, args);
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    pub(super) fn try_git(&self, dir: &Path, args: &[&str]) -> std::process::Output {
        let mut command = Command::new("git");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.temp.path().join("home")).env("GIT_CONFIG_NOSYSTEM", "1");
        command.args(args).current_dir(dir).output().unwrap()
    }

    /// Writes a file of the host's checkout.
    pub(super) fn write(&self, path: &str, text: &str) {
        put(&self.host_dir(), path, text);
    }

    /// The text of a file of the host's checkout.
    pub(super) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.host_dir().join(path)).unwrap()
    }

    /// Commits all in the host's checkout.
    pub(super) fn commit(&self, message: &str) -> ObjectId {
        self.commit_in(&self.host_dir(), message)
    }

    pub(super) fn commit_in(&self, dir: &Path, message: &str) -> ObjectId {
        self.git(dir, &["add", "-A"]);
        self.git(dir, &["commit", "-q", "--allow-empty", "-m", message]);
        self.id(dir, "HEAD")
    }

    pub(super) fn id(&self, dir: &Path, name: &str) -> ObjectId {
        ObjectId::parse(self.git(dir, &["rev-parse", name])).unwrap()
    }

    /// A commit on top of `main` made elsewhere; `change` edits the files.
    pub(super) fn elsewhere(&self, change: impl FnOnce(&Path)) -> ObjectId {
        let dir = self.temp.path().join("elsewhere");
        self.git(&self.host_dir(), &["worktree", "add", "-q", "--detach", dir.to_str().unwrap(), "main"]);
        change(&dir);
        let made = self.commit_in(&dir, "elsewhere");
        self.git(&self.host_dir(), &["worktree", "remove", "--force", dir.to_str().unwrap()]);
        made
    }

    /// A commit on top of `parent` with one more file, made without any checkout.
    pub(super) fn child_with(&self, parent: &ObjectId, file: &str, text: &str) -> ObjectId {
        let repo = git2::Repository::open(self.host_dir()).unwrap();
        let parent = repo.revparse_single(parent.as_str()).unwrap().peel_to_commit().unwrap();
        let mut tree = repo.treebuilder(Some(&parent.tree().unwrap())).unwrap();
        tree.insert(file, repo.blob(text.as_bytes()).unwrap(), 0o100_644).unwrap();
        let tree = repo.find_tree(tree.write().unwrap()).unwrap();
        let who = git2::Signature::now("x", "x@localhost").unwrap();
        let made = repo.commit(None, &who, &who, "landed", &tree, &[&parent]).unwrap();
        ObjectId::parse(made.to_string()).unwrap()
    }

    pub(super) fn base(&self) -> Base {
        Base { branch: main(), commit: self.id(&self.host_dir(), "main") }
    }

    pub(super) fn unit(&self, id: i64) -> Unit {
        let paths = UnitPaths::new(&self.temp.path().join("state"), UnitId(id));
        Unit { id: UnitId(id), chunk: ChunkName::parse(format!("chunk-{id}")).unwrap(), paths }
    }

    pub(super) fn private<'a>(&'a self, host: &'a Host, unit: &'a Unit) -> Private<'a> {
        Private { host, jail: &self.jail, unit }
    }
}

pub(super) fn main() -> BranchName {
    BranchName::parse("main").unwrap()
}

pub(super) fn put(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
