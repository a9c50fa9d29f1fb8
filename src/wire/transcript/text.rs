//! A transcript as lines of text, for `ve orch tail` and for the log stream of the dashboard.

use super::{Entry, ReviewIssue, TranscriptLine};
use crate::wire::attention::QuestionItem;
use jiff::tz::TimeZone;

/// How text is laid out.
#[derive(Clone, Debug)]
pub struct Format {
    /// Columns; text is wrapped to them.
    pub width: usize,
    /// The zone of the times.
    pub zone: TimeZone,
}

/// Below the text of a line that begins with a time and a mark.
const INDENT: &str = "           ";
/// Narrower than this, wrapped text is a column of single words.
const LEAST_TEXT: usize = 20;

impl TranscriptLine {
    /// Whether it begins an attempt.
    pub fn is_header(&self) -> bool {
        matches!(self.entry, Entry::Header { .. })
    }

    /// The line as text, without line breaks in an item.
    pub fn to_text(&self, format: &Format) -> Vec<String> {
        let at = self.at.to_jiff().to_zoned(format.zone.clone()).strftime("%H:%M:%S").to_string();
        match &self.entry {
            Entry::Header { role, .. } if role == "agent" => {
                vec![format!("=== {} phase === (started {at})", self.phase)]
            }
            Entry::Header { role, .. } => vec![format!("=== {role} === (started {at})")],
            Entry::Text { text } => wrapped(&format!("{at} 💬 "), text, format),
            Entry::ToolCall { name, description: Some(description), .. } => {
                vec![format!("{at} ▶ {name}: {}", one_line(description))]
            }
            Entry::ToolCall { name, .. } => vec![format!("{at} ▶ {name}")],
            Entry::ToolResult { failed, text, .. } => {
                vec![format!("{at} {} {}", if *failed { "✗" } else { "✓" }, brief(text))]
            }
            Entry::Question { questions } => {
                questions.iter().flat_map(|question| asked(&at, question, format)).collect()
            }
            Entry::Review { decision, summary, issues } => {
                let mut lines = wrapped(&format!("{at} ⚖ {decision}: "), summary, format);
                lines.extend(issues.iter().flat_map(|issue| wrapped(INDENT, &point(issue), format)));
                lines
            }
            Entry::Progress { percent, text } => vec![format!("{at} … {percent}% {}", one_line(text))],
            Entry::Error { message } => wrapped(&format!("{at} ✗ "), message, format),
            Entry::Result { outcome, error, duration_ms, cost_usd, turns } => {
                let mut facts = vec![duration(*duration_ms)];
                facts.extend(cost_usd.map(|dollars| format!("${dollars:.2}")));
                facts.extend(turns.map(|turns| format!("{turns} turns")));
                let mut lines = vec![format!("══ {} ══ {}", banner(outcome), facts.join(" | "))];
                lines.extend(error.iter().flat_map(|error| wrapped(INDENT, error, format)));
                lines
            }
        }
    }
}

fn banner(outcome: &str) -> String {
    match outcome {
        "finished" => "SUCCESS".to_owned(),
        "failed" | "crashed" => "ERROR".to_owned(),
        other => other.to_uppercase(),
    }
}

fn asked(at: &str, item: &QuestionItem, format: &Format) -> Vec<String> {
    let header = if item.header.is_empty() { String::new() } else { format!("{}: ", item.header) };
    let mut lines = wrapped(&format!("{at} ❓ "), &format!("{header}{}", item.question), format);
    for (number, option) in (1..).zip(&item.options) {
        lines.push(format!("{INDENT}{number}) {}", one_line(&option.label)));
    }
    lines
}

/// `45s`, `6m 5s`, `2h 5m`.
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (hours, minutes, _) => format!("{hours}h {minutes}m"),
    }
}

/// The output of a tool in a few words.
fn brief(text: &str) -> String {
    let text = text.trim();
    let lines = text.lines().count();
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    if let Some(summary) = text.lines().rev().find_map(test_summary) {
        return summary;
    }
    if lines > 1 {
        return format!("({lines} lines)");
    }
    cut(text, 50)
}

/// `n passed, m skipped` of a test runner's last words.
fn test_summary(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let count = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
    };
    let passed = count("passed")?;
    let others = ["failed", "skipped", "ignored"];
    let others = others.iter().filter_map(|name| count(name).filter(|n| *n > 0).map(|n| format!("{n} {name}")));
    Some(std::iter::once(format!("{passed} passed")).chain(others).collect::<Vec<_>>().join(", "))
}

