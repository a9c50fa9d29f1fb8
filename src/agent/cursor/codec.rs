//! Reads one turn of Cursor's command line.

use crate::agent::one_turn::OneTurn;
use crate::agent::spec::SessionSpec;
use crate::agent::{Activity, Codec, Decoded, Input};
use crate::domain::report::{Outcome, ProcessExit, Report};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The state of one turn, made from its lines alone.
#[derive(Debug)]
pub struct CursorCodec {
    turn: OneTurn,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    System {
        #[serde(default)]
        subtype: String,
        session_id: Option<String>,
        model: Option<String>,
        version: Option<String>,
    },
    Assistant {
        /// Seen to be null.
        message: Option<Message>,
    },
    ToolCall {
        #[serde(default)]
        subtype: String,
        #[serde(default)]
        call_id: String,
        #[serde(default)]
        tool_call: Map<String, Value>,
    },
    Result {
        #[serde(default)]
        is_error: bool,
        /// A text, where all is well; anything else is shown as it is.
        #[serde(default)]
        result: Value,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    text: Option<String>,
}

impl CursorCodec {
    /// The codec of a session as specified.
    pub fn new(spec: &SessionSpec) -> Self {
        Self { turn: OneTurn::new(spec) }
    }

    /// A codec that only reads the log of a session it knows nothing about.
    pub fn reader() -> Self {
        Self { turn: OneTurn::reader() }
    }

    /// `{"shellToolCall": {"args": …, "result": …}}`: the name says what it is.
    fn tool_call(&mut self, subtype: &str, id: String, call: Map<String, Value>, out: &mut Decoded) {
        let Some((name, body)) = call.into_iter().next() else { return };
        match subtype {
            "started" => {
                let name = name.strip_suffix("ToolCall").unwrap_or(&name).to_owned();
                self.turn.calls(id, name, body["args"].to_string(), out);
            }
            "completed" => {
                let result = &body["result"];
                let failed = ["error", "rejected"].iter().any(|word| result.get(word).is_some());
                self.turn.called(id, failed, result.to_string(), out);
            }
            _ => {}
        }
    }
}

impl Codec for CursorCodec {
    fn start(&self) -> Vec<Input> {
        self.turn.start()
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        let mut out = Decoded::default();
        match serde_json::from_slice(line) {
            Ok(Event::System { subtype, session_id: Some(id), model, version }) if subtype == "init" => {
                self.turn.named(id, model, version, &mut out);
            }
            Ok(Event::Assistant { message: Some(message) }) => {
                let texts = message.content.into_iter().filter_map(|block| block.text);
                out.reports.extend(texts.map(Report::Text));
            }
            Ok(Event::ToolCall { subtype, call_id, tool_call }) => {
                self.tool_call(&subtype, call_id, tool_call, &mut out);
            }
            Ok(Event::Result { is_error, result }) => {
                let text = result.as_str().map_or_else(|| result.to_string(), str::to_owned);
                let end = if is_error { Err(self.turn.error(text)) } else { Ok(()) };
                self.turn.finish(end, &mut out);
            }
            Ok(Event::System { .. } | Event::Assistant { .. } | Event::Unknown) | Err(_) => {}
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

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::report::ErrorKind;

    fn read(lines: &[&str]) -> (CursorCodec, Vec<Report>) {
        let mut codec = CursorCodec::reader();
        let reports = lines.iter().flat_map(|line| codec.on_line(line.as_bytes()).reports).collect();
        (codec, reports)
    }

    const INIT: &str = r#"{"type":"system","subtype":"init","session_id":"c-1","model":"auto","version":"1.2"}"#;

    #[test]
    fn tools_have_the_name_of_their_key_and_a_rejected_one_has_failed() {
        let (_, reports) = read(&[
            r#"{"type":"tool_call","subtype":"started","call_id":"1","tool_call":{"shellToolCall":{"args":{"command":"ls"}}}}"#,
            r#"{"type":"tool_call","subtype":"completed","call_id":"1","tool_call":{"shellToolCall":{"args":{"command":"ls"},"result":{"rejected":{"reason":"no"}}}}}"#,
        ]);
        let [Report::ToolCall { name, input, .. }, Report::ToolResult { failed: true, .. }] = &reports[..] else {
            panic!("{reports:?}")
        };
        assert_eq!((name.as_str(), input.as_str()), ("shell", r#"{"command":"ls"}"#));
    }

    #[test]
    fn an_exit_without_a_result_is_no_success_whatever_its_code() {
        let (codec, _) = read(&[INIT, r#"{"type":"assistant","message":null}"#, "not json", r#"{"type":"assistant"}"#]);
        let Outcome::Crashed { .. } = codec.on_exit(ProcessExit::Code(0), "") else { panic!("not crashed") };
    }

    #[test]
    fn a_result_that_is_no_text_is_an_error_in_its_own_words() {
        let (codec, reports) = read(&[INIT, r#"{"type":"result","is_error":true,"result":{"code":500}}"#]);
        let Outcome::Failed(error) = codec.on_exit(ProcessExit::Code(0), "") else { panic!("not failed") };
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Other, r#"{"code":500}"#));
        assert_eq!(reports.len(), 3);
    }

    #[test]
    fn a_program_that_refuses_to_start_is_quoted() {
        let (codec, _) = read(&[]);
        let Outcome::Failed(error) = codec.on_exit(ProcessExit::Code(1), "Not logged in. Please login.\n") else {
            panic!("not failed")
        };
        assert_eq!(error.kind, ErrorKind::NotLoggedIn);
    }
}
