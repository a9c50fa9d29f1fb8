//! What the conflict oracle says about pairs of chunks.

use super::names::VerdictName;
use super::times::Moment;
use crate::domain::conflict::evidence::Evidence;
use crate::domain::conflict::{Judgement, Stage};
use crate::domain::ids::ChunkName;
use crate::domain::prediction::{self, Prediction, Score};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One verdict with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Conflict {
    /// One chunk.
    pub chunk_a: String,
    /// The other.
    pub chunk_b: String,
    /// What holds for them.
    pub verdict: VerdictName,
    /// Probability, 0 to 1.
    pub confidence: f64,
    /// One line.
    pub reason: String,
    /// `PROPOSED`, `GOAL`, `PLAN`, `LIVE` or `COMPLETED`: the lower of the two chunks' stages.
    pub analysis_stage: String,
    /// Files that both touch.
    pub overlapping_files: Vec<String>,
    /// Symbols that both touch.
    pub overlapping_symbols: Vec<String>,
    /// When it was found.
    pub created_at: Moment,
    /// Whether the operator decided it.
    #[serde(default)]
    pub by_operator: bool,
    /// Probability of a conflict, 0 to 1, whoever decided.
    #[serde(default)]
    pub probability: f64,
    /// Where they would meet.
    #[serde(default)]
    pub evidence: Vec<EvidenceItem>,
    /// Files that both touch, each in another part: no evidence, but a reason to be less sure.
    #[serde(default)]
    pub shared_files: Vec<String>,
}

/// One place where two chunks would meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceItem {
    /// `FILE`, `SYMBOL` or `SUBSYSTEM`.
    pub kind: String,
    /// The file, from the project's root.
    pub path: Option<String>,
    /// The symbol in it.
    pub symbol: Option<String>,
    /// The subsystem, or the chunk that the other one modifies.
    pub subsystem: Option<String>,
    /// First and last line of each place in the file, where they are known.
    pub lines: Vec<(u32, u32)>,
}

impl Conflict {
    /// What is said about the chunks `a` and `b`, as of the moment `at`.
    pub fn new(a: &ChunkName, b: &ChunkName, at: Timestamp, judged: &Judgement) -> Self {
        let sure = judged.probability.max(100 - judged.probability.min(100));
        let evidence: Vec<EvidenceItem> = judged.evidence.iter().map(EvidenceItem::from).collect();
        let of_kind = |wanted: &str| {
            judged.evidence.iter().filter(|item| item.kind() == wanted).map(ToString::to_string).collect()
        };
        Self {
            chunk_a: a.to_string(),
            chunk_b: b.to_string(),
            verdict: judged.verdict.into(),
            confidence: if judged.by_operator { 1.0 } else { f64::from(sure) / 100.0 },
            reason: reason(judged),
            analysis_stage: judged.stage.name().to_owned(),
            overlapping_files: of_kind("FILE"),
            overlapping_symbols: of_kind("SYMBOL"),
            created_at: at.into(),
            by_operator: judged.by_operator,
            probability: f64::from(judged.probability) / 100.0,
            evidence,
            shared_files: judged.shared.clone(),
        }
    }
}

/// One line: who decided, where they meet, and how likely that is a conflict.
fn reason(judged: &Judgement) -> String {
    let decided = if judged.by_operator { "the operator decided; " } else { "" };
    let verb = match judged.stage {
        Stage::Proposed | Stage::Goal => "both goals name",
        Stage::Plan => "both mean to change",
        Stage::Live => "both changed",
        Stage::Completed => "both govern",
    };
    let places = judged.evidence.iter().filter(|evidence| evidence.kind() != "SUBSYSTEM").count();
    let meet = match (places, judged.shared.len()) {
        (1, _) => Some(format!("{verb} one place")),
        (2.., _) => Some(format!("{verb} {places} places")),
        (0, 0) => None,
        (0, 1) => Some(format!("{verb} one file, in different parts")),
        (0, files) => Some(format!("{verb} {files} files, in different parts")),
    };
    let said: Vec<String> = meet.into_iter().chain(judged.evidence.iter().filter_map(kinship)).collect();
    let said = if said.is_empty() { "no common place is known".to_owned() } else { said.join(", ") };
    format!("{decided}{said}; a conflict has a probability of {} %", judged.probability)
}

fn kinship(evidence: &Evidence) -> Option<String> {
    match evidence {
        Evidence::Subsystem(name) => Some(format!("both build the subsystem {name}")),
        Evidence::Parent(chunk) => Some(format!("one of them modifies {chunk}")),
        Evidence::File { .. } | Evidence::Symbol { .. } => None,
    }
}

