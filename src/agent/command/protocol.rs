//! The lines of the `command` protocol: a JSON object with a `ve` key is a report, any other line is text.

use crate::agent::fingerprint::fingerprint;
use crate::agent::json::{Offer, Review, to_micro_dollars, to_percent};
use crate::agent::resets::{self, Clock};
use crate::agent::trouble::by_text;
use crate::domain::ids::SessionId;
use crate::domain::report::{AgentError, Choice, ErrorKind, Question, QuestionSet, Report, Usage};
use crate::domain::time::Timestamp;
use serde::Deserialize;

/// A report as the program writes it.
#[derive(Deserialize)]
#[serde(tag = "ve", rename_all = "snake_case")]
enum Line {
    Session {
        id: String,
    },
    Text {
        text: String,
    },
    Tool {
        name: String,
        #[serde(default)]
        input: serde_json::Value,
    },
    Progress {
        percent: f64,
        #[serde(default)]
        text: String,
    },
    Question {
        #[serde(default)]
        header: String,
        question: String,
        #[serde(default)]
        options: Vec<Offer>,
        #[serde(default)]
        multi: bool,
    },
    Review(Review),
    Usage {
        #[serde(default)]
        input_tokens: u64,
        #[serde(default)]
        output_tokens: u64,
        #[serde(default)]
        cache_read_tokens: u64,
        #[serde(default)]
        cache_write_tokens: u64,
        #[serde(default)]
        cost_usd: f64,
    },
    Error {
        #[serde(default)]
        kind: String,
        #[serde(default)]
        message: String,
        resets_at: Option<String>,
    },
}

/// What a line says. A line that is no report, or one we do not know, is text.
pub(crate) fn parse(line: &[u8], clock: Clock<'_>) -> Report {
    match serde_json::from_slice::<Line>(line) {
        Ok(report) => translate(report, clock).unwrap_or_else(|| text(line)),
        Err(_) => text(line),
    }
}

fn text(line: &[u8]) -> Report {
    Report::Text(String::from_utf8_lossy(line).into_owned())
}

fn translate(line: Line, clock: Clock<'_>) -> Option<Report> {
    Some(match line {
        Line::Session { id } => Report::Session { id: SessionId::parse(id).ok()?, model: None, version: None },
        Line::Text { text } => Report::Text(text),
        Line::Tool { name, input } => Report::ToolCall { id: String::new(), name, input: input.to_string() },
        Line::Progress { percent, text } => Report::Progress { percent: to_percent(percent), text },
        Line::Question { header, question, options, multi } => {
            let options = options.into_iter().map(Choice::from).collect();
            let item = Question { header, text: question.clone(), options, many: multi };
            Report::Question(QuestionSet::new(fingerprint(&question), vec![item]))
        }
        Line::Review(review) => Report::Review(review.into()),
        Line::Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd } => {
            Report::Usage(Usage {
                input: input_tokens,
                output: output_tokens,
                cache_read: cache_read_tokens,
                cache_write: cache_write_tokens,
                cost: to_micro_dollars(cost_usd),
            })
        }
        Line::Error { kind, message, resets_at } => {
            Report::Error(AgentError { kind: error_kind(&kind, resets_at.as_deref(), &message, clock), message })
        }
    })
}

