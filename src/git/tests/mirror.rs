use super::lab::{Lab, put};
use crate::domain::ids::ObjectId;
use crate::git::mirror::Mirrored;
use crate::git::private::Private;
use std::path::Path;

/// Runs `test` with a unit that has one imported commit.
fn with_work(test: impl FnOnce(&Lab, Private<'_>, &Path, ObjectId)) {
    let lab = Lab::new();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    put(&unit.paths.worktree(), "a.txt", "work");
    lab.commit_in(&unit.paths.worktree(), "work");
    let tip = private.import().unwrap();
    test(&lab, private, &unit.paths.worktree(), tip);
}

const BRANCH: &str = "refs/heads/orch/chunk-1";

#[test]
fn the_branch_follows_even_a_rewritten_tip() {
    with_work(|lab, private, worktree, tip| {
        assert_eq!(private.mirror(&tip, None).unwrap(), Mirrored::Branch);
        lab.git(worktree, &["commit", "-q", "--amend", "-m", "rewritten"]);
        let rewritten = private.import().unwrap();
        assert_eq!(private.mirror(&rewritten, Some(&tip)).unwrap(), Mirrored::Branch);
        assert_eq!(private.host.reference(BRANCH).unwrap(), Some(rewritten));
    });
}

#[test]
fn operator_commits_on_top_are_for_the_unit() {
    with_work(|lab, private, worktree, tip| {
        assert_eq!(private.mirror(&tip, None).unwrap(), Mirrored::Branch);
        let theirs = ObjectId::parse(
            lab.git(&lab.host_dir(), &["commit-tree", "-p", tip.as_str(), "-m", "theirs", &format!("{tip}^{{tree}}")]),
        )
        .unwrap();
        lab.git(&lab.host_dir(), &["update-ref", BRANCH, theirs.as_str()]);
        assert_eq!(private.mirror(&tip, Some(&tip)).unwrap(), Mirrored::OperatorCommits(theirs.clone()));
        private.fast_forward(&theirs).unwrap();
        assert_eq!(lab.id(worktree, "HEAD"), theirs);
    });
}

#[test]
fn a_diverged_branch_keeps_both_sides() {
    with_work(|lab, private, _, tip| {
        let theirs = lab.elsewhere(|dir| put(dir, "b.txt", "theirs"));
        lab.git(&lab.host_dir(), &["update-ref", BRANCH, theirs.as_str()]);
        let Mirrored::Diverged { theirs: found, preserved, aside } = private.mirror(&tip, None).unwrap() else {
            panic!()
        };
        assert_eq!(found, theirs);
        for (name, commit) in [(BRANCH, &theirs), (preserved.as_str(), &theirs), (aside.as_str(), &tip)] {
            assert_eq!(private.host.reference(name).unwrap().as_ref(), Some(commit), "{name}");
        }
    });
}

#[test]
fn a_checked_out_branch_is_mirrored_aside() {
    with_work(|lab, private, _, tip| {
        lab.git(&lab.host_dir(), &["checkout", "-q", "-b", "orch/chunk-1"]);
        let Mirrored::Aside(name) = private.mirror(&tip, None).unwrap() else { panic!() };
        assert_eq!(private.host.reference(&name).unwrap(), Some(tip));
        assert_eq!(lab.git(&lab.host_dir(), &["status", "--porcelain"]), "");
    });
}
