//! Reads a session over the Agent Client Protocol: opens it, says the prompt, and closes nothing by itself.

use super::calls::Calls;
use super::errors::trouble;
use super::message::{self, Failure, INIT, Line, MODE, OPEN, PROMPT, SAY};
use super::open::{Open, reply};
use super::{forms, launch};
use crate::agent::json::to_micro_dollars;
use crate::agent::resets::Clock;
use crate::agent::spec::{Permissions, Session, SessionSpec};
use crate::agent::{Activity, Codec, Command, Decision, Decoded, Input, Turn, refused, tools};
use crate::domain::agent::AgentKind;
use crate::domain::ids::SessionId;
use crate::domain::report::{AgentError, ErrorKind, Outcome, ProcessExit, Report, Usage};
use crate::domain::time::Timestamp;
use serde_json::{Value, json};

/// Modes in which agents ask nobody, by the names that the known ones give them; the first that is offered is set.
const UNASKED: [&str; 4] = ["bypassPermissions", "agent-full-access", "full-access", "yolo"];

/// The state of one session, made from its lines alone.
#[derive(Debug)]
pub struct AcpCodec {
    prompt: String,
    resumes: Option<SessionId>,
    permissions: Permissions,
    cwd: String,
    servers: Value,
    zone: String,
    now: Timestamp,
    version: Option<String>,
    session: Option<SessionId>,
    /// The past is being told over again.
    replaying: bool,
    /// Text that comes in pieces and is not yet reported.
    text: String,
    calls: Calls,
    open: Open,
    turn: Turn,
    turns: u64,
    end: Option<End>,
}

/// How the last turn ended.
#[derive(Clone, Debug)]
enum End {
    Done,
    Canceled,
    Failed(AgentError),
}

impl AcpCodec {
    /// The codec of a session as specified.
    pub fn new(spec: &SessionSpec) -> Self {
        let resumes = match &spec.session {
            Session::New(_) => None,
            Session::Resume(id) => Some(id.clone()),
        };
        Self {
            prompt: spec.prompt.clone(),
            resumes,
            permissions: spec.permissions,
            cwd: spec.place.cwd.to_string_lossy().into_owned(),
            servers: match spec.config.kind {
                // Its own settings name them.
                AgentKind::Opencode => json!([]),
                _ => launch::servers(spec),
            },
            zone: spec.place.timezone.clone(),
            now: spec.started,
            ..Self::reader()
        }
    }

    /// A codec that only reads the log of a session it knows nothing about.
    pub fn reader() -> Self {
        Self {
            prompt: String::new(),
            resumes: None,
            permissions: Permissions::AskOperator,
            cwd: String::new(),
            servers: json!([]),
            zone: "UTC".into(),
            now: Timestamp::default(),
            version: None,
            session: None,
            replaying: false,
            text: String::new(),
            calls: Calls::default(),
            open: Open::default(),
            turn: Turn::Running,
            turns: 0,
            end: None,
        }
    }

