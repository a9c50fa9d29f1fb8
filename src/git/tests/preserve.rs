use super::lab::{Lab, put};
use crate::git::preserve::{Safe, finish_removal};
use crate::git::private::Private;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn with_unit(test: impl FnOnce(&Lab, Private<'_>, &Path)) {
    let lab = Lab::new();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    test(&lab, private, &unit.paths.worktree());
}

/// What a preserved ref holds at a path.
fn held(lab: &Lab, safe: &Safe, path: &str) -> String {
    let Safe::Preserved(name) = safe else { panic!("{safe:?}") };
    lab.git(&lab.host_dir(), &["show", &format!("{name}:{path}")])
}

#[test]
fn a_unit_without_work_just_goes() {
    with_unit(|lab, private, worktree| {
        put(worktree, "ignored.log", "not work");
        assert_eq!(private.remove().unwrap(), Safe::Already);
        assert!(!worktree.exists());
        assert_eq!(lab.git(&lab.host_dir(), &["for-each-ref", "refs/ve"]), "");
        assert_eq!(private.remove().unwrap(), Safe::NoWork);
    });
}

#[test]
fn landed_work_needs_no_other_ref() {
    with_unit(|lab, private, worktree| {
        put(worktree, "a.txt", "work");
        lab.commit_in(worktree, "work");
        let tip = private.import().unwrap();
        lab.git(&lab.host_dir(), &["merge", "-q", "--no-ff", "-m", "land", tip.as_str()]);
        assert_eq!(private.remove().unwrap(), Safe::Already);
    });
}

#[test]
fn uncommitted_files_are_saved_even_from_closed_directories() {
    with_unit(|lab, private, worktree| {
        for (dir, mode) in [("read-only", 0o500), ("closed", 0o000)] {
            put(worktree, &format!("{dir}/inner/new.txt"), "precious");
            fs::set_permissions(worktree.join(dir), Permissions::from_mode(mode)).unwrap();
        }
        let safe = private.remove().unwrap();
        for dir in ["read-only", "closed"] {
            assert_eq!(held(lab, &safe, &format!("{dir}/inner/new.txt")), "precious");
        }
        assert!(!worktree.exists());
    });
}

#[test]
fn saving_changes_nothing_in_the_unit() {
    with_unit(|lab, private, worktree| {
        put(worktree, "staged.txt", "staged");
        lab.git(worktree, &["add", "staged.txt"]);
        put(worktree, "a.txt", "changed");
        let before = (lab.git(worktree, &["status", "--porcelain", "-b"]), lab.id(worktree, "HEAD"));
        let safe = private.preserve().unwrap();
        assert_eq!(held(lab, &safe, "staged.txt"), "staged");
        assert_eq!((lab.git(worktree, &["status", "--porcelain", "-b"]), lab.id(worktree, "HEAD")), before);
    });
}

#[test]
fn other_branches_and_the_stash_are_work_too() {
    with_unit(|lab, private, worktree| {
        lab.git(worktree, &["checkout", "-q", "-b", "experiment"]);
        put(worktree, "a.txt", "experiment");
        let experiment = lab.commit_in(worktree, "experiment");
        lab.git(worktree, &["checkout", "-q", "orch/chunk-1"]);
        put(worktree, "b.txt", "stashed");
        lab.git(worktree, &["stash", "-q"]);
        let stash = lab.id(worktree, "refs/stash");
        let Safe::Preserved(name) = private.remove().unwrap() else { panic!() };
        for commit in [experiment, stash] {
            lab.git(&lab.host_dir(), &["merge-base", "--is-ancestor", commit.as_str(), &name]);
        }
    });
}

#[test]
fn a_worktree_in_the_middle_of_a_conflict_is_saved() {
    with_unit(|lab, private, worktree| {
        put(worktree, "a.txt", "one\n");
        lab.commit_in(worktree, "one");
        lab.git(worktree, &["checkout", "-q", "-b", "other", "main"]);
        put(worktree, "a.txt", "two\n");
        lab.commit_in(worktree, "two");
        assert!(!lab.try_git(worktree, &["rebase", "orch/chunk-1"]).status.success());
        let safe = private.remove().unwrap();
        assert!(held(lab, &safe, "a.txt").contains("<<<<<<<"));
    });
}

#[test]
fn files_of_nested_repositories_are_saved_as_files() {
    with_unit(|lab, private, worktree| {
        for nested in ["nest", "nest/inner"] {
            lab.git(worktree, &["init", "-q", nested]);
            put(worktree, &format!("{nested}/file"), nested);
        }
        let safe = private.remove().unwrap();
        for nested in ["nest", "nest/inner"] {
            assert_eq!(held(lab, &safe, &format!("{nested}/file")), nested);
        }
    });
}

#[test]
fn an_unborn_head_and_a_broken_gitfile_do_not_matter() {
    with_unit(|lab, private, worktree| {
        lab.git(worktree, &["checkout", "-q", "--orphan", "fresh"]);
        put(worktree, "new.txt", "precious");
        fs::write(worktree.join(".git"), "gitdir: /nowhere\n").unwrap();
        let safe = private.remove().unwrap();
        assert_eq!(held(lab, &safe, "new.txt"), "precious");
    });
}

#[test]
fn a_unit_whose_work_cannot_be_saved_stays() {
    with_unit(|_, private, worktree| {
        put(worktree, "a.txt", "precious");
        fs::remove_dir_all(worktree.parent().unwrap().join("git/objects")).unwrap();
        assert!(private.remove().is_err());
        assert!(worktree.join("a.txt").exists());
    });
}

#[test]
fn a_removal_that_was_interrupted_is_finished_and_nothing_else_is() {
    with_unit(|_, private, worktree| {
        let paths = &private.unit.paths;
        assert!(!finish_removal(paths).unwrap() && worktree.exists(), "nobody has begun");
        fs::rename(paths.notes().join("prepared"), paths.notes().join("prepared.removing")).unwrap();
        fs::remove_dir_all(paths.git()).unwrap();
        assert!(finish_removal(paths).unwrap() && !worktree.exists() && !paths.git().exists());
        assert!(!finish_removal(paths).unwrap());
    });
}

#[test]
fn a_removal_that_was_interrupted_goes_on() {
    with_unit(|_, private, worktree| {
        let root = worktree.parent().unwrap();
        fs::rename(root.join("prepared"), root.join("prepared.removing")).unwrap();
        fs::remove_dir_all(root.join("git")).unwrap();
        assert_eq!(private.remove().unwrap(), Safe::NoWork);
        assert!(!worktree.exists() && !root.join("prepared.removing").exists());
    });
}
