//! `ve orch` runs many AI coding agents in parallel on one project and brings their work home safely.
//!
//! The modules in reading order:

/// The meaning of the system: pure decisions.
pub mod domain;
