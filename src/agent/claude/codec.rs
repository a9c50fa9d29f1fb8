//! Reads a session of Claude Code.

use super::control::{self, INTERRUPT, Request};
use super::errors::{Rejected, Trouble, classify};
use super::events::{self, Assistant, Block, ControlResponse, Event, RateLimit, System, TurnResult, User};
use super::open::{Asked, Open, Permit, Wants};
use super::questions;
use super::tools::{self, Served};
use super::usage::{Meter, Origin};
use crate::agent::json::to_micro_dollars;
use crate::agent::resets::Clock;
use crate::agent::spec::{Permissions, Session, SessionSpec, Tools};
use crate::agent::tools::SERVER;
use crate::agent::trouble::by_text;
use crate::agent::{Activity, Codec, Command, Decoded, Input, Turn};
use crate::domain::ids::SessionId;
use crate::domain::report::{AgentError, ErrorKind, Outcome, ProcessExit, Report};
use crate::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The state of one session, made from its lines alone.
#[derive(Debug)]
pub struct ClaudeCodec {
    prompt: String,
    tools: Tools,
    permissions: Permissions,
    zone: String,
    /// The latest moment a line has told; the start of the attempt before.
    now: Timestamp,
    session: Option<SessionId>,
    meter: Meter,
    calls: BTreeSet<String>,
    open: Open,
    background: usize,
    turn: Turn,
    turns: u64,
    interrupted: bool,
    rejected: Option<Rejected>,
    error: Option<AgentError>,
    end: Option<End>,
}

/// How the last turn ended.
#[derive(Clone, Debug)]
enum End {
    /// It said so, while so many background tasks were running.
    Done {
        tasks: usize,
    },
    Aborted,
    Failed(AgentError),
}

impl ClaudeCodec {
    /// The codec of a session as specified.
    pub fn new(spec: &SessionSpec) -> Self {
        let meter = match spec.session {
            Session::New(_) => Meter::fresh(),
            Session::Resume(_) => Meter::resumed(),
        };
        Self {
            prompt: spec.prompt.clone(),
            tools: spec.tools,
            permissions: spec.permissions,
            zone: spec.place.timezone.clone(),
            now: spec.started,
            meter,
            ..Self::reader()
        }
    }

    /// A codec that only reads the log of a session it knows nothing about.
    pub fn reader() -> Self {
        Self {
            prompt: String::new(),
            tools: Tools::Review,
            permissions: Permissions::AskOperator,
            zone: "UTC".into(),
            now: Timestamp::default(),
            session: None,
            meter: Meter::resumed(),
            calls: BTreeSet::new(),
            open: Open::default(),
            background: 0,
            turn: Turn::Running,
            turns: 0,
            interrupted: false,
            rejected: None,
            error: None,
            end: None,
        }
    }

