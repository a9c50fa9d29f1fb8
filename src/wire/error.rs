//! What every refusal looks like, 404, 405 and 500 included.

use super::names::StatusName;
use crate::domain::event::IllegalEvent;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The body of an answer that is no success.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// More, for programs: the events that a unit would take, the chunks of a cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

impl ErrorBody {
    /// A refusal in one sentence.
    pub fn new(error: impl Into<String>) -> Self {
        Self { error: error.into(), hint: None, detail: None }
    }

    /// The same with what to do next.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with more for programs.
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.detail = Some(detail);
        self
    }

    /// No unit bears this name.
    pub fn unit_not_found(chunk: &str) -> Self {
        Self::new(format!("Work unit '{chunk}' not found")).with_hint("list the units with: ve orch ps")
    }

    /// Another unit bears this name already.
    pub fn unit_exists(chunk: &str, status: StatusName) -> Self {
        Self::new(format!("Work unit '{chunk}' already exists (status: {status})"))
            .with_hint(format!("look at it with: ve orch work-unit show {chunk}"))
    }

    /// The state machine refuses what was asked for, and says what it would take: verbs, where the unit waits for the operator.
    pub fn illegal(event: &IllegalEvent, allowed: &[&str]) -> Self {
        let detail = json!({ "event": event.event, "status": event.status, "allowed": allowed });
        let refused = Self::new(event.to_string()).with_detail(detail);
        if allowed.is_empty() { refused } else { refused.with_hint(format!("possible now: {}", allowed.join(", "))) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_refused_comes_with_what_is_possible() {
        let event = IllegalEvent { event: "held", refused: "cannot be held", status: "DONE", why: "it has ended" };
        let body = ErrorBody::illegal(&event, &["answer", "retry"]);
        assert_eq!(body.error, "a unit that is DONE cannot be held: it has ended");
        assert_eq!(body.hint.as_deref(), Some("possible now: answer, retry"));
        assert_eq!(
            ErrorBody::unit_exists("a", StatusName::Ready).error,
            "Work unit 'a' already exists (status: READY)"
        );
    }

    #[test]
    fn only_what_is_known_is_said() {
        assert_eq!(serde_json::to_string(&ErrorBody::new("Not Found")).unwrap(), r#"{"error":"Not Found"}"#);
        let full = ErrorBody::unit_not_found("x").with_detail(serde_json::json!({"chunk": "x"}));
        assert_eq!(
            serde_json::to_string(&full).unwrap(),
            r#"{"error":"Work unit 'x' not found","hint":"list the units with: ve orch ps","detail":{"chunk":"x"}}"#
        );
    }
}
