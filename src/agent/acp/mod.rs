//! The Agent Client Protocol: JSON-RPC over one pair of pipes, both ways. Speaks to any program that has it; `OpenCode` is started in this way too.

pub(crate) mod calls;
pub(crate) mod codec;
pub(crate) mod errors;
pub(crate) mod forms;
pub(crate) mod launch;
pub(crate) mod message;
pub(crate) mod open;
