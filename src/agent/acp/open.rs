//! What waits for the operator in a session: forms and permission requests, by the request that carries them.

use super::{forms, message};
use crate::agent::{Decision, Input};
use crate::domain::report::QuestionSet;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All that waits, by the request's id as JSON.
#[derive(Debug, Default)]
pub(crate) struct Open {
    forms: BTreeMap<String, Form>,
    permits: BTreeMap<String, Permit>,
    /// A question of this turn ended without an answer: the session was stopped over it.
    unanswered: bool,
}

#[derive(Debug)]
struct Form {
    id: Value,
    params: Value,
    set: QuestionSet,
}

#[derive(Debug)]
struct Permit {
    id: Value,
    call: String,
    options: Value,
}

impl Open {
    pub(crate) fn ask(&mut self, id: Value, params: Value, set: QuestionSet) {
        self.forms.insert(id.to_string(), Form { id, params, set });
    }

    pub(crate) fn permit(&mut self, id: Value, call: String, options: Value) {
        self.permits.insert(id.to_string(), Permit { id, call, options });
    }

    /// A tool call ended, so whatever it waited for is decided.
    pub(crate) fn close(&mut self, call: &str) {
        self.permits.retain(|_, permit| permit.call != call);
        self.forms.retain(|_, form| form.params["toolCallId"] != call);
    }

    /// A turn ended: nothing outlives it.
    pub(crate) fn end_turn(&mut self) {
        self.unanswered |= !self.forms.is_empty();
        self.permits.clear();
        self.forms.clear();
    }

    /// The form filled in, while it is open.
    pub(crate) fn answer(&self, question: &str, answers: &[String]) -> Option<Input> {
        let (key, form) = self.forms.iter().find(|(_, form)| form.set.key == question)?;
        Some(message::answer(format!("answer:{key}"), &form.id, &forms::filled(&form.params, &form.set, answers)))
    }

    /// The operator's decision, while the request is open.
    pub(crate) fn decide(&self, request: &str, decision: &Decision) -> Option<Input> {
        let permit = self.permits.get(request)?;
        Some(reply(&permit.id, &permit.options, decision))
    }

    /// Takes everything back, as the protocol wants it of one who cancels a turn.
    pub(crate) fn withdraw(&self) -> Vec<Input> {
        let permits = self.permits.iter().map(|(key, permit)| {
            message::answer(format!("permit:{key}"), &permit.id, &json!({"outcome": {"outcome": "cancelled"}}))
        });
        let forms = self
            .forms
            .iter()
            .map(|(key, form)| message::answer(format!("answer:{key}"), &form.id, &json!({"action": "cancel"})));
        permits.chain(forms).collect()
    }

    pub(crate) fn questions(&self) -> usize {
        self.forms.len()
    }

    pub(crate) fn permissions(&self) -> usize {
        self.permits.len()
    }

    /// Whether an end of the process now leaves a question without its answer.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.unanswered || !self.forms.is_empty()
    }
}

/// Chooses among the options by their kind, never by their name: once, where that is offered.
pub(crate) fn reply(id: &Value, options: &Value, decision: &Decision) -> Input {
    let kinds = match decision {
        Decision::Allow => ["allow_once", "allow_always"],
        Decision::Deny { .. } => ["reject_once", "reject_always"],
    };
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let of_kind = |kind: &str| options.iter().find(|option| option["kind"] == kind);
    let outcome = match kinds.into_iter().find_map(of_kind) {
        Some(option) => json!({"outcome": "selected", "optionId": option["optionId"]}),
        None => json!({"outcome": "cancelled"}),
    };
    message::answer(format!("permit:{id}"), id, &json!({ "outcome": outcome }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_chosen_by_its_kind() {
        let options = json!([
            {"optionId": "reject", "name": "Yes, really", "kind": "reject_once"},
            {"optionId": "all", "name": "No", "kind": "allow_always"}, {"optionId": "one", "name": "No", "kind": "allow_once"}]);
        let chosen = |decision, options| reply(&json!(7), options, &decision).text;
        assert!(chosen(Decision::Allow, &options).contains(r#""optionId":"one""#));
        let no = Decision::Deny { why: "no".into() };
        assert!(chosen(no.clone(), &options).contains(r#""optionId":"reject""#));
        assert!(chosen(no, &json!([])).contains("cancelled"));
    }
}
