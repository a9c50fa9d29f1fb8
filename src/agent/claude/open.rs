//! What waits for the operator in a session: sets of questions and permission requests, by the control request that carries them.

use super::{control, questions, tools};
use crate::agent::{Decision, Input};
use crate::domain::report::QuestionSet;
use serde_json::Value;
use std::collections::BTreeMap;

/// All that waits.
#[derive(Debug, Default)]
pub(crate) struct Open {
    asked: BTreeMap<String, Asked>,
    permits: BTreeMap<String, Permit>,
    /// A question of this turn was taken back without an answer: the session was stopped over it.
    unanswered: bool,
}

/// A set of questions that waits.
#[derive(Debug)]
pub(crate) struct Asked {
    pub set: QuestionSet,
    /// The tool call that asks; its result closes the question.
    pub call: Option<String>,
    pub wants: Wants,
}

/// The form in which the answer is wanted.
#[derive(Debug)]
pub(crate) enum Wants {
    /// As the tool's input with the answers in it.
    Input(Value),
    /// As the reply to our tool's call with this JSON-RPC id.
    Reply(Value),
}

/// A permission request that waits.
#[derive(Debug)]
pub(crate) struct Permit {
    pub call: String,
    pub input: Value,
}

impl Open {
    pub(crate) fn ask(&mut self, request: String, asked: Asked) {
        self.asked.insert(request, asked);
    }

    pub(crate) fn permit(&mut self, request: String, permit: Permit) {
        self.permits.insert(request, permit);
    }

    /// The tool call has its result, so whatever it waited for is decided.
    pub(crate) fn close(&mut self, call: &str, failed: bool) {
        self.permits.retain(|_, permit| permit.call != call);
        let before = self.asked.len();
        self.asked.retain(|_, asked| asked.call.as_deref() != Some(call));
        self.unanswered |= failed && self.asked.len() < before;
    }

    /// The agent no longer wants the answer.
    pub(crate) fn cancel(&mut self, request: &str) {
        self.permits.remove(request);
        self.unanswered |= self.asked.remove(request).is_some();
    }

    /// A turn begins: questions that were taken back in the one before are history.
    pub(crate) fn begin_turn(&mut self) {
        self.unanswered = false;
    }

    /// A turn ended: a question without a call to close it cannot outlive it.
    pub(crate) fn end_turn(&mut self) {
        let before = self.asked.len();
        self.asked.retain(|_, asked| asked.call.is_some());
        self.unanswered |= self.asked.len() < before;
    }

    /// The reply that carries the operator's answers, while the question is open.
    pub(crate) fn answer(&self, question: &str, answers: &[String]) -> Option<Input> {
        let (id, asked) = self.asked.iter().find(|(_, asked)| asked.set.key == question)?;
        let key = format!("answer:{id}");
        Some(match &asked.wants {
            Wants::Input(input) => control::allow(key, id, &questions::answered(input, &asked.set, answers)),
            Wants::Reply(call) => control::mcp(key, id, &tools::answer(call, &answers.join("\n"))),
        })
    }

    /// The reply that carries the operator's decision, while the request is open.
    pub(crate) fn decide(&self, request: &str, decision: &Decision) -> Option<Input> {
        let permit = self.permits.get(request)?;
        let key = format!("permit:{request}");
        Some(match decision {
            Decision::Allow => control::allow(key, request, &permit.input),
            Decision::Deny { why } => control::deny(key, request, why),
        })
    }

    pub(crate) fn questions(&self) -> usize {
        self.asked.len()
    }

    pub(crate) fn permissions(&self) -> usize {
        self.permits.len()
    }

    /// Whether an end of the process now leaves a question without its answer.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.unanswered || !self.asked.is_empty()
    }
}
