//! What a confined process may touch, as pure data: the same lists make the own root and the Landlock rules.

use super::guarantee::Guarantee;
use super::presets::{self, Toolchains};
use crate::domain::workspace::UnitPaths;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Whether the sandbox is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Everything below is enforced, or the program does not start.
    #[default]
    Enforced,
    /// The program simply runs.
    Off,
}

/// Whether the jail gets an own root and own process and IPC namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Namespaces {
    /// Required; a machine that refuses them refuses the program.
    #[default]
    Required,
    /// Not used. Leaves gaps, which must be accepted by name.
    Unused,
}

/// A directory that is shared for reading while writes stay private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyOnWrite {
    /// What is shared, and where it is seen.
    pub lower: PathBuf,
    /// An existing directory on the same file system that keeps what is written.
    pub upper: PathBuf,
}

/// The lists and switches of one jail.
///
/// Every path is absolute and must exist when the jail starts. A path below another one may give more or less than its
/// parent: the nearest listed ancestor decides. Paths that hold symbolic links are granted together with their targets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JailPolicy {
    /// Whether anything is enforced.
    pub mode: Mode,
    /// Files and directories that can be read and executed.
    pub read: Vec<PathBuf>,
    /// Files and directories that can be written, too.
    pub write: Vec<PathBuf>,
    /// Shared caches with private writes.
    pub cow: Vec<CopyOnWrite>,
    /// What looks empty although a list covers it. Missing paths are fine.
    pub mask: Vec<PathBuf>,
    /// The directory that becomes `/tmp` and `/var/tmp`.
    pub tmp: Option<PathBuf>,
    /// `$HOME` inside, for the account entry of a user that has none.
    pub home: PathBuf,
    /// Gaps that the operator accepts.
    pub accept: Vec<Guarantee>,
    /// Own root and own namespaces.
    pub namespaces: Namespaces,
    /// Pretends that the kernel has at most this Landlock ABI: for tests.
    pub landlock_cap: Option<u8>,
}

impl JailPolicy {
    /// A policy that confines nothing.
    pub fn off() -> Self {
        Self { mode: Mode::Off, ..Self::default() }
    }

    /// What every confined program needs: the system, read-only and without its secrets.
    pub fn for_system() -> Self {
        Self { read: presets::system(), mask: presets::secrets(), ..Self::default() }
    }

    /// The standard lists for an agent of one unit: the system, the toolchains and the host's objects to read; worktree,
    /// private repository and home to write; an own `/tmp`. Extend the lists for anything else.
    pub fn for_unit(unit: &UnitPaths, host_objects: &[PathBuf], toolchains: &Toolchains) -> Self {
        let mut policy = Self::for_system();
        policy.read.extend(host_objects.iter().cloned());
        policy.read.extend(toolchains.read.iter().cloned());
        policy.read.extend(Some(unit.link()).filter(|link| link.exists()));
        policy.write = vec![unit.worktree(), unit.git(), unit.home()];
        policy.tmp = Some(unit.tmp());
        policy.home = unit.home();
        policy
    }

    /// Reads a policy that [`JailPolicy::write_to`] wrote.
    pub(crate) fn read_from(file: &File) -> io::Result<Self> {
        serde_json::from_reader(io::BufReader::new(file)).map_err(io::Error::from)
    }

    /// Writes the policy to `file`, whole or not at all, readable by its owner only.
    pub fn write_to(&self, file: &Path) -> io::Result<()> {
        let new = file.with_extension("new");
        let mut out = File::options().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        out.write_all(&serde_json::to_vec(self)?)?;
        drop(out);
        fs::rename(&new, file)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::ids::UnitId;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_unit_may_write_only_its_own_directories() {
        let unit = UnitPaths::new(Path::new("/state"), UnitId(7));
        let policy = JailPolicy::for_unit(&unit, &["/host/.git/objects".into()], &Toolchains::default());
        assert_eq!(policy.write, [unit.worktree(), unit.git(), unit.home()]);
        assert!(policy.read.contains(&"/host/.git/objects".into()));
        assert!(policy.read.iter().all(|path| path != Path::new("/") && path != Path::new("/run")));
        assert_eq!(policy.mode, Mode::Enforced);
    }

    #[test]
    fn a_policy_is_read_back_from_a_private_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("policy.json");
        let policy = JailPolicy { accept: vec![Guarantee::SharedMemory], ..JailPolicy::for_system() };
        policy.write_to(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(JailPolicy::read_from(&File::open(&file).unwrap()).unwrap(), policy);
    }
}
