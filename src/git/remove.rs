//! Removes a directory tree, also one that was made unwritable. Opens nothing of it as a repository and follows no link.

use super::error::{GitError, at};
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Removes `dir` with all it holds; one that does not exist is fine. No process may work in it any more.
pub(crate) fn remove_tree(dir: &Path) -> Result<(), GitError> {
    match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(dir)(error)),
        Ok(found) if !found.is_dir() => return fs::remove_file(dir).map_err(at(dir)),
        Ok(_) => {}
    }
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            open_up(dir)?;
            fs::remove_dir_all(dir).map_err(at(dir))
        }
        result => result.map_err(at(dir)),
    }
}

/// Makes every directory of the tree readable and writable for us.
fn open_up(dir: &Path) -> Result<(), GitError> {
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        fs::set_permissions(&dir, Permissions::from_mode(0o700)).map_err(at(&dir))?;
        for entry in fs::read_dir(&dir).map_err(at(&dir))? {
            let entry = entry.map_err(at(&dir))?;
            // The kind of the entry itself: a link to a directory is none.
            if entry.file_type().map_err(at(&dir))?.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn unwritable_trees_go_and_what_links_point_at_stays() {
        let temp = tempfile::tempdir().unwrap();
        let outside = temp.path().join("outside");
        fs::create_dir_all(temp.path().join("tree/a/b")).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("precious"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, temp.path().join("tree/link")).unwrap();
        fs::set_permissions(temp.path().join("tree/a"), Permissions::from_mode(0o000)).unwrap();
        remove_tree(&temp.path().join("tree")).unwrap();
        assert!(!temp.path().join("tree").exists());
        assert!(outside.join("precious").exists());
        remove_tree(&temp.path().join("never there")).unwrap();
    }
}
