//! Why a command fails: a sentence, a hint what to do next, and an exit code.

use super::lifecycle::LifecycleError;
use crate::project::root::RootError;
use std::io;
use std::time::Duration;

/// The daemon does not run, or cannot be reached.
const NOT_RUNNING: u8 = 3;
/// The command was called wrongly.
const USAGE: u8 = 2;
/// Anything else.
const FAILED: u8 = 1;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// No daemon holds the project's lock.
    #[error("Orchestrator daemon is not running. Start it with: ve orch start")]
    NotRunning,
    /// Nobody answers at the address given.
    #[error("Cannot connect to orchestrator daemon at {address}: {source}")]
    Unreachable {
        /// Where.
        address: String,
        /// The failure.
        source: io::Error,
    },
    /// A daemon runs, but its socket and its port are silent.
    #[error("The orchestrator daemon runs (PID {pid}), but it cannot be reached: {source}")]
    Deaf {
        /// Its process id.
        pid: u32,
        /// The failure.
        source: io::Error,
    },
    /// No answer in time.
    #[error("Request to daemon timed out")]
    TimedOut(Duration),
    /// The connection broke.
    #[error("Connection to daemon lost: {0}")]
    Lost(hyper::Error),
    /// Something else than our daemon answered, or another version of it.
    #[error("Invalid response from daemon: {0}")]
    InvalidResponse(String),
    /// The daemon said no.
    #[error("{error}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        error: String,
        /// What to do next, in its words.
        hint: Option<String>,
    },
    /// A request that cannot be written.
    #[error("Cannot ask for {path}: {why}")]
    Unsendable {
        /// What was asked for.
        path: String,
        /// Why not.
        why: String,
    },
    /// The daemon could not be started or stopped.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
    /// There is no project here.
    #[error("failed to {0}")]
    Root(#[from] RootError),
    /// An argument makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What would be right.
        hint: &'static str,
    },
    /// There is nothing to show.
    #[error("{message}")]
    Nothing {
        /// What is missing.
        message: String,
        /// What to do next.
        hint: &'static str,
    },
    /// The output cannot be written.
    #[error("failed to write the output: {0}")]
    Output(#[from] io::Error),
    /// An agent's tool server cannot speak with its agent.
    #[error("failed to serve the agent's tools: {0}")]
    ToolServer(String),
    /// The event loop cannot be made.
    #[error("failed to start the event loop: {0}")]
    Runtime(io::Error),
    /// The demo's git said no.
    #[error("failed to run git {command}: {why}")]
    Git {
        /// Its arguments.
        command: String,
        /// What it said.
        why: String,
    },
    /// The demo was ended before its time.
    #[error("the demo was interrupted")]
    Interrupted,
    /// The demo did not go as it should.
    #[error("{broken} of {of} promises were broken")]
    BrokenPromises {
        /// How many.
        broken: usize,
        /// Of how many.
        of: usize,
    },
    /// Processes of the demo outlived it.
    #[error("the demo is over, and these processes are not: {processes}")]
    LeftBehind {
        /// Which ones.
        processes: String,
    },
    /// The doctor found something that cannot work; the lines say what.
    #[error("{failed} thing(s) cannot work")]
    Unhealthy {
        /// How many.
        failed: usize,
    },
    /// Another process of this program failed, and has said why.
    #[error("exit code {code}")]
    Told {
        /// Its exit code.
        code: u8,
    },
    /// `ve` alone does not know this command.
    #[error("ve {command} is no command of the orchestrator, and there is no other ve on PATH that could know it")]
    UnknownCommand {
        /// The first argument.
        command: String,
    },
    /// The next `ve` cannot be started.
    #[error("failed to run {program}: {source}")]
    Handover {
        /// Its path.
        program: String,
        /// The failure.
        source: io::Error,
    },
}

impl CommandError {
    /// What the operator can do.
    pub(crate) fn hint(&self) -> Option<&str> {
        match self {
            CommandError::NotRunning | CommandError::Output(_) | CommandError::Runtime(_) => None,
            CommandError::ToolServer(_) => {
                Some("agents start this command themselves; by hand it needs an MCP client on its pipes")
            }
            CommandError::Told { .. } | CommandError::Interrupted => None,
            CommandError::Unhealthy { .. } => Some("each line that says FAIL says below what would help"),
            CommandError::Git { .. } => {
                Some("the demo needs git on PATH, and a temporary directory that can be written")
            }
            CommandError::BrokenPromises { .. } => {
                Some("look at what it left: ve orch demo --keep; this should not happen, so please report it")
            }
            CommandError::LeftBehind { .. } => Some("end them by their process ids, and please report it"),
            CommandError::Unreachable { .. } => Some("check the address, and that the daemon runs there"),
            CommandError::Deaf { .. } => Some("read the log with: tail .ve/orchestrator.log; then: ve orch restart"),
            CommandError::TimedOut(_) => Some("see whether the daemon is busy: tail .ve/orchestrator.log"),
            CommandError::Lost(_) => Some("see whether the daemon still runs: ve orch status"),
            CommandError::InvalidResponse(_) => {
                Some("another program or another version answers there: ve orch restart")
            }
            CommandError::Unsendable { .. } => Some("look for a control character in the token or the address"),
            CommandError::Refused { hint: Some(hint), .. } => Some(hint),
            CommandError::Refused { status: 401, .. } => Some("give the token of .ve/token as VE_TOKEN"),
            CommandError::Refused { .. } => None,
            CommandError::Lifecycle(error) => error.hint.as_deref(),
            CommandError::Root(error) => Some(error.hint()),
            CommandError::Usage { hint, .. } | CommandError::Nothing { hint, .. } => Some(hint),
            CommandError::UnknownCommand { .. } => {
                Some("the orchestrator's commands begin with \"ve orch\"; see: ve orch --help")
            }
            CommandError::Handover { .. } => Some("check that program, or remove it from PATH"),
        }
    }

    /// The exit code of the process.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            CommandError::NotRunning | CommandError::Unreachable { .. } | CommandError::Deaf { .. } => NOT_RUNNING,
            CommandError::Usage { .. } | CommandError::Root(_) | CommandError::UnknownCommand { .. } => USAGE,
            CommandError::Told { code } => *code,
            _ => FAILED,
        }
    }

    /// Whether the reader of our output went away, which is its good right.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, CommandError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
