//! Our tools, whoever carries the call: what they are called, what they take, and what a call of one means.

use super::fingerprint::fingerprint;
use super::json::{Offer, Review, to_percent};
use super::spec::Tools;
use crate::domain::report::{Choice, Question, QuestionSet, Report};
use serde::Deserialize;
use serde_json::{Value, json};

/// Name of our tool server.
pub const SERVER: &str = "orch";

/// What a call means.
#[derive(Clone, Debug, PartialEq)]
pub enum Called {
    /// The model is told `text`.
    Reply {
        /// What the tool says.
        text: String,
        /// Whether the call made no sense.
        failed: bool,
        /// What it reports, where it made sense. The model may be told only when this is safe.
        report: Option<Report>,
    },
    /// The operator has the word.
    Ask(QuestionSet),
}

#[derive(Deserialize)]
struct Ask {
    question: String,
    #[serde(default)]
    header: String,
    #[serde(default)]
    options: Vec<Offer>,
    #[serde(default)]
    multi: bool,
}

#[derive(Deserialize)]
struct Progress {
    percent: f64,
    #[serde(default)]
    text: String,
}

/// Reads one call. `call` is the vendor's id of it, where it has one: it keeps a repeated call from being another one.
pub fn read(name: &str, arguments: &Value, call: Option<&str>, offered: Tools) -> Called {
    match (name, offered) {
        ("ask_operator", _) => match Ask::deserialize(arguments) {
            Ok(ask) => Called::Ask(set(ask, call)),
            Err(error) => refused(format!("not asked, because the arguments are wrong: {error}")),
        },
        ("report_progress", _) => match Progress::deserialize(arguments) {
            Ok(Progress { percent, text }) => said("Noted.", Report::Progress { percent: to_percent(percent), text }),
            Err(error) => refused(format!("not noted, because the arguments are wrong: {error}")),
        },
        ("review_decision", Tools::Review) => match Review::deserialize(arguments) {
            Ok(review) => said("The decision is recorded. End the session now.", Report::Review(review.into())),
            Err(error) => refused(format!("not recorded, because the arguments are wrong: {error}; call it again")),
        },
        (name, _) => refused(format!("there is no tool {name:?} here")),
    }
}

/// Whether a tool whose vendor's name is `name` is one of ours: `mcp__orch__ask_operator`, `mcp.orch.ask_operator`, `orch_ask_operator` …
pub(super) fn is_ours(name: &str) -> bool {
    let Some((server, tool)) = name.trim_start_matches("mcp").split_once(SERVER) else { return false };
    let separator = |c: char| matches!(c, '_' | '.' | '-');
    let tool = tool.trim_start_matches(separator);
    server.chars().all(separator) && matches!(tool, "ask_operator" | "report_progress" | "review_decision")
}

fn set(ask: Ask, call: Option<&str>) -> QuestionSet {
    let key = call.map_or_else(|| fingerprint(&ask.question), str::to_owned);
    let options = ask.options.into_iter().map(Choice::from).collect();
    QuestionSet::new(key, vec![Question { header: ask.header, text: ask.question, options, many: ask.multi }])
}

fn said(text: &str, report: Report) -> Called {
    Called::Reply { text: text.to_owned(), failed: false, report: Some(report) }
}

fn refused(text: String) -> Called {
    Called::Reply { text, failed: true, report: None }
}

/// The tools as an MCP server lists them.
///
/// `alwaysLoad` keeps them in the model's sight; else it would have to search for them.
pub fn list(offered: Tools) -> Vec<Value> {
    let mut tools = vec![ask_operator(), report_progress()];
    if offered == Tools::Review {
        tools.push(review_decision());
    }
    for tool in &mut tools {
        tool["_meta"] = json!({"anthropic/alwaysLoad": true});
    }
    tools
}

fn ask_operator() -> Value {
    json!({
        "name": "ask_operator",
        "description": "Asks the human operator one question and waits for the answer, which may take long. \
            Only for what you cannot find out or decide yourself.",
        "inputSchema": {"type": "object", "required": ["question"], "properties": {
            "question": {"type": "string"},
            "header": {"type": "string", "description": "A word or two above the question"},
            "options": {"type": "array", "items": {"type": "object", "required": ["label"], "properties": {
                "label": {"type": "string"}, "description": {"type": "string"}}}},
            "multi": {"type": "boolean", "description": "Whether several options may be chosen"}}}
    })
}

fn report_progress() -> Value {
    json!({
        "name": "report_progress",
        "description": "Tells the operator how far the work is.",
        "inputSchema": {"type": "object", "required": ["percent", "text"], "properties": {
            "percent": {"type": "number", "minimum": 0, "maximum": 100}, "text": {"type": "string"}}}
    })
}

fn review_decision() -> Value {
    json!({
        "name": "review_decision",
        "description": "Ends the review with a decision. APPROVE: the work can land. FEEDBACK: it goes back with the issues. \
            ESCALATE: the operator must decide, for the reason given.",
        "inputSchema": {"type": "object", "required": ["decision", "summary"], "properties": {
            "decision": {"type": "string", "enum": ["APPROVE", "FEEDBACK", "ESCALATE"]},
            "summary": {"type": "string"},
            "issues": {"type": "array", "items": {"type": "object", "required": ["location", "concern"], "properties": {
                "location": {"type": "string"}, "concern": {"type": "string"}, "suggestion": {"type": "string"}}}},
            "reason": {"type": "string"}}}
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::report::ReviewVerdict;

    #[test]
    fn the_review_tool_is_only_there_in_a_review() {
        let decision = json!({"decision": "APPROVE", "summary": "fine"});
        let Called::Reply { failed: true, report: None, .. } = read("review_decision", &decision, None, Tools::Work)
        else {
            panic!("taken outside of a review")
        };
        let Called::Reply { failed: false, report: Some(Report::Review(decision)), .. } =
            read("review_decision", &decision, None, Tools::Review)
        else {
            panic!("not taken")
        };
        assert_eq!((decision.verdict, decision.summary.as_str()), (ReviewVerdict::Approve, "fine"));
    }

    #[test]
    fn a_tool_of_somebody_else_with_a_decision_is_no_review() {
        let decision = json!({"decision": "APPROVE", "summary": "fine"});
        for name in ["decide", "ReviewDecision", "vote"] {
            let Called::Reply { failed: true, report: None, .. } = read(name, &decision, None, Tools::Review) else {
                panic!("{name} was taken for ours")
            };
        }
    }

    #[test]
    fn the_same_question_has_the_same_key() {
        let ask = json!({"question": "Which?"});
        assert_eq!(read("ask_operator", &ask, None, Tools::Work), read("ask_operator", &ask, None, Tools::Work));
        let Called::Ask(set) = read("ask_operator", &ask, Some("call-1"), Tools::Work) else { panic!("not asked") };
        assert_eq!(set.key, "call-1");
    }

    #[test]
    fn our_tools_are_known_by_any_vendors_name_and_nothing_else_is() {
        for ours in [
            "mcp__orch__ask_operator",
            "mcp.orch.review_decision",
            "orch_report_progress",
            "mcp_orch_ask_operator",
            "orch-ask_operator",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "Bash",
            "orch_rm",
            "evil_orch_ask_operator",
            "mcp__orchestra__ask_operator",
            "ask_operator; rm",
            "mcp__x__orch_ask_operator",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
