//! What waits for the operator: the entry a unit carries, and in which order entries are shown.

use super::ids::{AgentName, ChunkName, ObjectId};
use super::report::QuestionSet;
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
    /// The agent asked; goes on when every item has an answer.
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
    /// Nobody is logged in for the agent; stops dispatch for it.
    Login {
        /// Which agent.
        agent: AgentName,
    },
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
            About::Question { .. } => "question",
            About::Review => "review",
            About::Failure => "failure",
            About::Login { .. } => "login",
            About::Completion => "completion",
            About::NoChange => "no change",
            About::Landing => "landing",
            About::Trust { .. } => "trust",
            About::Dependency { .. } => "dependency",
        }
    }

    /// The verbs that make sense for it, the most useful first.
    pub fn verbs(&self) -> &'static [&'static str] {
        match self {
            About::Question { .. } => &["answer", "retry", "cancel"],
            About::Review => &["answer", "retry", "cancel"],
            About::Completion => &["approve", "answer", "retry", "cancel"],
            About::Trust { .. } => &["approve", "answer", "cancel"],
            About::Dependency { .. } => &["release", "retry", "cancel"],
            About::Failure | About::Landing | About::NoChange => &["retry", "answer", "cancel"],
            About::Login { .. } => &["retry", "cancel"],
        }
    }
}

/// What decides an entry's place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Urgency {
    /// How many units wait for this one, directly or through others.
    pub frees: usize,
    /// Since when it waits.
    pub since: Timestamp,
}

impl Urgency {
    /// A sort key: what frees most comes first, then what waits longest.
    pub fn key(self) -> (std::cmp::Reverse<usize>, Timestamp) {
        (std::cmp::Reverse(self.frees), self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frees_most_is_shown_first_then_what_waits_longest() {
        let urgency = |frees, since| Urgency { frees, since: Timestamp(since) }.key();
        let mut queue = [urgency(0, 1), urgency(2, 9), urgency(2, 3)];
        queue.sort();
        assert_eq!(queue, [urgency(2, 3), urgency(2, 9), urgency(0, 1)]);
    }
}
