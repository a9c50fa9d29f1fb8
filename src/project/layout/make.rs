//! Makes directories and links, without harm to what stands in their place.

use super::error::{LayoutError, failed};
use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Makes a directory that only its owner can enter; one that is there must be a real directory.
pub(super) fn directory(path: &Path) -> Result<(), LayoutError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(found) if found.is_symlink() => {
                Err(LayoutError::Occupied { path: path.to_owned(), found: "a symbolic link" })
            }
            Ok(_) => Err(LayoutError::Occupied { path: path.to_owned(), found: "a file" }),
            Err(source) => Err(failed(path)(source)),
        },
        Err(source) => Err(failed(path)(source)),
    }
}

/// Makes the state directory and its parents, and takes everybody else's permissions from it.
pub(super) fn private_directory(path: &Path) -> Result<(), LayoutError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed(path))?;
    let found = path.metadata().map_err(failed(path))?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(LayoutError::Foreign(path.to_owned()));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed(path))?;
    }
    Ok(())
}

/// Makes `at` a link to `target`. A file in its place is set aside; returns its new name.
pub(super) fn link(target: &Path, at: &Path) -> Result<Option<PathBuf>, LayoutError> {
    let set_aside = match fs::symlink_metadata(at) {
        Ok(found) if found.is_symlink() => {
            if fs::read_link(at).is_ok_and(|existing| existing == target) {
                return Ok(None);
            }
            fs::remove_file(at).map_err(failed(at))?;
            None
        }
        Ok(found) if found.is_file() => Some(move_aside(at)?),
        Ok(_) => return Err(LayoutError::Occupied { path: at.to_owned(), found: "a directory" }),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed(at)(error)),
    };
    symlink(target, at).map_err(failed(at))?;
    Ok(set_aside)
}

/// Renames a file, and with it what SQLite keeps beside a database.
fn move_aside(file: &Path) -> Result<PathBuf, LayoutError> {
    let named = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let mut aside = ".before-ve".to_owned();
    let mut count = 1;
    while named(&aside).exists() {
        count += 1;
        aside = format!(".before-ve-{count}");
    }
    // The journal first: a database without it would lose what is only there.
    for part in ["-wal", "-shm", ""] {
        let from = named(part);
        if from.exists() {
            fs::rename(&from, named(&format!("{aside}{part}"))).map_err(failed(&from))?;
        }
    }
    Ok(named(&aside))
}
