//! What a unit is lent beside the operator's own object store, in a directory that its agents read and do not write: the stores of its
//! submodules and, where it must not see all of the operator's objects, packs of what its base reaches.

use super::Private;
use super::prepare::write;
use crate::domain::ids::ObjectId;
use crate::domain::workspace::UnitPaths;
use crate::git::error::{GitError, at};
use crate::git::host::Host;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Whose objects the agents of a unit can read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Objects {
    /// All of the operator's.
    #[default]
    Shared,
    /// What the base reaches, and what the unit makes.
    Own,
}

/// An object store as git wants one to borrow from.
pub(crate) fn store(paths: &UnitPaths) -> PathBuf {
    paths.notes().join("lent")
}

/// The directories with objects that the agents of a unit read; `shared` are the operator's.
pub fn readable(paths: &UnitPaths, shared: &[PathBuf]) -> Vec<PathBuf> {
    let store = store(paths);
    if keeps_own(paths) {
        return vec![store];
    }
    // A unit that was lent nothing has no such file.
    let listed = fs::read(store.join(ALTERNATES)).unwrap_or_default();
    let lines = listed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lent = lines.map(|line| PathBuf::from(OsStr::from_bytes(line)));
    shared.iter().cloned().chain(Some(store.clone())).chain(lent).filter(|dir| dir.is_dir()).collect()
}

const ALTERNATES: &str = "info/alternates";

/// There from the beginning where a unit sees its own objects only.
fn packs(paths: &UnitPaths) -> PathBuf {
    store(paths).join("pack")
}

pub(super) fn keeps_own(paths: &UnitPaths) -> bool {
    packs(paths).is_dir()
}

impl Private<'_> {
    /// Says whose objects a unit's agents may read, before it is prepared for the first time. One that is prepared stays as it is.
    pub fn set_objects(self, objects: Objects) -> Result<(), GitError> {
        let packs = packs(&self.unit.paths);
        match objects {
            _ if self.prepared_at()?.is_some() => Ok(()),
            Objects::Own => fs::create_dir_all(&packs).map_err(at(&packs)),
            Objects::Shared => crate::git::remove::remove_tree(&packs),
        }
    }

    /// Lets the unit read what `commit` of `host` reaches, should it have to be told.
    pub(crate) fn lend(self, host: &Host, commit: &ObjectId) -> Result<(), GitError> {
        let paths = &self.unit.paths;
        if !keeps_own(paths) {
            return Ok(());
        }
        let tips = store(paths).join("info/tips");
        let mut known = fs::read_to_string(&tips).unwrap_or_default();
        if known.lines().any(|tip| tip == commit.as_str()) {
            return Ok(());
        }
        let mut revisions = format!("{commit}\n--not\n");
        for tip in known.lines() {
            if host.has(&ObjectId::parse(tip)?)? {
                revisions.push_str(tip);
                revisions.push('\n');
            }
        }
        let packs = packs(paths).join("pack");
        host.git()
            .args(["pack-objects", "-q", "--revs", "--delta-base-offset"])
            .arg(packs)
            .input(revisions.into_bytes())
            .output()?;
        known.push_str(commit.as_str());
        known.push('\n');
        write(&tips, known.as_bytes())
    }

    /// Lets the unit read the stores of its submodules, at these repositories of the operator's.
    pub(super) fn lend_stores(self, homes: &[PathBuf]) -> Result<(), GitError> {
        let store = store(&self.unit.paths);
        let mut list = Vec::new();
        if !keeps_own(&self.unit.paths) {
            for home in homes {
                for dir in self.host.module(home)?.object_dirs()? {
                    list.extend(dir.into_os_string().into_vec());
                    list.push(b'\n');
                }
            }
        }
        write(&store.join(ALTERNATES), &list)
    }
}

/// The list of what a repository borrows that has nothing but what is lent.
pub(super) fn only_lent(paths: &UnitPaths) -> Vec<u8> {
    line(&store(paths))
}

fn line(dir: &Path) -> Vec<u8> {
    [dir.as_os_str().as_bytes(), b"\n"].concat()
}
