//! What the oracle said about pairs that it mattered for, what really happened, and how good it is.

use super::conflict::{Judgement, Stage, Verdict};
use super::each::Each;
use super::event::{Event, RebaseResult};
use super::ids::{ChunkName, UnitId};
use super::landing::{Merge, MergeResult};
use super::time::Timestamp;
use super::work_unit::{Proof, Status, WorkUnit};
use std::collections::BTreeMap;

/// What was said about a pair at one moment. The verdict is the oracle's own, whatever the operator decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The units, the lower id first.
    pub units: (UnitId, UnitId),
    /// Their chunks.
    pub chunks: (ChunkName, ChunkName),
    /// How much was known.
    pub stage: Stage,
    /// What was said.
    pub verdict: Verdict,
    /// How likely a conflict was, in percent.
    pub probability: u8,
    /// When it was said.
    pub at: Timestamp,
    /// What happened; none as long as that is open.
    pub outcome: Option<Outcome>,
}

/// What became of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They were in each other's way: a merge failed, or the later one's work does not apply without the earlier one's.
    Conflict,
    /// They were not.
    Clean,
    /// That will never be known: one of them did not land, or others have built on it since.
    Unknown,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 3] = [Outcome::Conflict, Outcome::Clean, Outcome::Unknown];

    /// The name it is stored and shown under.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Conflict => "CONFLICT",
            Outcome::Clean => "CLEAN",
            Outcome::Unknown => "UNKNOWN",
        }
    }
}

/// Whether what is said about the two matters now, so that it is remembered: both are under way, or one waits because of the other.
pub fn matters(a: &WorkUnit, b: &WorkUnit, judged: &Judgement) -> bool {
    let open = !a.is_terminal() && !b.is_terminal();
    open && match (a.has_begun(), b.has_begun()) {
        (true, true) => true,
        (false, false) => false,
        _ => judged.own != Verdict::Independent || judged.verdict != Verdict::Independent,
    }
}

/// How to find out what became of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Not yet.
    Open,
    /// It is known.
    Known(Outcome),
    /// By comparing what both landed, in whatever order.
    Compare(Box<[Each<Merge>; 2]>),
}

/// Where a pair stands. `None` is a unit that was deleted.
pub fn settlement(a: Option<&WorkUnit>, b: Option<&WorkUnit>) -> Settlement {
    let (Some(a), Some(b)) = (a, b) else { return Settlement::Known(Outcome::Unknown) };
    match (&a.status, &b.status) {
        (
            Status::Done { proof: Proof::Landed { merge: one, .. }, .. },
            Status::Done { proof: Proof::Landed { merge: other, .. }, .. },
        ) if one.lead.target == other.lead.target => Settlement::Compare(Box::new([one.clone(), other.clone()])),
        (Status::Done { .. }, Status::Done { .. }) => Settlement::Known(Outcome::Unknown),
        (Status::Deleted { .. }, _) | (_, Status::Deleted { .. }) => Settlement::Known(Outcome::Unknown),
        // Canceled and failed ones may be tried again.
        _ => Settlement::Open,
    }
}

/// Whether the event says that a unit's work did not fit onto what had landed.
pub fn collided(event: &Event) -> bool {
    matches!(event, Event::Rebased(RebaseResult::Conflict { .. }) | Event::Merged(MergeResult::Conflict { .. }))
}

/// How good predictions were.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Predictions that were made.
    pub made: usize,
    /// Of these, how many have an outcome that is known.
    pub settled: usize,
    /// Of these, how many were conflicts.
    pub conflicts: usize,
    /// Conflicts that were foreseen: the verdict was not INDEPENDENT.
    pub foreseen: usize,
    /// Foreseen conflicts that did not come.
    pub false_alarms: usize,
    /// The sum of squared differences between probability and outcome.
    squares: f64,
}

impl Score {
    /// Of what was foreseen, the part that came; none where nothing was foreseen.
    pub fn precision(&self) -> Option<f64> {
        part(self.foreseen, self.foreseen + self.false_alarms)
    }

