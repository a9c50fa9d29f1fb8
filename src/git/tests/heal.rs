use super::lab::{Lab, put};
use crate::git::preserve::Safe;
use crate::git::private::Private;
use crate::git::private::heal::Healed;
use crate::git::private::prepare::Origin;
use std::fs;
use std::path::Path;

/// A unit with a commit that the host knows, another commit, a staged file and an edit.
fn with_work(test: impl FnOnce(&Lab, Private<'_>, &Path)) {
    let lab = Lab::new();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    let worktree = unit.paths.worktree();
    put(&worktree, "known.txt", "known");
    lab.commit_in(&worktree, "known");
    let tip = private.import().unwrap();
    let _mirrored = private.mirror(&tip, None).unwrap();
    put(&worktree, "new.txt", "committed");
    lab.commit_in(&worktree, "new");
    put(&worktree, "staged.txt", "staged");
    lab.git(&worktree, &["add", "staged.txt"]);
    put(&worktree, "a.txt", "edited");
    fs::remove_file(worktree.join("b.txt")).unwrap();
    test(&lab, private, &worktree);
}

fn text(worktree: &Path, file: &str) -> Option<String> {
    fs::read_to_string(worktree.join(file)).ok()
}

#[test]
fn a_worktree_deleted_by_hand_is_there_again_with_all_that_was_staged() {
    with_work(|lab, private, worktree| {
        fs::remove_dir_all(worktree).unwrap();
        let prepared = private.prepare(&lab.base()).unwrap();
        assert_eq!(prepared.origin, Origin::Reused(Healed::Worktree));
        assert_eq!(text(worktree, "new.txt").unwrap(), "committed");
        assert_eq!(text(worktree, "staged.txt").unwrap(), "staged");
        assert_eq!(lab.git(worktree, &["status", "--porcelain", "-b"]), "## orch/chunk-1\nA  staged.txt");
        assert_eq!(private.prepare(&lab.base()).unwrap().origin, Origin::Reused(Healed::Whole));
    });
}

#[test]
fn an_empty_worktree_is_one_deleted_by_hand() {
    with_work(|lab, private, worktree| {
        fs::remove_dir_all(worktree).unwrap();
        fs::create_dir(worktree).unwrap();
        assert_eq!(private.heal(&lab.base()).unwrap(), Healed::Worktree);
        assert_eq!(text(worktree, "new.txt").unwrap(), "committed");
    });
}

#[test]
fn a_repository_deleted_by_hand_is_cut_anew_under_the_files_as_they_were() {
    with_work(|lab, private, worktree| {
        fs::remove_dir_all(worktree.parent().unwrap().join("git")).unwrap();
        assert_eq!(private.heal(&lab.base()).unwrap(), Healed::Repository);
        assert_eq!(
            lab.git(worktree, &["status", "--porcelain", "-b"]),
            "## orch/chunk-1\n M a.txt\n D b.txt\n?? new.txt\n?? staged.txt"
        );
        assert_eq!(private.heal(&lab.base()).unwrap(), Healed::Whole);
    });
}

#[test]
fn a_unit_deleted_by_hand_goes_on_from_what_the_host_knows() {
    with_work(|lab, private, worktree| {
        let root = worktree.parent().unwrap();
        fs::remove_dir_all(root.join("git")).unwrap();
        fs::remove_dir_all(worktree).unwrap();
        assert_eq!(private.heal(&lab.base()).unwrap(), Healed::Everything);
        assert_eq!(text(worktree, "known.txt").unwrap(), "known");
        assert_eq!(lab.git(worktree, &["status", "--porcelain", "-b"]), "## orch/chunk-1");
    });
}

/// A crash after each step of it.
#[test]
fn healing_that_was_interrupted_goes_on_and_loses_no_file() {
    for steps in 1..=3 {
        with_work(|lab, private, worktree| {
            let root = worktree.parent().unwrap();
            fs::remove_dir_all(root.join("git")).unwrap();
            fs::rename(worktree, root.join("worktree.kept")).unwrap();
            if steps > 1 {
                fs::remove_file(root.join("prepared")).unwrap();
            }
            if steps > 2 {
                put(&root.join("git"), "half", "made");
                put(worktree, "half", "made");
            }
            private.heal(&lab.base()).unwrap();
            assert_eq!(text(worktree, "a.txt").unwrap(), "edited", "{steps}");
            assert_eq!((text(worktree, "b.txt"), text(worktree, "half")), (None, None), "{steps}");
            assert!(!root.join("worktree.kept").exists());
        });
    }
}

#[test]
fn clearing_keeps_work_branch_and_conversation_and_the_next_preparation_finds_them() {
    with_work(|lab, private, worktree| {
        let home = worktree.parent().unwrap().join("home");
        put(&home, "session", "words");
        let Safe::Preserved(name) = private.clear().unwrap() else { panic!("nothing was preserved") };
        assert_eq!(lab.git(&lab.host_dir(), &["show", &format!("{name}:staged.txt")]), "staged");
        assert!(!worktree.exists() && home.join("session").exists());
        assert_eq!(private.prepare(&lab.base()).unwrap().origin, Origin::HostBranch);
        assert_eq!(text(worktree, "known.txt").unwrap(), "known");
    });
}
