//! The project on disk: where things live, what its documents and its configuration say, what its agents are told.
//!
//! *Architecture invariant:* nothing in here decides. Texts come in as text, from a commit or from the working copy as the caller
//! chooses; only `layout`, `identity`, `task` and `chunks` touch the disk.

pub mod chunks;
pub mod config;
pub mod document;
pub mod host;
pub mod identity;
pub mod layout;
pub mod network;
pub mod prompts;
pub mod root;
pub mod socket;
pub mod task;
