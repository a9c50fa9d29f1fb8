//! The operator's queue: what waits for a decision, since when, and which verbs apply.

use super::times::Moment;
use super::unit::WorkUnit;
use crate::domain::attention::{About, Ask};
use crate::domain::ids::ChunkName;
use crate::domain::report::{Choice, Question, QuestionSet};
use serde::{Deserialize, Serialize};

/// A unit's entry in the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attention {
    /// `question`, `review`, `failure`, `login`, `completion`, `no change`, `landing`, `trust` or `dependency`.
    pub kind: String,
    /// Since when it waits; no other change resets it.
    pub since: Moment,
    /// One line to a paragraph.
    pub reason: String,
    /// The verbs that apply, the most useful first.
    pub verbs: Vec<String>,
    /// What the agent asked, in order.
    #[serde(default)]
    pub questions: Vec<QuestionItem>,
    /// The agent that nobody is logged in for.
    pub agent: Option<String>,
    /// The commit that `approve` would let land.
    pub tip: Option<String>,
    /// Sensitive paths that it changes.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Chunks it depends on that ended without their work.
    #[serde(default)]
    pub lost: Vec<String>,
}

/// One question of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionItem {
    /// A word or two above it; may be empty.
    pub header: String,
    /// The question.
    pub question: String,
    /// What it offers; empty for free text.
    pub options: Vec<OptionItem>,
    /// Whether several may be chosen.
    pub multi_select: bool,
    /// The answer, once there is one.
    pub answer: Option<String>,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionItem {
    /// What the answer says.
    pub label: String,
    /// What it means; may be empty.
    pub description: String,
}

impl Attention {
    /// The entry as clients see it.
    pub fn new(ask: &Ask) -> Self {
        let mut entry = Self {
            kind: ask.about.kind().to_owned(),
            since: ask.since.into(),
            reason: ask.reason.clone(),
            verbs: ask.about.verbs().iter().map(|verb| (*verb).to_owned()).collect(),
            questions: Vec::new(),
            agent: None,
            tip: None,
            paths: Vec::new(),
            lost: Vec::new(),
        };
        match &ask.about {
            About::Question { set, answers } => entry.questions = questions(set, answers),
            About::Login { agent } => entry.agent = Some(agent.to_string()),
            About::Trust { tip, paths } => {
                entry.tip = Some(tip.to_string());
                entry.paths.clone_from(paths);
            }
            About::Dependency { lost } => entry.lost = lost.iter().map(ChunkName::to_string).collect(),
            About::Review | About::Failure | About::Completion | About::NoChange | About::Landing => {}
        }
        entry
    }
}

/// The questions of a set with the answers there are.
pub(super) fn questions(set: &QuestionSet, answers: &[Option<String>]) -> Vec<QuestionItem> {
    let answers = answers.iter().cloned().chain(std::iter::repeat(None));
    set.items.iter().zip(answers).map(|(question, answer)| item(question, answer)).collect()
}

fn item(question: &Question, answer: Option<String>) -> QuestionItem {
    let option = |choice: &Choice| OptionItem { label: choice.label.clone(), description: choice.description.clone() };
    QuestionItem {
        header: question.header.clone(),
        question: question.text.clone(),
        options: question.options.iter().map(option).collect(),
        multi_select: question.many,
        answer,
    }
}

/// One entry of `GET /attention`: the unit, and what decides its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttentionItem {
    /// The unit.
    #[serde(flatten)]
    pub unit: WorkUnit,
    /// How many units wait for this one, directly or through others.
    pub blocks_count: usize,
    /// How long it has waited, in seconds.
    pub time_waiting: f64,
    /// What the chunk is to reach; absent in the feed of the dashboard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal_summary: Option<String>,
}

/// `GET /attention`: what waits for the operator, the most urgent first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttentionQueue {
    /// The entries.
    pub attention_items: Vec<AttentionItem>,
    /// How many there are.
    pub count: usize,
    /// What the operator should know that keeps no unit from going on; absent when there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

impl AttentionQueue {
    /// The queue of these entries.
    pub fn new(attention_items: Vec<AttentionItem>) -> Self {
        Self { count: attention_items.len(), attention_items, notices: Vec::new() }
    }
}
