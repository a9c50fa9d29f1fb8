use super::lab::{Lab, main, put};
use crate::domain::ids::{ObjectId, UnitId};
use crate::git::refs::{Deleted, Expect, Swapped};
use std::thread;

/// A commit that differs from all others made with another message.
fn child(lab: &Lab, parent: &ObjectId, message: &str) -> ObjectId {
    let tree = format!("{parent}^{{tree}}");
    ObjectId::parse(lab.git(&lab.host_dir(), &["commit-tree", "-p", parent.as_str(), "-m", message, &tree])).unwrap()
}

#[test]
fn a_stale_move_says_where_the_ref_is() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base().commit);
    let next = child(&lab, &base, "next");
    let name = "refs/heads/topic";
    assert_eq!(host.swap(name, Expect::At(&base), &next, "x").unwrap(), Swapped::Stale(None));
    assert_eq!(host.swap(name, Expect::Absent, &base, "x").unwrap(), Swapped::Moved);
    assert_eq!(host.swap(name, Expect::At(&next), &next, "x").unwrap(), Swapped::Stale(Some(base.clone())));
    assert_eq!(host.swap(name, Expect::At(&base), &next, "x").unwrap(), Swapped::Moved);
    assert_eq!(host.swap(name, Expect::At(&base), &next, "again").unwrap(), Swapped::Moved);
    assert_eq!(lab.git(&lab.host_dir(), &["reflog", "-1", "--format=%gn %gs", "topic"]), "ve x");
}

#[test]
fn contended_moves_lose_no_commit() {
    let lab = Lab::new();
    lab.git(&lab.host_dir(), &["checkout", "-q", "--detach"]);
    let host = lab.host();
    let add = |lab: &Lab, who: &str| {
        for number in 0..15 {
            loop {
                let tip = host.tip(&main()).unwrap().unwrap();
                let next = child(lab, &tip, &format!("{who} {number}"));
                if host.swap("refs/heads/main", Expect::At(&tip), &next, "add").unwrap() == Swapped::Moved {
                    break;
                }
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| add(&lab, "one"));
        scope.spawn(|| add(&lab, "two"));
        scope.spawn(|| {
            for number in 0..15 {
                let tip = lab.id(&lab.host_dir(), "main");
                let next = child(&lab, &tip, &format!("git {number}"));
                // Loses the race now and then: that is git's own compare-and-swap.
                lab.try_git(&lab.host_dir(), &["update-ref", "refs/heads/main", next.as_str(), tip.as_str()]);
                lab.try_git(&lab.host_dir(), &["pack-refs", "--all"]);
            }
        });
    });
    let messages = lab.git(&lab.host_dir(), &["log", "--format=%s", "main"]);
    for who in ["one", "two"] {
        assert_eq!(messages.lines().filter(|line| line.starts_with(who)).count(), 15, "{messages}");
    }
}

#[test]
fn a_lock_that_stays_is_an_error_after_a_while() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base().commit);
    put(&lab.host_dir(), ".git/refs/heads/topic.lock", "");
    assert!(host.swap("refs/heads/topic", Expect::Absent, &base, "x").is_err());
}

#[test]
fn preserved_refs_are_numbered_and_never_overwritten() {
    let lab = Lab::new();
    let (host, base, unit) = (lab.host(), lab.base().commit, UnitId(7));
    let other = child(&lab, &base, "other");
    assert_eq!(host.preserve_commit(unit, &base).unwrap(), "refs/ve/p/preserved/7/1");
    assert_eq!(host.preserve_commit(unit, &other).unwrap(), "refs/ve/p/preserved/7/2");
    assert_eq!(host.preserve_commit(unit, &base).unwrap(), "refs/ve/p/preserved/7/1");
}

#[test]
fn only_what_another_ref_keeps_is_deleted() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base().commit);
    let loose = child(&lab, &base, "loose");
    lab.git(&lab.host_dir(), &["branch", "merged", base.as_str()]);
    lab.git(&lab.host_dir(), &["branch", "loose", loose.as_str()]);
    assert_eq!(host.delete_if_kept("refs/heads/merged").unwrap(), Deleted::Gone);
    assert_eq!(host.delete_if_kept("refs/heads/loose").unwrap(), Deleted::StillNeeded);
    assert_eq!(host.delete_if_kept("refs/heads/merged").unwrap(), Deleted::Gone);
}

#[test]
fn locks_that_a_daemon_left_are_cleared_and_nobody_elses() {
    let lab = Lab::new();
    let (host, base) = (lab.host(), lab.base().commit);
    let name = host.refs().base(UnitId(1));
    assert_eq!(host.swap(&name, Expect::Absent, &base, "x").unwrap(), Swapped::Moved);
    let (ours, theirs) = (format!("{name}.lock"), "refs/heads/main.lock".to_owned());
    for lock in [&ours, &theirs] {
        std::fs::write(host.common_dir().join(lock), "").unwrap();
    }
    assert_eq!(host.clear_locks().unwrap(), 1);
    assert!(!host.common_dir().join(&ours).exists() && host.common_dir().join(&theirs).exists());
    assert_eq!(host.reference(&name).unwrap(), Some(base));
    assert_eq!(host.clear_locks().unwrap(), 0);
}