    /// Of what came, the part that was foreseen; none where nothing came.
    pub fn recall(&self) -> Option<f64> {
        part(self.foreseen, self.conflicts)
    }

    /// The mean squared difference between probability and outcome, 0 to 1: 0 is perfect, 0.25 what always saying 50 % gives.
    pub fn brier(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "nobody makes 2^52 predictions")]
        (self.settled > 0).then(|| self.squares / self.settled as f64)
    }

    /// Counts one more prediction.
    pub fn count(&mut self, probability: u8, verdict: Verdict, outcome: Option<Outcome>) {
        self.made += 1;
        let came = match outcome {
            Some(Outcome::Conflict) => true,
            Some(Outcome::Clean) => false,
            Some(Outcome::Unknown) | None => return,
        };
        self.settled += 1;
        self.conflicts += usize::from(came);
        match (verdict != Verdict::Independent, came) {
            (true, true) => self.foreseen += 1,
            (true, false) => self.false_alarms += 1,
            (false, _) => {}
        }
        let truth = if came { 1.0 } else { 0.0 };
        self.squares += (f64::from(probability) / 100.0 - truth).powi(2);
    }
}

fn part(of: usize, all: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "nobody makes 2^52 predictions")]
    (all > 0).then(|| of as f64 / all as f64)
}

