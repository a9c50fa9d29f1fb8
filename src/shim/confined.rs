//! Short helper programs in the jail: how the daemon touches files that an agent can write.

use super::policy::JailPolicy;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A policy on disk, and the program that enforces it. The policy is a file so that standard input stays free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confined {
    ve: PathBuf,
    policy_file: PathBuf,
}

impl Confined {
    /// Writes `policy` to `policy_file`, which no agent may be able to write, for programs that `ve` confines.
    pub fn new(ve: &Path, policy: &JailPolicy, policy_file: &Path) -> io::Result<Self> {
        policy.write_to(policy_file)?;
        Ok(Self { ve: ve.to_owned(), policy_file: policy_file.to_owned() })
    }

    /// A command that runs `program` in the jail, with an empty environment. Set what it needs, `PATH` first, and a
    /// working directory inside. Ends with 125 when the jail cannot be set up.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(&self.ve);
        command.arg0("ve").arg("__jail").arg(&self.policy_file).arg("--").arg(program).env_clear();
        command
    }

    /// The `git-upload-pack` of this jail, as text for `git fetch --upload-pack`: the agent's objects are then read by a
    /// process that cannot follow a link out of them. Git must be given the repository's absolute path, since its own
    /// directory is not in the jail. Paths must be UTF-8; others fail when git runs it.
    pub fn upload_pack_command(&self) -> String {
        let (ve, policy) = (self.ve.to_string_lossy(), self.policy_file.to_string_lossy());
        format!("cd / && {} __jail {} -- git-upload-pack", quoted(&ve), quoted(&policy))
    }
}

/// The program that runs now, under a name that other processes can execute for as long as this one lives, even when its
/// file was replaced by an upgrade.
pub fn this_program() -> PathBuf {
    PathBuf::from(format!("/proc/{}/exe", std::process::id()))
}

/// One word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_upload_pack_is_safe_in_a_shell() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("it's.json");
        let confined = Confined::new(Path::new("/a b/ve"), &JailPolicy::off(), &file).unwrap();
        let expected = format!("cd / && '/a b/ve' __jail '{}/it'\\''s.json' -- git-upload-pack", dir.path().display());
        assert_eq!(confined.upload_pack_command(), expected);
    }
}
