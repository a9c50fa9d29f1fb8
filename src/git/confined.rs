//! The seam to the jail: whatever touches files an agent can write runs through [`Confinement`], as real git or coreutils.
//!
//! *Architecture invariant:* after an agent ran once, its worktree and its private repository are read by nothing else of ours.

use super::command::{OUTPUT, QUIET, name, success};
use super::error::GitError;
use super::process::{Finished, Limits};
use crate::domain::ids::ObjectId;
use crate::domain::workspace::UnitPaths;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs programs where an agent's files may be touched. Implemented by the daemon with the jail; tests use a plain one.
pub trait Confinement: Send + Sync {
    /// Runs `call` confined to what `unit`'s agents can write and what they can read, in an environment that holds nothing but
    /// `PATH` and what the call names. Beyond the limits the error kinds are `TimedOut` and `FileTooLarge`.
    fn run(&self, unit: &UnitPaths, call: Call<'_>) -> io::Result<Finished>;

    /// The shell text for `git fetch --upload-pack=…` that runs `git-upload-pack` confined to `unit`; git appends the repository's path.
    fn upload_pack(&self, unit: &UnitPaths) -> io::Result<OsString>;
}

/// A program to run confined.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Looked up in `PATH`.
    pub program: &'a str,
    /// Its arguments.
    pub args: &'a [OsString],
    /// Its working directory, absolute and below the unit's.
    pub cwd: &'a Path,
    /// The whole environment but for `PATH`.
    pub env: &'a [(&'a str, OsString)],
    /// Its standard input.
    pub input: &'a [u8],
    /// When it is killed.
    pub limits: Limits,
}

/// A unit's files, seen through its confinement.
#[derive(Clone, Copy)]
pub(crate) struct Confined<'a> {
    pub(crate) jail: &'a dyn Confinement,
    pub(crate) unit: &'a UnitPaths,
    /// Used in place of the worktree's own index.
    pub(crate) index: Option<&'a Path>,
}

/// One confined call of git, in the unit's worktree unless it says otherwise.
pub(crate) struct ConfinedGit<'a> {
    on: Confined<'a>,
    args: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    cwd: PathBuf,
    input: Vec<u8>,
}

impl<'a> Confined<'a> {
    /// git on the worktree. Repository and worktree are named outright: what an agent made of `worktree/.git` does not count.
    pub(crate) fn git(self, subcommand: &[&str]) -> ConfinedGit<'a> {
        let git_dir = self.unit.worktree_git();
        let git = self.git_at(&git_dir, subcommand).worktree(self.unit.worktree());
        if let Some(index) = self.index { git.env("GIT_INDEX_FILE", index) } else { git }
    }

    /// git on the private repository, without a worktree.
    pub(crate) fn git_bare(self, subcommand: &[&str]) -> ConfinedGit<'a> {
        self.git_at(&self.unit.git(), subcommand)
    }

    fn git_at(self, git_dir: &Path, subcommand: &[&str]) -> ConfinedGit<'a> {
        let args = QUIET.iter().chain(subcommand).map(OsString::from).collect();
        let mut env = git_env();
        env.push(("GIT_DIR", git_dir.into()));
        ConfinedGit { on: self, args, env, cwd: self.unit.git(), input: Vec::new() }
    }

    /// A program of the coreutils family in the worktree.
    pub(crate) fn tool(self, program: &str, args: &[OsString], input: &[u8]) -> Result<Finished, GitError> {
        let limits = Limits { time: Duration::from_secs(60), output: OUTPUT };
        let env = [("LC_ALL", "C".into())];
        let call = Call { program, args, cwd: &self.unit.worktree(), env: &env, input, limits };
        self.jail.run(self.unit, call).map_err(|source| GitError::Run { command: program.to_owned(), source })
    }

    /// A shell script of several calls of git, from the top of the worktree, called `name` in messages. Returns what it printed.
    pub(crate) fn script(self, name: &str, script: &str, args: Vec<OsString>) -> Result<Vec<u8>, GitError> {
        let args: Vec<OsString> = ["-c", script, "sh"].into_iter().map(OsString::from).chain(args).collect();
        let mut env: Vec<(String, OsString)> = Vec::new();
        for (name, value) in git_env() {
            env.push((name.to_owned(), value));
        }
        // As options are given on a command line, for every git in the script.
        let settings = QUIET.iter().filter(|word| **word != "-c").filter_map(|setting| setting.split_once('='));
        for (number, (key, value)) in settings.enumerate() {
            env.push((format!("GIT_CONFIG_KEY_{number}"), key.into()));
            env.push((format!("GIT_CONFIG_VALUE_{number}"), value.into()));
        }
        env.push(("GIT_CONFIG_COUNT".to_owned(), (QUIET.len() / 2).to_string().into()));
        let env: Vec<(&str, OsString)> = env.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let limits = Limits { time: Duration::from_secs(300), output: OUTPUT };
        let call = Call { program: "sh", args: &args, cwd: &self.unit.worktree(), env: &env, input: b"", limits };
        let run = self.jail.run(self.unit, call);
        success(name.to_owned(), run.map_err(|source| GitError::Run { command: name.to_owned(), source })?)
    }
}

/// What every git inside finds in its environment.
fn git_env() -> Vec<(&'static str, OsString)> {
    vec![
        ("HOME", "/nonexistent".into()),
        ("GIT_CONFIG_NOSYSTEM", "1".into()),
        ("GIT_TERMINAL_PROMPT", "0".into()),
        ("LC_ALL", "C".into()),
    ]
}

impl ConfinedGit<'_> {
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.as_ref().to_owned()));
        self
    }

    /// Looks at another directory than the unit's worktree.
    pub(crate) fn worktree(mut self, dir: PathBuf) -> Self {
        self.cwd.clone_from(&dir);
        self.env("GIT_WORK_TREE", dir)
    }

    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs it; an exit code other than 0 is left to the caller.
    pub(crate) fn finish(self) -> Result<Finished, GitError> {
        let limits = Limits { time: Duration::from_secs(300), output: OUTPUT };
        let call =
            Call { program: "git", args: &self.args, cwd: &self.cwd, env: &self.env, input: &self.input, limits };
        let run = self.on.jail.run(self.on.unit, call);
        run.map_err(|source| GitError::Run { command: name("git", &self.args), source })
    }

    /// Runs it; an exit code other than 0 is an error. Returns standard output.
    pub(crate) fn output(self) -> Result<Vec<u8>, GitError> {
        let command = name("git", &self.args);
        success(command, self.finish()?)
    }

    /// One object id, or none when git says (exit code 1 or 128) that there is no such thing.
    pub(crate) fn object(self) -> Result<Option<ObjectId>, GitError> {
        let command = name("git", &self.args);
        let done = self.finish()?;
        if matches!(done.code, Some(1 | 128)) {
            return Ok(None);
        }
        let text = success(command, done)?;
        Ok(Some(ObjectId::parse(String::from_utf8_lossy(&text).trim())?))
    }
}

/// The non-empty parts of a NUL-separated list.
pub(crate) fn parts(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == 0).filter(|part| !part.is_empty())
}