    fn clock(&self) -> Clock<'_> {
        Clock { now: self.now, zone: &self.zone }
    }

    fn system(&mut self, system: System, out: &mut Decoded) {
        match system {
            System::Init { session_id, model, claude_code_version } => {
                self.turn = Turn::Running;
                self.open.begin_turn();
                self.interrupted = false;
                self.error = None;
                self.rejected = None;
                if let Ok(id) = SessionId::parse(session_id)
                    && self.session.as_ref() != Some(&id)
                {
                    self.session = Some(id.clone());
                    out.reports.push(Report::Session { id, model, version: claude_code_version });
                }
            }
            System::ApiRetry { attempt, error_status } => {
                out.reports.push(Report::Retrying { attempt, status: error_status });
            }
            System::BackgroundTasksChanged { tasks } => {
                self.background = tasks.len();
                out.reports.push(Report::Background(tasks.len()));
            }
            System::Unknown => {}
        }
    }

    fn assistant(&mut self, event: Assistant, out: &mut Decoded) {
        if let Some(told) = event.timestamp.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
            self.now = self.now.max(Timestamp(told.as_microsecond()));
        }
        let origin = if event.parent_tool_use_id.is_some() { Origin::Subagent } else { Origin::Main };
        if let Some(usage) = self.meter.message(&event.message.id, origin, event.message.usage) {
            out.reports.push(Report::Usage(usage));
        }
        if event.error.is_some() {
            return self.provider_error(&event, out);
        }
        for block in event.message.content {
            match block {
                Block::Text { text } => out.reports.push(Report::Text(text)),
                Block::ToolUse { id, name, input } => {
                    self.calls.insert(id.clone());
                    out.reports.push(Report::ToolCall { id, name, input: input.to_string() });
                }
                Block::ToolResult { .. } | Block::Unknown => {}
            }
        }
    }

    /// A message that the program wrote in place of the model's, because the provider failed.
    fn provider_error(&mut self, event: &Assistant, out: &mut Decoded) {
        let texts = event.message.content.iter().filter_map(|block| match block {
            Block::Text { text } => Some(text.as_str()),
            _ => None,
        });
        let message = texts.collect::<Vec<_>>().join("\n");
        let trouble = Trouble {
            error: event.error.as_deref(),
            api_error: event.api_error.as_deref(),
            status: event.api_error_status,
            stop_reason: event.refused_message_id.as_ref().map(|_| "refusal"),
            rejected: self.rejected,
            text: &message,
            ..Trouble::default()
        };
        let error = AgentError { kind: classify(&trouble, self.clock()), message };
        // A subagent's trouble is not the end of the session's turn.
        if event.parent_tool_use_id.is_none() {
            self.error = Some(error.clone());
        }
        out.reports.push(Report::Error(error));
    }

    fn user(&mut self, event: User, out: &mut Decoded) {
        for block in event.message.content {
            let Block::ToolResult { tool_use_id: id, content, is_error: failed } = block else { continue };
            self.calls.remove(&id);
            self.open.close(&id, failed);
            out.reports.push(Report::ToolResult { id, failed, text: events::flatten(&content) });
        }
    }

    fn result(&mut self, result: &TurnResult, out: &mut Decoded) {
        out.reports.extend(self.meter.result(result).map(Report::Usage));
        // Zero is said by turns that never reached the provider, whatever the session has cost before.
        let cost = result.total_cost_usd.map(to_micro_dollars).filter(|cost| *cost > 0);
        out.reports.extend(cost.map(Report::SessionCost));
        let end = self.judge(result);
        match &end {
            End::Done { .. } => {}
            End::Aborted => self.calls.clear(),
            End::Failed(error) => {
                self.calls.clear();
                if self.error.is_none() {
                    out.reports.push(Report::Error(error.clone()));
                }
            }
        }
        self.open.end_turn();
        self.end = Some(end);
        self.turn = Turn::Ended;
        self.turns += 1;
        out.reports.push(Report::TurnEnded);
    }

    fn judge(&self, result: &TurnResult) -> End {
        if result.subtype == "success" && !result.is_error {
            return End::Done { tasks: self.background };
        }
        let aborted = matches!(result.terminal_reason.as_deref(), Some("aborted_tools" | "aborted_streaming"));
        if aborted || (self.interrupted && result.subtype == "error_during_execution") {
            return End::Aborted;
        }
        let message = result.result.clone().unwrap_or_else(|| result.errors.join("\n"));
        let trouble = Trouble {
            api_error: result.api_error.as_deref(),
            status: result.api_error_status,
            terminal_reason: result.terminal_reason.as_deref(),
            stop_reason: result.stop_reason.as_deref(),
            rejected: self.rejected,
            text: &message,
            ..Trouble::default()
        };
        let kind = match (classify(&trouble, self.clock()), &self.error) {
            (ErrorKind::Other, Some(error)) => error.kind,
            (kind, _) => kind,
        };
        End::Failed(AgentError { kind, message })
    }

    fn request(&mut self, id: String, request: &Value, out: &mut Decoded) {
        match Request::deserialize(request).unwrap_or(Request::Unknown) {
            Request::CanUseTool { tool_name, input, tool_use_id } if tool_name == questions::TOOL => {
                let Some(set) = questions::read(&tool_use_id, &input) else {
                    let key = format!("answer:{id}");
                    out.inputs.push(control::deny(key, &id, "the questions could not be read; ask in another form"));
                    return;
                };
                out.reports.push(Report::Question(set.clone()));
                self.open.ask(id, Asked { set, call: Some(tool_use_id), wants: Wants::Input(input) });
            }
            Request::CanUseTool { tool_name, input, tool_use_id } => {
                let ours = tool_name.starts_with(tools::PREFIX);
                if !ours {
                    let input = input.to_string();
                    out.reports.push(Report::Permission { request: id.clone(), tool: tool_name, input });
                }
                if ours || self.permissions == Permissions::AllowAll {
                    out.inputs.push(control::allow(format!("permit:{id}"), &id, &input));
                } else {
                    self.open.permit(id, Permit { call: tool_use_id, input });
                }
            }
            Request::McpMessage { server_name, message } if server_name == SERVER => {
                match tools::serve(&message, self.tools) {
                    Served::Reply { response, report } => {
                        out.reports.extend(report);
                        out.inputs.push(control::mcp(format!("mcp:{id}"), &id, &response));
                    }
                    Served::Ask { id: call_id, set, call } => {
                        out.reports.push(Report::Question(set.clone()));
                        self.open.ask(id, Asked { set, call, wants: Wants::Reply(call_id) });
                    }
                }
            }
            Request::McpMessage { .. } | Request::Unknown => out.inputs.push(control::unsupported(&id)),
        }
    }

    fn response(&mut self, response: ControlResponse, out: &mut Decoded) {
        if response.subtype == "error" {
            let message = response.error.unwrap_or_else(|| "a control request was refused".into());
            out.reports.push(Report::Error(AgentError { kind: ErrorKind::Other, message }));
        } else if response.request_id.starts_with(INTERRUPT) {
            self.interrupted = true;
        }
    }
}

