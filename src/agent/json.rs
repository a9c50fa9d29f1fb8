//! What agents write when they ask, review or count, in the JSON that the `command` protocol and our tools share.

use crate::domain::report::{Choice, ReviewDecision, ReviewIssue, ReviewVerdict};
use serde::Deserialize;

/// A choice: an object, or only its label.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Offer {
    Full {
        label: String,
        #[serde(default)]
        description: String,
    },
    Label(String),
}

impl From<Offer> for Choice {
    fn from(offer: Offer) -> Self {
        match offer {
            Offer::Full { label, description } => Choice { label, description },
            Offer::Label(label) => Choice { label, description: String::new() },
        }
    }
}

/// A review decision; also the arguments of the tool `review_decision`.
#[derive(Deserialize)]
pub(super) struct Review {
    decision: Verdict,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    issues: Vec<Issue>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Verdict {
    Approve,
    Feedback,
    Escalate,
}

#[derive(Deserialize)]
struct Issue {
    #[serde(default)]
    location: String,
    concern: String,
    suggestion: Option<String>,
}

impl From<Review> for ReviewDecision {
    fn from(review: Review) -> Self {
        let verdict = match review.decision {
            Verdict::Approve => ReviewVerdict::Approve,
            Verdict::Feedback => ReviewVerdict::Feedback,
            Verdict::Escalate => ReviewVerdict::Escalate,
        };
        let issue = |Issue { location, concern, suggestion }| ReviewIssue { location, concern, suggestion };
        ReviewDecision {
            verdict,
            summary: review.summary,
            issues: review.issues.into_iter().map(issue).collect(),
            reason: review.reason,
        }
    }
}

/// Rounds to 0..=100; anything that is no number is 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100 before")]
pub(super) fn to_percent(value: f64) -> u8 {
    value.clamp(0.0, 100.0).round() as u8
}

/// Dollars as micro-dollars; anything that is no positive number is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate; negative is cut before"
)]
pub(super) fn to_micro_dollars(dollars: f64) -> u64 {
    (dollars.max(0.0) * 1e6).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_cut() {
        assert_eq!([-5.0, 250.0, f64::NAN, 12.6].map(to_percent), [0, 100, 0, 13]);
        assert_eq!([-5.0, f64::NAN, 0.000_001].map(to_micro_dollars), [0, 0, 1]);
    }
}