    fn clock(&self) -> Clock<'_> {
        Clock { now: self.now, zone: &self.zone }
    }

    /// The answer to what we asked last: the next thing to ask, until the prompt is said.
    fn response(&mut self, id: &str, answer: Result<Value, Failure>, out: &mut Decoded) {
        match (id, answer) {
            (INIT, Ok(found)) => {
                self.version = found["agentInfo"]["version"].as_str().map(str::to_owned);
                out.inputs.push(self.open_session(&found["agentCapabilities"]));
            }
            (OPEN, Ok(opened)) => self.opened(&opened, out),
            // A mode that cannot be set is no reason to stop: what it asks for is answered.
            (MODE, _) => out.inputs.extend(self.first_words()),
            (_, Ok(ended)) if id == PROMPT || id.starts_with(SAY) => self.ended(&ended, out),
            (_, Err(failure)) => self.failed(id, &failure, out),
            (_, Ok(_)) => {}
        }
    }

    fn open_session(&mut self, can: &Value) -> Input {
        let Some(session) = &self.resumes else {
            let params = json!({"cwd": self.cwd, "mcpServers": self.servers});
            return message::request(OPEN, "session/new", &params);
        };
        let params = json!({"sessionId": session.as_str(), "cwd": self.cwd, "mcpServers": self.servers});
        if can["sessionCapabilities"]["resume"].is_object() {
            return message::request(OPEN, "session/resume", &params);
        }
        self.replaying = true;
        message::request(OPEN, "session/load", &params)
    }

    fn opened(&mut self, opened: &Value, out: &mut Decoded) {
        self.replaying = false;
        let told = opened["sessionId"].as_str().and_then(|id| SessionId::parse(id).ok());
        let Some(id) = told.or_else(|| self.resumes.clone()) else {
            let message = "the agent opened a session and did not name it".to_owned();
            return self.fail(AgentError { kind: ErrorKind::Other, message }, out);
        };
        self.session = Some(id.clone());
        let model = opened["models"]["currentModelId"].as_str().map(str::to_owned);
        out.reports.push(Report::Session { id: id.clone(), model, version: self.version.clone() });
        let modes = opened["modes"]["availableModes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let offered = |wanted: &&&str| modes.iter().any(|mode| mode["id"] == ***wanted);
        match UNASKED.iter().find(offered).filter(|_| self.permissions == Permissions::AllowAll) {
            Some(mode) => {
                let params = json!({"sessionId": id.as_str(), "modeId": mode});
                out.inputs.push(message::request(MODE, "session/set_mode", &params));
            }
            None => out.inputs.extend(self.first_words()),
        }
    }

    fn first_words(&self) -> Option<Input> {
        let session = self.session.as_ref()?;
        Some(message::prompt(PROMPT, session.as_str(), &self.prompt))
    }

    fn ended(&mut self, ended: &Value, out: &mut Decoded) {
        out.reports.extend(usage(ended).map(Report::Usage));
        let failed = |kind, message: &str| End::Failed(AgentError { kind, message: message.to_owned() });
        let end = match ended["stopReason"].as_str().unwrap_or_default() {
            "end_turn" => End::Done,
            "cancelled" => End::Canceled,
            "max_turn_requests" => failed(ErrorKind::TurnLimit, "it reached its limit of requests"),
            "max_tokens" => failed(ErrorKind::Other, "it reached the model's limit of tokens"),
            "refusal" => failed(ErrorKind::Refused, "the model refused to go on"),
            other => failed(ErrorKind::Other, &format!("it stopped for a reason we do not know: {other:?}")),
        };
        if let End::Failed(error) = &end {
            out.reports.push(Report::Error(error.clone()));
        }
        self.end_turn(end, out);
    }

    fn failed(&mut self, id: &str, failure: &Failure, out: &mut Decoded) {
        let mut error = trouble(failure, self.clock());
        // Whatever keeps it from the old conversation, a new one may do.
        if id == OPEN && self.resumes.is_some() && error.kind == ErrorKind::Other {
            error.kind = ErrorKind::SessionLost;
        }
        self.fail(error, out);
    }

    fn fail(&mut self, error: AgentError, out: &mut Decoded) {
        out.reports.push(Report::Error(error.clone()));
        self.end_turn(End::Failed(error), out);
    }

    fn end_turn(&mut self, end: End, out: &mut Decoded) {
        self.calls.clear();
        self.open.end_turn();
        self.end = Some(end);
        self.turn = Turn::Ended;
        self.turns += 1;
        out.reports.push(Report::TurnEnded);
    }

    fn update(&mut self, update: &Value, out: &mut Decoded) {
        if update["sessionUpdate"] == "agent_message_chunk" {
            self.text.push_str(update["content"]["text"].as_str().unwrap_or_default());
            return;
        }
        match update["sessionUpdate"].as_str() {
            Some("tool_call" | "tool_call_update") => {
                self.flush(out);
                if let Some(call) = self.calls.update(update, &mut out.reports) {
                    self.open.close(&call);
                }
            }
            Some("usage_update") if update["cost"]["currency"] == "USD" => {
                let cost = update["cost"]["amount"].as_f64().map(to_micro_dollars).filter(|cost| *cost > 0);
                out.reports.extend(cost.map(Report::SessionCost));
            }
            _ => {}
        }
    }

    fn flush(&mut self, out: &mut Decoded) {
        if !self.text.is_empty() {
            out.reports.push(Report::Text(std::mem::take(&mut self.text)));
        }
    }

    fn request(&mut self, id: Value, method: &str, params: Value, out: &mut Decoded) {
        match method {
            "session/request_permission" => self.permission(id, &params, out),
            "elicitation/create" => {
                let input = params["toolCallId"].as_str().and_then(|call| self.calls.input(call));
                match forms::read(&params, input) {
                    Some(set) => {
                        out.reports.push(Report::Question(set.clone()));
                        self.open.ask(id, params, set);
                    }
                    None => {
                        let key = format!("answer:{id}");
                        out.inputs.push(message::answer(key, &id, &json!({"action": "decline"})));
                    }
                }
            }
            _ => out.inputs.push(message::unsupported(&id)),
        }
    }

    fn permission(&mut self, id: Value, params: &Value, out: &mut Decoded) {
        let (tool, input) = self.calls.asks(&params["toolCall"], &mut out.reports);
        let ours = tools::is_ours(&tool);
        if !ours {
            let (request, input) = (id.to_string(), input.to_string());
            out.reports.push(Report::Permission { request, tool, input });
        }
        if ours || self.permissions == Permissions::AllowAll {
            out.inputs.push(reply(&id, &params["options"], &Decision::Allow));
        } else {
            let call = params["toolCall"]["toolCallId"].as_str().unwrap_or_default().to_owned();
            self.open.permit(id, call, params["options"].clone());
        }
    }
}

