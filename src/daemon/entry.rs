//! The hidden subcommands: the processes that `start` makes.

use super::keeper::keeper_main;
use super::launch::{KeeperArgs, Launch};
use super::serve::daemon_main;
use super::wiring;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

#[derive(Parser)]
struct Hidden {
    #[command(subcommand)]
    family: Family,
}

#[derive(Subcommand)]
enum Family {
    #[command(subcommand)]
    Orch(Process),
}

#[derive(Subcommand)]
enum Process {
    #[command(name = "__keeper")]
    Keeper(KeeperArgs),
    #[command(name = "__daemon")]
    Daemon(Launch),
}

/// Becomes a keeper or a daemon.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Hidden::try_parse_from(arguments) {
        Ok(Hidden { family: Family::Orch(Process::Keeper(args)) }) => keeper_main(&args),
        Ok(Hidden { family: Family::Orch(Process::Daemon(launch)) }) => daemon_main(&launch, wiring::serve),
        Err(error) => {
            eprintln!("ve: {error}");
            ExitCode::from(2)
        }
    }
}
