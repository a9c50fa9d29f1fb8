//! Parses arguments and hands over. Nothing else.

use std::ffi::OsString;
use std::process::ExitCode;
use ve::cli::daemon::Daemon;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let word = |place: usize| arguments.get(place).and_then(|word| word.to_str());
    match (word(1), word(2)) {
        (Some("__jail"), _) => ve::shim::jail_main(arguments.into_iter().skip(2)),
        (Some("__shim"), _) => ve::shim::shim_main(arguments.into_iter().skip(2)),
        (Some("orch"), Some("__demo-agent")) => ve::cli::demo::agent_main(),
        (Some("orch"), Some(hidden)) if hidden.starts_with("__") => ve::daemon::entry::run(arguments),
        _ => ve::cli::run(arguments, &Daemon),
    }
}
