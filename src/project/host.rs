//! The little about the host's repository that is needed before git is: where it is, and its private list of ignored names.
//!
//! Reads `.git` as a file or a directory; everything else about the repository belongs to `git`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The entry by which git ignores our directory wherever the project's root lies in the repository.
const EXCLUDED: &str = ".ve/";

/// The git directory shared by all worktrees of the repository that holds `root`; none outside a repository.
pub fn common_dir(root: &Path) -> io::Result<Option<PathBuf>> {
    let Some(dot_git) = root.ancestors().map(|dir| dir.join(".git")).find(|path| path.exists()) else {
        return Ok(None);
    };
    let git_dir = if dot_git.is_file() { linked(&dot_git)? } else { dot_git };
    // A linked worktree's git directory names the one that it shares.
    match fs::read_to_string(git_dir.join("commondir")) {
        Ok(common) => Ok(Some(git_dir.join(common.trim_end()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(git_dir)),
        Err(error) => Err(error),
    }
}

/// Makes git ignore our directory, by the list that is not committed. Returns at once if it does already.
pub fn exclude(common_dir: &Path) -> io::Result<()> {
    let file = common_dir.join("info/exclude");
    let text = match fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    if text.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_end() == EXCLUDED.as_bytes()) {
        return Ok(());
    }
    fs::create_dir_all(common_dir.join("info"))?;
    let break_line = if text.is_empty() || text.ends_with(b"\n") { "" } else { "\n" };
    // One write in append mode: nobody else's line is lost.
    OpenOptions::new().create(true).append(true).open(file)?.write_all(format!("{break_line}{EXCLUDED}\n").as_bytes())
}

fn linked(dot_git: &Path) -> io::Result<PathBuf> {
    let text = fs::read_to_string(dot_git)?;
    let Some(target) = text.strip_prefix("gitdir:") else {
        let why = format!("{} does not begin with \"gitdir:\"", dot_git.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    };
    Ok(dot_git.parent().unwrap_or(Path::new("/")).join(target.trim()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_shared_directory_is_found_from_everywhere() {
        let dir = tempfile::tempdir().unwrap();
        let main = dir.path().join("main");
        let admin = main.join(".git/worktrees/side");
        let side = dir.path().join("side");
        fs::create_dir_all(main.join("sub/deep")).unwrap();
        fs::create_dir_all(&admin).unwrap();
        fs::create_dir_all(&side).unwrap();
        fs::write(admin.join("commondir"), "../..\n").unwrap();
        fs::write(side.join(".git"), format!("gitdir: {}\n", admin.display())).unwrap();
        let common = |root: &Path| common_dir(root).unwrap().unwrap().canonicalize().unwrap();
        let expected = main.join(".git").canonicalize().unwrap();
        for root in [&main, &main.join("sub/deep"), &side] {
            assert_eq!(common(root), expected, "{}", root.display());
        }
    }

    #[test]
    fn the_entry_is_added_once_and_after_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        exclude(dir.path()).unwrap();
        let file = dir.path().join("info/exclude");
        assert_eq!(fs::read_to_string(&file).unwrap(), ".ve/\n");
        fs::write(&file, "*.o").unwrap();
        exclude(dir.path()).unwrap();
        exclude(dir.path()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "*.o\n.ve/\n");
    }
}
