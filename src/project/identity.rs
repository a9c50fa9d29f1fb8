//! Which project this is: a stable id that ties the checkout to its state directory.
//!
//! The id is written on both sides: `.ve/project-id` in the checkout, and `project.json` in the state, which also says where the
//! checkout is. So either side may be lost: a checkout without `.ve/` is found again by its path, a moved one by its id; and a copied
//! one is told from the original, which is still in its place.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Name of the file with the id, in `.ve/`.
const ID_FILE: &str = "project-id";
/// Name of the file with the record, in the state directory.
pub(super) const RECORD_FILE: &str = "project.json";

/// Names a project in the state directory and in git refs: 16 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(String);

impl ProjectId {
    /// Accepts `text` if it is an id.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string()[..16].to_owned())
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the state of a project says that the project is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The project.
    pub id: ProjectId,
    /// Canonical path of its root.
    pub root: PathBuf,
    /// Device of the root.
    pub device: u64,
    /// Inode of the root.
    pub inode: u64,
}

impl Record {
    /// The record in the state directory `state`; none if there is none, or none of ours.
    pub fn read(state: &Path) -> Option<Self> {
        let text = fs::read(state.join(RECORD_FILE)).ok()?;
        let record: Self = serde_json::from_slice(&text).ok()?;
        ProjectId::parse(record.id.as_str()).is_some().then_some(record)
    }

    /// Whether the recorded directory still is where it was: by the id in it or, if it lost that, by its inode.
    fn is_in_place(&self) -> bool {
        let is_same = |found: fs::Metadata| found.dev() == self.device && found.ino() == self.inode;
        read_id(&self.root).as_ref() == Some(&self.id) || self.root.metadata().is_ok_and(is_same)
    }
}

/// How a project was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// It was never seen before.
    New,
    /// It is where it always was.
    Known,
    /// It was moved here.
    Moved {
        /// Where it was.
        from: PathBuf,
    },
    /// It is a copy of another one, and now a project of its own.
    Copied {
        /// Where the original is.
        of: PathBuf,
    },
}

/// The id of the project at `root`, a canonical path, and how it is known, without writing anything.
pub fn recognise(root: &Path, state_home: &Path) -> io::Result<(ProjectId, Recognised)> {
    let found = root.metadata()?;
    let is_here = |record: &Record| record.root == root;
    // Device numbers change over reboots and inodes over restores; both at once is another directory at the same path.
    let is_other = |record: &Record| record.device != found.dev() && record.inode != found.ino();
    let Some(id) = read_id(root) else {
        let known = records(state_home)?.into_iter().find(|record| is_here(record) && !is_other(record));
        return Ok(
            known.map_or_else(|| (ProjectId::random(), Recognised::New), |record| (record.id, Recognised::Known))
        );
    };
    let Some(record) = Record::read(&state_home.join(id.as_str())) else {
        return Ok((id, Recognised::New));
    };
    if is_here(&record) {
        return Ok((id, Recognised::Known));
    }
    if record.is_in_place() && !is_same_directory(&record.root, &found) {
        return Ok((ProjectId::random(), Recognised::Copied { of: record.root }));
    }
    Ok((id, Recognised::Moved { from: record.root }))
}

/// Writes the id on both sides. Both files are replaced in one step each, so that a reader sees the old or the new.
pub(super) fn write(root: &Path, state: &Path, id: &ProjectId) -> io::Result<()> {
    let found = root.metadata()?;
    let record = Record { id: id.clone(), root: root.to_owned(), device: found.dev(), inode: found.ino() };
    if Record::read(state).as_ref() != Some(&record) {
        replace(&state.join(RECORD_FILE), &serde_json::to_vec_pretty(&record)?)?;
    }
    if read_id(root).as_ref() != Some(id) {
        replace(&root.join(".ve").join(ID_FILE), format!("{id}\n").as_bytes())?;
    }
    Ok(())
}

fn read_id(root: &Path) -> Option<ProjectId> {
    ProjectId::parse(fs::read_to_string(root.join(".ve").join(ID_FILE)).ok()?.trim_end())
}

