//! The order of the queue, and what each entry frees.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Entry, Matter, Subject, noticed, queue};
use crate::domain::account::{Halt, HaltReason, Halts};
use crate::domain::attention::{About, Ask};
use crate::domain::ids::{AgentName, BranchName, ChunkName, ObjectId, UnitId};
use crate::domain::new_unit::NewUnit;
use crate::domain::phase::Phase;
use crate::domain::policy::Policy;
use crate::domain::schedule::Waiting;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Leftovers, Proof, Status, WorkUnit};
use crate::domain::workspace::Base;
use std::collections::{BTreeMap, BTreeSet};

fn chunk(name: &str) -> ChunkName {
    ChunkName::parse(name).unwrap()
}

fn agent() -> AgentName {
    AgentName::parse("claude").unwrap()
}

fn ready() -> Status {
    Status::Ready { wait: None }
}

fn asks(since: i64, about: About) -> Status {
    Status::NeedsAttention(Ask { since: Timestamp(since), reason: "why".into(), about })
}

fn blocked(by: &str) -> Status {
    Status::Blocked { by: [chunk(by)].into() }
}

/// Units as `(chunk, depends on, status)`, the first one the oldest.
fn units(specs: Vec<(&str, &[&str], Status)>) -> Vec<WorkUnit> {
    let unit = |(id, (name, needs, status)): (i64, (&str, &[&str], Status))| {
        let new = NewUnit {
            chunk: chunk(name),
            phase: Phase::Plan,
            status,
            priority: 0,
            depends_on: needs.iter().map(|need| chunk(need)).collect(),
            explicit_deps: true,
            retain: false,
        };
        new.into_unit(UnitId(id), Timestamp(id))
    };
    (0..).zip(specs).map(unit).collect()
}

fn names(units: &[WorkUnit], queue: &[Entry]) -> Vec<String> {
    let name = |entry: &Entry| match &entry.subject {
        Subject::Unit(place) => units[*place].chunk.to_string(),
        Subject::Matter(matter) => matter.kind().to_owned(),
    };
    queue.iter().map(name).collect()
}

fn freed(entry: &Entry) -> Vec<&str> {
    entry.frees.chunks.iter().map(ChunkName::as_str).collect()
}

#[test]
fn the_longest_chain_comes_first_then_the_number_then_age() {
    let units = units(vec![
        ("old", &[], asks(1, About::Failure)),
        ("wide", &[], asks(2, About::Failure)),
        ("w1", &["wide"], ready()),
        ("w2", &["wide"], ready()),
        ("w3", &["wide"], ready()),
        ("deep", &[], asks(9, About::Failure)),
        ("d1", &["deep"], ready()),
        ("d2", &["d1"], ready()),
        ("narrow", &[], asks(0, About::Review)),
        ("n1", &["narrow"], ready()),
        ("young", &[], asks(3, About::Failure)),
    ]);
    let queue = queue(&units, &BTreeMap::new(), []);
    assert_eq!(names(&units, &queue), ["deep", "wide", "narrow", "old", "young"]);
    assert_eq!(freed(&queue[0]), ["d1", "d2"], "through others too");
    assert_eq!(freed(&queue[3]), [""; 0]);
}

#[test]
fn an_undecided_pair_frees_the_one_that_waits_and_all_behind_it() {
    let units = units(vec![
        ("a", &[], ready()),
        ("b", &[], blocked("a")),
        ("c", &["b"], ready()),
        ("asks", &[], asks(1, About::Failure)),
        ("x", &["asks"], ready()),
    ]);
    let pair = Matter::Undecided { pair: [chunk("a"), chunk("b")] };
    let queue = queue(&units, &BTreeMap::new(), [(pair, Timestamp(5))]);
    assert_eq!(names(&units, &queue), ["conflict", "asks"]);
    assert_eq!(freed(&queue[0]), ["b", "c"]);
    assert_eq!(queue[0].since, Timestamp(5));
}

#[test]
fn what_only_concerns_the_machine_comes_last() {
    let units = units(vec![("a", &[], asks(9, About::Failure)), ("b", &["a"], ready())]);
    let problem = Matter::Configuration { problem: "read ve.toml:3:1".into() };
    let queue = queue(&units, &BTreeMap::new(), [(problem, Timestamp(1))]);
    assert_eq!(names(&units, &queue), ["a", "configuration"]);
}

fn halt(why: HaltReason) -> Halt {
    Halt { since: Timestamp(7), why, message: "limit reached".into() }
}

#[test]
fn a_halted_account_is_one_entry_that_frees_all_that_wait_for_it() {
    let units = units(vec![("a", &[], ready()), ("b", &["a"], ready()), ("other", &[], ready())]);
    for (why, kind) in [(HaltReason::Limit { until: Timestamp(70) }, "limit"), (HaltReason::Login, "login")] {
        let halts = Halts::from([(agent(), halt(why))]);
        let waits = match why {
            HaltReason::Limit { until } => Waiting::Account { account: agent(), until },
            HaltReason::Login => Waiting::Login { account: agent() },
        };
        let waiting = BTreeMap::from([(UnitId(0), waits)]);
        let matters = noticed(&units, &halts, &Policy::default(), Timestamp(9));
        let queue = queue(&units, &waiting, matters);
        assert_eq!((names(&units, &queue), queue[0].since), (vec![kind.to_owned()], Timestamp(7)));
        assert_eq!(freed(&queue[0]), ["a", "b"]);
    }
    let over = Halts::from([(agent(), halt(HaltReason::Limit { until: Timestamp(0) }))]);
    assert_eq!(noticed(&units, &over, &Policy::default(), Timestamp::from_seconds(1_000_000)), []);
}

#[test]
fn worktrees_beyond_the_threshold_are_one_entry_since_the_first_one_too_many() {
    let commit = ObjectId::parse("a".repeat(40)).unwrap();
    let base = Base { branch: BranchName::parse("main").unwrap(), commit: commit.clone() };
    let done = Status::Done { proof: Proof::Contained { tip: commit }, leftovers: Leftovers::Nothing };
    let mut units = units(vec![
        ("a", &[], ready()),
        ("gone", &[], done.clone()),
        ("kept", &[], done),
        ("c", &[], ready()),
        ("uncut", &[], ready()),
    ]);
    for unit in units.iter_mut().take(4) {
        unit.base = Some(base.clone().into());
    }
    units[2].retain = true;
    let seen = |worktree_warning| {
        let policy = Policy { worktree_warning, ..Policy::default() };
        noticed(&units, &Halts::new(), &policy, Timestamp(9))
    };
    assert_eq!(seen(3), []);
    assert_eq!(seen(1), [(Matter::Worktrees { there: 3, fine: 1 }, Timestamp(2))]);
}

#[test]
fn every_matter_has_verbs() {
    let pair = [chunk("a"), chunk("b")];
    let matters = [
        Matter::Undecided { pair },
        Matter::Halted { account: agent(), halt: halt(HaltReason::Login) },
        Matter::Halted { account: agent(), halt: halt(HaltReason::Limit { until: Timestamp(0) }) },
        Matter::Configuration { problem: String::new() },
        Matter::Untrusted { names: vec![] },
        Matter::Worktrees { there: 2, fine: 1 },
    ];
    let kinds: BTreeSet<&str> = matters.iter().map(Matter::kind).collect();
    assert_eq!(kinds.len(), matters.len());
    assert!(matters.iter().all(|matter| !matter.verbs().is_empty()));
}
