//! The words between a shim and its clients: one JSON object a line, both ways, over the socket in the run directory.
//!
//! Output does not travel here. A client reads the log file itself, from any offset, and is only told how long it has
//! become: no byte is copied twice, and a slow client never holds the agent up.

use super::exit::ExitRecord;
use serde::{Deserialize, Serialize};

/// The version of this protocol.
pub const PROTOCOL_VERSION: u32 = 1;

/// What a client says. The first word must be `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Who speaks. Commands of an epoch below the highest that was ever announced are refused: they come from a daemon
    /// that was replaced.
    Hello {
        /// [`PROTOCOL_VERSION`].
        version: u32,
        /// The daemon's epoch: higher with every start.
        epoch: u64,
    },
    /// Text for the agent's standard input, exactly as given.
    Input {
        /// What makes a repetition recognisable: a key that was seen before is acknowledged and dropped.
        key: String,
        /// The bytes, as text.
        text: String,
    },
    /// Closes the agent's standard input after what was accepted.
    CloseInput,
    /// Ends the attempt.
    Stop {
        /// How.
        ladder: StopLadder,
    },
}

/// How an attempt is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopLadder {
    /// Politely, so that its session can be resumed: input closed, 3 s, SIGTERM, 5 s, then as `End`.
    Suspend,
    /// SIGTERM to every process, 2 s, then SIGKILL until none is left.
    End,
}

/// What a shim says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Notice {
    /// The answer to `hello`.
    Welcome(Welcome),
    /// The log has this many bytes. Several changes may come as one notice.
    Grew {
        /// Bytes.
        length: u64,
    },
    /// The input is in the journal and will be written to the agent once.
    Accepted {
        /// Its key.
        key: String,
    },
    /// A command was not carried out.
    Refused {
        /// The key, when it was an input.
        key: Option<String>,
        /// Why, as a sentence fragment.
        why: String,
    },
    /// What the attempt uses, every few seconds.
    Pulse(Usage),
    /// No process is left. The last word.
    Exited(ExitRecord),
}

/// The state of an attempt when a client arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`PROTOCOL_VERSION`].
    pub version: u32,
    /// The attempt's UUID.
    pub attempt: String,
    /// The agent's process id; inside an enforced sandbox that of the process that stands in for it.
    pub pid: i32,
    /// Bytes in the log.
    pub log_length: u64,
    /// Keys of all inputs accepted so far, in order.
    pub keys: Vec<String>,
    /// Whether the agent's input is closed, or will be after what was accepted.
    pub input_closed: bool,
}

/// What all processes of an attempt use together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time so far, in milliseconds.
    pub cpu_ms: u64,
    /// Resident memory now, in bytes; shared pages count once per process.
    pub memory: u64,
    /// Processes now.
    pub processes: u64,
}

/// One message as a line.
pub(crate) fn line<T: Serialize>(message: &T) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_wire_form_is_stable() {
        let hello = Command::Hello { version: 1, epoch: 7 };
        assert_eq!(serde_json::to_string(&hello).unwrap(), r#"{"type":"hello","version":1,"epoch":7}"#);
        let stop: Command = serde_json::from_str(r#"{"type":"stop","ladder":"suspend"}"#).unwrap();
        assert_eq!(stop, Command::Stop { ladder: StopLadder::Suspend });
        let grew = serde_json::to_string(&Notice::Grew { length: 3 }).unwrap();
        assert_eq!(grew, r#"{"type":"grew","length":3}"#);
    }

    #[test]
    fn text_with_newlines_stays_on_one_line() {
        let input = Command::Input { key: "k".into(), text: "a\nb\n".into() };
        let line = line(&input).unwrap();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(serde_json::from_slice::<Command>(&line).unwrap(), input);
    }
}
