use super::lab::{Lab, main, put};
use crate::domain::ids::ObjectId;
use crate::git::checkout::blocker::Blocker;
use crate::git::checkout::resume::Resumed;
use crate::git::checkout::{Advance, Advanced, Death};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Moves `main` from where it is to `to`.
fn advance(lab: &Lab, to: &ObjectId) -> Advanced {
    let (branch, from, journal) = (main(), lab.base().commit, lab.journal());
    lab.host().advance(&Advance { branch: &branch, from: &from, to, reason: "ve: test", journal: &journal }).unwrap()
}

fn moved() -> Advanced {
    Advanced::Moved { kept: Vec::new() }
}

/// A commit that changes `a.txt`, adds `new/n.txt` and `tool`, removes `b.txt` and turns `dir` into a file.
fn news(lab: &Lab) -> ObjectId {
    lab.elsewhere(|dir| {
        put(dir, "a.txt", "news\n");
        put(dir, "new/n.txt", "new\n");
        put(dir, "tool", "#!/bin/sh\n");
        fs::set_permissions(dir.join("tool"), Permissions::from_mode(0o755)).unwrap();
        symlink("a.txt", dir.join("link")).unwrap();
        fs::remove_file(dir.join("b.txt")).unwrap();
        fs::remove_dir_all(dir.join("dir")).unwrap();
        put(dir, "dir", "now a file\n");
    })
}

fn status(lab: &Lab) -> String {
    lab.git(&lab.host_dir(), &["status", "--porcelain", "-uall"])
}

#[test]
fn a_clean_checkout_follows() {
    let lab = Lab::new();
    let to = news(&lab);
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!(status(&lab), "");
    assert_eq!(lab.id(&lab.host_dir(), "HEAD"), to);
    assert_eq!((lab.text("a.txt"), lab.text("dir")), ("news\n".into(), "now a file\n".into()));
    assert!(!lab.journal().exists() && !lab.host_dir().join(".git/index.lock").exists());
    for name in ["main", "HEAD"] {
        assert_eq!(lab.git(&lab.host_dir(), &["reflog", "-1", "--format=%gn %gs", name]), "ve ve: test", "{name}");
    }
    lab.write("b.txt", "the operator goes on\n");
    lab.commit("on top");
}

#[test]
fn a_file_can_become_a_directory() {
    let lab = Lab::new();
    let to = lab.elsewhere(|dir| {
        fs::remove_file(dir.join("a.txt")).unwrap();
        put(dir, "a.txt/inside", "deep\n");
    });
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!((status(&lab), lab.text("a.txt/inside")), (String::new(), "deep\n".into()));
}

#[test]
fn unrelated_changes_survive_staged_or_not() {
    let lab = Lab::new();
    let to = lab.elsewhere(|dir| put(dir, "a.txt", "news\n"));
    lab.write("b.txt", "dirty\n");
    lab.write("dir/c.txt", "staged\n");
    lab.git(&lab.host_dir(), &["add", "dir/c.txt"]);
    lab.write("untracked", "u\n");
    let before = status(&lab);
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!(status(&lab), before);
    assert_eq!((lab.text("b.txt"), lab.text("a.txt")), ("dirty\n".into(), "news\n".into()));
}

#[test]
fn changes_that_are_what_comes_are_in_nobodys_way() {
    let lab = Lab::new();
    let to = news(&lab);
    let theirs = lab.path().join("theirs");
    lab.git(&lab.host_dir(), &["worktree", "add", "-q", "--detach", theirs.to_str().unwrap(), to.as_str()]);
    fs::copy(theirs.join("a.txt"), lab.host_dir().join("a.txt")).unwrap();
    fs::create_dir_all(lab.host_dir().join("new")).unwrap();
    fs::copy(theirs.join("new/n.txt"), lab.host_dir().join("new/n.txt")).unwrap();
    lab.git(&lab.host_dir(), &["add", "a.txt"]);
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!(status(&lab), "");
}

#[test]
fn a_branch_that_nobody_has_checked_out_waits_for_whoever_may_be_checking_it_out() {
    let lab = Lab::new();
    let to = news(&lab);
    lab.git(&lab.host_dir(), &["switch", "-q", "-c", "aside"]);
    let lock = lab.host_dir().join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let Advanced::Blocked(found) = advance(&lab, &to) else { panic!("moved") };
    assert!(matches!(found.as_slice(), [Blocker::IndexLocked(_)]), "{found:?}");
    fs::remove_file(&lock).unwrap();
    assert_eq!(advance(&lab, &to), moved());
    assert!(!lock.exists());
    assert_eq!((lab.id(&lab.host_dir(), "main"), lab.text("a.txt")), (to, "a\n".into()));
}

