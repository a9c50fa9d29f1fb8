//! The command line: the tree of commands, whose doc comments are its help, and what each of them asks of the daemon.
//!
//! *Architecture invariant:* a command is its arguments and one function; nothing in here knows more of the daemon than `wire` says,
//! and starting and stopping it goes through [`Lifecycle`](crate::cli::lifecycle::Lifecycle).

mod answer;
mod attention;
mod board;
mod client;
mod completions;
mod config;
mod confirm;
mod conflicts;
mod console;
mod costs;
pub mod daemon;
pub mod demo;
mod diff;
mod doctor;
mod error;
mod explain;
mod follow;
mod gates;
mod handover;
mod history;
mod inject;
pub mod lifecycle;
mod logs;
mod mcp_agent;
mod oracle;
mod queue;
mod render;
mod start;
mod status;
mod tail;
mod target;
mod top;
mod trust;
mod units;
mod verbs;
mod worktrees;

use clap::{Args, Parser, Subcommand};
use client::Client;
use console::Console;
use error::CommandError;
use lifecycle::Lifecycle;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs many AI coding agents in parallel on one project and brings their work home safely
///
/// Every command other than "orch" is handed to the next "ve" on PATH.
#[derive(Debug, Parser)]
#[command(name = "ve", version, arg_required_else_help = true)]
struct Ve {
    #[command(subcommand)]
    family: Family,
}

#[derive(Debug, Subcommand)]
enum Family {
    Orch(Orch),
}

