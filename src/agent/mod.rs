//! What each kind of agent speaks, as pure codecs: a description of a session becomes a command line, lines of output become
//! [`Report`](crate::domain::report::Report)s, orders of the operator become lines of input, and the end of the process becomes an
//! [`Outcome`](crate::domain::report::Outcome).
//!
//! *Architecture invariants:* nothing here starts a process, reads a clock or keeps a timer; that is the work of the actor and
//! the shim. The state of a codec depends on the lines it was given and on nothing else, so a daemon that finds a living agent
//! rebuilds it by replaying the log from its first byte; orders ([`Codec::command`](crate::agent::Codec::command)) therefore take
//! `&self`. Every input has a key that depends on the log alone, and the shim writes each key once: what was sent before a crash is
//! not sent twice.

mod acp;
mod claude;
mod codex;
mod command;
mod cursor;
pub mod exec;
mod fingerprint;
mod gemini;
mod json;
pub mod launch;
pub mod link;
pub mod logins;
mod one_turn;
mod resets;
pub mod spec;
pub mod tools;
pub mod transcript;
mod trouble;

use crate::domain::agent::{AgentConfig, AgentKind};
use crate::domain::report::{AgentError, Outcome, ProcessExit, Report};
use launch::Launch;
use spec::SessionSpec;
use std::path::Path;

/// Bytes for the agent's standard input. The shim journals them and writes each key once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Names the input within its attempt: `init`, `prompt`, `permit:<request>`, `mcp:<request>`, `answer:<request>` …
    pub key: String,
    /// What to write, as it is: a line of a protocol ends with its newline.
    pub text: String,
}

/// What one line of output means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// What the agent said, in order.
    pub reports: Vec<Report>,
    /// What it must be told at once, in order.
    pub inputs: Vec<Input>,
}

/// Whether the agent works on something right now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// It works, or has not begun yet.
    #[default]
    Running,
    /// It said that it has nothing more to do.
    Ended,
}

/// What is open in a session: the timers and the closing of standard input depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Tool calls that have no result yet. Silence counts only while there is none.
    pub open_calls: usize,
    /// Sets of questions that have no answer yet.
    pub open_questions: usize,
    /// Permission requests that wait for the operator.
    pub open_permissions: usize,
    /// Background tasks that still run.
    pub background: usize,
    /// Whether a turn runs.
    pub turn: Turn,
}

impl Activity {
    /// Whether the session has nothing left to do, so that its standard input may be closed and the process ends by itself.
    pub fn is_finished(self) -> bool {
        self.turn == Turn::Ended && self.background == 0 && self.open_questions == 0 && self.open_permissions == 0
    }
}

/// Whether a tool may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allow,
    /// It may not; the agent is told why.
    Deny {
        /// Shown to the agent.
        why: String,
    },
}

/// An order to a living agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The operator answered a set of questions.
    Answer {
        /// Key of the [`QuestionSet`](crate::domain::report::QuestionSet).
        question: String,
        /// One text per item, in the order of the items; several choices are joined by `", "`.
        answers: Vec<String>,
    },
    /// The operator decided about a permission.
    Permit {
        /// `request` of the [`Report::Permission`].
        request: String,
        /// May it, or why not.
        decision: Decision,
    },
    /// Tells the agent something: a nudge, a message of the operator. It joins the running turn, or begins one, which
    /// [`Activity`] shows only when the agent says so.
    Say {
        /// Names the message within the attempt, so that it is said once.
        key: String,
        /// The message.
        text: String,
    },
    /// Stops what the agent does now and keeps its session.
    Interrupt,
}

/// One agent's dialect. Rebuilt by feeding it the log from byte 0.
pub trait Codec: Send {
    /// What to write when the process has started.
    fn start(&self) -> Vec<Input>;

    /// Reads one line of standard output, without its newline. Never fails: a line that is not understood stays in the raw log
    /// and means nothing.
    fn on_line(&mut self, line: &[u8]) -> Decoded;

