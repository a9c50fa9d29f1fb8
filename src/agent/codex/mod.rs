//! Codex, one turn per process: `codex exec --json`, the prompt on standard input, our tools over a server that it starts.

pub(crate) mod codec;
pub(crate) mod launch;
