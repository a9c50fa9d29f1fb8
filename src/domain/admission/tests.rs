//! Batches that are accepted, in their order, and batches that are refused as a whole.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Refusal, Request, admit, may_depend, outside};
use crate::domain::chunk::{ChunkFacts, ChunkStatus, ContentHash, Declared, Goal, Plan};
use crate::domain::dependency::Cycle;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::phase::Phase;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Leftovers, Proof, Status, WorkUnit};
use std::collections::BTreeSet;

fn name(text: &str) -> ChunkName {
    ChunkName::parse(text).unwrap()
}

fn names(texts: &[&str]) -> BTreeSet<ChunkName> {
    texts.iter().map(|text| name(text)).collect()
}

fn request(chunk: &str) -> Request {
    Request {
        chunk: name(chunk),
        phase: None,
        priority: 0,
        depends_on: None,
        explicit_deps: None,
        retain: false,
        hold: false,
    }
}

/// A queued chunk with a plan, which declares nothing where `needs` is empty.
fn facts(chunk: &str, needs: &[&str]) -> ChunkFacts {
    let dependencies = match needs {
        [] => Declared::Unknown,
        _ => Declared::On(needs.iter().map(|need| name(need)).collect()),
    };
    ChunkFacts {
        name: name(chunk),
        status: ChunkStatus::Future,
        dependencies,
        code_paths: Vec::new(),
        code_references: Vec::new(),
        subsystems: Vec::new(),
        parent: None,
        goal: Goal::default(),
        plan: Some(Plan { has_content: true, locations: Vec::new() }),
        content: ContentHash([0; 20]),
        subject: ContentHash([0; 20]),
    }
}

/// A unit that exists already.
fn unit(chunk: &str, status: Status) -> WorkUnit {
    let accepted = admit(&[request(chunk)], &[facts(chunk, &[])], &[], &[], "main").unwrap();
    let mut unit = accepted[0].unit.clone().into_unit(UnitId(1), Timestamp(0));
    unit.status = status;
    unit
}

fn done() -> Status {
    Status::Done { proof: Proof::Operator, leftovers: Leftovers::Nothing }
}

#[test]
fn a_batch_is_accepted_in_the_order_of_its_dependencies() {
    let found = [facts("a", &["b"]), facts("b", &["c"]), facts("c", &[])];
    let accepted = admit(&["a", "b", "c"].map(request), &found, &[], &[], "main").unwrap();
    let told: Vec<(&str, &Status)> = accepted.iter().map(|one| (one.unit.chunk.as_str(), &one.unit.status)).collect();
    let blocked = |by: &str| Status::Blocked { by: names(&[by]) };
    assert_eq!(told, [("c", &Status::Ready { wait: None }), ("b", &blocked("c")), ("a", &blocked("b"))]);
}

#[test]
fn a_cycle_is_refused_and_named() {
    let refused = admit(&["a", "b"].map(request), &[facts("a", &["b"]), facts("b", &["a"])], &[], &[], "main");
    assert_eq!(refused, Err(Refusal::Cycle(Cycle(vec![name("a"), name("b"), name("a")]))));
}

#[test]
fn a_chunk_without_a_committed_goal_is_refused_with_all_others_that_are() {
    let refused = admit(&["a", "b", "c"].map(request), &[facts("a", &[])], &[], &[], "trunk").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Chunk 'b': docs/chunks/b/GOAL.md is not committed on trunk; Chunk 'c': docs/chunks/c/GOAL.md is not committed on trunk"
    );
}

#[test]
fn a_dependency_outside_the_batch_must_be_a_unit_or_active() {
    let (requests, found) = ([request("a")], [facts("a", &["b"])]);
    assert_eq!(outside(&requests, &found), [name("b")]);
    let unknown = Refusal::UnknownDependency { chunk: name("a"), on: name("b") };
    assert_eq!(admit(&requests, &found, &[], &[], "main"), Err(unknown.clone()));
    let mut future = facts("b", &[]);
    future.status = ChunkStatus::Future;
    assert_eq!(admit(&requests, &found, &[future], &[], "main"), Err(unknown));

    let mut active = facts("b", &[]);
    active.status = ChunkStatus::Active;
    let met = admit(&requests, &found, &[active], &[], "main").unwrap();
    assert_eq!((&met[0].unit.status, &met[0].unit.depends_on), (&Status::Ready { wait: None }, &names(&[])));
}

#[test]
fn a_done_unit_meets_a_dependency_and_any_other_is_waited_for() {
    let (requests, found) = ([request("a")], [facts("a", &["b"])]);
    let met = admit(&requests, &found, &[], &[unit("b", done())], "main").unwrap();
    assert_eq!(met[0].unit.status, Status::Ready { wait: None });
    let waits = admit(&requests, &found, &[], &[unit("b", Status::Assigned)], "main").unwrap();
    assert_eq!(waits[0].unit.status, Status::Blocked { by: names(&["b"]) });
    assert_eq!(waits[0].unit.depends_on, names(&["b"]));
}

#[test]
fn what_the_request_says_counts_before_the_documents() {
    let own = Request { depends_on: Some(names(&[])), phase: Some(Phase::Complete), ..request("a") };
    let accepted = admit(&[own], &[facts("a", &["b"])], &[], &[], "main").unwrap();
    let unit = &accepted[0].unit;
    assert_eq!((unit.phase, &unit.status, unit.explicit_deps), (Phase::Complete, &Status::Ready { wait: None }, true));
}

#[test]
fn dependencies_are_explicit_when_somebody_declared_them() {
    let explicit = |declared: Declared, said: Option<bool>| {
        let mut found = facts("a", &[]);
        found.dependencies = declared;
        let request = Request { explicit_deps: said, ..request("a") };
        admit(&[request], &[found], &[], &[], "main").unwrap()[0].unit.explicit_deps
    };
    assert!(!explicit(Declared::Unknown, None));
    assert!(explicit(Declared::Independent, None));
    assert!(!explicit(Declared::Independent, Some(false)));
}

#[test]
fn a_chunk_that_is_a_unit_already_is_refused_with_its_status() {
    let refused = admit(&[request("a")], &[facts("a", &[])], &[], &[unit("a", done())], "main").unwrap_err();
    assert_eq!(refused.to_string(), "Work unit for chunk 'a' already exists (status: DONE)");
}

#[test]
fn a_chunk_named_twice_in_a_batch_becomes_one_unit() {
    let accepted = admit(&[request("a"), request("a")], &[facts("a", &[])], &[], &[], "main").unwrap();
    assert_eq!(accepted.len(), 1);
}

#[test]
fn a_change_by_hand_makes_no_circle_either() {
    let mut other = unit("b", Status::Ready { wait: None });
    other.depends_on = [name("a")].into();
    let on = |chunk: &str| [name(chunk)].into();
    assert_eq!(may_depend(std::slice::from_ref(&other), &name("a"), &on("c")), Ok(()));
    let refused = may_depend(&[other], &name("a"), &on("b")).unwrap_err();
    assert_eq!(refused.to_string(), "Dependency cycle detected: a -> b -> a");
}
