//! Branches of two repositories move together or not at all.

use super::lab::{Lab, main, put};
use crate::domain::ids::{BranchName, ObjectId};
use crate::git::checkout::blocker::Blocker;
use crate::git::checkout::{Advance, Advanced, Death};
use crate::git::host::Host;
use crate::git::together::{Part, Refusal, Stays, Together, advance_all};
use std::fs;
use std::path::PathBuf;

/// One of two repositories, and the work that is to land in it.
struct Side {
    lab: Lab,
    host: Host,
    branch: BranchName,
    from: ObjectId,
    to: ObjectId,
    journal: PathBuf,
}

impl Side {
    fn new() -> Self {
        let lab = Lab::new();
        let to = lab.elsewhere(|dir| put(dir, "a.txt", "landed\n"));
        Self { host: lab.host(), branch: main(), from: lab.base().commit, to, journal: lab.journal(), lab }
    }

    fn advance(&self) -> Advance<'_> {
        let Self { branch, from, to, journal, .. } = self;
        Advance { branch, from, to, reason: "ve: test", journal }
    }

    fn back(&self) -> Advance<'_> {
        Advance { from: &self.to, to: &self.from, ..self.advance() }
    }

    fn part(&self) -> Part<'_> {
        Part { host: &self.host, advance: self.advance() }
    }

    /// Where the branch is, what the file says, and what differs from both.
    fn state(&self) -> (ObjectId, String, String) {
        let status = self.lab.git(&self.lab.host_dir(), &["status", "--porcelain"]);
        (self.host.tip(&self.branch).unwrap().unwrap(), self.lab.text("a.txt"), status)
    }

    fn assert_landed(&self) {
        assert_eq!(self.state(), (self.to.clone(), "landed\n".into(), String::new()));
    }

    fn assert_untouched(&self) {
        assert_eq!(self.state(), (self.from.clone(), "a\n".into(), String::new()));
    }
}

fn land(one: &Side, other: &Side) -> Together {
    advance_all(&[one.part(), other.part()])
}

#[test]
fn both_move_with_their_checkouts() {
    let (one, other) = (Side::new(), Side::new());
    assert!(matches!(land(&one, &other), Together::Moved { kept } if kept.is_empty()));
    one.assert_landed();
    other.assert_landed();
    assert!(matches!(land(&one, &other), Together::Moved { .. }), "again");
}

#[test]
fn what_is_in_the_way_of_the_second_keeps_the_first_from_moving() {
    let (one, other) = (Side::new(), Side::new());
    other.lab.write("a.txt", "mine\n");
    let Together::Refused { part: 1, why: Refusal::Blocked(blockers) } = land(&one, &other) else { panic!() };
    assert_eq!(blockers, [Blocker::LocalChange("a.txt".into())]);
    one.assert_untouched();
    let theirs = other.lab.child_with(&other.from, "x", "theirs\n");
    other.lab.git(&other.lab.host_dir(), &["update-ref", "refs/heads/main", theirs.as_str()]);
    assert!(matches!(land(&one, &other), Together::Refused { part: 1, why: Refusal::TargetMoved }));
    one.assert_untouched();
}

#[test]
fn the_first_is_taken_back_when_the_second_fails() {
    let (one, other) = (Side::new(), Side::new());
    let lock = other.lab.host_dir().join(".git/refs/heads/main.lock");
    fs::write(&lock, "").unwrap();
    assert!(matches!(land(&one, &other), Together::Refused { part: 1, why: Refusal::Failed(_) }));
    one.assert_untouched();
    other.assert_untouched();
    fs::remove_file(&lock).unwrap();
    assert!(matches!(land(&one, &other), Together::Moved { .. }));
    other.assert_landed();
}

#[test]
fn a_first_that_somebody_built_on_stays_and_is_named() {
    let (one, other) = (Side::new(), Side::new());
    assert!(matches!(one.host.advance(&one.advance()), Ok(Advanced::Moved { .. })));
    one.lab.write("b.txt", "built on it\n");
    one.lab.commit("theirs");
    other.lab.write("a.txt", "mine\n");
    let Together::Torn { part: 1, why: Refusal::Blocked(_), stay } = land(&one, &other) else { panic!() };
    assert!(matches!(stay.as_slice(), [(0, Stays::BuiltOn)]));
    assert_eq!((one.lab.text("a.txt"), one.lab.text("b.txt")), ("landed\n".into(), "built on it\n".into()));
    other.lab.write("a.txt", "a\n");
    assert!(matches!(land(&one, &other), Together::Moved { .. }), "what is left lands");
    other.assert_landed();
}

#[test]
fn a_crash_after_the_first_is_finished() {
    let (one, other) = (Side::new(), Side::new());
    one.host.advance_and_die(&one.advance(), Death::BeforeTheRef).unwrap();
    assert!(matches!(land(&one, &other), Together::Moved { .. }));
    one.assert_landed();
    other.assert_landed();
}

#[test]
fn a_crash_after_the_first_is_undone_if_the_second_refuses() {
    let (one, other) = (Side::new(), Side::new());
    one.host.advance_and_die(&one.advance(), Death::BeforeTheRef).unwrap();
    other.lab.write("a.txt", "mine\n");
    assert!(matches!(land(&one, &other), Together::Refused { part: 1, why: Refusal::Blocked(_) }));
    one.assert_untouched();
}

#[test]
fn a_crash_while_the_first_is_taken_back_is_finished() {
    let (one, other) = (Side::new(), Side::new());
    assert!(matches!(one.host.advance(&one.advance()), Ok(Advanced::Moved { .. })));
    one.host.advance_and_die(&one.back(), Death::BeforeTheRef).unwrap();
    assert_ne!(one.lab.text("a.txt"), "landed\n", "the checkout is back, the branch is not yet");
    other.lab.write("a.txt", "mine\n");
    assert!(matches!(land(&one, &other), Together::Refused { part: 1, .. }));
    one.assert_untouched();
    // The same before the checkout was back: undone or not, everything fits.
    assert!(matches!(one.host.advance(&one.advance()), Ok(Advanced::Moved { .. })));
    one.host.advance_and_die(&one.back(), Death::BeforeTheFiles).unwrap();
    assert!(matches!(land(&one, &other), Together::Refused { part: 1, .. }));
    one.assert_untouched();
}
