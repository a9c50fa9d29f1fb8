//! Reads a program that speaks the `command` protocol.

use super::protocol;
use crate::agent::resets::Clock;
use crate::agent::spec::SessionSpec;
use crate::agent::trouble::by_text;
use crate::agent::{Activity, Codec, Decoded, Input, last_words};
use crate::domain::report::{AgentError, Outcome, ProcessExit, Report};
use crate::domain::time::Timestamp;

/// The state of one session: what it asked and what went wrong.
#[derive(Debug)]
pub struct CommandCodec {
    prompt: String,
    started: Timestamp,
    zone: String,
    questions: usize,
    error: Option<AgentError>,
}

impl CommandCodec {
    /// The session that `spec` describes.
    pub fn new(spec: &SessionSpec) -> Self {
        let (started, zone) = (spec.started, spec.place.timezone.clone());
        Self { prompt: spec.prompt.clone(), started, zone, questions: 0, error: None }
    }

    /// Reads what some session left.
    pub fn reader() -> Self {
        Self { prompt: String::new(), started: Timestamp(0), zone: "UTC".into(), questions: 0, error: None }
    }

    /// A program of this protocol tells no time.
    fn clock(&self) -> Clock<'_> {
        Clock { now: self.started, zone: &self.zone }
    }
}

impl Codec for CommandCodec {
    fn start(&self) -> Vec<Input> {
        vec![Input { key: "prompt".into(), text: self.prompt.clone() }]
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let report = protocol::parse(line, self.clock());
        match &report {
            Report::Question(_) => self.questions += 1,
            Report::Error(error) => self.error = Some(error.clone()),
            _ => {}
        }
        Decoded { reports: vec![report], inputs: Vec::new() }
    }

    fn activity(&self) -> Activity {
        Activity { open_questions: self.questions, ..Activity::default() }
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        match (exit, &self.error) {
            (ProcessExit::Code(0), _) if self.questions == 0 => Outcome::Finished,
            (ProcessExit::Code(0), _) => Outcome::Suspended,
            (_, Some(error)) => Outcome::Failed(error.clone()),
            (ProcessExit::Signal(_), None) if self.questions > 0 => Outcome::Suspended,
            (ProcessExit::Signal(_), None) => Outcome::Crashed { exit, stderr: stderr_tail.to_owned() },
            (ProcessExit::Code(code), None) => {
                let kind = by_text(stderr_tail, self.clock());
                Outcome::Failed(AgentError { kind, message: last_words(code, stderr_tail) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::ErrorKind;

    fn outcome(lines: &[&str], exit: ProcessExit) -> Outcome {
        let mut codec = CommandCodec::reader();
        for line in lines {
            codec.on_line(line.as_bytes());
        }
        codec.on_exit(exit, "panic\n")
    }

    const QUESTION: &str = r#"{"ve":"question","question":"Which?"}"#;
    const ERROR: &str = r#"{"ve":"error","kind":"overloaded","message":"busy"}"#;

    #[test]
    fn the_exit_decides() {
        let busy = AgentError { kind: ErrorKind::Overloaded, message: "busy".into() };
        let other = AgentError { kind: ErrorKind::Other, message: "panic".into() };
        let killed = ProcessExit::Signal(15);
        assert_eq!(outcome(&["working"], ProcessExit::Code(0)), Outcome::Finished);
        assert_eq!(outcome(&[ERROR], ProcessExit::Code(0)), Outcome::Finished, "it got over it");
        assert_eq!(outcome(&[QUESTION], ProcessExit::Code(0)), Outcome::Suspended);
        assert_eq!(outcome(&[QUESTION], killed), Outcome::Suspended);
        assert_eq!(outcome(&[ERROR], ProcessExit::Code(1)), Outcome::Failed(busy.clone()));
        assert_eq!(outcome(&[ERROR], killed), Outcome::Failed(busy));
        assert_eq!(outcome(&[], ProcessExit::Code(1)), Outcome::Failed(other));
        assert_eq!(outcome(&[], killed), Outcome::Crashed { exit: killed, stderr: "panic\n".into() });
    }

    #[test]
    fn who_fails_in_silence_is_quoted_with_the_exit_code() {
        let Outcome::Failed(error) = CommandCodec::reader().on_exit(ProcessExit::Code(3), "\n") else {
            unreachable!("an exit code other than 0 is a failure")
        };
        assert_eq!(error.message, "it exited with code 3 and said nothing");
    }

    #[test]
    fn who_says_on_its_standard_error_what_is_wrong_is_understood() {
        let end = |stderr| CommandCodec::reader().on_exit(ProcessExit::Code(1), stderr);
        let kind = |stderr| match end(stderr) {
            Outcome::Failed(error) => error.kind,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(kind("starting\nNot logged in · Please run /login\n"), ErrorKind::NotLoggedIn);
        assert_eq!(kind("512 tests failed\n"), ErrorKind::Other);
    }

    #[test]
    fn the_prompt_is_written_as_it_is() {
        let start = CommandCodec { prompt: "line\nline".into(), ..CommandCodec::reader() }.start();
        assert_eq!(start, [Input { key: "prompt".into(), text: "line\nline".into() }]);
    }
}
