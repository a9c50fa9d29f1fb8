//! `GET /work-units/{chunk}/transcript?attempt=&follow=`: what the agents of a unit said and did, one JSON object per line.
//!
//! How a line reads on a terminal and in the log stream of the dashboard is in [`text`].

use super::attention::{QuestionItem, questions};
use super::names::PhaseName;
use super::times::Moment;
use crate::domain::report::{self, Report, ReviewVerdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub mod text;

/// One thing that happened in an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TranscriptLine {
    /// When.
    pub at: Moment,
    /// The attempt's id.
    pub attempt: String,
    /// The attempt's number.
    pub number: i64,
    /// The unit's phase then.
    pub phase: PhaseName,
    /// What.
    #[serde(flatten)]
    pub entry: Entry,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// An attempt begins.
    Header {
        /// `agent`, `setup`, `worker gate` or `integration gate`.
        role: String,
        /// The agent; none for setup and gates.
        agent: Option<String>,
    },
    /// The agent speaks, or a command of the project prints.
    Text {
        /// What.
        text: String,
    },
    /// A tool call begins.
    ToolCall {
        /// Vendor's id of the call; empty when it has none.
        id: String,
        /// The tool.
        name: String,
        /// What it is called for: the call's own description, or the file's name.
        description: Option<String>,
        /// Its input as JSON text.
        input: String,
    },
    /// A tool call ended.
    ToolResult {
        /// Vendor's id of the call.
        id: String,
        /// Whether it failed.
        failed: bool,
        /// Its output.
        text: String,
    },
    /// The agent asks the operator.
    Question {
        /// What.
        questions: Vec<QuestionItem>,
    },
    /// The reviewer decided.
    Review {
        /// `APPROVE`, `FEEDBACK` or `ESCALATE`.
        decision: String,
        /// One paragraph.
        summary: String,
        /// What is to be changed; empty unless feedback.
        issues: Vec<ReviewIssue>,
    },
    /// How far the agent thinks it is.
    Progress {
        /// 0 to 100.
        percent: u8,
        /// What it is doing.
        text: String,
    },
    /// The agent reported an error; the attempt may go on.
    Error {
        /// In its words.
        message: String,
    },
    /// The attempt ended.
    Result {
        /// `finished`, `suspended`, `interrupted`, `failed` or `crashed`.
        outcome: String,
        /// What went wrong.
        error: Option<String>,
        /// How long it took.
        duration_ms: u64,
        /// Dollars, where the agent counts them.
        cost_usd: Option<f64>,
        /// Turns, where the agent counts them.
        turns: Option<u32>,
    },
}

/// One point of review feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewIssue {
    /// File, symbol or line; empty where the reviewer named none.
    pub location: String,
    /// What is wrong.
    pub concern: String,
    /// What would be right, where the reviewer says it.
    pub suggestion: Option<String>,
}

impl From<&report::ReviewIssue> for ReviewIssue {
    fn from(issue: &report::ReviewIssue) -> Self {
        let report::ReviewIssue { location, concern, suggestion } = issue.clone();
        Self { location, concern, suggestion }
    }
}

impl Entry {
    /// What a report adds to the transcript; nothing for those that only keep the books.
    pub fn from_report(report: &Report) -> Option<Self> {
        Some(match report {
            Report::Text(text) => Self::Text { text: text.clone() },
            Report::ToolCall { id, name, input } => Self::ToolCall {
                id: id.clone(),
                name: name.clone(),
                description: description(name, input),
                input: input.clone(),
            },
            Report::ToolResult { id, failed, text } => {
                Self::ToolResult { id: id.clone(), failed: *failed, text: text.clone() }
            }
            Report::Question(set) => Self::Question { questions: questions(set, &[]) },
            Report::Review(decision) => Self::Review {
                decision: match decision.verdict {
                    ReviewVerdict::Approve => "APPROVE".to_owned(),
                    ReviewVerdict::Feedback => "FEEDBACK".to_owned(),
                    ReviewVerdict::Escalate => "ESCALATE".to_owned(),
                },
                summary: decision.summary.clone(),
                issues: decision.issues.iter().map(ReviewIssue::from).collect(),
            },
            Report::Progress { percent, text } => Self::Progress { percent: *percent, text: text.clone() },
            Report::Error(error) => Self::Error { message: error.message.clone() },
            Report::Session { .. }
            | Report::Permission { .. }
            | Report::Usage(_)
            | Report::SessionCost(_)
            | Report::Retrying { .. }
            | Report::Background(_)
            | Report::TurnEnded => return None,
        })
    }
}

/// What a tool is called for, where its input says it in a word.
fn description(tool: &str, input: &str) -> Option<String> {
    let input: serde_json::Value = serde_json::from_str(input).ok()?;
    let field = |name: &str| input.get(name)?.as_str().filter(|text| !text.is_empty());
    match tool {
        "Read" | "Write" | "Edit" => {
            let path = field("file_path").or_else(|| field("path"))?;
            path.rsplit('/').next().map(str::to_owned)
        }
        _ => field("description").map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_line_is_one_flat_object() {
        let report =
            Report::ToolCall { id: "t1".into(), name: "Read".into(), input: r#"{"file_path":"/a/b.rs"}"#.into() };
        let line = TranscriptLine {
            at: Moment(Timestamp(0)),
            attempt: "u".into(),
            number: 2,
            phase: PhaseName(Phase::Goal),
            entry: Entry::from_report(&report).unwrap(),
        };
        let json = serde_json::to_string(&line).unwrap();
        assert_eq!(
            json,
            r#"{"at":"1970-01-01T00:00:00.000000+00:00","attempt":"u","number":2,"phase":"GOAL","kind":"tool_call","id":"t1","name":"Read","description":"b.rs","input":"{\"file_path\":\"/a/b.rs\"}"}"#
        );
        assert_eq!(serde_json::from_str::<TranscriptLine>(&json).unwrap(), line);
    }

    #[test]
    fn book_keeping_is_left_out() {
        assert_eq!(Entry::from_report(&Report::TurnEnded), None);
        assert_eq!(Entry::from_report(&Report::SessionCost(5)), None);
    }

    #[test]
    fn a_call_without_description_has_none() {
        assert_eq!(description("Bash", r#"{"command":"ls"}"#), None);
        assert_eq!(
            description("Bash", r#"{"command":"ls","description":"List files"}"#).as_deref(),
            Some("List files")
        );
        assert_eq!(description("Bash", "not json"), None);
    }
}
