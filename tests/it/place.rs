//! A unit's directories in a place of their own, and who works there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use ve::domain::ids::UnitId;
use ve::domain::workspace::UnitPaths;
use ve::shim::policy::JailPolicy;
use ve::shim::presets::Toolchains;

/// The user id of the ordinary user.
const ORDINARY: u32 = 12345;

/// Who runs the program under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The user who runs the tests.
    Me,
    /// An ordinary user, when the tests run as root.
    Ordinary,
}

impl Who {
    /// Everybody whom these tests can play. Says when that is not everybody.
    pub fn all() -> Vec<Who> {
        if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
            return vec![Who::Me, Who::Ordinary];
        }
        println!("skipped for another user: the tests do not run as root");
        vec![Who::Me]
    }
}

/// A directory that every user reaches: the build's own, or the system's where that one is closed.
fn open_dir() -> PathBuf {
    let own = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let is_open = |dir: &Path| fs::metadata(dir).is_ok_and(|found| found.permissions().mode() & 0o001 != 0);
    if own.ancestors().all(is_open) { own.to_owned() } else { std::env::temp_dir() }
}

/// Directories that vanish with the test.
pub struct Place {
    dir: TempDir,
    who: Who,
    /// The program under test.
    pub ve: PathBuf,
    /// The unit.
    pub unit: UnitPaths,
}

impl Place {
    pub fn new(who: Who) -> Self {
        let dir = TempDir::new_in(open_dir().canonicalize().unwrap()).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let unit = UnitPaths::new(&dir.path().canonicalize().unwrap(), UnitId(1));
        let mut place = Self { ve: PathBuf::from(env!("CARGO_BIN_EXE_ve")), dir, who, unit };
        for path in [place.unit.worktree(), place.unit.git(), place.unit.home(), place.unit.tmp()] {
            place.make_dir(&path);
        }
        if who == Who::Ordinary {
            place.ve = place.ve_of_ordinary_user();
        }
        place
    }

    /// The directory that holds all others. Nothing in it but the unit's own directories is granted.
    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    /// Makes a directory that belongs to whoever works here.
    pub fn make_dir(&self, path: &Path) {
        fs::create_dir_all(path).unwrap();
        self.give(path);
    }

    /// Writes a file that belongs to whoever works here and that everybody may write.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join(name);
        if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
            self.make_dir(parent);
        }
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        self.give(&path);
        path
    }

    /// The standard policy of the unit, without toolchains.
    pub fn policy(&self) -> JailPolicy {
        JailPolicy::for_unit(&self.unit, &[], &Toolchains::default())
    }

    /// Gives `path` to whoever works here.
    pub fn give(&self, path: &Path) {
        if self.who == Who::Ordinary {
            chown(path, Some(ORDINARY), Some(ORDINARY)).unwrap();
        }
    }

    /// A program that becomes the ordinary user and then the program under test.
    fn ve_of_ordinary_user(&self) -> PathBuf {
        // The build directory may be out of that user's reach.
        let copy = self.root().join("ve");
        fs::hard_link(&self.ve, &copy).or_else(|_| fs::copy(&self.ve, &copy).map(drop)).unwrap();
        let script = self.root().join("ve-ordinary");
        let text = format!(
            "#!/bin/sh\nexec setpriv --reuid {ORDINARY} --regid {ORDINARY} --clear-groups {} \"$@\"\n",
            copy.display()
        );
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        script
    }
}
