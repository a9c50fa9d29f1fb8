//! Whether two chunks would get in each other's way, judged by what their documents say.

use super::chunk::{ChunkFacts, CodePlace, ContentHash};
use super::policy::ConflictPolicy;

/// What the oracle says about a pair of chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What follows for scheduling.
    pub verdict: Verdict,
    /// How likely a conflict is, in percent.
    pub probability: u8,
    /// How much was known about the one of which less was known.
    pub stage: Stage,
    /// Where they would meet.
    pub evidence: Vec<Evidence>,
    /// Whether the verdict is the operator's; probability and evidence are the oracle's in any case.
    pub by_operator: bool,
}

/// What follows from a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They may overlap.
    Independent,
    /// They must not overlap between first dispatch and landing.
    Serialize,
    /// The operator decides; until then as `Serialize`.
    AskOperator,
}

impl Verdict {
    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Independent => "INDEPENDENT",
            Verdict::Serialize => "SERIALIZE",
            Verdict::AskOperator => "ASK_OPERATOR",
        }
    }
}

/// What the operator decided about a pair, and about which documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The decision.
    pub verdict: Verdict,
    /// What the documents of both said about the work then, in the order of the chunks' names.
    pub subjects: [ContentHash; 2],
}

/// One side of a pair.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What its documents say.
    pub facts: &'a ChunkFacts,
    /// Whether work on it has begun and has not landed.
    pub has_begun: bool,
}

impl Resolution {
    /// A decision about these documents.
    pub fn new(verdict: Verdict, a: &ChunkFacts, b: &ChunkFacts) -> Self {
        let (first, second) = if a.name <= b.name { (a, b) } else { (b, a) };
        Self { verdict, subjects: [first.subject, second.subject] }
    }

    /// Whether it still counts: until a document of either changes. Two that are to be kept apart stay so until what has begun has landed,
    /// for its own agent changes its documents on the way.
    fn holds(&self, a: Side<'_>, b: Side<'_>) -> bool {
        let kept_apart = self.verdict == Verdict::Serialize && (a.has_begun || b.has_begun);
        kept_apart || *self == Self::new(self.verdict, a.facts, b.facts)
    }
}

/// Judges a pair about which the operator may have decided.
pub fn judge_pair(a: Side<'_>, b: Side<'_>, policy: &ConflictPolicy, resolution: Option<&Resolution>) -> Judgement {
    let judged = judge(a.facts, b.facts, policy);
    match resolution.filter(|resolution| resolution.holds(a, b)) {
        Some(resolution) => Judgement { verdict: resolution.verdict, by_operator: true, ..judged },
        None => judged,
    }
}

impl Judgement {
    /// Whether the pair must not overlap: guesses do not count where an author `declared` the dependencies, the operator's word always does.
    pub fn keeps_apart(&self, declared: bool) -> bool {
        let counts = self.by_operator || !declared || self.stage >= Stage::Plan;
        counts && self.verdict != Verdict::Independent
    }
}

/// How much is known about a chunk, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Its name.
    Proposed,
    /// The paths its goal expects to touch.
    Goal,
    /// The places its plan means to change.
    Plan,
    /// The code it governs.
    Completed,
}

impl Stage {
    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Proposed => "PROPOSED",
            Stage::Goal => "GOAL",
            Stage::Plan => "PLAN",
            Stage::Completed => "COMPLETED",
        }
    }
}

/// One place where two chunks would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Both touch the file, and nothing says that they touch different parts of it.
    File(String),
    /// Both touch the symbol, or one touches a part of what the other touches.
    Symbol(CodePlace),
}

/// Judges a pair. The order of the two does not matter.
pub fn judge(a: &ChunkFacts, b: &ChunkFacts, policy: &ConflictPolicy) -> Judgement {
    let stage = stage(a).min(stage(b));
    let evidence = evidence(&places(a, stage), &places(b, stage));
    let probability = match (stage, evidence.is_empty()) {
        (Stage::Proposed, _) => policy.prior,
        // A goal's paths are a guess: half of what they name is touched.
        (Stage::Goal, true) => policy.prior / 2,
        (Stage::Goal, false) => 50_u8.max(policy.serialize_from),
        (Stage::Plan | Stage::Completed, true) => policy.prior / 4,
        (Stage::Plan, false) => 80,
        (Stage::Completed, false) => 95,
    };
    let verdict = match probability {
        p if p >= policy.serialize_from => Verdict::Serialize,
        p if p < policy.independent_below => Verdict::Independent,
        _ => Verdict::AskOperator,
    };
    Judgement { verdict, probability, stage, evidence, by_operator: false }
}

fn stage(facts: &ChunkFacts) -> Stage {
    if !facts.code_references.is_empty() {
        Stage::Completed
    } else if !facts.planned().is_empty() {
        Stage::Plan
    } else if !facts.code_paths.is_empty() {
        Stage::Goal
    } else {
        Stage::Proposed
    }
}

/// What a chunk touches, as far as `stage` lets one see; a chunk of which more is known is seen with its best knowledge.
fn places(facts: &ChunkFacts, stage: Stage) -> Vec<CodePlace> {
    let mut places = Vec::new();
    if stage <= Stage::Goal {
        places.extend(facts.code_paths.iter().map(|path| CodePlace { path: path.clone(), symbol: None }));
    }
    if places.is_empty() {
        places.extend(facts.planned().iter().cloned());
    }
    if places.is_empty() || stage == Stage::Completed {
        places.extend(facts.code_references.iter().cloned());
    }
    places
}

