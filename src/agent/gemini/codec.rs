//! Reads one turn of Gemini CLI.

use crate::agent::resets::Clock;
use crate::agent::spec::SessionSpec;
use crate::agent::{Activity, Codec, Decoded, Input, Turn, refused, trouble};
use crate::domain::ids::SessionId;
use crate::domain::report::{AgentError, ErrorKind, Outcome, ProcessExit, Report, Usage};
use crate::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The state of one turn, made from its lines alone.
#[derive(Debug)]
pub struct GeminiCodec {
    prompt: String,
    zone: String,
    now: Timestamp,
    session: Option<SessionId>,
    /// Text that comes in pieces and is not yet reported.
    text: String,
    calls: BTreeSet<String>,
    end: Option<Result<(), AgentError>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Init {
        session_id: String,
        model: Option<String>,
    },
    Message {
        role: String,
        #[serde(default)]
        content: String,
    },
    ToolUse {
        tool_name: String,
        tool_id: String,
        #[serde(default)]
        parameters: Value,
    },
    ToolResult {
        tool_id: String,
        status: String,
        #[serde(default)]
        output: Value,
    },
    Error {
        message: String,
    },
    Result {
        status: String,
        error: Option<Message>,
        #[serde(default)]
        stats: Stats,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stats {
    input_tokens: u64,
    output_tokens: u64,
    cached: u64,
}

impl GeminiCodec {
    /// The codec of a session as specified.
    pub fn new(spec: &SessionSpec) -> Self {
        Self { prompt: spec.prompt.clone(), zone: spec.place.timezone.clone(), now: spec.started, ..Self::reader() }
    }

    /// A codec that only reads the log of a session it knows nothing about.
    pub fn reader() -> Self {
        Self {
            prompt: String::new(),
            zone: "UTC".into(),
            now: Timestamp::default(),
            session: None,
            text: String::new(),
            calls: BTreeSet::new(),
            end: None,
        }
    }

    fn error(&self, message: String) -> AgentError {
        let kind = trouble::by_text(&message, Clock { now: self.now, zone: &self.zone });
        AgentError { kind, message }
    }

    fn flush(&mut self, out: &mut Decoded) {
        if !self.text.is_empty() {
            out.reports.push(Report::Text(std::mem::take(&mut self.text)));
        }
    }

    fn event(&mut self, event: Event, out: &mut Decoded) {
        match event {
            Event::Init { session_id, model } => {
                if let Ok(id) = SessionId::parse(session_id) {
                    self.session = Some(id.clone());
                    out.reports.push(Report::Session { id, model, version: None });
                }
            }
            Event::ToolUse { tool_name: name, tool_id: id, parameters } => {
                self.calls.insert(id.clone());
                out.reports.push(Report::ToolCall { id, name, input: parameters.to_string() });
            }
            Event::ToolResult { tool_id: id, status, output } => {
                self.calls.remove(&id);
                let text = output.as_str().map_or_else(|| output.to_string(), str::to_owned);
                out.reports.push(Report::ToolResult { id, failed: status != "success", text });
            }
            Event::Error { message } => out.reports.push(Report::Error(self.error(message))),
            Event::Result { status, error, stats } => {
                out.reports.push(Report::Usage(Usage {
                    input: stats.input_tokens.saturating_sub(stats.cached),
                    output: stats.output_tokens,
                    cache_read: stats.cached,
                    ..Usage::default()
                }));
                let end = if status == "success" {
                    Ok(())
                } else {
                    Err(self.error(error.map(|error| error.message).unwrap_or(status)))
                };
                if let Err(error) = &end {
                    out.reports.push(Report::Error(error.clone()));
                }
                self.calls.clear();
                self.end = Some(end);
                out.reports.push(Report::TurnEnded);
            }
            Event::Message { .. } | Event::Unknown => {}
        }
    }
}

/// The provider's status that it exits with after an API error: of 429 the last eight bits are 173.
fn by_exit(exit: ProcessExit) -> Option<ErrorKind> {
    let ProcessExit::Code(code) = exit else { return None };
    let ended_with = |status: i32| code == status % 256;
    match code {
        41 => Some(ErrorKind::NotLoggedIn),
        42 => Some(ErrorKind::SessionLost),
        53 => Some(ErrorKind::TurnLimit),
        _ if ended_with(401) || ended_with(403) => Some(ErrorKind::NotLoggedIn),
        _ if ended_with(429) => Some(ErrorKind::RateLimit),
        _ if [500, 502, 503, 504, 529].into_iter().any(ended_with) => Some(ErrorKind::Overloaded),
        _ => None,
    }
}

impl Codec for GeminiCodec {
    fn start(&self) -> Vec<Input> {
        vec![Input { key: "prompt".into(), text: self.prompt.clone() }]
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let mut out = Decoded::default();
        match serde_json::from_slice(line) {
            Ok(Event::Message { role, content }) => {
                if role == "assistant" {
                    self.text.push_str(&content);
                }
            }
            Ok(event) => {
                self.flush(&mut out);
                self.event(event, &mut out);
            }
            Err(_) => {}
        }
        out
    }

    fn activity(&self) -> Activity {
        let turn = if self.end.is_some() { Turn::Ended } else { Turn::Running };
        Activity { open_calls: self.calls.len(), turn, ..Activity::default() }
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        let known = |error: AgentError| match error.kind {
            ErrorKind::Other => AgentError { kind: by_exit(exit).unwrap_or(ErrorKind::Other), ..error },
            _ => error,
        };
        match &self.end {
            Some(Ok(())) => Outcome::Finished,
            Some(Err(error)) => Outcome::Failed(known(error.clone())),
            None => refused(exit, self.session.is_some(), stderr_tail, |text| known(self.error(text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_exit_code_holds_the_providers_status() {
        let kind = |code| by_exit(ProcessExit::Code(code));
        assert_eq!(
            [173, 17, 145].map(kind),
            [ErrorKind::RateLimit, ErrorKind::Overloaded, ErrorKind::NotLoggedIn].map(Some)
        );
        assert_eq!([42, 41].map(kind), [ErrorKind::SessionLost, ErrorKind::NotLoggedIn].map(Some));
        assert_eq!((kind(0), kind(1), by_exit(ProcessExit::Signal(17))), (None, None, None));
    }
}