/// Sets up a state of the checkout and expects it to block the move of `news`, with nothing changed by it.
fn expect_blocked(name: &str, set_up: impl FnOnce(&Lab, &Path), expected: &[Blocker]) {
    let lab = Lab::new();
    let to = news(&lab);
    set_up(&lab, &lab.host_dir());
    let before = (status(&lab), lab.id(&lab.host_dir(), "main"));
    let Advanced::Blocked(found) = advance(&lab, &to) else { panic!("{name}: moved") };
    for blocker in expected {
        assert!(found.contains(blocker), "{name}: {blocker:?} is not in {found:?}");
    }
    assert_eq!((status(&lab), lab.id(&lab.host_dir(), "main")), before, "{name}");
    assert!(!lab.journal().exists(), "{name}");
}

#[test]
fn what_would_be_overwritten_blocks() {
    let path = PathBuf::from;
    expect_blocked("modified", |lab, _| lab.write("a.txt", "mine\n"), &[Blocker::LocalChange(path("a.txt"))]);
    expect_blocked(
        "staged, then undone in the file",
        |lab, dir| {
            lab.write("a.txt", "mine\n");
            lab.git(dir, &["add", "a.txt"]);
            lab.write("a.txt", "a\n");
        },
        &[Blocker::LocalChange(path("a.txt"))],
    );
    expect_blocked("untracked", |lab, _| lab.write("new/n.txt", "mine\n"), &[Blocker::InTheWay(path("new/n.txt"))]);
    expect_blocked(
        "ignored",
        |lab, dir| {
            put(dir, ".git/info/exclude", "tool\n");
            lab.write("tool", "mine\n");
        },
        &[Blocker::InTheWay(path("tool"))],
    );
    expect_blocked(
        "no longer tracked",
        |lab, dir| {
            lab.git(dir, &["rm", "-q", "--cached", "a.txt"]);
        },
        &[Blocker::LocalChange(path("a.txt"))],
    );
    expect_blocked("deleted", |_, dir| fs::remove_file(dir.join("a.txt")).unwrap(), &[Blocker::Deleted(path("a.txt"))]);
    expect_blocked(
        "deleted and to be removed",
        |_, dir| fs::remove_file(dir.join("b.txt")).unwrap(),
        &[Blocker::Deleted(path("b.txt"))],
    );
    expect_blocked(
        "untracked where a file goes",
        |lab, _| lab.write("dir/mine", "mine\n"),
        &[Blocker::InTheWay(path("dir/mine"))],
    );
    expect_blocked(
        "a file where a directory goes",
        |lab, _| lab.write("new", "mine\n"),
        &[Blocker::InTheWay(path("new"))],
    );
    expect_blocked(
        "a link where a directory was",
        |_, dir| {
            fs::rename(dir.join("dir"), dir.join("moved")).unwrap();
            symlink("moved", dir.join("dir")).unwrap();
        },
        &[Blocker::InTheWay(path("dir"))],
    );
    expect_blocked(
        "exec bit",
        |_, dir| fs::set_permissions(dir.join("a.txt"), Permissions::from_mode(0o755)).unwrap(),
        &[Blocker::LocalChange(path("a.txt"))],
    );
    expect_blocked(
        "assumed unchanged",
        |lab, dir| {
            lab.git(dir, &["update-index", "--assume-unchanged", "a.txt"]);
            lab.write("a.txt", "mine\n");
        },
        &[Blocker::Hidden(path("a.txt"))],
    );
}

#[test]
fn all_that_is_in_the_way_is_listed() {
    let path = PathBuf::from;
    expect_blocked(
        "several",
        |lab, _| {
            lab.write("a.txt", "mine\n");
            lab.write("tool", "mine\n");
            lab.write("dir/mine", "mine\n");
        },
        &[Blocker::LocalChange(path("a.txt")), Blocker::InTheWay(path("tool")), Blocker::InTheWay(path("dir/mine"))],
    );
}

