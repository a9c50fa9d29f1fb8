//! The `command` protocol: any program can be an agent. Prompt on standard input, reports as lines of JSON on standard output,
//! and the exit code decides.

pub mod codec;
pub mod launch;
pub(crate) mod protocol;
