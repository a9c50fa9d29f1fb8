//! Reads one turn of Gemini CLI.

use crate::agent::one_turn::OneTurn;
use crate::agent::spec::SessionSpec;
use crate::agent::{Activity, Codec, Decoded, Input};
use crate::domain::report::{AgentError, ErrorKind, Outcome, ProcessExit, Report, Usage};
use serde::Deserialize;
use serde_json::Value;

/// The state of one turn, made from its lines alone.
#[derive(Debug)]
pub struct GeminiCodec {
    turn: OneTurn,
    /// Text that comes in pieces and is not yet reported.
    text: String,
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
        Self { turn: OneTurn::new(spec), text: String::new() }
    }

    /// A codec that only reads the log of a session it knows nothing about.
    pub fn reader() -> Self {
        Self { turn: OneTurn::reader(), text: String::new() }
    }

    fn flush(&mut self, out: &mut Decoded) {
        if !self.text.is_empty() {
            out.reports.push(Report::Text(std::mem::take(&mut self.text)));
        }
    }

    fn event(&mut self, event: Event, out: &mut Decoded) {
        match event {
            Event::Init { session_id, model } => self.turn.named(session_id, model, None, out),
            Event::ToolUse { tool_name, tool_id, parameters } => {
                self.turn.calls(tool_id, tool_name, parameters.to_string(), out);
            }
            Event::ToolResult { tool_id, status, output } => {
                let text = output.as_str().map_or_else(|| output.to_string(), str::to_owned);
                self.turn.called(tool_id, status != "success", text, out);
            }
            Event::Error { message } => out.reports.push(Report::Error(self.turn.error(message))),
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
                    Err(self.turn.error(error.map(|error| error.message).unwrap_or(status)))
                };
                self.turn.finish(end, out);
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
        self.turn.start()
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
        self.turn.activity()
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        match self.turn.on_exit(exit, stderr_tail) {
            Outcome::Failed(AgentError { kind: ErrorKind::Other, message }) => {
                Outcome::Failed(AgentError { kind: by_exit(exit).unwrap_or(ErrorKind::Other), message })
            }
            outcome => outcome,
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