#[test]
fn unfinished_operations_block() {
    let lab = Lab::new();
    let to = news(&lab);
    let dir = lab.host_dir();
    let blocked = |lab: &Lab| match advance(lab, &to) {
        Advanced::Blocked(found) => found,
        other => panic!("{other:?}"),
    };
    put(&dir, ".git/index.lock", "");
    assert!(matches!(blocked(&lab)[..], [Blocker::IndexLocked(_)]));
    fs::remove_file(dir.join(".git/index.lock")).unwrap();

    let side = lab.elsewhere(|dir| put(dir, "a.txt", "side\n"));
    lab.git(&dir, &["branch", "side", side.as_str()]);
    lab.git(&dir, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    assert!(matches!(blocked(&lab)[..], [Blocker::InProgress(_)]));
    lab.git(&dir, &["merge", "--abort"]);

    lab.write("a.txt", "main\n");
    lab.commit("main");
    assert!(!lab.try_git(&dir, &["rebase", "side"]).status.success());
    assert!(matches!(blocked(&lab)[..], [Blocker::InProgress(_)]), "the rebase will come back to main");
    lab.git(&dir, &["rebase", "--abort"]);
    assert_eq!(advance_from(&lab, &side, &to), Advanced::TargetMoved);
}

fn advance_from(lab: &Lab, from: &ObjectId, to: &ObjectId) -> Advanced {
    let (branch, journal) = (main(), lab.journal());
    lab.host().advance(&Advance { branch: &branch, from, to, reason: "ve: test", journal: &journal }).unwrap()
}

#[test]
fn a_branch_that_is_not_checked_out_moves_alone() {
    let lab = Lab::new();
    let to = news(&lab);
    lab.git(&lab.host_dir(), &["checkout", "-q", "-b", "elsewhere"]);
    lab.write("a.txt", "busy\n");
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!((lab.id(&lab.host_dir(), "main"), lab.text("a.txt")), (to, "busy\n".into()));
}

#[test]
fn a_linked_worktree_follows() {
    let lab = Lab::new();
    let to = news(&lab);
    let linked = lab.path().join("linked");
    lab.git(&lab.host_dir(), &["checkout", "-q", "-b", "elsewhere"]);
    lab.git(&lab.host_dir(), &["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!(lab.git(&linked, &["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(linked.join("a.txt")).unwrap(), "news\n");
}

#[test]
fn the_operators_line_ends_and_filters_are_used() {
    let lab = Lab::new();
    put(&lab.path().join("home"), ".gitconfig", "[filter \"up\"]\n\tsmudge = tr a-z A-Z\n\tclean = tr A-Z a-z\n");
    let to = lab.elsewhere(|dir| {
        put(dir, ".gitattributes", "b.txt eol=crlf\na.txt filter=up\n");
        put(dir, "a.txt", "shout\n");
        put(dir, "b.txt", "line\n");
    });
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!((lab.text("a.txt"), lab.text("b.txt")), ("SHOUT\n".into(), "line\r\n".into()));
    assert_eq!(status(&lab), "");
}

#[test]
fn a_sparse_checkout_stays_sparse() {
    let lab = Lab::new();
    lab.write("out/x.txt", "x\n");
    lab.commit("more");
    let to = lab.elsewhere(|dir| {
        put(dir, "out/x.txt", "xx\n");
        put(dir, "dir/c.txt", "cc\n");
    });
    lab.git(&lab.host_dir(), &["sparse-checkout", "set", "dir"]);
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!((status(&lab), lab.text("dir/c.txt")), (String::new(), "cc\n".into()));
    assert!(!lab.host_dir().join("out").exists());
}

#[test]
fn every_form_of_index_is_carried_over() {
    let forms: [&[&str]; 3] = [
        &["sparse-checkout", "set", "--cone", "--sparse-index", "dir"],
        &["update-index", "--split-index"],
        &["update-index", "--index-version", "4"],
    ];
    for form in forms {
        let lab = Lab::new();
        lab.write("out/x.txt", "x\n");
        lab.commit("more");
        let to = lab.elsewhere(|dir| put(dir, "dir/c.txt", "cc\n"));
        lab.git(&lab.host_dir(), form);
        lab.write("b.txt", "staged\n");
        lab.git(&lab.host_dir(), &["add", "b.txt"]);
        assert_eq!(advance(&lab, &to), moved(), "{form:?}");
        assert_eq!((status(&lab), lab.text("dir/c.txt")), ("M  b.txt".into(), "cc\n".into()), "{form:?}");
    }
}

#[test]
fn a_bare_host_has_no_checkout_to_update() {
    let lab = Lab::new();
    let to = news(&lab);
    lab.git(lab.path(), &["clone", "-q", "--bare", "host", "bare.git"]);
    let refs = crate::git::names::ProjectRefs::new("p").unwrap();
    lab.git(&lab.path().join("bare.git"), &["fetch", "-q", "../host", &format!("{to}:refs/heads/news")]);
    let host = crate::git::host::Host::open(&lab.path().join("bare.git"), refs, lab.path()).unwrap();
    let (branch, from, journal) = (main(), lab.base().commit, lab.journal());
    let advance = Advance { branch: &branch, from: &from, to: &to, reason: "ve: test", journal: &journal };
    assert_eq!(host.advance(&advance).unwrap(), moved());
    assert_eq!(host.tip(&branch).unwrap(), Some(to));
}

#[test]
fn where_files_cannot_be_exchanged_git_fast_forwards() {
    // Another file system, where there is one: the stage is in the git directory.
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else { return };
    let lab = Lab::empty();
    lab.fill(&["--separate-git-dir", memory.path().join("git").to_str().unwrap()]);
    let to = news(&lab);
    assert_eq!(advance(&lab, &to), moved());
    assert_eq!((status(&lab), lab.text("a.txt")), (String::new(), "news\n".into()));
    let next = lab.elsewhere(|dir| put(dir, "x", "next\n"));
    put(memory.path(), "git/info/exclude", "x\n");
    lab.write("x", "ignored and mine\n");
    assert_eq!(advance(&lab, &next), Advanced::Blocked(vec![Blocker::InTheWay("x".into())]));
}

#[test]
fn a_crash_before_or_after_the_files_is_finished() {
    for at in [Death::BeforeTheFiles, Death::BeforeTheRef] {
        let lab = Lab::new();
        let (from, to) = (lab.base().commit, news(&lab));
        crash(&lab, &to, at);
        assert_eq!(lab.id(&lab.host_dir(), "main"), from);
        assert_eq!(status(&lab).is_empty(), at == Death::BeforeTheFiles, "the checkout is ahead of its branch");
        let resumed = lab.host().resume_advance(&lab.journal()).unwrap();
        assert_eq!(resumed, Resumed::Finished { at: to, kept: Vec::new() });
        assert_eq!((status(&lab), lab.text("a.txt")), (String::new(), "news\n".into()));
        assert_eq!(lab.host().resume_advance(&lab.journal()).unwrap(), Resumed::Nothing);
    }
}

#[test]
fn the_lock_of_a_ref_that_died_with_its_holder_is_taken_over() {
    let lab = Lab::new();
    let to = news(&lab);
    crash(&lab, &to, Death::BeforeTheRef);
    let lock = lab.host_dir().join(".git/refs/heads/main.lock");
    fs::write(&lock, "").unwrap();
    assert_eq!(lab.host().resume_advance(&lab.journal()).unwrap(), Resumed::Finished { at: to, kept: Vec::new() });
    assert!(!lock.exists());
}

#[test]
fn what_the_operator_commits_of_an_interrupted_landing_is_theirs() {
    let lab = Lab::new();
    let to = news(&lab);
    crash(&lab, &to, Death::BeforeTheRef);
    fs::remove_file(lab.host_dir().join(".git/index.lock")).unwrap();
    lab.git(&lab.host_dir(), &["commit", "-q", "-a", "-m", "mine"]);
    let theirs = lab.id(&lab.host_dir(), "main");
    assert_eq!(lab.host().resume_advance(&lab.journal()).unwrap(), Resumed::Dropped);
    assert_eq!((status(&lab), lab.text("a.txt")), (String::new(), "news\n".into()));
    assert_eq!(lab.id(&lab.host_dir(), "main"), theirs);
}

#[test]
fn a_failure_on_the_way_keeps_the_lock_until_it_is_finished() {
    let lab = Lab::new();
    let to = news(&lab);
    crash(&lab, &to, Death::BeforeTheFiles);
    let (index, aside) = (lab.host_dir().join(".git/index"), lab.host_dir().join(".git/aside"));
    fs::rename(&index, &aside).unwrap();
    fs::create_dir(&index).unwrap();
    assert!(lab.host().resume_advance(&lab.journal()).is_err());
    assert!(lab.host_dir().join(".git/index.lock").exists());
    fs::remove_dir(&index).unwrap();
    fs::rename(&aside, &index).unwrap();
    assert_eq!(lab.host().resume_advance(&lab.journal()).unwrap(), Resumed::Finished { at: to, kept: Vec::new() });
    assert_eq!(status(&lab), "");
}

#[test]
fn a_crash_between_two_files_is_finished_and_an_edit_since_is_kept() {
    let lab = Lab::new();
    let to = news(&lab);
    crash(&lab, &to, Death::BeforeTheFiles);
    let (file, staged) = (lab.host_dir().join("a.txt"), lab.host_dir().join(".git/ve-stage/new/a.txt"));
    swap(&file, &staged);
    fs::write(&staged, "an edit that had just slipped in\n").unwrap();
    lab.write("b.txt", "edited before the restart\n");
    let resumed = lab.host().resume_advance(&lab.journal()).unwrap();
    let Resumed::Finished { kept, .. } = resumed else { panic!("{resumed:?}") };
    assert_eq!(kept, [PathBuf::from("b.txt"), PathBuf::from("a.txt")]);
    assert_eq!(lab.text("a.txt"), "an edit that had just slipped in\n");
    assert_eq!(lab.text("b.txt"), "edited before the restart\n");
    assert_eq!(lab.text("dir"), "now a file\n");
}

#[test]
fn a_checkout_that_went_elsewhere_since_is_left_alone() {
    let lab = Lab::new();
    let to = news(&lab);
    crash(&lab, &to, Death::BeforeTheFiles);
    fs::remove_file(lab.host_dir().join(".git/index.lock")).unwrap();
    lab.git(&lab.host_dir(), &["checkout", "-q", "-b", "elsewhere"]);
    assert_eq!(lab.host().resume_advance(&lab.journal()).unwrap(), Resumed::Dropped);
    assert_eq!((status(&lab), lab.text("a.txt")), (String::new(), "a\n".into()));
    assert!(!lab.host_dir().join(".git/index.lock").exists());
}

#[test]
fn a_branch_that_moved_while_its_checkout_went_elsewhere_is_finished() {
    let lab = Lab::new();
    let to = news(&lab);
    crash(&lab, &to, Death::BeforeTheRef);
    lab.git(&lab.host_dir(), &["update-ref", "refs/heads/main", to.as_str()]);
    fs::remove_file(lab.host_dir().join(".git/index.lock")).unwrap();
    lab.git(&lab.host_dir(), &["branch", "elsewhere"]);
    lab.git(&lab.host_dir(), &["symbolic-ref", "HEAD", "refs/heads/elsewhere"]);
    let resumed = lab.host().resume_advance(&lab.journal()).unwrap();
    assert_eq!(resumed, Resumed::Finished { at: to, kept: Vec::new() });
    assert_eq!(lab.text("a.txt"), "news\n", "nothing there is touched any more");
}

#[test]
fn staged_changes_made_after_a_crash_survive() {
    let lab = Lab::new();
    let to = lab.elsewhere(|dir| put(dir, "a.txt", "news\n"));
    crash(&lab, &to, Death::BeforeTheFiles);
    fs::remove_file(lab.host_dir().join(".git/index.lock")).unwrap();
    lab.write("b.txt", "staged\n");
    lab.git(&lab.host_dir(), &["add", "b.txt"]);
    assert!(matches!(lab.host().resume_advance(&lab.journal()).unwrap(), Resumed::Finished { .. }));
    assert_eq!((status(&lab), lab.text("a.txt")), ("M  b.txt".into(), "news\n".into()));
}

#[test]
fn a_lock_left_behind_without_a_journal_is_released() {
    let lab = Lab::new();
    let lock = lab.host_dir().join(".git/index.lock");
    fs::write(&lock, format!("ve {}\n", lab.journal().display())).unwrap();
    assert_eq!(lab.host().resume_advance(&lab.journal()).unwrap(), Resumed::Nothing);
    assert!(!lock.exists());
    fs::write(&lock, "somebody else's").unwrap();
    assert_eq!(lab.host().resume_advance(&lab.journal()).unwrap(), Resumed::Nothing);
    assert!(lock.exists());
}

/// Leaves everything as a kill at this moment does.
fn crash(lab: &Lab, to: &ObjectId, at: Death) {
    let (branch, from, journal) = (main(), lab.base().commit, lab.journal());
    let advance = Advance { branch: &branch, from: &from, to, reason: "ve: test", journal: &journal };
    lab.host().advance_and_die(&advance, at).unwrap();
    assert!(journal.exists());
}

fn swap(one: &Path, other: &Path) {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
}
