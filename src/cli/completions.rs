//! `completions`: what a shell needs to complete our commands.

use super::Ve;
use super::console::Console;
use super::error::CommandError;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print the completion script of a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Completions, console: &mut Console) -> Result<(), CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Ve::command(), "ve", &mut script);
    console.raw(&script)
}
