//! The process that owns one agent, and the jail it runs in. Knows nothing of the daemon's state.
//!
//! *Theory of operation.* For each attempt the daemon starts `ve __shim`, a small process with one thread and its own
//! session. It starts the agent in its jail, writes the agent's output to a file, journals what the agent is given, serves
//! a socket, and stays until no process of the attempt lives; then it leaves `exit.json` and ends. It survives the daemon;
//! the next daemon connects, reads the log from any offset and goes on. The jail is a process of its own, so that short
//! helpers can run in it, too, without a shim.
//!
//! *Architecture invariants.* The shim never parses what the agent says. Output is never copied to a client: clients read
//! the file. Only `jail` knows namespaces, Landlock and seccomp, and only `tree` reads other processes: what another
//! operating system does differently goes there. Unsafe code is in `sys.rs` alone.

mod agent;
pub mod bounded;
pub mod client;
pub mod confined;
mod connection;
mod entry;
pub mod exit;
pub mod guarantee;
mod jail;
mod journal;
mod ladder;
mod owner;
pub mod policy;
pub mod presets;
pub mod probe;
pub mod protocol;
pub mod run_dir;
pub mod spec;
pub mod sweep;
mod sys;
pub mod times;
mod tree;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs `ve __shim <spec.json>`: owns one attempt until no process of it is left.
pub fn shim_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    entry::run(args.into_iter().collect())
}

/// Runs `ve __jail <policy.json> -- program…`: becomes the program, confined, or ends with 125 and says on standard error
/// what is missing; 126 or 127 when the program itself cannot be started.
pub fn jail_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    jail::run(args.into_iter().collect())
}