    /// What to write for an order; nothing where the order no longer applies. An agent whose input is closed after its prompt takes none.
    fn command(&self, _: &Command) -> Vec<Input> {
        Vec::new()
    }

    /// What is open.
    fn activity(&self) -> Activity;

    /// What the end of the process means. The only place that decides about success.
    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome;
}

/// The command line, environment and standard input of a session.
pub fn launch(spec: &SessionSpec) -> Launch {
    match spec.config.kind {
        AgentKind::Claude => claude::launch::launch(spec),
        AgentKind::Acp => acp::launch::launch(spec),
        AgentKind::Codex => codex::launch::launch(spec),
        AgentKind::Opencode => acp::launch::opencode(spec),
        AgentKind::Gemini => gemini::launch::launch(spec),
        AgentKind::Cursor => cursor::launch::launch(spec),
        AgentKind::Command => command::launch::launch(spec),
    }
}

/// The codec of a session.
pub fn codec(spec: &SessionSpec) -> Box<dyn Codec> {
    match spec.config.kind {
        AgentKind::Claude => Box::new(claude::codec::ClaudeCodec::new(spec)),
        AgentKind::Acp | AgentKind::Opencode => Box::new(acp::codec::AcpCodec::new(spec)),
        AgentKind::Codex => Box::new(codex::codec::CodexCodec::new(spec)),
        AgentKind::Gemini => Box::new(gemini::codec::GeminiCodec::new(spec)),
        AgentKind::Cursor => Box::new(cursor::codec::CursorCodec::new(spec)),
        AgentKind::Command => Box::new(command::codec::CommandCodec::new(spec)),
    }
}

/// What tells the account of one agent from that of another: its kind, and what is set of the variables that name a login; where none is, its
/// directory `shared` among units. Agents of which all are equal use up the same allowance. None where nothing is known about logins of its kind.
pub fn login(agent: &AgentConfig, inherited: &[(String, String)], shared: Option<&Path>) -> Option<Vec<String>> {
    let variables: &[&str] = match agent.kind {
        AgentKind::Claude => &claude::launch::LOGIN,
        AgentKind::Acp | AgentKind::Opencode => &acp::launch::LOGIN,
        AgentKind::Codex => &codex::launch::LOGIN,
        AgentKind::Gemini => &gemini::launch::LOGIN,
        AgentKind::Cursor => &cursor::launch::LOGIN,
        AgentKind::Command => return None,
    };
    // Many vendors' programs speak the same protocol.
    let vendor = if agent.kind == AgentKind::Acp { &agent.program } else { agent.kind.as_str() };
    let set = |name: &str| {
        let pair = agent.env.iter().rev().chain(inherited).find(|(known, _)| known == name);
        pair.map_or_else(String::new, |(_, value)| value.clone())
    };
    let mut login: Vec<String> = variables.iter().copied().map(set).collect();
    if login.iter().all(String::is_empty) {
        login.extend(shared.map(|dir| dir.to_string_lossy().into_owned()));
    }
    login.push(vendor.to_owned());
    Some(login)
}

/// What a program said before it failed with `code`; never empty, for it becomes what the operator reads.
fn last_words(code: i32, text: &str) -> String {
    match text.trim_end() {
        "" => format!("it exited with code {code} and said nothing"),
        words => words.to_owned(),
    }
}

/// What the end of a process means that said nothing of its own end: a refusal where it had not begun and gives a reason, else a crash. The
/// exit code alone is no success.
fn refused(exit: ProcessExit, has_begun: bool, stderr_tail: &str, read: impl Fn(String) -> AgentError) -> Outcome {
    let message = stderr_tail.trim();
    let left = matches!(exit, ProcessExit::Code(code) if code != 0);
    if left && !has_begun && !message.is_empty() {
        return Outcome::Failed(read(message.to_owned()));
    }
    Outcome::Crashed { exit, stderr: stderr_tail.to_owned() }
}
