//! The actors: thin shells around decisions that are made elsewhere.
//!
//! Reading order: `child` and `supervisor` are the tree; `persistence`, `hub`, `settings`, `repository`, `landing`, `units`, `intake`,
//! `oracle` and `scheduler` are its services in the order in which they start; `work_unit` leads one unit and `agent` one process.
//!
//! *Architecture invariants:* an actor holds addresses only of actors started before it and of its own children. It asks down and tells up.
//! A unit changes only in its own actor: decide, save, publish, perform.

pub mod agent;
mod briefing;
pub mod child;
pub mod clock;
mod desk;
mod ending;
pub(crate) mod fault;
mod follower;
pub mod housekeeping;
pub mod hub;
pub mod intake;
mod laid;
pub mod landing;
pub mod launch;
mod link;
pub mod log_files;
pub mod machine;
pub mod oracle;
mod permission;
pub mod persistence;
pub mod questions;
pub mod reach;
pub mod repository;
mod restarts;
pub mod scheduler;
pub mod settings;
pub mod supervisor;
pub mod tool_call;
pub mod transcripts;
pub mod units;
pub mod work_unit;
pub mod worktrees;
