//! Who caused a change: every transition's record says so.

use super::ids::AttemptId;
use std::fmt;

/// The cause of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person on the Unix socket, by user id.
    Peer {
        /// Numeric user id.
        uid: u32,
    },
    /// A holder of a token, by its label.
    Token {
        /// The label, never the token.
        label: String,
    },
    /// A process of the unit.
    Attempt(AttemptId),
    /// The scheduler's plan.
    Scheduler,
    /// The daemon itself, carrying out what was decided.
    Daemon,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Peer { uid } => write!(f, "uid {uid}"),
            Who::Token { label } => write!(f, "token {label}"),
            Who::Attempt(attempt) => write!(f, "attempt {attempt}"),
            Who::Scheduler => f.write_str("scheduler"),
            Who::Daemon => f.write_str("daemon"),
        }
    }
}
