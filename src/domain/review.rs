//! What the end of a review means.

use super::policy::Policy;
use super::report::{ReviewDecision, ReviewVerdict};
use super::work_unit::Counters;

/// Where a unit goes after a review.
#[derive(Clone, Debug, PartialEq)]
pub enum ReviewEnd {
    /// On to the next phase; also after the limit of cycles.
    Approved,
    /// Back to IMPLEMENT with this feedback.
    SentBack(ReviewDecision),
    /// The reviewer ended without a decision: remind it in the same session.
    Nudge,
    /// To the operator, with the reason.
    Escalated(String),
}

/// Decides where a unit goes after a review that ended with `decision`.
pub fn conclude(decision: Option<ReviewDecision>, counters: Counters, policy: &Policy) -> ReviewEnd {
    let Some(decision) = decision else {
        if counters.nudges < policy.review_nudges {
            return ReviewEnd::Nudge;
        }
        return ReviewEnd::Escalated(format!(
            "the review ended without a decision after {} reminders",
            counters.nudges
        ));
    };
    match decision.verdict {
        ReviewVerdict::Approve => ReviewEnd::Approved,
        ReviewVerdict::Escalate => {
            let reason = decision.reason.as_deref().unwrap_or(&decision.summary);
            ReviewEnd::Escalated(format!("review escalated: {reason}"))
        }
        ReviewVerdict::Feedback if counters.review_cycles + 1 >= policy.review_cycles => ReviewEnd::Escalated(format!(
            "auto-escalated: {} reviews asked for changes; the last one: {}",
            counters.review_cycles + 1,
            decision.summary
        )),
        ReviewVerdict::Feedback => ReviewEnd::SentBack(decision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(verdict: ReviewVerdict) -> Option<ReviewDecision> {
        Some(ReviewDecision { verdict, summary: "tests are missing".into(), issues: vec![], reason: None })
    }

    fn after(cycles: u32, nudges: u32, decision: Option<ReviewDecision>) -> ReviewEnd {
        let counters = Counters { review_cycles: cycles, nudges, ..Counters::default() };
        conclude(decision, counters, &Policy::default())
    }

    #[test]
    fn approval_counts_even_beyond_the_limit_of_cycles() {
        assert_eq!(after(9, 0, decision(ReviewVerdict::Approve)), ReviewEnd::Approved);
    }

    #[test]
    fn feedback_goes_back_until_the_limit() {
        assert!(matches!(after(0, 0, decision(ReviewVerdict::Feedback)), ReviewEnd::SentBack(_)));
        assert!(matches!(after(1, 0, decision(ReviewVerdict::Feedback)), ReviewEnd::SentBack(_)));
        assert!(matches!(after(2, 0, decision(ReviewVerdict::Feedback)), ReviewEnd::Escalated(_)));
    }

    #[test]
    fn a_review_without_a_decision_is_reminded_twice() {
        assert_eq!(after(0, 0, None), ReviewEnd::Nudge);
        assert_eq!(after(0, 1, None), ReviewEnd::Nudge);
        assert!(matches!(after(0, 2, None), ReviewEnd::Escalated(_)));
    }
}
