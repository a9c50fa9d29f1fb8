//! Reads one turn of Codex.

use crate::agent::one_turn::OneTurn;
use crate::agent::spec::SessionSpec;
use crate::agent::{Activity, Codec, Decoded, Input, trouble};
use crate::domain::report::{Outcome, ProcessExit, Report, Usage};
use serde::Deserialize;
use serde_json::Value;

/// The state of one turn, made from its lines alone.
#[derive(Debug)]
pub struct CodexCodec {
    turn: OneTurn,
    /// What the conversation had used when its attempt began, and since then: Codex counts all of it.
    counted: Usage,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    #[serde(rename = "thread.started")]
    Thread { thread_id: String },
    #[serde(rename = "turn.started")]
    TurnStarted,
    #[serde(rename = "item.started")]
    Started { item: Item },
    #[serde(rename = "item.completed")]
    Completed { item: Item },
    #[serde(rename = "error")]
    Error { message: String },
    #[serde(rename = "turn.completed")]
    TurnCompleted {
        #[serde(default)]
        usage: Tokens,
    },
    #[serde(rename = "turn.failed")]
    TurnFailed { error: Message },
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum What {
    AgentMessage {
        text: String,
    },
    CommandExecution {
        command: String,
        #[serde(default)]
        aggregated_output: String,
        exit_code: Option<i64>,
    },
    McpToolCall {
        server: String,
        tool: String,
        #[serde(default)]
        arguments: Value,
        result: Option<Value>,
        error: Option<Message>,
    },
    FileChange {
        #[serde(default)]
        changes: Value,
        #[serde(default)]
        status: String,
    },
    WebSearch {
        #[serde(default)]
        query: String,
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
struct Tokens {
    input_tokens: u64,
    cached_input_tokens: u64,
    cache_write_input_tokens: u64,
    output_tokens: u64,
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        Usage {
            input: tokens.input_tokens.saturating_sub(tokens.cached_input_tokens),
            output: tokens.output_tokens,
            cache_read: tokens.cached_input_tokens,
            cache_write: tokens.cache_write_input_tokens,
            cost: 0,
        }
    }
}

impl CodexCodec {
    /// The codec of a session as specified.
    pub fn new(spec: &SessionSpec) -> Self {
        Self { turn: OneTurn::new(spec), counted: spec.used }
    }

    /// A codec that only reads the log of a session it knows nothing about.
    pub fn reader() -> Self {
        Self { turn: OneTurn::reader(), counted: Usage::default() }
    }

    /// A tool that is at work. What has no start, such as a change of files, begins when it ends.
    fn begin(&mut self, item: &Item, out: &mut Decoded) {
        let (name, input) = match &item.what {
            What::CommandExecution { command, .. } => ("shell".to_owned(), serde_json::json!({ "command": command })),
            What::McpToolCall { server, tool, arguments, .. } => (format!("{server}.{tool}"), arguments.clone()),
            What::FileChange { changes, .. } => ("apply_patch".to_owned(), changes.clone()),
            What::WebSearch { query } => ("web_search".to_owned(), serde_json::json!({ "query": query })),
            What::AgentMessage { .. } | What::Unknown => return,
        };
        if !self.turn.is_called(&item.id) {
            self.turn.calls(item.id.clone(), name, input.to_string(), out);
        }
    }

    fn complete(&mut self, item: Item, out: &mut Decoded) {
        self.begin(&item, out);
        let (failed, text) = match item.what {
            What::AgentMessage { text } => return out.reports.push(Report::Text(text)),
            What::Unknown => return,
            What::CommandExecution { aggregated_output, exit_code, .. } => (exit_code != Some(0), aggregated_output),
            What::McpToolCall { result, error, .. } => match error {
                Some(Message { message }) => (true, message),
                None => (false, result.map(|result| words(&result["content"])).unwrap_or_default()),
            },
            What::FileChange { status, .. } => (status == "failed", status),
            What::WebSearch { query } => (false, query),
        };
        self.turn.called(item.id, failed, text, out);
    }
}

fn words(content: &Value) -> String {
    let parts = content.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
    parts.collect::<Vec<_>>().join("\n")
}

/// Which repetition `Reconnecting... 1/5 (…)` tells of, and the status in it.
fn repetition(message: &str) -> Option<Report> {
    let attempt = message.strip_prefix("Reconnecting... ")?.split('/').next()?.parse().ok()?;
    Some(Report::Retrying { attempt, status: trouble::status(message) })
}

impl Codec for CodexCodec {
    fn start(&self) -> Vec<Input> {
        self.turn.start()
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let mut out = Decoded::default();
        match serde_json::from_slice(line) {
            Ok(Event::Thread { thread_id }) => self.turn.named(thread_id, None, None, &mut out),
            Ok(Event::TurnStarted) => self.turn.begin(),
            Ok(Event::Started { item }) => self.begin(&item, &mut out),
            Ok(Event::Completed { item }) => self.complete(item, &mut out),
            // What is final comes again as the turn's failure.
            Ok(Event::Error { message }) => out.reports.extend(repetition(&message)),
            Ok(Event::TurnCompleted { usage }) => {
                let total = Usage::from(usage);
                out.reports.push(Report::Usage(total.minus(self.counted)));
                self.counted = total;
                self.turn.finish(Ok(()), &mut out);
            }
            Ok(Event::TurnFailed { error }) => {
                let error = self.turn.error(error.message);
                self.turn.finish(Err(error), &mut out);
            }
            Ok(Event::Unknown) | Err(_) => {}
        }
        out
    }

    fn activity(&self) -> Activity {
        self.turn.activity()
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        self.turn.on_exit(exit, stderr_tail)
    }
}