/// How good the oracle is: in all, judged by the last word it had about each pair, and per stage, by the last word of that stage.
pub fn scores(predictions: &[Prediction]) -> (Score, BTreeMap<Stage, Score>) {
    let mut last: BTreeMap<((UnitId, UnitId), Stage), &Prediction> = BTreeMap::new();
    let mut very_last: BTreeMap<(UnitId, UnitId), &Prediction> = BTreeMap::new();
    for prediction in predictions {
        last.insert((prediction.units, prediction.stage), prediction);
        very_last.insert(prediction.units, prediction);
    }
    let (mut all, mut stages) = (Score::default(), BTreeMap::<Stage, Score>::new());
    for ((_, stage), said) in last {
        stages.entry(stage).or_default().count(said.probability, said.verdict, said.outcome);
    }
    for said in very_last.into_values() {
        all.count(said.probability, said.verdict, said.outcome);
    }
    (all, stages)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::ids::{BranchName, ObjectId};
    use crate::domain::new_unit::NewUnit;
    use crate::domain::phase::Phase;
    use crate::domain::work_unit::Leftovers;
    use crate::domain::workspace::Base;
    use std::collections::BTreeSet;

    fn unit(id: i64, status: Status, has_begun: bool) -> WorkUnit {
        let new = NewUnit {
            chunk: ChunkName::parse(format!("c{id}")).unwrap(),
            phase: Phase::Implement,
            status,
            priority: 0,
            depends_on: BTreeSet::new(),
            explicit_deps: false,
            retain: false,
        };
        let mut unit = new.into_unit(UnitId(id), Timestamp(0));
        let base = Base { branch: BranchName::parse("main").unwrap(), commit: commit('a') };
        unit.base = has_begun.then(|| base.into());
        unit
    }

    fn commit(letter: char) -> ObjectId {
        ObjectId::parse(letter.to_string().repeat(40)).unwrap()
    }

    fn merge(target: &str) -> Each<Merge> {
        let target = BranchName::parse(target).unwrap();
        Each::from(Merge { target, from: commit('a'), commit: commit('b'), tip: commit('c') })
    }

    fn landed(id: i64, target: &str) -> WorkUnit {
        let proof = Proof::Landed { merge: merge(target), gates: 0, kept: Vec::new() };
        unit(id, Status::Done { proof, leftovers: Leftovers::Nothing }, true)
    }

    fn judged(own: Verdict) -> Judgement {
        let (stage, evidence, shared) = (Stage::Plan, Vec::new(), Vec::new());
        Judgement { verdict: own, own, probability: 50, stage, evidence, shared, by_operator: false }
    }

    #[test]
    fn what_is_said_matters_while_it_decides_something() {
        let ready = |id, has_begun| unit(id, Status::Ready { wait: None }, has_begun);
        let (apart, together) = (judged(Verdict::AskOperator), judged(Verdict::Independent));
        assert!(matters(&ready(1, true), &ready(2, true), &together), "they overlap");
        assert!(matters(&ready(1, true), &ready(2, false), &apart), "one waits for the other");
        assert!(!matters(&ready(1, true), &ready(2, false), &together), "they may never meet");
        assert!(!matters(&ready(1, false), &ready(2, false), &apart));
        assert!(!matters(&landed(1, "main"), &ready(2, true), &apart));
    }

    #[test]
    fn a_pair_is_settled_when_both_have_landed_or_one_never_will() {
        let (a, b) = (landed(1, "main"), landed(2, "main"));
        assert_eq!(settlement(Some(&a), Some(&b)), Settlement::Compare(Box::new([merge("main"), merge("main")])));
        assert_eq!(settlement(Some(&a), Some(&landed(2, "next"))), Settlement::Known(Outcome::Unknown));
        assert_eq!(settlement(Some(&a), None), Settlement::Known(Outcome::Unknown));
        let deleted = unit(2, Status::Deleted { leftovers: Leftovers::Nothing }, true);
        assert_eq!(settlement(Some(&deleted), Some(&a)), Settlement::Known(Outcome::Unknown));
        let declared = unit(2, Status::Done { proof: Proof::Operator, leftovers: Leftovers::Nothing }, true);
        assert_eq!(settlement(Some(&a), Some(&declared)), Settlement::Known(Outcome::Unknown));
        for open in [
            Status::Ready { wait: None },
            Status::Canceled { leftovers: Leftovers::Nothing },
            Status::Failed { reason: "x".into() },
        ] {
            assert_eq!(settlement(Some(&a), Some(&unit(2, open, true))), Settlement::Open, "it may land yet");
        }
    }

    fn said(pair: i64, stage: Stage, probability: u8, verdict: Verdict, outcome: Option<Outcome>) -> Prediction {
        let chunk = |name: &str| ChunkName::parse(name).unwrap();
        Prediction {
            units: (UnitId(pair), UnitId(pair + 1)),
            chunks: (chunk("a"), chunk("b")),
            stage,
            verdict,
            probability,
            at: Timestamp(0),
            outcome,
        }
    }

    #[test]
    fn precision_recall_and_brier_count_what_has_an_outcome() {
        use {Outcome::*, Stage::*, Verdict::*};
        let said = [
            said(1, Plan, 80, Serialize, Some(Conflict)),
            said(2, Plan, 80, AskOperator, Some(Clean)),
            said(3, Plan, 0, Independent, Some(Conflict)),
            said(4, Plan, 0, Independent, Some(Clean)),
            said(5, Plan, 0, Independent, Some(Unknown)),
            said(6, Plan, 0, Independent, None),
        ];
        let (all, stages) = scores(&said);
        assert_eq!(stages[&Plan], all);
        assert_eq!((all.made, all.settled, all.conflicts), (6, 4, 2));
        assert_eq!((all.precision(), all.recall()), (Some(0.5), Some(0.5)));
        assert!((all.brier().unwrap() - (0.04 + 0.64 + 1.0) / 4.0).abs() < 1e-9);
        let nothing = Score::default();
        assert_eq!((nothing.precision(), nothing.recall(), nothing.brier()), (None, None, None));
    }

    #[test]
    fn the_last_word_counts_in_all_and_in_each_stage() {
        use {Outcome::*, Stage::*, Verdict::*};
        let said = [
            said(1, Goal, 60, Serialize, Some(Clean)),
            said(1, Goal, 5, Independent, Some(Clean)),
            said(1, Live, 97, Serialize, Some(Clean)),
        ];
        let (all, stages) = scores(&said);
        assert_eq!((all.made, all.false_alarms), (1, 1));
        assert_eq!((stages[&Goal].made, stages[&Goal].false_alarms), (1, 0));
        assert_eq!((stages[&Live].made, stages[&Live].false_alarms), (1, 1));
    }
}
