//! Works in progress are seen as they are, and stay as they are.

use super::lab::{Lab, put};
use crate::domain::footprint::Lines;
use crate::domain::ids::ObjectId;
use crate::domain::workspace::Base;
use crate::git::edits::{FileEdit, What};
use crate::git::host::Host;
use crate::git::lookout::{Fit, Looked, Lookout, Picture};
use crate::git::names::Unit;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A unit that was prepared, and its worktree.
fn prepared(lab: &Lab, host: &Host, id: i64, base: &Base) -> (Unit, PathBuf) {
    let unit = lab.unit(id);
    lab.private(host, &unit).prepare(base).unwrap();
    let worktree = unit.paths.worktree();
    (unit, worktree)
}

fn taken(looked: Looked) -> Picture {
    match looked {
        Looked::New(picture) => picture,
        other => panic!("{other:?}"),
    }
}

/// Every file below a directory with its bytes and its time of change.
fn state(dir: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(state(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn uncommitted_work_is_seen_and_nothing_of_the_unit_or_the_host_changes() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base());
    let lookout = Lookout::open(&host, &lab.path().join("state/look.git")).unwrap();
    let (unit, worktree) = prepared(&lab, &host, 1, &base);
    let private = lab.private(&host, &unit);
    put(&worktree, "a.txt", "changed\n");
    lab.git(&worktree, &["add", "a.txt"]);
    put(&worktree, "new.txt", "new\n");
    put(&worktree, "debug.log", "ignored\n");
    fs::remove_file(worktree.join("b.txt")).unwrap();
    let status = lab.git(&worktree, &["status", "--porcelain"]);
    let (files, index) = (state(&worktree), unit.paths.git().join("worktrees/worktree/index"));
    let (index_before, refs_before) = (fs::read(&index).unwrap(), lab.git(&lab.host_dir(), &["for-each-ref"]));
    let objects = state(&lab.host_dir().join(".git/objects")).len();

    let picture = taken(lookout.look(private, None).unwrap());
    assert_eq!(state(&worktree), files);
    assert_eq!(fs::read(&index).unwrap(), index_before);
    assert_eq!(lab.git(&worktree, &["status", "--porcelain"]), status);
    assert_eq!(lab.git(&lab.host_dir(), &["for-each-ref"]), refs_before);
    assert_eq!(state(&lab.host_dir().join(".git/objects")).len(), objects, "nothing of it is in the host");

    let changes = lookout.changes(&base.commit, &picture.commit).unwrap();
    let paths: Vec<&str> = changes.iter().map(|change| change.path.to_str().unwrap()).collect();
    assert_eq!(paths, ["a.txt", "b.txt", "new.txt"]);
    let What::Lines { old, new, hunks } = &changes[0].what else { panic!("{changes:?}") };
    assert_eq!((old.as_slice(), new.as_slice(), hunks.len()), (b"a\n".as_slice(), b"changed\n".as_slice(), 1));
    assert_eq!((hunks[0].old, hunks[0].new), (Some(Lines { first: 1, last: 1 }), Some(Lines { first: 1, last: 1 })));
    assert_eq!(changes[1], FileEdit { path: "b.txt".into(), what: What::Whole });

    assert_eq!(lookout.look(private, Some(&picture.mark)).unwrap(), Looked::Same);
    put(&worktree, "new.txt", "newer\n");
    assert_ne!(taken(lookout.look(private, Some(&picture.mark)).unwrap()).mark, picture.mark);
}

#[test]
fn an_edit_of_the_same_size_in_the_second_of_the_checkout_is_seen() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base());
    let lookout = Lookout::open(&host, &lab.path().join("state/look.git")).unwrap();
    let (unit, worktree) = prepared(&lab, &host, 1, &base);
    let second = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let written_then = |path: &Path| fs::File::options().write(true).open(path).unwrap().set_modified(second).unwrap();
    lab.git(&worktree, &["config", "core.trustctime", "false"]);
    written_then(&worktree.join("a.txt"));
    lab.git(&worktree, &["update-index", "--refresh"]);
    written_then(&unit.paths.git().join("worktrees/worktree/index"));
    put(&worktree, "a.txt", "b\n");
    written_then(&worktree.join("a.txt"));
    let picture = taken(lookout.look(lab.private(&host, &unit), None).unwrap());
    let changes = lookout.changes(&base.commit, &picture.commit).unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
}

#[test]
fn two_works_in_progress_are_merged_in_memory() {
    let lab = Lab::new();
    lab.write("code.txt", &(1..=20).map(|line| format!("{line}\n")).collect::<String>());
    lab.commit("code");
    let (host, base) = (lab.host(), lab.base());
    let lookout = Lookout::open(&host, &lab.path().join("state/look.git")).unwrap();
    let look = |id: i64, edit: &dyn Fn(&Path)| -> ObjectId {
        let (unit, worktree) = prepared(&lab, &host, id, &base);
        edit(&worktree);
        taken(lookout.look(lab.private(&host, &unit), None).unwrap()).commit
    };
    let text = fs::read_to_string(lab.host_dir().join("code.txt")).unwrap();
    let with = |line: &str, now: &str| text.replacen(&format!("\n{line}\n"), &format!("\n{now}\n"), 1);
    let top = look(1, &|dir| put(dir, "code.txt", &with("3", "three")));
    let bottom = look(2, &|dir| put(dir, "code.txt", &with("18", "eighteen")));
    let other_top = look(3, &|dir| put(dir, "code.txt", &with("3", "drei")));
    assert!(matches!(lookout.fit(&top, &bottom).unwrap(), Fit::Clean(_)));
    assert_eq!(lookout.fit(&top, &other_top).unwrap(), Fit::Conflict(vec!["code.txt".into()]));
    assert!(lookout.fit(&top, &ObjectId::parse("0".repeat(40)).unwrap()).is_err());
}

