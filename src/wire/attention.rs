//! The operator's queue: what waits for a decision, since when, and which verbs apply.

use super::names::PhaseName;
use super::times::Moment;
use super::unit::WorkUnit;
use crate::domain::account::HaltReason;
use crate::domain::agenda::{Entry, Matter};
use crate::domain::attention::{About, Ask};
use crate::domain::ids::ChunkName;
use crate::domain::report::{Choice, Question, QuestionSet};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What waits for the operator, and what can be done about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attention {
    /// Of a unit: `question`, `review`, `failure`, `completion`, `no change`, `landing`, `trust` or `dependency`; of more than one or none:
    /// `conflict`, `limit`, `login`, `configuration`, `trust` or `worktrees`.
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
    /// The commit that `approve` would let land.
    pub tip: Option<String>,
    /// Sensitive paths that it changes.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Chunks it depends on that ended without their work.
    #[serde(default)]
    pub lost: Vec<String>,
    /// The two chunks that are to be decided about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pair: Vec<String>,
    /// The account on which nobody is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What its agent said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it passes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// One question of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OptionItem {
    /// What the answer says.
    pub label: String,
    /// What it means; may be empty.
    pub description: String,
}

impl Attention {
    fn bare(kind: &str, since: Moment, reason: String, verbs: &[&str]) -> Self {
        Self {
            kind: kind.to_owned(),
            since,
            reason,
            verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            questions: Vec::new(),
            tip: None,
            paths: Vec::new(),
            lost: Vec::new(),
            pair: Vec::new(),
            account: None,
            message: None,
            until: None,
        }
    }

    /// What waits beside the units, as clients see it.
    pub fn of_matter(matter: &Matter, since: Moment) -> Self {
        let mut entry = Self::bare(matter.kind(), since, reason(matter), matter.verbs());
        match matter {
            Matter::Undecided { pair } => entry.pair = pair.iter().map(ChunkName::to_string).collect(),
            Matter::Halted { account, halt } => {
                entry.account = Some(account.to_string());
                entry.message = Some(halt.message.clone()).filter(|message| !message.trim().is_empty());
                if let HaltReason::Limit { until } = halt.why {
                    entry.until = Some(until.into());
                }
            }
            Matter::Untrusted { names } => entry.paths.clone_from(names),
            Matter::Configuration { .. } | Matter::Unpushed { .. } | Matter::Worktrees { .. } => {}
        }
        entry
    }

    /// A unit's entry as clients see it.
    pub fn new(ask: &Ask) -> Self {
        let mut entry = Self::bare(ask.about.kind(), ask.since.into(), ask.reason.clone(), ask.about.verbs());
        match &ask.about {
            About::Question { set, answers } => entry.questions = questions(set, answers),
            About::Trust { tip, paths } => {
                entry.tip = Some(tip.to_string());
                entry.paths.clone_from(paths);
            }
            About::Dependency { lost } => entry.lost = lost.iter().map(ChunkName::to_string).collect(),
            About::Review | About::Failure | About::Completion | About::NoChange | About::Landing | About::Parked => {}
        }
        entry
    }
}

/// The operator's line about something that is no unit's.
fn reason(matter: &Matter) -> String {
    match matter {
        Matter::Undecided { pair: [a, b] } => {
            format!("nothing says whether {a} and {b} may run at once; until you do, one waits for the other")
        }
        Matter::Halted { account, halt } => match halt.why {
            HaltReason::Limit { .. } => format!("the allowance of {account} is used up; its units go on by themselves"),
            HaltReason::Login => format!("nobody is logged in for {account}; log in, then resume it"),
        },
        Matter::Configuration { problem } => format!("{problem}; the last good configuration stays in effect"),
        Matter::Untrusted { names } => {
            format!("{} changed and does not count until you accept it", names.join(", "))
        }
        Matter::Unpushed { branch, why } => format!(
            "what landed on {branch} is not at origin: {why}; it is tried again every minute; bring {branch} up to date with origin/{branch} \
             or push it yourself, or set push = false"
        ),
        Matter::Worktrees { there, fine } => {
            format!("{there} worktrees are on disk, more than limits.worktree_warning = {fine}")
        }
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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

/// One entry of the whole queue: a unit's, or one that concerns several units or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueueItem {
    /// The unit's chunk; none for what is no unit's.
    pub chunk: Option<String>,
    /// The unit's phase.
    pub phase: Option<PhaseName>,
    /// What it is about, and what can be done.
    #[serde(flatten)]
    pub attention: Attention,
    /// Chunks that an answer would free, directly or through others.
    pub blocks: Vec<String>,
    /// How many these are.
    pub blocks_count: usize,
    /// Length of the longest chain among them: what comes first in the queue.
    pub chain: usize,
    /// How long it has waited, in seconds.
    pub time_waiting: f64,
    /// What the chunk is to reach.
    pub goal_summary: Option<String>,
}

impl QueueItem {
    /// An entry whose words are `attention`, for the moment `now`.
    pub fn new(entry: &Entry, attention: Attention, now: Moment) -> Self {
        let blocks: Vec<String> = entry.frees.chunks.iter().map(ChunkName::to_string).collect();
        Self {
            chunk: None,
            phase: None,
            attention,
            blocks_count: blocks.len(),
            blocks,
            chain: entry.frees.chain,
            time_waiting: now.0.since(entry.since).as_secs_f64(),
            goal_summary: None,
        }
    }
}

/// `GET /attention`: what waits for the operator, the most urgent first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttentionQueue {
    /// The units among it, with all their fields.
    pub attention_items: Vec<AttentionItem>,
    /// How many units there are.
    pub count: usize,
    /// All of it: units, pairs of chunks, accounts, the configuration.
    #[serde(default)]
    pub items: Vec<QueueItem>,
}

impl AttentionQueue {
    /// The queue of these entries.
    pub fn new(attention_items: Vec<AttentionItem>, items: Vec<QueueItem>) -> Self {
        Self { count: attention_items.len(), attention_items, items }
    }
}
