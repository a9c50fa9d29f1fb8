//! Reads one turn of Codex.

use crate::agent::resets::Clock;
use crate::agent::spec::{Session, SessionSpec};
use crate::agent::{Activity, Codec, Decoded, Input, Turn, refused, trouble};
use crate::domain::ids::SessionId;
use crate::domain::report::{AgentError, Outcome, ProcessExit, Report, Usage};
use crate::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The state of one turn, made from its lines alone.
#[derive(Debug)]
pub struct CodexCodec {
    prompt: String,
    zone: String,
    now: Timestamp,
    /// Whether the tokens it counts are those of this process: it counts the whole conversation.
    fresh: bool,
    session: Option<SessionId>,
    calls: BTreeSet<String>,
    end: Option<Result<(), AgentError>>,
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

impl CodexCodec {
    /// The codec of a session as specified.
    pub fn new(spec: &SessionSpec) -> Self {
        Self {
            prompt: spec.prompt.clone(),
            zone: spec.place.timezone.clone(),
            now: spec.started,
            fresh: matches!(spec.session, Session::New(_)),
            ..Self::reader()
        }
    }

    /// A codec that only reads the log of a session it knows nothing about.
    pub fn reader() -> Self {
        Self {
            prompt: String::new(),
            zone: "UTC".into(),
            now: Timestamp::default(),
            fresh: true,
            session: None,
            calls: BTreeSet::new(),
            end: None,
        }
    }

    fn error(&self, message: String) -> AgentError {
        let kind = trouble::by_text(&message, Clock { now: self.now, zone: &self.zone });
        AgentError { kind, message }
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
        if self.calls.insert(item.id.clone()) {
            out.reports.push(Report::ToolCall { id: item.id.clone(), name, input: input.to_string() });
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
        self.calls.remove(&item.id);
        out.reports.push(Report::ToolResult { id: item.id, failed, text });
    }

    fn finish(&mut self, end: Result<(), AgentError>, out: &mut Decoded) {
        if let Err(error) = &end {
            out.reports.push(Report::Error(error.clone()));
        }
        self.calls.clear();
        self.end = Some(end);
        out.reports.push(Report::TurnEnded);
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
        vec![Input { key: "prompt".into(), text: self.prompt.clone() }]
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let mut out = Decoded::default();
        match serde_json::from_slice(line) {
            Ok(Event::Thread { thread_id }) => {
                if let Ok(id) = SessionId::parse(thread_id) {
                    self.session = Some(id.clone());
                    out.reports.push(Report::Session { id, model: None, version: None });
                }
            }
            Ok(Event::TurnStarted) => self.end = None,
            Ok(Event::Started { item }) => self.begin(&item, &mut out),
            Ok(Event::Completed { item }) => self.complete(item, &mut out),
            // What is final comes again as the turn's failure.
            Ok(Event::Error { message }) => out.reports.extend(repetition(&message)),
            Ok(Event::TurnCompleted { usage }) => {
                if self.fresh {
                    out.reports.push(Report::Usage(Usage {
                        input: usage.input_tokens.saturating_sub(usage.cached_input_tokens),
                        output: usage.output_tokens,
                        cache_read: usage.cached_input_tokens,
                        cache_write: usage.cache_write_input_tokens,
                        cost: 0,
                    }));
                }
                self.finish(Ok(()), &mut out);
            }
            Ok(Event::TurnFailed { error }) => {
                let error = self.error(error.message);
                self.finish(Err(error), &mut out);
            }
            Ok(Event::Unknown) | Err(_) => {}
        }
        out
    }

    fn activity(&self) -> Activity {
        let turn = if self.end.is_some() { Turn::Ended } else { Turn::Running };
        Activity { open_calls: self.calls.len(), turn, ..Activity::default() }
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        match &self.end {
            Some(Ok(())) => Outcome::Finished,
            Some(Err(error)) => Outcome::Failed(error.clone()),
            None => refused(exit, self.session.is_some(), stderr_tail, |text| self.error(text)),
        }
    }
}
