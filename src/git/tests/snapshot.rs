use super::lab::{Lab, put};
use crate::git::snapshot::{BranchState, Leftovers, SnapshotError};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Runs `test` in a prepared unit's worktree.
fn with_unit(test: impl FnOnce(&Lab, crate::git::private::Private<'_>, &Path)) {
    let lab = Lab::new();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    test(&lab, private, &unit.paths.worktree());
}

#[test]
fn leftovers_of_all_kinds_are_committed() {
    with_unit(|lab, private, worktree| {
        put(worktree, "dir/new.txt", "new");
        put(worktree, "ignored.log", "not work");
        fs::remove_file(worktree.join("a.txt")).unwrap();
        fs::set_permissions(worktree.join("b.txt"), Permissions::from_mode(0o755)).unwrap();
        symlink("b.txt", worktree.join("link")).unwrap();
        fs::write(worktree.join(OsStr::from_bytes(b"odd \xff\nname")), "odd").unwrap();
        let taken = private.snapshot(&lab.base(), "leftovers").unwrap();
        assert_eq!((taken.leftovers, taken.branch), (Leftovers::Committed, BranchState::OnBranch));
        assert_eq!(lab.git(worktree, &["status", "--porcelain"]), "");
        let tree = lab.git(worktree, &["ls-tree", "-r", taken.head.as_str()]);
        for (mode, name) in
            [("100755", "b.txt"), ("120000", "link"), ("100644", "dir/new.txt"), ("100644", r#""odd \377\nname""#)]
        {
            assert!(tree.lines().any(|line| line.starts_with(mode) && line.ends_with(name)), "{name} in {tree}");
        }
        assert!(!tree.contains("a.txt") && !tree.contains("ignored.log"), "{tree}");
        let again = private.snapshot(&lab.base(), "nothing").unwrap();
        assert_eq!((again.leftovers, again.head), (Leftovers::None, taken.head));
    });
}

#[test]
fn index_flags_hide_nothing() {
    with_unit(|lab, private, worktree| {
        lab.git(worktree, &["update-index", "--assume-unchanged", "a.txt"]);
        lab.git(worktree, &["update-index", "--skip-worktree", "b.txt", "dir/c.txt"]);
        put(worktree, "a.txt", "hidden");
        put(worktree, "b.txt", "hidden");
        fs::remove_file(worktree.join("dir/c.txt")).unwrap();
        let taken = private.snapshot(&lab.base(), "leftovers").unwrap();
        let changed = lab.git(worktree, &["diff", "--name-only", "HEAD~", taken.head.as_str()]);
        assert_eq!(changed, "a.txt\nb.txt", "what is outside a sparse checkout is not deleted");
    });
}

#[test]
fn hooks_do_not_run_and_a_missing_identity_does_not_matter() {
    with_unit(|lab, private, worktree| {
        let marker = lab.path().join("hook ran");
        for hook in ["pre-commit", "commit-msg", "post-commit", "reference-transaction"] {
            let path = worktree.parent().unwrap().join("git/hooks").join(hook);
            put(path.parent().unwrap(), hook, &format!("#!/bin/sh\ntouch '{}'\n", marker.display()));
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        }
        lab.git(worktree, &["config", "--remove-section", "user"]);
        put(worktree, "a.txt", "changed");
        private.snapshot(&lab.base(), "leftovers").unwrap();
        assert!(!marker.exists());
        assert_eq!(lab.git(worktree, &["log", "-1", "--format=%an <%ae> %s"]), "ve <ve@localhost> leftovers");
    });
}

#[test]
fn nested_repositories_are_named_unless_ignored() {
    with_unit(|lab, private, worktree| {
        for nested in ["vendored", "deep/er", "x.log"] {
            lab.git(worktree, &["init", "-q", nested]);
        }
        let Err(SnapshotError::Nested(mut paths)) = private.snapshot(&lab.base(), "leftovers") else { panic!() };
        paths.sort();
        assert_eq!(paths, [PathBuf::from("deep/er"), PathBuf::from("vendored")]);
    });
}

#[test]
fn head_elsewhere_on_top_of_the_branch_is_brought_back() {
    for detour in [&["checkout", "-q", "-b", "other"][..], &["checkout", "-q", "--detach"]] {
        with_unit(|lab, private, worktree| {
            lab.git(worktree, detour);
            put(worktree, "a.txt", "work");
            let taken = private.snapshot(&lab.base(), "leftovers").unwrap();
            assert_eq!(taken.branch, BranchState::Reattached);
            assert_eq!(lab.git(worktree, &["status", "--porcelain", "-b"]), "## orch/chunk-1");
            assert_eq!(lab.id(worktree, "orch/chunk-1"), taken.head);
        });
    }
}

#[test]
fn a_deleted_branch_comes_back() {
    with_unit(|lab, private, worktree| {
        lab.git(worktree, &["checkout", "-q", "--detach"]);
        lab.git(worktree, &["branch", "-D", "-q", "orch/chunk-1"]);
        let taken = private.snapshot(&lab.base(), "leftovers").unwrap();
        assert_eq!(taken.branch, BranchState::Reattached);
        assert_eq!(lab.id(worktree, "orch/chunk-1"), taken.head);
    });
}

#[test]
fn a_branch_with_other_work_stays_as_it_is() {
    with_unit(|lab, private, worktree| {
        put(worktree, "a.txt", "on the branch");
        let tip = lab.commit_in(worktree, "on the branch");
        lab.git(worktree, &["checkout", "-q", "-b", "other", "main"]);
        put(worktree, "b.txt", "elsewhere");
        let taken = private.snapshot(&lab.base(), "leftovers").unwrap();
        assert_eq!(taken.branch, BranchState::Elsewhere(tip));
    });
}

#[test]
fn what_is_in_progress_is_left_alone() {
    with_unit(|lab, private, worktree| {
        put(worktree, "a.txt", "one");
        lab.commit_in(worktree, "one");
        lab.git(worktree, &["checkout", "-q", "-b", "other", "main"]);
        put(worktree, "a.txt", "two");
        lab.commit_in(worktree, "two");
        assert!(!lab.try_git(worktree, &["rebase", "orch/chunk-1"]).status.success());
        assert!(matches!(private.snapshot(&lab.base(), "x"), Err(SnapshotError::InProgress("rebase"))));
        lab.git(worktree, &["rebase", "--abort"]);
        assert!(!lab.try_git(worktree, &["merge", "orch/chunk-1"]).status.success());
        assert!(matches!(private.snapshot(&lab.base(), "x"), Err(SnapshotError::InProgress("merge"))));
    });
}

#[test]
fn a_head_without_a_commit_is_named() {
    with_unit(|lab, private, worktree| {
        lab.git(worktree, &["checkout", "-q", "--orphan", "fresh"]);
        assert!(matches!(private.snapshot(&lab.base(), "x"), Err(SnapshotError::NoHead)));
    });
}
