//! Reads a program that speaks the `command` protocol.

use super::protocol;
use crate::agent::{Activity, Codec, Command, Decoded, Input, last_words};
use crate::domain::report::{AgentError, ErrorKind, Outcome, ProcessExit, Report};

/// The state of one session: what it asked and what went wrong.
#[derive(Debug)]
pub struct CommandCodec {
    prompt: String,
    questions: usize,
    error: Option<AgentError>,
}

impl CommandCodec {
    /// A session that is told `prompt`.
    pub fn new(prompt: String) -> Self {
        Self { prompt, questions: 0, error: None }
    }
}

impl Codec for CommandCodec {
    fn start(&self) -> Vec<Input> {
        vec![Input { key: "prompt".into(), text: self.prompt.clone() }]
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let report = protocol::parse(line);
        match &report {
            Report::Question(_) => self.questions += 1,
            Report::Error(error) => self.error = Some(error.clone()),
            _ => {}
        }
        Decoded { reports: vec![report], inputs: Vec::new() }
    }

    /// Its input is closed after the prompt: it takes no orders while it lives, an answer comes with its next start.
    fn command(&self, _: &Command) -> Vec<Input> {
        Vec::new()
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
                Outcome::Failed(AgentError { kind: ErrorKind::Other, message: last_words(code, stderr_tail) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(lines: &[&str], exit: ProcessExit) -> Outcome {
        let mut codec = CommandCodec::new("do it".into());
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
        let Outcome::Failed(error) = CommandCodec::new(String::new()).on_exit(ProcessExit::Code(3), "\n") else {
            unreachable!("an exit code other than 0 is a failure")
        };
        assert_eq!(error.message, "it exited with code 3 and said nothing");
    }

    #[test]
    fn the_prompt_is_written_as_it_is() {
        let start = CommandCodec::new("line\nline".into()).start();
        assert_eq!(start, [Input { key: "prompt".into(), text: "line\nline".into() }]);
    }
}