/// At most `width` characters of one line; a longer one ends with dots.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(3)).collect();
    short.push_str("...");
    short
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` behind `first`, broken between words, its further lines indented.
fn wrapped(first: &str, text: &str, format: &Format) -> Vec<String> {
    let room = format.width.saturating_sub(INDENT.chars().count()).max(LEAST_TEXT);
    let mut lines: Vec<String> = text.trim().lines().flat_map(|line| wrap(line, room)).collect();
    if lines.is_empty() {
        lines.push(String::new());
    }
    let head = std::iter::once(first).chain(std::iter::repeat(INDENT));
    lines.iter().zip(head).map(|(line, head)| format!("{head}{line}").trim_end().to_owned()).collect()
}

/// One point of a review: where, what is wrong, and what would be right.
fn point(issue: &ReviewIssue) -> String {
    let place = if issue.location.is_empty() { String::new() } else { format!("{}: ", issue.location) };
    let better = issue.suggestion.as_ref().map_or_else(String::new, |better| format!(" → {better}"));
    format!("- {place}{}{better}", issue.concern)
}

/// `line` in pieces of at most `room` characters, broken between words where there are any.
pub fn wrap(line: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split_whitespace() {
        let length = word.chars().count();
        let space = usize::from(used > 0);
        match lines.last_mut() {
            Some(last) if used + space + length <= room || used == 0 => {
                last.push_str(if space == 1 { " " } else { "" });
                last.push_str(word);
                used += space + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;
    use crate::wire::attention::OptionItem;
    use crate::wire::names::PhaseName;
    use crate::wire::times::Moment;

    fn text(entry: Entry) -> String {
        let line = TranscriptLine {
            at: Moment(Timestamp::from_seconds(3600 * 14 + 61)),
            attempt: "u".into(),
            number: 1,
            phase: PhaseName(Phase::Implement),
            entry,
        };
        line.to_text(&Format { width: 40, zone: TimeZone::UTC }).join("\n")
    }

    fn result(text: &str) -> String {
        brief(text)
    }

    #[test]
    fn a_transcript_reads_like_this() {
        let option = |label: &str| OptionItem { label: label.into(), description: String::new() };
        let question = QuestionItem {
            header: "Auth".into(),
            question: "JWT or session?".into(),
            options: vec![option("JWT"), option("session")],
            multi_select: false,
            answer: None,
        };
        let call = |name: &str, description: Option<&str>| Entry::ToolCall {
            id: String::new(),
            name: name.into(),
            description: description.map(str::to_owned),
            input: "{}".into(),
        };
        let ended = |outcome: &str, error: Option<&str>| Entry::Result {
            outcome: outcome.into(),
            error: error.map(str::to_owned),
            duration_ms: 365_000,
            cost_usd: Some(1.429),
            turns: Some(40),
        };
        let transcript = [
            Entry::Header { role: "agent".into(), agent: Some("claude".into()) },
            Entry::Text { text: "I read the plan first, and then I write the code.\n\nThen tests.".into() },
            call("Bash", Some("Run tests")),
            call("Glob", None),
            Entry::ToolResult { id: String::new(), failed: false, text: String::new() },
            Entry::ToolResult { id: String::new(), failed: true, text: "Exit code 1".into() },
            Entry::Question { questions: vec![question] },
            Entry::Review {
                decision: "FEEDBACK".into(),
                summary: "Two points.".into(),
                issues: vec![
                    ReviewIssue {
                        location: "src/a.rs:7".into(),
                        concern: "Nobody knows why.".into(),
                        suggestion: Some("Say why.".into()),
                    },
                    ReviewIssue { location: String::new(), concern: "No test.".into(), suggestion: None },
                ],
            },
            Entry::Progress { percent: 40, text: "half way".into() },
            Entry::Error { message: "overloaded".into() },
            ended("finished", None),
            ended("failed", Some("the model refused")),
            Entry::Header { role: "worker gate".into(), agent: None },
        ]
        .map(text)
        .join("\n");
        insta::assert_snapshot!(transcript, @r#"
        === IMPLEMENT phase === (started 14:01:01)
        14:01:01 💬 I read the plan first, and
                   then I write the code.

                   Then tests.
        14:01:01 ▶ Bash: Run tests
        14:01:01 ▶ Glob
        14:01:01 ✓ (empty)
        14:01:01 ✗ Exit code 1
        14:01:01 ❓ Auth: JWT or session?
                   1) JWT
                   2) session
        14:01:01 ⚖ FEEDBACK: Two points.
                   - src/a.rs:7: Nobody knows
                   why. → Say why.
                   - No test.
        14:01:01 … 40% half way
        14:01:01 ✗ overloaded
        ══ SUCCESS ══ 6m 5s | $1.43 | 40 turns
        ══ ERROR ══ 6m 5s | $1.43 | 40 turns
                   the model refused
        === worker gate === (started 14:01:01)
        "#);
    }

    #[test]
    fn results_are_brief() {
        for (long, short) in [
            ("", "(empty)"),
            ("Success", "Success"),
            ("a\nb", "(2 lines)"),
            ("===== 12 passed, 3 skipped in 1.2s =====", "12 passed, 3 skipped"),
            ("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured", "12 passed, 1 ignored"),
        ] {
            assert_eq!(result(long), short);
        }
        assert_eq!(result(&"x".repeat(51)), format!("{}...", "x".repeat(47)));
    }

    #[test]
    fn durations_have_two_parts_at_most() {
        assert_eq!([45_999, 365_000, 7_500_000].map(duration), ["45s", "6m 5s", "2h 5m"]);
    }

    #[test]
    fn long_words_stay_whole() {
        assert_eq!(wrap("a bbbbbbbb c", 4), ["a", "bbbbbbbb", "c"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn only_headers_are_headers() {
        let parsed: TranscriptLine = serde_json::from_str(
            r#"{"at":"1970-01-01T00:00:00Z","attempt":"u","number":1,"phase":"GOAL","kind":"header","role":"agent","agent":null}"#,
        )
        .unwrap();
        assert!(parsed.is_header());
    }
}
