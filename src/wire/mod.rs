//! The HTTP and WebSocket contract: what travels between the daemon and its clients, as JSON.
//!
//! *Architecture invariant:* the names that clients see are written here and nowhere else, and nothing in here decides anything. Types
//! that describe the domain are made from it; requests are parsed into the domain's words, with the errors that clients know.
//!
//! Reading order: `times` and `names` are the spelling; `unit`, `attention`, `accounts` and `lists` what is shown; `body`, `requests` and `answer`
//! what is asked for; `events`, `feed` and `transcript` what is streamed; `tools` what passes between the daemon and an
//! agent's tool server.

pub mod accounts;
pub mod answer;
pub mod attempts;
pub mod attention;
pub mod board;
pub mod body;
pub mod config;
pub mod conflicts;
pub mod costs;
pub mod diff;
pub mod documents;
pub mod error;
pub mod events;
pub mod explain;
pub mod feed;
pub mod gates;
pub mod lists;
pub mod machine;
pub mod metrics;
pub mod names;
pub mod repository;
pub mod requests;
pub mod status;
pub mod timeline;
pub mod times;
pub mod tools;
pub mod transcript;
pub mod trust;
pub mod unit;
pub mod worktrees;
