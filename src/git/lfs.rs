//! Files that git LFS keeps outside of git: what an agent added is brought to the host before its commit lands, checked by its own name.

use super::command::success;
use super::confined::Confined;
use super::error::{GitError, at};
use super::host::Host;
use super::private::Private;
use super::refs::oid;
use crate::domain::ids::ObjectId;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The first line of a pointer.
const POINTER: &str = "version https://git-lfs.github.com/spec/v1";

/// No pointer is longer.
const LONGEST: usize = 1024;

impl Private<'_> {
    /// Brings the files that LFS keeps of what differs between two commits of the host to the host's store. The paths that nobody has.
    pub fn import_lfs(self, from: &ObjectId, to: &ObjectId) -> Result<Vec<PathBuf>, GitError> {
        let mut missing = Vec::new();
        for (path, name) in self.host.lfs_pointers(from, to)? {
            let target = self.host.common_dir().join(stored(&name));
            if !target.is_file() && !fetch(self.confined(), &name, &target)? {
                missing.push(path);
            }
        }
        Ok(missing)
    }
}

impl Host {
    /// The files that differ and are pointers to what LFS keeps, each with the name of its content.
    fn lfs_pointers(&self, from: &ObjectId, to: &ObjectId) -> Result<Vec<(PathBuf, String)>, GitError> {
        let repo = self.repository()?;
        let tree = repo.find_object(oid(to)?, None)?.peel_to_tree()?;
        let odb = repo.odb()?;
        let mut found = Vec::new();
        for change in self.changes(from, to)? {
            let Ok(entry) = tree.get_path(&change.path) else { continue };
            let is_small = odb.read_header(entry.id()).is_ok_and(|(size, _)| size <= LONGEST);
            if let Some(blob) = is_small.then(|| repo.find_blob(entry.id()).ok()).flatten()
                && let Some(name) = named(&String::from_utf8_lossy(blob.content()))
            {
                found.push((change.path, name));
            }
        }
        Ok(found)
    }
}

/// The SHA-256 that a pointer names.
fn named(text: &str) -> Option<String> {
    let name = text.strip_prefix(POINTER)?.lines().find_map(|line| line.strip_prefix("oid sha256:"))?;
    let is_name = name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_name.then(|| name.to_owned())
}

/// Where a store below a git directory has a content.
fn stored(name: &str) -> PathBuf {
    Path::new("lfs/objects").join(&name[..2]).join(&name[2..4]).join(name)
}

/// Copies a content out of the unit's store, if it is there and is what its name says.
fn fetch(confined: Confined<'_>, name: &str, target: &Path) -> Result<bool, GitError> {
    let source = confined.unit.git().join(stored(name));
    let read = confined.tool("cat", &["--".into(), source.into()], b"")?;
    let Ok(content) = success("cat".to_owned(), read) else { return Ok(false) };
    let is: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    if is != name {
        return Ok(false);
    }
    let dir = target.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(dir).map_err(at(dir))?;
    let mut new = tempfile::NamedTempFile::new_in(dir).map_err(at(dir))?;
    std::io::Write::write_all(&mut new, &content).and_then(|()| new.as_file().sync_all()).map_err(at(target))?;
    new.persist(target).map_err(|error| at(target)(error.error))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pointers_name_a_content() {
        let name = "0123456789abcdef".repeat(4);
        assert_eq!(named(&format!("{POINTER}\noid sha256:{name}\nsize 5\n")), Some(name.clone()));
        assert_eq!(named(&format!("{POINTER}\noid sha256:../../{name}\nsize 5\n")), None);
        assert_eq!(named(&format!("oid sha256:{name}\n")), None);
    }
}