/// The kind that the program names; where it names none that we know, what its words suggest.
fn error_kind(kind: &str, resets_at: Option<&str>, message: &str, clock: Clock<'_>) -> ErrorKind {
    match kind {
        "overloaded" => ErrorKind::Overloaded,
        "rate_limit" => ErrorKind::RateLimit,
        "usage_limit" => {
            let told = resets_at.and_then(|text| text.parse::<jiff::Timestamp>().ok());
            let told = told.map(|moment| Timestamp(moment.as_microsecond()));
            ErrorKind::UsageLimit { resets_at: told.or_else(|| resets::moment(message, clock)) }
        }
        "auth" => ErrorKind::NotLoggedIn,
        "other" => ErrorKind::Other,
        _ => by_text(message, clock),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::{ReviewDecision, ReviewIssue, ReviewVerdict};

    const CLOCK: Clock<'static> = Clock { now: Timestamp(0), zone: "UTC" };

    fn parsed(line: &str) -> Report {
        parse(line.as_bytes(), CLOCK)
    }

    #[test]
    fn every_report_of_the_contract_is_understood() {
        assert_eq!(parsed(r#"{"ve":"text","text":"hi"}"#), Report::Text("hi".into()));
        assert_eq!(
            parsed(r#"{"ve":"tool","name":"Bash","input":{"command":"ls"}}"#),
            Report::ToolCall { id: String::new(), name: "Bash".into(), input: r#"{"command":"ls"}"#.into() }
        );
        assert_eq!(
            parsed(r#"{"ve":"progress","percent":40,"text":"half"}"#),
            Report::Progress { percent: 40, text: "half".into() }
        );
        assert_eq!(
            parsed(
                r#"{"ve":"usage","input_tokens":1,"output_tokens":2,"cache_read_tokens":3,"cache_write_tokens":4,"cost_usd":0.01}"#
            ),
            Report::Usage(Usage { input: 1, output: 2, cache_read: 3, cache_write: 4, cost: 10_000 })
        );
        let review = r#"{"ve":"review","decision":"FEEDBACK","summary":"s","issues":[{"location":"a.rs:3","concern":"c","suggestion":"x"}]}"#;
        assert_eq!(
            parsed(review),
            Report::Review(ReviewDecision {
                verdict: ReviewVerdict::Feedback,
                summary: "s".into(),
                issues: vec![ReviewIssue {
                    location: "a.rs:3".into(),
                    concern: "c".into(),
                    suggestion: Some("x".into())
                }],
                reason: None,
            })
        );
    }

    #[test]
    fn questions_keep_header_choices_and_a_stable_key() {
        let line = r#"{"ve":"question","header":"Auth","question":"JWT or session?","options":[{"label":"JWT","description":"stateless"},{"label":"session"}],"multi":false}"#;
        let choice = |label: &str, description: &str| Choice { label: label.into(), description: description.into() };
        assert_eq!(
            parsed(line),
            Report::Question(QuestionSet::new(
                "text-c4d5680c27b273b8",
                vec![Question {
                    header: "Auth".into(),
                    text: "JWT or session?".into(),
                    options: vec![choice("JWT", "stateless"), choice("session", "")],
                    many: false,
                }],
            ))
        );
    }

    #[test]
    fn errors_have_a_kind_and_a_moment() {
        let limit = r#"{"ve":"error","kind":"usage_limit","message":"later","resets_at":"2026-11-20T18:00:00Z"}"#;
        let resets_at = Some(Timestamp::from_seconds(1_795_197_600));
        assert_eq!(
            parsed(limit),
            Report::Error(AgentError { kind: ErrorKind::UsageLimit { resets_at }, message: "later".into() })
        );
        for (word, kind) in [
            ("overloaded", ErrorKind::Overloaded),
            ("rate_limit", ErrorKind::RateLimit),
            ("usage_limit", ErrorKind::UsageLimit { resets_at: None }),
            ("auth", ErrorKind::NotLoggedIn),
            ("other", ErrorKind::Other),
            ("from the future", ErrorKind::Other),
            ("", ErrorKind::Other),
        ] {
            assert_eq!(error_kind(word, None, "busy", CLOCK), kind, "{word}");
        }
    }

    #[test]
    fn the_words_count_where_no_kind_is_named() {
        let hour = Some(Timestamp::from_seconds(3600));
        for kind in ["usage_limit", ""] {
            let kind = error_kind(kind, None, "You've hit your session limit · resets 1am", CLOCK);
            assert_eq!(kind, ErrorKind::UsageLimit { resets_at: hour });
        }
        assert_eq!(error_kind("other", None, "Not logged in", CLOCK), ErrorKind::Other, "it said so");
    }

    #[test]
    fn whatever_else_is_text() {
        for line in
            ["plain", "", "{\"ve\":\"unheard\"}", "{\"ve\":\"session\"}", "{\"ve\":", "[1]", "{\"type\":\"text\"}"]
        {
            assert_eq!(parsed(line), Report::Text(line.into()));
        }
    }
}
