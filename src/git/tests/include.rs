use super::lab::{Lab, put};
use crate::git::private::heal::Healed;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A host that ignores `*.log`, `.env` and `secrets/`.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write(".gitignore", "*.log\n.env\nsecrets/\n");
    lab.commit("ignore");
    for (path, text) in [
        (".env", "TOKEN=1\n"),
        ("secrets/deep/key", "key\n"),
        ("noise.log", "noise\n"),
        ("untracked.txt", "not ignored\n"),
        ("dir/.env", "TOKEN=2\n"),
    ] {
        lab.write(path, text);
    }
    lab
}

#[test]
fn ignored_files_that_are_asked_for_are_there_and_never_committed() {
    let lab = lab();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.set_include(Some("# secrets\n.env\nsecrets/\n*.txt\n!dir/.env\n.git\n")).unwrap();
    private.prepare(&lab.base()).unwrap();
    let worktree = unit.paths.worktree();
    assert_eq!(fs::read_to_string(worktree.join(".env")).unwrap(), "TOKEN=1\n");
    assert_eq!(fs::read_to_string(worktree.join("secrets/deep/key")).unwrap(), "key\n");
    for absent in ["noise.log", "untracked.txt", "dir/.env"] {
        assert!(!worktree.join(absent).exists(), "{absent}");
    }
    put(&worktree, ".gitignore", "");
    private.snapshot(&lab.base(), "all of it").unwrap();
    assert_eq!(lab.git(&worktree, &["ls-files", ".env", "secrets"]), "", "not even without the project's own rules");
}

#[test]
fn a_copy_that_is_about_to_land_is_seen_under_any_name() {
    let lab = lab();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.set_include(Some(".env")).unwrap();
    private.prepare(&lab.base()).unwrap();
    let worktree = unit.paths.worktree();
    put(&worktree, "a.txt", "work");
    put(&worktree, "empty.txt", "");
    put(&worktree, "innocent.txt", "TOKEN=1\n");
    put(&worktree, "dir/.env", "another");
    lab.git(&worktree, &["add", "-f", "dir/.env"]);
    lab.commit_in(&worktree, "work");
    let tip = private.import().unwrap();
    let found = host.included_changes(&lab.base().commit, &tip, &unit).unwrap();
    let pair = |path: &str, source: &str| (PathBuf::from(path), PathBuf::from(source));
    assert_eq!(found, [pair("dir/.env", "dir/.env"), pair("innocent.txt", ".env")]);
}

#[test]
fn nothing_is_copied_through_a_link_or_over_a_file_of_the_base() {
    let lab = lab();
    let outside = lab.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let base = lab.elsewhere(|dir| {
        symlink(&outside, dir.join("secrets")).unwrap();
        put(dir, ".env", "of the base\n");
        fs::write(dir.join(".gitignore"), "").unwrap();
    });
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.set_include(Some(".env\nsecrets/\n")).unwrap();
    private.prepare(&crate::domain::workspace::Base { commit: base, ..lab.base() }).unwrap();
    assert_eq!(fs::read_to_string(unit.paths.worktree().join(".env")).unwrap(), "of the base\n");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn a_worktree_made_again_gets_them_again() {
    let lab = lab();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.set_include(Some(".env")).unwrap();
    private.prepare(&lab.base()).unwrap();
    fs::remove_dir_all(unit.paths.worktree()).unwrap();
    assert_eq!(private.heal(&lab.base()).unwrap(), Healed::Worktree);
    assert!(unit.paths.worktree().join(Path::new(".env")).exists());
    let _safe = private.clear().unwrap();
    private.set_include(None).unwrap();
    private.prepare(&lab.base()).unwrap();
    assert!(!unit.paths.worktree().join(".env").exists(), "when it is not asked for any more");
}
