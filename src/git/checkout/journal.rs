//! What a restart needs to finish an update of a checkout: written and synced before the ref moves, removed when all is in place.

use super::Advance;
use super::changes::Kind;
use super::index;
use super::print::Print;
use super::site::Site;
use crate::domain::ids::{BranchName, ObjectId};
use crate::git::error::{GitError, at};
use git2::Oid;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// One path to bring up to date.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    /// What was there when it was checked.
    pub(super) seen: Option<Print>,
    /// What goes there; none for a path that leaves, or is outside a sparse checkout.
    pub(super) new: Option<Print>,
}

/// One update of one checkout.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Journal {
    pub(super) branch: BranchName,
    pub(super) from: ObjectId,
    pub(super) to: ObjectId,
    pub(super) git_dir: PathBuf,
    pub(super) work_dir: PathBuf,
    /// The operator's index as it was copied.
    pub(super) index: Option<Oid>,
    pub(super) steps: Vec<Step>,
}

/// First field of the file: what it is, and the version of what follows.
const MAGIC: &[u8] = b"ve checkout 1";

impl Journal {
    pub(super) fn new(site: &Site, advance: &Advance<'_>, steps: Vec<Step>) -> Result<Self, GitError> {
        Ok(Self {
            branch: advance.branch.clone(),
            from: advance.from.clone(),
            to: advance.to.clone(),
            git_dir: site.git_dir.clone(),
            work_dir: site.work_dir.clone(),
            index: index::fingerprint(&site.index())?,
            steps,
        })
    }

    /// Writes it durably, whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<(), GitError> {
        let new = path.with_extension("new");
        let mut file = File::create(&new).map_err(at(&new))?;
        file.write_all(&self.encode()).and_then(|()| file.sync_all()).map_err(at(&new))?;
        fs::rename(&new, path).map_err(at(path))?;
        let dir = path.parent().unwrap_or(Path::new("/"));
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(at(dir))
    }

    /// Reads it; none if there is no update to finish.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, GitError> {
        match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(path)(error)),
            Ok(bytes) => match Self::decode(&bytes) {
                Some(journal) => Ok(Some(journal)),
                None => Err(at(path)(ErrorKind::InvalidData.into())),
            },
        }
    }

    pub(super) fn remove(path: &Path) -> Result<(), GitError> {
        fs::remove_file(path).map_err(at(path))
    }

    /// Fields that each end with NUL: no path, ref or id holds one.
    fn encode(&self) -> Vec<u8> {
        let index = self.index.map(|oid| oid.to_string()).unwrap_or_default();
        let mut fields = vec![
            MAGIC.to_vec(),
            self.branch.as_str().into(),
            self.from.as_str().into(),
            self.to.as_str().into(),
            self.git_dir.as_os_str().as_bytes().into(),
            self.work_dir.as_os_str().as_bytes().into(),
            index.into_bytes(),
        ];
        for step in &self.steps {
            let kind = match step.kind {
                Kind::Added => "A",
                Kind::Replaced => "M",
                Kind::Removed => "D",
            };
            let print = |print: Option<Print>| print.map(|print| print.to_string()).unwrap_or_default().into_bytes();
            fields.extend([kind.into(), print(step.seen), print(step.new), step.path.as_os_str().as_bytes().into()]);
        }
        fields.into_iter().flat_map(|field| [field, vec![0]].concat()).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = bytes.strip_suffix(b"\0")?.split(|byte| *byte == 0);
        if fields.next()? != MAGIC {
            return None;
        }
        let mut journal = Self {
            branch: BranchName::parse(text(fields.next()?)?).ok()?,
            from: ObjectId::parse(text(fields.next()?)?).ok()?,
            to: ObjectId::parse(text(fields.next()?)?).ok()?,
            git_dir: path(fields.next()?),
            work_dir: path(fields.next()?),
            index: optional(fields.next()?, |text| Oid::from_str(text).ok())?,
            steps: Vec::new(),
        };
        while let Some(kind) = fields.next() {
            let kind = match kind {
                b"A" => Kind::Added,
                b"M" => Kind::Replaced,
                b"D" => Kind::Removed,
                _ => return None,
            };
            let seen = optional(fields.next()?, Print::parse)?;
            let new = optional(fields.next()?, Print::parse)?;
            journal.steps.push(Step { path: path(fields.next()?), kind, seen, new });
        }
        Some(journal)
    }
}

fn text(field: &[u8]) -> Option<&str> {
    str::from_utf8(field).ok()
}

fn path(field: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(field))
}

/// An empty field is an absent value; the outer option is whether the field could be read.
fn optional<T>(field: &[u8], read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    if field.is_empty() { Some(None) } else { read(text(field)?).map(Some) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let hash = Oid::from_str(&"b".repeat(40)).unwrap();
        let odd = PathBuf::from(OsStr::from_bytes(b"odd \xff\nname"));
        let journal = Journal {
            branch: BranchName::parse("main").unwrap(),
            from: ObjectId::parse("a".repeat(40)).unwrap(),
            to: ObjectId::parse("c".repeat(40)).unwrap(),
            git_dir: "/g".into(),
            work_dir: "/w".into(),
            index: None,
            steps: vec![
                Step { path: odd, kind: Kind::Replaced, seen: Some(Print::File(hash)), new: Some(Print::Link(hash)) },
                Step { path: "gone".into(), kind: Kind::Removed, seen: Some(Print::Other), new: None },
            ],
        };
        let bytes = journal.encode();
        assert_eq!(Journal::decode(&bytes), Some(journal));
        assert_eq!(Journal::decode(&bytes[..bytes.len() - 3]), None);
    }
}
