//! Gemini CLI, one turn per process: stream-json out, the prompt on standard input, our tools over a server that it starts.

pub(crate) mod codec;
pub(crate) mod launch;
