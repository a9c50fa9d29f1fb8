//! The integration tests: the real program, real git, real processes, each in directories of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod api;
mod bad_input;
mod checkout;
mod claude;
mod cli;
mod client;
mod command;
mod daemon;
mod demo;
mod documents;
mod durability;
mod faults;
mod jail;
mod job;
mod live;
mod model;
mod oracle;
mod orch_claude;
mod place;
mod project;
mod recorded;
mod security;
mod shim;
mod stopping;
mod stream;
mod trust;
