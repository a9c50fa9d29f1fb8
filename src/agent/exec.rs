//! Gates and setup commands: a shell command whose exit decides. No agent, but an attempt like any other.

use super::launch::{Launch, Stdin, environment};
use super::spec::Place;
use super::{Activity, Codec, Decoded, Input};
use crate::domain::report::{AgentError, ErrorKind, Outcome, ProcessExit, Report};
use std::collections::VecDeque;

/// How many bytes of the last output are kept as evidence.
const EVIDENCE: usize = 8 * 1024;

/// Starts `command` in a POSIX shell, both outputs as one stream, so that the log has them in order.
pub fn launch(place: &Place, command: &str) -> Launch {
    Launch {
        argv: ["sh", "-c", r#"exec sh -c "$1" 2>&1"#, "sh", command].map(Into::into).into(),
        env: environment(place, &[], &[], &[]),
        stdin: Stdin::Close,
        files: Vec::new(),
    }
}

/// Reads the output of a command: every line is text.
#[derive(Debug, Default)]
pub struct ExecCodec {
    command: String,
    tail: VecDeque<String>,
    bytes: usize,
}

impl ExecCodec {
    /// A codec for the output of `command`, which is named when it fails.
    pub fn new(command: &str) -> Self {
        Self { command: command.to_owned(), ..Self::default() }
    }

    fn evidence(&self, stderr_tail: &str) -> String {
        let mut text = self.tail.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        if !stderr_tail.is_empty() {
            text.push('\n');
            text.push_str(stderr_tail);
        }
        text
    }
}

impl Codec for ExecCodec {
    fn start(&self) -> Vec<Input> {
        Vec::new()
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let text = String::from_utf8_lossy(line).into_owned();
        self.bytes += text.len();
        self.tail.push_back(text.clone());
        while self.bytes > EVIDENCE && self.tail.len() > 1 {
            self.bytes -= self.tail.pop_front().map_or(0, |first| first.len());
        }
        Decoded { reports: vec![Report::Text(text)], inputs: Vec::new() }
    }

    fn activity(&self) -> Activity {
        Activity::default()
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        match exit {
            ProcessExit::Code(0) => Outcome::Finished,
            ProcessExit::Code(code) => {
                let evidence = self.evidence(stderr_tail);
                let message = match evidence.trim_end() {
                    "" => format!("`{}` ended with {code} and said nothing", self.command.trim()),
                    said => format!("`{}` ended with {code}:\n{said}", self.command.trim()),
                };
                Outcome::Failed(AgentError { kind: ErrorKind::Other, message })
            }
            ProcessExit::Signal(_) => Outcome::Crashed { exit, stderr: self.evidence(stderr_tail) },
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_exit_decides_and_the_end_of_the_output_is_the_evidence() {
        let mut codec = ExecCodec::new("make test");
        for number in 0..5000 {
            codec.on_line(format!("line {number}").as_bytes());
        }
        assert_eq!(codec.on_exit(ProcessExit::Code(0), ""), Outcome::Finished);
        let Outcome::Failed(error) = codec.on_exit(ProcessExit::Code(101), "") else { panic!("not failed") };
        assert!(error.message.starts_with("`make test` ended with 101:\nline "));
        assert!(error.message.ends_with("line 4998\nline 4999"));
        assert!(error.message.len() < 2 * EVIDENCE);
        let killed = ProcessExit::Signal(9);
        let Outcome::Crashed { exit, stderr } = codec.on_exit(killed, "Killed") else { panic!("not crashed") };
        assert_eq!(exit, killed);
        assert!(stderr.ends_with("line 4999\nKilled"));
    }

    #[test]
    fn bytes_that_are_no_text_are_no_error() {
        let decoded = ExecCodec::new("").on_line(b"caf\xe9");
        assert_eq!(decoded.reports, [Report::Text("caf\u{fffd}".into())]);
    }
}