/// All records below `state_home`; directories that are none of ours are passed over.
fn records(state_home: &Path) -> io::Result<Vec<Record>> {
    match state_home.read_dir() {
        Ok(entries) => Ok(entries.filter_map(|entry| Record::read(&entry.ok()?.path())).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether two paths lead to one directory, as they do through a bind mount.
fn is_same_directory(path: &Path, found: &fs::Metadata) -> bool {
    path.metadata().is_ok_and(|other| other.dev() == found.dev() && other.ino() == found.ino())
}

fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = tempfile::NamedTempFile::new_in(file.parent().unwrap_or(Path::new("/")))?;
    new.write_all(content)?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    struct World {
        dir: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let world = Self { dir: tempfile::tempdir().unwrap() };
            fs::create_dir_all(world.root("a").join(".ve")).unwrap();
            world
        }

        fn home(&self) -> PathBuf {
            self.root("state")
        }

        fn root(&self, name: &str) -> PathBuf {
            self.dir.path().canonicalize().unwrap().join(name)
        }

        /// What a start of the daemon does with the identity.
        fn start(&self, name: &str) -> (ProjectId, Recognised) {
            let root = self.root(name);
            let (id, how) = recognise(&root, &self.home()).unwrap();
            fs::create_dir_all(self.home().join(id.as_str())).unwrap();
            fs::create_dir_all(root.join(".ve")).unwrap();
            write(&root, &self.home().join(id.as_str()), &id).unwrap();
            (id, how)
        }

        fn copy(&self, from: &str, to: &str) {
            fs::create_dir_all(self.root(to).join(".ve")).unwrap();
            fs::copy(self.root(from).join(".ve/project-id"), self.root(to).join(".ve/project-id")).unwrap();
        }
    }

    #[test]
    fn a_project_keeps_its_id_where_it_is() {
        let world = World::new();
        let (id, how) = world.start("a");
        assert_eq!(how, Recognised::New);
        assert_eq!(world.start("a"), (id.clone(), Recognised::Known));
        fs::remove_dir_all(world.root("a").join(".ve")).unwrap();
        assert_eq!(world.start("a"), (id, Recognised::Known));
    }

    #[test]
    fn a_moved_project_keeps_its_id_and_the_record_follows() {
        let world = World::new();
        let (id, _) = world.start("a");
        fs::rename(world.root("a"), world.root("b")).unwrap();
        assert_eq!(world.start("b"), (id.clone(), Recognised::Moved { from: world.root("a") }));
        assert_eq!(world.start("b"), (id, Recognised::Known));
    }

    #[test]
    fn a_copy_becomes_a_project_of_its_own_and_leaves_the_original_alone() {
        let world = World::new();
        let (id, _) = world.start("a");
        world.copy("a", "b");
        let (copy, how) = world.start("b");
        assert_eq!(how, Recognised::Copied { of: world.root("a") });
        assert_ne!(copy, id);
        assert_eq!(world.start("a"), (id, Recognised::Known));
        assert_eq!(world.start("b"), (copy, Recognised::Known));
    }

    #[test]
    fn a_copy_does_not_take_the_place_of_an_original_that_lost_its_mark() {
        let world = World::new();
        let (id, _) = world.start("a");
        world.copy("a", "b");
        fs::remove_dir_all(world.root("a").join(".ve")).unwrap();
        assert_ne!(world.start("b").0, id);
        assert_eq!(world.start("a"), (id, Recognised::Known));
    }

    #[test]
    fn a_new_project_in_the_place_of_a_moved_one_is_new() {
        let world = World::new();
        let (id, _) = world.start("a");
        fs::rename(world.root("a"), world.root("b")).unwrap();
        assert_eq!(world.start("b").0, id);
        fs::create_dir_all(world.root("a")).unwrap();
        let (other, how) = world.start("a");
        assert_eq!(how, Recognised::New);
        assert_ne!(other, id);
    }

    #[test]
    fn an_unreadable_record_is_nobodys() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(dir.path()), None);
        for text in ["", "{}", r#"{"id":"../../x","root":"/","device":1,"inode":1}"#] {
            fs::write(dir.path().join(RECORD_FILE), text).unwrap();
            assert_eq!(Record::read(dir.path()), None, "{text}");
        }
    }
}
