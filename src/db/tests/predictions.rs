//! What the oracle said is kept, and settled once.

use super::Bench;
use crate::db::store::write::{Write, Written};
use crate::domain::conflict::{Stage, Verdict};
use crate::domain::ids::UnitId;
use crate::domain::prediction::{Outcome, Prediction};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;

fn said(a: &WorkUnit, b: &WorkUnit, stage: Stage, verdict: Verdict, probability: u8) -> Prediction {
    Prediction {
        units: (a.id, b.id),
        chunks: (a.chunk.clone(), b.chunk.clone()),
        stage,
        verdict,
        probability,
        at: Timestamp(7),
        outcome: None,
    }
}

#[test]
fn predictions_are_read_back_whole_and_settled_once() {
    let mut bench = Bench::new();
    let (a, b, c) = (bench.created("a"), bench.created("b"), bench.created("c"));
    let mut all = Vec::new();
    for (stage, verdict) in Stage::ALL.into_iter().zip(Verdict::ALL.into_iter().cycle()) {
        all.push(said(&a, &b, stage, verdict, 60));
    }
    all.push(said(&a, &c, Stage::Plan, Verdict::Serialize, 100));
    for prediction in &all {
        assert_eq!(bench.one(Write::Predict(Box::new(prediction.clone()))).unwrap(), Ok(Written::Prediction));
    }
    let mut bench = bench.reopened();
    assert_eq!(bench.store.predictions().unwrap(), all);
    assert_eq!(bench.store.open_predictions().unwrap(), all);

    for outcome in [Outcome::Conflict, Outcome::Clean] {
        let settled = Write::Settle { units: (a.id, b.id), outcome, at: Timestamp(9) };
        assert_eq!(bench.one(settled).unwrap(), Ok(Written::Prediction));
    }
    let after = bench.store.predictions().unwrap();
    assert!(after[..5].iter().all(|prediction| prediction.outcome == Some(Outcome::Conflict)), "the first word holds");
    assert_eq!(bench.store.open_predictions().unwrap(), [all[5].clone()]);
}

#[test]
fn nothing_is_predicted_of_units_that_do_not_exist() {
    let mut bench = Bench::new();
    let a = bench.created("a");
    let mut ghost = a.clone();
    ghost.id = UnitId(99);
    let write = Write::Predict(Box::new(said(&a, &ghost, Stage::Goal, Verdict::Independent, 5)));
    assert!(bench.one(write).is_err());
}
