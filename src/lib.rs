//! `ve orch` runs many AI coding agents in parallel on one project and brings their work home safely.
//!
//! The modules in reading order:

/// The meaning of the system: pure decisions.
pub mod domain;

/// The project on disk: where things live, what its documents and its configuration say, what its agents are told.
pub mod project;

/// The domain in SQLite.
pub mod db;

/// Everything about git: the operator's repository, the private ones of units, merging and landing.
pub mod git;

/// What symbols a source file has, and which of them encloses a line.
pub mod code;

/// What each kind of agent speaks, as pure codecs.
pub mod agent;

/// The process that owns one agent, and the jail it runs in.
pub mod shim;

/// The supervisor tree: thin shells that ask the domain and carry out what it decides.
pub mod actors;

/// The HTTP and WebSocket contract: the only JSON names.
pub mod wire;

/// The page: static files embedded in the binary.
pub mod dashboard;

/// REST, server-sent events and WebSockets, backed by the mailboxes of the actors.
pub mod http;

/// The process side of the daemon: one per project, detached, kept alive, found by its lock and ended by request.
pub mod daemon;

/// The `ve orch` command.
pub mod cli;