fn evidence(a: &[CodePlace], b: &[CodePlace]) -> Vec<Evidence> {
    let mut found = Vec::new();
    for one in a {
        for other in b.iter().filter(|other| other.path == one.path) {
            let meet = match (&one.symbol, &other.symbol) {
                (None, _) | (_, None) => Evidence::File(one.path.clone()),
                (Some(x), Some(y)) if x == y || within(x, y) => Evidence::Symbol(one.clone()),
                (Some(x), Some(y)) if within(y, x) => Evidence::Symbol(other.clone()),
                _ => continue,
            };
            if !found.contains(&meet) {
                found.push(meet);
            }
        }
    }
    found
}

/// Whether `inner` is a part of `outer`: `A::b` of `A`.
fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::chunk::{ChunkStatus, ContentHash, Declared, Goal, Plan};
    use crate::domain::ids::ChunkName;

    fn facts(paths: &[&str], plan: &[&str]) -> ChunkFacts {
        ChunkFacts {
            name: ChunkName::parse("a").unwrap(),
            status: ChunkStatus::Implementing,
            dependencies: Declared::Unknown,
            code_paths: paths.iter().map(ToString::to_string).collect(),
            code_references: Vec::new(),
            subsystems: Vec::new(),
            parent: None,
            goal: Goal::default(),
            plan: Some(Plan {
                has_content: true,
                locations: plan.iter().filter_map(|text| CodePlace::parse(text)).collect(),
            }),
            content: ContentHash([0; 20]),
            subject: ContentHash([0; 20]),
        }
    }

    fn verdict(a: &ChunkFacts, b: &ChunkFacts) -> (Verdict, Stage) {
        let policy = ConflictPolicy::default();
        let (one, other) = (judge(a, b, &policy), judge(b, a, &policy));
        assert_eq!((one.verdict, one.probability), (other.verdict, other.probability), "order does not matter");
        (one.verdict, one.stage)
    }

    #[test]
    fn the_operators_word_counts_until_a_document_changes() {
        let named = |name: &str, subject: u8| {
            let mut facts = facts(&[], &["src/a.rs"]);
            facts.name = ChunkName::parse(name).unwrap();
            facts.subject = ContentHash([subject; 20]);
            facts
        };
        let (a, b, changed) = (named("a", 1), named("b", 2), named("b", 3));
        let policy = ConflictPolicy::default();
        let judged = |resolution: &Resolution, a, b, has_begun| {
            let (a, b) = (Side { facts: a, has_begun }, Side { facts: b, has_begun: false });
            let (one, other) =
                (judge_pair(a, b, &policy, Some(resolution)), judge_pair(b, a, &policy, Some(resolution)));
            assert_eq!((one.verdict, one.by_operator), (other.verdict, other.by_operator), "order does not matter");
            (one.verdict, one.by_operator)
        };
        let together = Resolution::new(Verdict::Independent, &b, &a);
        assert_eq!(judged(&together, &a, &b, false), (Verdict::Independent, true));
        assert_eq!(judged(&together, &a, &changed, false), (Verdict::Serialize, false));
        assert_eq!(judged(&together, &a, &changed, true), (Verdict::Serialize, false));
        let apart = Resolution::new(Verdict::Serialize, &a, &b);
        assert_eq!(judged(&apart, &a, &b, false), (Verdict::Serialize, true));
        assert_eq!(judged(&apart, &a, &changed, false), (Verdict::Serialize, false));
        assert_eq!(judged(&apart, &a, &changed, true), (Verdict::Serialize, true), "until what has begun has landed");
    }

    #[test]
    fn guesses_do_not_order_what_was_declared_but_the_operator_does() {
        let guess = judge(&facts(&["src/a.rs"], &[]), &facts(&["src/a.rs"], &[]), &ConflictPolicy::default());
        assert!(guess.keeps_apart(false) && !guess.keeps_apart(true));
        let decided = Judgement { by_operator: true, ..guess.clone() };
        assert!(decided.keeps_apart(true));
        assert!(!Judgement { verdict: Verdict::Independent, ..decided }.keeps_apart(false));
        assert!(Judgement { stage: Stage::Plan, ..guess }.keeps_apart(true));
    }

    #[test]
    fn plans_that_touch_one_file_are_serialised() {
        let (a, b) = (facts(&[], &["src/a.rs"]), facts(&[], &["src/a.rs", "src/b.rs"]));
        assert_eq!(verdict(&a, &b), (Verdict::Serialize, Stage::Plan));
    }

    #[test]
    fn the_same_file_with_other_symbols_is_no_conflict() {
        let (a, b) = (facts(&[], &["src/a.rs#Reader"]), facts(&[], &["src/a.rs#Writer::sync"]));
        assert_eq!(verdict(&a, &b), (Verdict::Independent, Stage::Plan));
        let parent = facts(&[], &["src/a.rs#Writer"]);
        assert_eq!(verdict(&parent, &b), (Verdict::Serialize, Stage::Plan));
    }

    #[test]
    fn the_stage_is_that_of_the_one_less_known() {
        let (a, b) = (facts(&["src/a.rs"], &["src/a.rs"]), facts(&["src/a.rs"], &[]));
        assert_eq!(verdict(&a, &b), (Verdict::Serialize, Stage::Goal));
        assert_eq!(verdict(&a, &facts(&[], &[])), (Verdict::Independent, Stage::Proposed));
    }
}