#[test]
fn a_worktree_in_the_middle_of_a_merge_is_not_looked_at() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base());
    let lookout = Lookout::open(&host, &lab.path().join("state/look.git")).unwrap();
    let (unit, _) = prepared(&lab, &host, 1, &base);
    fs::write(unit.paths.git().join("worktrees/worktree/MERGE_HEAD"), base.commit.as_str()).unwrap();
    assert_eq!(lookout.look(lab.private(&host, &unit), None).unwrap(), Looked::Blurred);
    let unprepared = lab.unit(2);
    assert_eq!(lookout.look(lab.private(&host, &unprepared), None).unwrap(), Looked::Blurred);
}

#[test]
fn nothing_that_is_planted_in_the_private_repository_runs_or_leads_out() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base());
    let lookout = Lookout::open(&host, &lab.path().join("state/look.git")).unwrap();
    let (unit, worktree) = prepared(&lab, &host, 1, &base);
    let trace = lab.path().join("ran");
    let evil = format!("touch '{}'; cat", trace.display());
    let git = unit.paths.git();
    for (key, value) in [("core.fsmonitor", evil.as_str()), ("core.hooksPath", git.to_str().unwrap())] {
        lab.git(&git, &["config", key, value]);
    }
    put(&git, "post-index-change", &format!("#!/bin/sh\n{evil}\n"));
    put(&git, "reference-transaction", &format!("#!/bin/sh\n{evil}\n"));
    lab.git(&git, &["config", "core.fsmonitor", &evil]);
    put(&worktree, "a.txt", "changed\n");
    // An index that leads out of the unit is not followed when the picture's own is made.
    let outside = lab.path().join("outside");
    fs::write(&outside, "precious").unwrap();
    std::os::unix::fs::symlink(&outside, git.join("ve-index-look")).unwrap();
    let looked = lookout.look(lab.private(&host, &unit), None);
    assert!(!trace.exists(), "{looked:?}");
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
}

#[test]
fn whether_a_landed_work_needed_the_other_one_is_found_out() {
    let lab = Lab::new();
    let lines: String = (1..=30).map(|line| format!("{line}\n")).collect();
    lab.write("code.txt", &lines);
    let start = lab.commit("code");
    let lookout_dir = lab.path().join("state/look.git");
    let host = lab.host();
    let lookout = Lookout::open(&host, &lookout_dir).unwrap();
    let land = |line: &str, now: &str| {
        let text = lab.text("code.txt").replacen(&format!("\n{line}\n"), &format!("\n{now}\n"), 1);
        lab.write("code.txt", &text);
        lab.commit(now)
    };
    let first = land("5", "five");
    let far = land("25", "twenty-five");
    let work = lab.child_with(&start, "code.txt", &lines.replacen("\n5\n", "\nV\n", 1));
    assert!(!lookout.applies_onto((&start, &first), &work).unwrap());
    assert!(lookout.applies_onto((&first, &far), &work).unwrap(), "though it lies on top of what does not");
    let near = land("six", "six");
    assert_eq!(lab.text("code.txt").matches("five").count(), 2);
    let on_top = land("five", "FIVE");
    assert_eq!(lookout.applies_alone([(&start, &first), (&first, &far)]).unwrap(), Some(true));
    assert_eq!(lookout.applies_alone([(&near, &on_top), (&start, &first)]).unwrap(), Some(false), "in any order");
    assert_eq!(
        lookout.applies_alone([(&start, &first), (&start, &on_top)]).unwrap(),
        None,
        "neither came after the other"
    );
    let third = land("FIVE", "Five");
    assert_eq!(
        lookout.applies_alone([(&start, &first), (&on_top, &third)]).unwrap(),
        None,
        "what came in between has built on the first one"
    );
}

#[test]
fn pictures_of_the_past_go_when_they_are_too_many() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base());
    let dir = lab.path().join("state/look.git");
    let lookout = Lookout::open(&host, &dir).unwrap();
    let (unit, worktree) = prepared(&lab, &host, 1, &base);
    put(&worktree, "a.txt", "changed\n");
    let picture = taken(lookout.look(lab.private(&host, &unit), None).unwrap());
    for number in 0..30 {
        put(&dir, &format!("objects/17/{number:038}"), "");
    }
    let lookout = Lookout::open(&host, &dir).unwrap();
    assert!(lookout.changes(&base.commit, &picture.commit).is_err(), "it is gone");
    let again = taken(lookout.look(lab.private(&host, &unit), None).unwrap());
    assert_eq!(lookout.changes(&base.commit, &again.commit).unwrap().len(), 1);
}
