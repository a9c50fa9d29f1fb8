//! What is common to agents that run one turn per process: told once, they name their conversation, call tools, and say how it ended.

use super::resets::Clock;
use super::spec::SessionSpec;
use super::{Activity, Decoded, Input, Turn, refused, trouble};
use crate::domain::ids::SessionId;
use crate::domain::report::{AgentError, Outcome, ProcessExit, Report};
use crate::domain::time::Timestamp;
use std::collections::BTreeSet;

/// The one turn, made from what a dialect read in its lines.
#[derive(Debug)]
pub(super) struct OneTurn {
    prompt: String,
    zone: String,
    now: Timestamp,
    session: Option<SessionId>,
    calls: BTreeSet<String>,
    end: Option<Result<(), AgentError>>,
}

impl OneTurn {
    /// The turn of a session as specified.
    pub(super) fn new(spec: &SessionSpec) -> Self {
        Self { prompt: spec.prompt.clone(), zone: spec.place.timezone.clone(), now: spec.started, ..Self::reader() }
    }

    /// A turn of which only the log is read.
    pub(super) fn reader() -> Self {
        Self {
            prompt: String::new(),
            zone: "UTC".into(),
            now: Timestamp::default(),
            session: None,
            calls: BTreeSet::new(),
            end: None,
        }
    }

    /// The prompt, all that it is ever told.
    pub(super) fn start(&self) -> Vec<Input> {
        vec![Input { key: "prompt".into(), text: self.prompt.clone() }]
    }

    /// An error of which nothing is known but its text.
    pub(super) fn error(&self, message: String) -> AgentError {
        let kind = trouble::by_text(&message, Clock { now: self.now, zone: &self.zone });
        AgentError { kind, message }
    }

    /// The conversation has a name.
    pub(super) fn named(&mut self, id: String, model: Option<String>, version: Option<String>, out: &mut Decoded) {
        if let Ok(id) = SessionId::parse(id) {
            self.session = Some(id.clone());
            out.reports.push(Report::Session { id, model, version });
        }
    }

    /// A tool is at work.
    pub(super) fn calls(&mut self, id: String, name: String, input: String, out: &mut Decoded) {
        self.calls.insert(id.clone());
        out.reports.push(Report::ToolCall { id, name, input });
    }

    /// Whether that tool is at work.
    pub(super) fn is_called(&self, id: &str) -> bool {
        self.calls.contains(id)
    }

    /// A tool has ended.
    pub(super) fn called(&mut self, id: String, failed: bool, text: String, out: &mut Decoded) {
        self.calls.remove(&id);
        out.reports.push(Report::ToolResult { id, failed, text });
    }

    /// Whatever was said of an end, it is at work.
    pub(super) fn begin(&mut self) {
        self.end = None;
    }

    /// It says how it ended.
    pub(super) fn finish(&mut self, end: Result<(), AgentError>, out: &mut Decoded) {
        if let Err(error) = &end {
            out.reports.push(Report::Error(error.clone()));
        }
        self.calls.clear();
        self.end = Some(end);
        out.reports.push(Report::TurnEnded);
    }

    /// What is open.
    pub(super) fn activity(&self) -> Activity {
        let turn = if self.end.is_some() { Turn::Ended } else { Turn::Running };
        Activity { open_calls: self.calls.len(), turn, ..Activity::default() }
    }

    /// What the end of the process means: what it said of its end, whatever its exit code; without a word it is no success.
    pub(super) fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        match &self.end {
            Some(Ok(())) => Outcome::Finished,
            Some(Err(error)) => Outcome::Failed(error.clone()),
            None => refused(exit, self.session.is_some(), stderr_tail, |text| self.error(text)),
        }
    }
}