impl Codec for ClaudeCodec {
    fn start(&self) -> Vec<Input> {
        vec![control::initialize(), control::user("prompt", &self.prompt)]
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let mut out = Decoded::default();
        match events::parse(line) {
            Some(Event::System(system)) => self.system(system, &mut out),
            Some(Event::Assistant(event)) => self.assistant(event, &mut out),
            Some(Event::User(event)) => self.user(event, &mut out),
            Some(Event::Result(result)) => self.result(&result, &mut out),
            Some(Event::Allowance { rate_limit_info: RateLimit { status, resets_at } }) => {
                if status == "rejected" {
                    self.rejected = Some(Rejected { resets_at: resets_at.map(Timestamp::from_seconds) });
                }
            }
            Some(Event::ControlRequest { request_id, request }) => self.request(request_id, &request, &mut out),
            Some(Event::ControlResponse { response }) => self.response(response, &mut out),
            Some(Event::ControlCancelRequest { request_id }) => self.open.cancel(&request_id),
            Some(Event::Unknown) | None => {}
        }
        out
    }

    fn command(&self, command: &Command) -> Vec<Input> {
        let input = match command {
            Command::Answer { question, answers } => self.open.answer(question, answers),
            Command::Permit { request, decision } => self.open.decide(request, decision),
            Command::Say { key, text } => Some(control::user(key, text)),
            Command::Interrupt => (self.turn == Turn::Running).then(|| control::interrupt(self.turns)),
        };
        input.into_iter().collect()
    }

    fn activity(&self) -> Activity {
        Activity {
            open_calls: self.calls.len(),
            open_questions: self.open.questions(),
            open_permissions: self.open.permissions(),
            background: self.background,
            turn: self.turn,
        }
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        if self.open.is_unanswered() {
            return Outcome::Suspended;
        }
        let crashed = || Outcome::Crashed { exit, stderr: stderr_tail.to_owned() };
        match (self.turn, &self.end) {
            // A task that ends after the turn is looked at in another turn, unless the session leaves in peace without.
            (Turn::Ended, Some(End::Done { tasks })) if self.background == 0 => {
                return if *tasks == 0 || exit == ProcessExit::Code(0) { Outcome::Finished } else { crashed() };
            }
            (Turn::Ended, Some(End::Aborted)) => return Outcome::Interrupted,
            (Turn::Ended, Some(End::Failed(error))) => return Outcome::Failed(error.clone()),
            (Turn::Ended, _) => return crashed(),
            (Turn::Running, _) => {}
        }
        if self.interrupted {
            return Outcome::Interrupted;
        }
        if let Some(error) = &self.error {
            return Outcome::Failed(error.clone());
        }
        // It refused to start: the reason is nowhere but there.
        let refused = matches!(exit, ProcessExit::Code(code) if code != 0) && self.session.is_none();
        let message = stderr_tail.trim();
        if refused && !message.is_empty() {
            let kind = by_text(message, self.clock());
            return Outcome::Failed(AgentError { kind, message: message.to_owned() });
        }
        crashed()
    }
}
