//! Whether two chunks would get in each other's way: by what their documents say, and by what was done so far.
//!
//! `evidence` says where two would meet, `documents` and `live` how likely that makes a conflict; here is what follows from it.

mod documents;
pub mod evidence;
mod live;

use super::chunk::{ChunkFacts, ContentHash};
use super::footprint::{Footprint, Trial};
use super::phase::Phase;
use super::policy::ConflictPolicy;
use evidence::Evidence;

/// What the oracle says about a pair of chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What follows for scheduling.
    pub verdict: Verdict,
    /// What would follow had the operator not decided.
    pub own: Verdict,
    /// How likely a conflict is, in percent.
    pub probability: u8,
    /// How much was known about the one of which less was known.
    pub stage: Stage,
    /// Where they would meet.
    pub evidence: Vec<Evidence>,
    /// Files that both touch, each in another part: no evidence, but a reason to be less sure.
    pub shared: Vec<String>,
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
    /// All of them.
    pub const ALL: [Verdict; 3] = [Verdict::Independent, Verdict::Serialize, Verdict::AskOperator];

    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Independent => "INDEPENDENT",
            Verdict::Serialize => "SERIALIZE",
            Verdict::AskOperator => "ASK_OPERATOR",
        }
    }

    /// What follows from a probability of so many percent.
    fn of(probability: u8, policy: &ConflictPolicy) -> Self {
        match probability {
            p if p >= policy.serialize_from => Verdict::Serialize,
            p if p < policy.independent_below => Verdict::Independent,
            _ => Verdict::AskOperator,
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
    /// What that work has touched so far; none where nobody has looked.
    pub done: Option<&'a Footprint>,
    /// What is still to come.
    pub ahead: Ahead,
}

impl<'a> Side<'a> {
    /// A chunk of which nothing is known but what its documents say.
    pub fn documented(facts: &'a ChunkFacts) -> Self {
        Self { facts, has_begun: false, done: None, ahead: Ahead::Code }
    }
}

/// What is still to come of a chunk's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// The code, or more of it: what the documents announce counts.
    Code,
    /// Nothing that was not begun: what was done is what there is.
    Nothing,
}

impl Ahead {
    /// What is still to come of a unit that stands in `phase`.
    pub fn of(phase: Phase) -> Self {
        if phase <= Phase::Implement { Ahead::Code } else { Ahead::Nothing }
    }
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

/// What is known of a pair beside its two sides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Between<'a> {
    /// What merging the two as they are leads to; none where nobody has tried.
    pub trial: Option<&'a Trial>,
    /// What the operator decided.
    pub resolution: Option<&'a Resolution>,
}

/// Judges a pair about which the operator may have decided. The order of the two does not matter.
pub fn judge_pair(a: Side<'_>, b: Side<'_>, between: Between<'_>, policy: &ConflictPolicy) -> Judgement {
    let judged = judge(a, b, between.trial, policy);
    match between.resolution.filter(|resolution| resolution.holds(a, b)) {
        Some(resolution) => Judgement { verdict: resolution.verdict, by_operator: true, ..judged },
        None => judged,
    }
}

/// Judges a pair as the oracle sees it, whatever the operator decided. The order of the two does not matter.
pub fn judge(a: Side<'_>, b: Side<'_>, trial: Option<&Trial>, policy: &ConflictPolicy) -> Judgement {
    let found = live::judge(a, b, trial, policy).unwrap_or_else(|| documents::judge(a, b, policy));
    let Found { probability, stage, evidence, shared } = found;
    let verdict = Verdict::of(probability, policy);
    Judgement { verdict, own: verdict, probability, stage, evidence, shared, by_operator: false }
}

/// What one way of looking at a pair found.
struct Found {
    probability: u8,
    stage: Stage,
    evidence: Vec<Evidence>,
    shared: Vec<String>,
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
    /// What its goal names: code, subsystems, the chunk it modifies.
    Goal,
    /// The places its plan means to change.
    Plan,
    /// What its branch has really changed.
    Live,
    /// The code it governs.
    Completed,
}

impl Stage {
    /// All of them, from little knowledge to much.
    pub const ALL: [Stage; 5] = [Stage::Proposed, Stage::Goal, Stage::Plan, Stage::Live, Stage::Completed];

    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Proposed => "PROPOSED",
            Stage::Goal => "GOAL",
            Stage::Plan => "PLAN",
            Stage::Live => "LIVE",
            Stage::Completed => "COMPLETED",
        }
    }
}

#[cfg(test)]
mod tests;