/// The orchestrator: chunks in, landed work out
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
struct Orch {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    verb: Verb,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
struct Globals {
    /// Answer with JSON
    #[arg(long, global = true)]
    json: bool,
    /// Directory of the project, instead of the one around the current directory
    #[arg(long, global = true, value_name = "PATH")]
    project_dir: Option<PathBuf>,
    /// Talk to the daemon at http://HOST:PORT instead of its socket
    #[arg(long, global = true)]
    url: Option<String>,
    /// What to present at that address; better given as VE_TOKEN, which other users cannot see
    #[arg(long, global = true)]
    token: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the daemon of this project
    Start(start::Start),
    /// Stop the daemon; running agents are ended politely, their work and their sessions kept
    Stop,
    /// Replace the daemon by one of this program's version; agents go on
    Restart(start::Start),
    /// Show whether the daemon runs, and how it is
    Status,
    /// Print a one-time link to the dashboard
    Url,
    /// Dispatch nothing new; what runs goes on
    Pause,
    Resume(status::Resume),
    Ps(units::Ps),
    /// Show all units by status, and the chunks that could become units
    Board,
    Inject(inject::Inject),
    /// List what is ready, in the order in which it will start
    Queue,
    Prioritize(queue::Prioritize),
    Config(config::Config),
    Trust(trust::Trust),
    Attention(attention::Attention),
    Answer(answer::Answer),
    /// Approve what a unit waits with: a goal, a change of trusted files, an unfinished status
    Approve(verbs::OneChunk),
    /// Try a unit again with clean counters and a fresh conversation
    Retry(verbs::OneChunk),
    RetryAll(verbs::RetryAll),
    /// Hold a unit back until it is released: an agent is stopped, its conversation kept; what cannot stop does after this step
    Hold(verbs::OneChunk),
    /// Let a unit go on that was held back
    Release(verbs::OneChunk),
    /// Leave the phase at hand undone and go on with the next one
    Skip(verbs::OneChunk),
    /// End a unit; what it did is kept in a ref
    Cancel(verbs::OneChunk),
    Interrupt(verbs::Interrupt),
    Resolve(conflicts::Resolve),
    Conflicts(conflicts::Conflicts),
    Analyze(conflicts::Analyze),
    Oracle(oracle::Oracle),
    Explain(explain::Explain),
    Tail(tail::Tail),
    Logs(logs::Logs),
    History(history::History),
    Diff(diff::Diff),
    Gates(gates::Gates),
    Costs(costs::Costs),
    WorkUnit(units::WorkUnit),
    /// Watch and steer everything on one screen
    Top,
    /// Examine the machine, the project and the daemon, and say what would help
    Doctor,
    Worktree(worktrees::Worktree),
    Prune(worktrees::Prune),
    Retain(worktrees::Retain),
    /// Try once more to land a unit whose landing could not go on
    RetryMerge(verbs::OneChunk),
    Demo(demo::Demo),
    Completions(completions::Completions),
    McpAgent(mcp_agent::McpAgent),
}

/// Runs the command line `arguments`, whose first one is the program's name, and returns the process's exit code:
/// 0 done, 1 failed, 2 wrong usage, 3 the daemon does not run.
pub fn run(arguments: impl IntoIterator<Item = OsString>, lifecycle: &dyn Lifecycle) -> ExitCode {
    let arguments = handover::with_family(arguments.into_iter().collect());
    if let Some(error) = handover::to_next_program(&arguments) {
        return report(&error);
    }
    let command = match Ve::try_parse_from(arguments) {
        Ok(Ve { family: Family::Orch(command) }) => command,
        Err(usage) => {
            // Nobody is left to tell when the terminal itself is gone.
            usage.print().ok();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    let mut console = Console::of_process(command.globals.json);
    match perform(command, lifecycle, &mut console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

fn report(error: &CommandError) -> ExitCode {
    if error.is_closed_pipe() {
        return ExitCode::SUCCESS;
    }
    if let CommandError::Told { code } = error {
        return ExitCode::from(*code);
    }
    let hint = error.hint().map_or_else(String::new, |hint| format!("Hint: {hint}\n"));
    // Nobody is left to tell when the terminal itself is gone; the exit code still says it.
    write!(std::io::stderr(), "Error: {error}\n{hint}").ok();
    ExitCode::from(error.exit_code())
}

/// Commands that start, stop or need no daemon run without an event loop: a daemon must not be born inside one.
fn perform(command: Orch, lifecycle: &dyn Lifecycle, console: &mut Console) -> Result<(), CommandError> {
    let Orch { globals, verb } = command;
    if let Verb::Completions(args) = verb {
        return completions::run(&args, console);
    }
    if let Verb::Demo(args) = verb {
        return demo::run(args, lifecycle, console);
    }
    if let Verb::McpAgent(args) = verb {
        return mcp_agent::run(&args);
    }
    let target = target::Target::of(&globals)?;
    match verb {
        Verb::Start(args) => start::start(args, &target, lifecycle, console),
        Verb::Stop => start::stop(&target, lifecycle, console),
        Verb::Restart(args) => start::restart(args, &target, lifecycle, console),
        verb => {
            let client = Client::new(target, lifecycle);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
            runtime.map_err(CommandError::Runtime)?.block_on(ask(verb, &client, console))
        }
    }
}

async fn ask(verb: Verb, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    match verb {
        Verb::Start(_) | Verb::Stop | Verb::Restart(_) | Verb::Demo(_) | Verb::Completions(_) | Verb::McpAgent(_) => {
            Ok(())
        }
        Verb::Status => status::status(client, console).await,
        Verb::Url => status::url(client, console).await,
        Verb::Pause => status::pause(client, console).await,
        Verb::Resume(args) => status::resume(args, client, console).await,
        Verb::Ps(args) => units::ps(args, client, console).await,
        Verb::Board => board::run(client, console).await,
        Verb::Inject(args) => inject::run(args, client, console).await,
        Verb::Queue => queue::queue(client, console).await,
        Verb::Prioritize(args) => queue::prioritize(args, client, console).await,
        Verb::Config(args) => config::run(args, client, console).await,
        Verb::Trust(args) => trust::run(args, client, console).await,
        Verb::Attention(args) => attention::run(args, client, console).await,
        Verb::Answer(args) => answer::run(args, client, console).await,
        Verb::Approve(args) => verbs::approve(args, client, console).await,
        Verb::Retry(args) => verbs::retry(args, client, console).await,
        Verb::RetryAll(args) => verbs::retry_all(args, client, console).await,
        Verb::Hold(args) => verbs::hold(args, client, console).await,
        Verb::Release(args) => verbs::release(args, client, console).await,
        Verb::Skip(args) => verbs::skip(args, client, console).await,
        Verb::Cancel(args) => verbs::cancel(args, client, console).await,
        Verb::Interrupt(args) => verbs::interrupt(args, client, console).await,
        Verb::Resolve(args) => conflicts::resolve(args, client, console).await,
        Verb::Conflicts(args) => conflicts::conflicts(args, client, console).await,
        Verb::Analyze(args) => conflicts::analyze(args, client, console).await,
        Verb::Oracle(args) => oracle::run(args, client, console).await,
        Verb::Explain(args) => explain::run(args, client, console).await,
        Verb::Tail(args) => tail::run(args, client, console).await,
        Verb::Logs(args) => logs::run(args, client, console).await,
        Verb::History(args) => history::run(args, client, console).await,
        Verb::Diff(args) => diff::run(args, client, console).await,
        Verb::Gates(args) => gates::run(args, client, console).await,
        Verb::Costs(args) => costs::run(args, client, console).await,
        Verb::WorkUnit(args) => units::work_unit(args, client, console).await,
        Verb::Top => top::run(client, console).await,
        Verb::Doctor => doctor::run(client.target(), client, console).await,
        Verb::Worktree(args) => worktrees::worktree(args, client, console).await,
        Verb::Prune(args) => worktrees::prune(args, client, console).await,
        Verb::Retain(args) => worktrees::retain(args, client, console).await,
        Verb::RetryMerge(args) => worktrees::retry_merge(args, client, console).await,
    }
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
