//! The keeper's process: how it comes to be, and to be again as another program.

use super::DaemonError;
use super::crash;
use super::detach::detach;
use super::keeping::{Keeper, Standing};
use super::launch::{KeeperArgs, Launch, Stage};
use super::lock::Lock;
use super::pipe::{take_stdin, take_stdout};
use super::ready::Word;
use super::stopping;
use crate::project::layout::Layout;
use rustix::fs::Mode;
use std::io;
use std::process::ExitCode;

/// The hidden subcommand `__keeper`. Standard output leads to the client, standard error to the log.
pub fn keeper_main(args: &KeeperArgs) -> ExitCode {
    rustix::process::umask(Mode::from_raw_mode(0o077));
    let outcome = match args.stage {
        Stage::Detach => detach(&args.launch),
        Stage::Keep => keep(&args.launch),
        Stage::Resume => resume(&args.launch),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            Word::failed(&error).say(io::stdout());
            ExitCode::FAILURE
        }
    }
}

fn keep(launch: &Launch) -> Result<(), DaemonError> {
    let layout = layout(launch)?;
    let lock = match Lock::keeper(&layout) {
        Ok(lock) => lock,
        Err(DaemonError::AlreadyRunning { pid }) => {
            Word::Busy { pid }.say(io::stdout());
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    stopping::forget(&layout);
    crash::forget(&layout);
    let client = take_stdout().map_err(DaemonError::system("keep the pipe to the client"))?;
    Keeper::new(launch, layout, lock, Standing::Starting(client))?.run()
}

fn resume(launch: &Launch) -> Result<(), DaemonError> {
    let layout = layout(launch)?;
    let lock = take_stdin().map_err(DaemonError::system("take over the keeper's lock"))?;
    let lock = Lock::inherited(&layout, lock)?;
    Keeper::new(launch, layout, lock, Standing::Proven)?.run()
}

fn layout(launch: &Launch) -> Result<Layout, DaemonError> {
    Layout::find(&launch.root, &launch.state_home)?.ok_or(DaemonError::NotRunning)
}
