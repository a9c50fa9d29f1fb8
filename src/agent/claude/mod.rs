//! Claude Code over one pair of pipes: stream-json both ways, its control protocol, and our tools served in process.

pub(crate) mod codec;
pub(crate) mod control;
pub(crate) mod errors;
pub(crate) mod events;
pub(crate) mod launch;
pub(crate) mod open;
pub(crate) mod questions;
pub(crate) mod tools;
pub(crate) mod usage;
