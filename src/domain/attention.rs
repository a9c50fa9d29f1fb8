//! What a unit waits for when it waits for the operator.

use super::ids::{ChunkName, ObjectId};
use super::report::{QuestionSet, Topic};
use super::time::Timestamp;
use std::collections::BTreeSet;

/// One entry of the operator's queue. A unit that needs attention always has one, with a reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Since when it waits; a clock of its own that no other change resets.
    pub since: Timestamp,
    /// One line to a paragraph for the operator.
    pub reason: String,
    /// What kind of entry it is, with what it needs.
    pub about: About,
}

/// What an entry is about. It decides which verbs apply and where a retry goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// The agent asked, about the work or for a permission; goes on when every item has an answer.
    Question {
        /// What it asked.
        set: QuestionSet,
        /// Answers so far, one place per item.
        answers: Vec<Option<String>>,
    },
    /// The reviewer escalated, or the review found no end.
    Review,
    /// An attempt failed and no rule says to try again.
    Failure,
    /// The chunk's status has not moved on at the end; `approve` marks it ACTIVE.
    Completion,
    /// The work changes nothing outside `docs/`.
    NoChange,
    /// A worker gate is red, or the landing could not go on; a retry goes on with the gates, not with an agent.
    Landing,
    /// The work changes what the project trusts; it lands when the operator approves this commit.
    Trust {
        /// The commit that would be approved.
        tip: ObjectId,
        /// The sensitive paths it changes.
        paths: Vec<String>,
    },
    /// The operator parked it, for a reason of their own.
    Parked,
    /// A unit it depends on ended without its work.
    Dependency {
        /// Which ones.
        lost: BTreeSet<ChunkName>,
    },
}

impl About {
    /// The kind as shown to operators.
    pub fn kind(&self) -> &'static str {
        match self {
            About::Question { set, .. } if set.topic == Topic::Permission => "permission",
            About::Question { .. } => "question",
            About::Review => "review",
            About::Failure => "failure",
            About::Completion => "completion",
            About::NoChange => "no change",
            About::Landing => "landing",
            About::Trust { .. } => "trust",
            About::Parked => "parked",
            About::Dependency { .. } => "dependency",
        }
    }

    /// The verbs that make sense for it, the most useful first.
    pub fn verbs(&self) -> &'static [&'static str] {
        match self {
            About::Question { set, .. } if set.topic == Topic::Permission => &["approve", "answer", "retry", "cancel"],
            About::Question { .. } => &["answer", "retry", "cancel"],
            About::Review => &["answer", "retry", "cancel"],
            About::Completion => &["approve", "answer", "retry", "cancel"],
            About::Trust { .. } => &["approve", "answer", "cancel"],
            About::Dependency { .. } => &["release", "retry", "cancel"],
            About::Parked => &["release", "answer", "retry", "cancel"],
            About::Failure | About::Landing | About::NoChange => &["retry", "answer", "cancel"],
        }
    }
}
