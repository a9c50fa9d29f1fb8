//! The `git` program on the host: cleared environment, none of the operator's hooks, bounded. Not for files an agent can write.

use super::error::GitError;
use super::process::{self, Finished, Limits};
use rustix::fs::{Access, access};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What every git of ours is told, on the host and confined: run no hook and no file monitor, collect no garbage.
pub(crate) const QUIET: [&str; 10] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    "-c",
    "submodule.recurse=false",
];

/// Enough for the largest listing of a repository we expect.
pub(crate) const OUTPUT: usize = 256 * 1024 * 1024;

/// Whose settings a git on the host obeys besides those of the repository.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Settings<'a> {
    /// Nobody's.
    None,
    /// Those of the operator, whose home this is: their filters, their logins.
    Operator(&'a Path),
}

/// One call of git.
pub(crate) struct Git {
    args: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    dir: Option<PathBuf>,
    input: Vec<u8>,
    limits: Limits,
}

impl Git {
    pub(crate) fn new(settings: Settings<'_>) -> Self {
        let env = match settings {
            Settings::None => vec![("HOME", "/nonexistent".into()), ("GIT_CONFIG_NOSYSTEM", "1".into())],
            Settings::Operator(home) => vec![("HOME", home.into())],
        };
        let limits = Limits { time: Duration::from_secs(120), output: OUTPUT };
        Self { args: QUIET.map(OsString::from).into(), env, dir: None, input: Vec::new(), limits }
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name, value.as_ref().to_owned()));
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(crate) fn input(mut self, input: Vec<u8>) -> Self {
        self.input = input;
        self
    }

    pub(crate) fn time(mut self, limit: Duration) -> Self {
        self.limits.time = limit;
        self
    }

    /// Runs it; an exit code other than 0 is left to the caller.
    pub(crate) fn finish(self) -> Result<Finished, GitError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut command = Command::new(found_on(&path).unwrap_or_else(|| "git".into()));
        command.env_clear().env("PATH", path).env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        command.envs(self.env).args(&self.args);
        if let Some(dir) = self.dir {
            command.current_dir(dir);
        }
        process::run(command, &self.input, self.limits)
            .map_err(|source| GitError::Run { command: name("git", &self.args), source })
    }

    /// Runs it; an exit code other than 0 is an error. Returns standard output.
    pub(crate) fn output(self) -> Result<Vec<u8>, GitError> {
        let command = name("git", &self.args);
        success(command, self.finish()?)
    }
}

/// The git that `path` leads to. A program named by its path is started without a copy of this process's page tables, which takes a large
/// daemon longer than most questions take git.
fn found_on(path: &OsStr) -> Option<PathBuf> {
    let may_run = |file: &PathBuf| file.is_file() && access(file, Access::EXEC_OK).is_ok();
    std::env::split_paths(path).filter(|dir| dir.is_absolute()).map(|dir| dir.join("git")).find(may_run)
}

/// Standard output of a program that must have succeeded.
pub(crate) fn success(command: String, done: Finished) -> Result<Vec<u8>, GitError> {
    if done.code == Some(0) {
        return Ok(done.stdout);
    }
    Err(GitError::Ended { command, code: done.code, stderr: tail(&done.stderr) })
}

/// Program and subcommand, for messages: `git fetch`.
pub(crate) fn name<A: AsRef<OsStr>>(program: &str, args: &[A]) -> String {
    let mut words = args.iter().map(|arg| arg.as_ref().to_string_lossy());
    while let Some(word) = words.next() {
        match word.as_ref() {
            "-c" => drop(words.next()),
            option if option.starts_with('-') => {}
            verb => return format!("{program} {verb}"),
        }
    }
    program.to_owned()
}

/// The last lines of what a program said, short enough for a message.
pub(crate) fn tail(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let from = lines.len().saturating_sub(5);
    lines[from..].join("; ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn git_is_the_first_on_the_path_that_can_run() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str, mode: u32| {
            let dir = dir.path().join(name);
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join("git"), "").unwrap();
            std::fs::set_permissions(dir.join("git"), std::fs::Permissions::from_mode(mode)).unwrap();
            dir
        };
        let (text, program) = (at("text", 0o644), at("program", 0o755));
        let path = std::env::join_paths([Path::new("."), Path::new("/nonexistent"), &text, &program]).unwrap();
        assert_eq!(found_on(&path), Some(program.join("git")));
        assert_eq!(found_on(text.as_os_str()), None);
    }

    #[test]
    fn messages_name_the_subcommand() {
        assert_eq!(name("git", &["-c", "a=b", "--attr-source=x", "merge-tree", "-z"]), "git merge-tree");
        assert_eq!(name("cat", &["--"]), "cat");
    }

    #[test]
    fn messages_hold_the_last_lines() {
        assert_eq!(tail(b"1\n2\n\n3\n4\n5\n6\n"), "2; 3; 4; 5; 6");
    }
}