impl From<&Evidence> for EvidenceItem {
    fn from(evidence: &Evidence) -> Self {
        let (path, symbol, subsystem) = match evidence {
            Evidence::File { path, .. } => (Some(path.clone()), None, None),
            Evidence::Symbol { place, .. } => (Some(place.path.clone()), place.symbol.clone(), None),
            Evidence::Subsystem(name) => (None, None, Some(name.clone())),
            Evidence::Parent(chunk) => (None, None, Some(chunk.to_string())),
        };
        let lines = evidence.lines().iter().map(|lines| (lines.first, lines.last)).collect();
        Self { kind: evidence.kind().to_owned(), path, symbol, subsystem, lines }
    }
}

/// `GET /oracle/stats`: how good the oracle is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OracleStats {
    /// By the last word it had about each pair.
    pub all: StageStats,
    /// By the last word of each stage about each pair, from little knowledge to much.
    pub stages: Vec<StageStats>,
}

/// What became of predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageStats {
    /// The stage; `ALL` for all of them.
    pub stage: String,
    /// Predictions made.
    pub predictions: usize,
    /// Of these, how many have an outcome.
    pub settled: usize,
    /// Of these, how many were conflicts.
    pub conflicts: usize,
    /// Conflicts that were foreseen.
    pub foreseen: usize,
    /// Foreseen conflicts that did not come.
    pub false_alarms: usize,
    /// Of what was foreseen, the part that came.
    pub precision: Option<f64>,
    /// Of what came, the part that was foreseen.
    pub recall: Option<f64>,
    /// Mean squared difference of probability and outcome: 0 is perfect, 0.25 what always saying 50 % gives.
    pub brier: Option<f64>,
}

impl OracleStats {
    /// How good these predictions were.
    pub fn new(predictions: &[Prediction]) -> Self {
        let (all, stages) = prediction::scores(predictions);
        let stages = stages.iter().map(|(stage, score)| StageStats::new(stage.name(), score));
        Self { all: StageStats::new("ALL", &all), stages: stages.collect() }
    }
}

impl StageStats {
    fn new(stage: &str, score: &Score) -> Self {
        Self {
            stage: stage.to_owned(),
            predictions: score.made,
            settled: score.settled,
            conflicts: score.conflicts,
            foreseen: score.foreseen,
            false_alarms: score.false_alarms,
            precision: score.precision(),
            recall: score.recall(),
            brier: score.brier(),
        }
    }
}

/// `GET /conflicts` and `GET /conflicts/{chunk}`, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Conflicts {
    /// The chunk that was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<String>,
    /// The verdicts.
    pub conflicts: Vec<Conflict>,
    /// How many there are.
    pub count: usize,
}

impl Conflicts {
    /// The list of these verdicts.
    pub fn new(chunk: Option<String>, conflicts: Vec<Conflict>) -> Self {
        Self { chunk, count: conflicts.len(), conflicts }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::chunk::CodePlace;
    use crate::domain::conflict::Verdict;
    use crate::domain::footprint::Lines;

    fn judged(stage: Stage, evidence: Vec<Evidence>, shared: &[&str]) -> Judgement {
        let (verdict, shared) = (Verdict::AskOperator, shared.iter().map(ToString::to_string).collect());
        Judgement { verdict, own: verdict, probability: 40, stage, evidence, shared, by_operator: false }
    }

    #[test]
    fn the_reason_names_all_that_was_found() {
        let file = || Evidence::File { path: "a.rs".into(), lines: Vec::new() };
        let store = || Evidence::Subsystem("store".into());
        let parent = Evidence::Parent(ChunkName::parse("login").unwrap());
        let said = |judged: &Judgement| reason(judged).split(';').next().unwrap_or_default().to_owned();
        assert_eq!(
            said(&judged(Stage::Goal, vec![file(), store()], &[])),
            "both goals name one place, both build the subsystem store"
        );
        assert_eq!(said(&judged(Stage::Goal, vec![parent], &[])), "one of them modifies login");
        assert_eq!(said(&judged(Stage::Plan, vec![file(), file()], &["b.rs"])), "both mean to change 2 places");
        assert_eq!(said(&judged(Stage::Live, vec![], &["b.rs"])), "both changed one file, in different parts");
        assert_eq!(said(&judged(Stage::Proposed, vec![], &[])), "no common place is known");
        let decided = Judgement { by_operator: true, ..judged(Stage::Plan, vec![], &[]) };
        assert_eq!(
            reason(&decided),
            "the operator decided; no common place is known; a conflict has a probability of 40 %"
        );
    }

    #[test]
    fn evidence_says_where_it_is() {
        let place = CodePlace::parse("a.rs#A::b").unwrap();
        let evidence = Evidence::Symbol { place, lines: vec![Lines { first: 3, last: 4 }] };
        let shown = EvidenceItem::from(&evidence);
        assert_eq!(
            (shown.kind.as_str(), shown.path.as_deref(), shown.symbol.as_deref()),
            ("SYMBOL", Some("a.rs"), Some("A::b"))
        );
        assert_eq!(shown.lines, [(3, 4)]);
    }
}
