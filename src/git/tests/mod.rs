//! The module against real git, in repositories of its own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod base;
mod checkout;
mod concurrent;
mod heal;
mod host;
mod hunks;
mod import;
mod include;
mod lab;
mod lfs;
mod lookout;
mod merge;
mod mirror;
mod modules;
mod preserve;
mod private;
mod refs;
mod snapshot;
mod together;
