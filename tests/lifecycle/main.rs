//! The life cycle under random lives: every step is checked, every check has a mutant that it catches, and `docs/LIFECYCLE.md` is what
//! the state machine says.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod checks;
mod document;
mod mutants;
mod walk;
mod world;

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::sync::Mutex;
use ve::domain::lifecycle::transition;
use walk::{Machine, lives, walk};

/// The longest life, in events.
const LONG: usize = 120;

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, seed)
}

fn live(cases: u32, machine: Machine) -> Result<BTreeSet<(String, &'static str)>, String> {
    let reached = Mutex::new(BTreeSet::new());
    let lived = runner(cases).run(&lives(LONG), |life| {
        let pairs = walk(&life, machine).map_err(proptest::test_runner::TestCaseError::fail)?;
        reached.lock().unwrap().extend(pairs);
        Ok(())
    });
    match lived {
        Ok(()) => Ok(reached.into_inner().unwrap()),
        Err(TestError::Fail(why, _)) => Err(why.message().to_owned()),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

#[test]
fn every_step_of_every_life_holds() {
    let reached = live(2_000, transition).unwrap_or_else(|why| panic!("{why}"));
    let states: BTreeSet<&String> = reached.iter().map(|(state, _)| state).collect();
    println!("reached {} pairs of state and event, from {} states: {states:?}", reached.len(), states.len());
    assert!(reached.len() > 230 && states.len() > 23, "the lives are too short to prove anything");
}

#[test]
fn every_check_catches_its_mutant() {
    for (name, mutant) in mutants::ALL {
        let complaint = live(2_000, mutant).err().unwrap_or_else(|| panic!("nothing catches the mutant of {name}"));
        assert!(complaint.starts_with(&format!("{name}:")), "the mutant of {name} was caught by: {complaint}");
    }
}