/// The tokens of a turn.
fn usage(ended: &Value) -> Option<Usage> {
    let (plain, quota) = (&ended["usage"], &ended["_meta"]["quota"]["token_count"]);
    let count = |name: &str| plain[name].as_u64().unwrap_or(0);
    if plain.is_object() {
        return Some(Usage {
            input: count("inputTokens"),
            output: count("outputTokens"),
            cache_read: count("cachedReadTokens"),
            cache_write: count("cachedWriteTokens"),
            cost: 0,
        });
    }
    let count = |name: &str| quota[name].as_u64().unwrap_or(0);
    quota.is_object().then(|| Usage {
        input: count("input_tokens"),
        output: count("output_tokens"),
        ..Usage::default()
    })
}

impl Codec for AcpCodec {
    fn start(&self) -> Vec<Input> {
        vec![message::initialize()]
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let mut out = Decoded::default();
        match message::read(line) {
            Some(Line::Response { id, answer }) => {
                self.flush(&mut out);
                self.response(&id, answer, &mut out);
            }
            Some(Line::Notification { method, params }) if method == "session/update" && !self.replaying => {
                self.update(&params["update"], &mut out);
            }
            Some(Line::Request { id, method, params }) => {
                self.flush(&mut out);
                self.request(id, &method, params, &mut out);
            }
            Some(Line::Notification { .. }) | None => {}
        }
        out
    }

    fn command(&self, command: &Command) -> Vec<Input> {
        let session = self.session.as_ref().map(SessionId::as_str);
        match (command, session) {
            (Command::Answer { question, answers }, _) => self.open.answer(question, answers).into_iter().collect(),
            (Command::Permit { request, decision }, _) => self.open.decide(request, decision).into_iter().collect(),
            (Command::Say { key, text }, Some(session)) => {
                vec![message::prompt(&format!("{SAY}{key}"), session, text)]
            }
            (Command::Interrupt, Some(session)) if self.turn == Turn::Running => {
                let mut inputs = vec![message::cancel(self.turns, session)];
                inputs.extend(self.open.withdraw());
                inputs
            }
            (Command::Say { .. } | Command::Interrupt, _) => Vec::new(),
        }
    }

    fn activity(&self) -> Activity {
        Activity {
            open_calls: self.calls.len(),
            open_questions: self.open.questions(),
            open_permissions: self.open.permissions(),
            background: 0,
            turn: self.turn,
        }
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        if self.open.is_unanswered() {
            return Outcome::Suspended;
        }
        match (self.turn, &self.end) {
            (Turn::Ended, Some(End::Done)) => Outcome::Finished,
            (Turn::Ended, Some(End::Canceled)) => Outcome::Interrupted,
            (Turn::Ended, Some(End::Failed(error))) => Outcome::Failed(error.clone()),
            _ => refused(exit, self.session.is_some(), stderr_tail, |text| {
                let kind = crate::agent::trouble::by_text(&text, self.clock());
                AgentError { kind, message: text }
            }),
        }
    }
}
