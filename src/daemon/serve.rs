//! The daemon's own process: takes the lock, opens the doors, runs what it is given, and leaves the place tidy.

use super::DaemonError;
use super::doors::Doors;
use super::files::{self, Token};
use super::launch::Launch;
use super::listen;
use super::lock::{self, Lock, Mode};
use super::log;
use super::pipe::take_stdout;
use super::ready::{Ready, Word};
use super::signals::Stops;
use crate::project::layout::Layout;
use rustix::fs::Mode as FileMode;
use std::fs::File;
use std::future::Future;
use std::net::{IpAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::process::ExitCode;
use std::sync::Arc;

/// Exit code of a daemon that is to be followed by a new one: EX_TEMPFAIL of sysexits.h, which systemd can be told about.
pub const LEFT: u8 = 75;

/// What a daemon has in hand when it begins to serve.
#[derive(Debug)]
pub struct Served {
    /// Where the project and its state are.
    pub layout: Layout,
    /// The project's socket, bound and non-blocking.
    pub socket: UnixListener,
    /// The TCP port, bound and non-blocking.
    pub tcp: TcpListener,
    /// Address of `tcp`.
    pub host: IpAddr,
    /// Port of `tcp`.
    pub port: u16,
    /// What clients of `tcp` must present.
    pub token: Token,
    /// To be looked after now and then: somebody may remove `.ve/`.
    pub doors: Doors,
    /// Requests to end.
    pub stops: Stops,
    /// To be told when requests are answered.
    pub ready: Ready,
}

/// Why a daemon has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// It was stopped, and its agents are ended.
    Stopped,
    /// It left its agents to the next daemon.
    Left,
    /// It cannot go on.
    Failed {
        /// The reason, a fragment.
        error: String,
        /// What the operator can do.
        hint: String,
    },
}

impl ExitReason {
    /// The exit code by which a keeper understands it.
    pub fn code(&self) -> ExitCode {
        match self {
            ExitReason::Stopped => ExitCode::SUCCESS,
            ExitReason::Left => ExitCode::from(LEFT),
            ExitReason::Failed { .. } => ExitCode::FAILURE,
        }
    }
}

/// The hidden subcommand `__daemon`: serves with `serve` what a keeper wants served. Standard output leads to the keeper.
pub fn daemon_main<S, F>(launch: &Launch, serve: S) -> ExitCode
where
    S: FnOnce(Served) -> F,
    F: Future<Output = ExitReason>,
{
    let outcome = keepers_pipe().and_then(|(keeper, say)| {
        let run = || {
            let layout = launch.claim()?;
            let lock = Lock::daemon(&layout, Mode::Kept)?;
            log::to_file(&layout.log()).map_err(DaemonError::io(&layout.log()))?;
            run(launch, &layout, lock, Mode::Kept, Some(keeper), serve)
        };
        run().inspect_err(|error| Word::failed(error).say(say))
    });
    match outcome {
        Ok(reason) => reason.code(),
        Err(error) => {
            tracing::error!("failed to {error}");
            ExitCode::FAILURE
        }
    }
}

/// The way to the keeper twice: for the daemon once it is at work, and for what fails before.
fn keepers_pipe() -> Result<(File, File), DaemonError> {
    let pipe = take_stdout().and_then(|pipe| Ok((pipe.try_clone()?, pipe)));
    pipe.map_err(DaemonError::system("keep the pipe to the keeper"))
}

/// Serves in the foreground, for systemd and containers: no keeper, and the log on standard error.
pub fn foreground<S, F>(launch: &Launch, serve: S) -> Result<ExitReason, DaemonError>
where
    S: FnOnce(Served) -> F,
    F: Future<Output = ExitReason>,
{
    let layout = super::start::claim(launch)?;
    if let Some(keeper) = lock::probe_keeper(&layout)? {
        return Err(DaemonError::AlreadyRunning { pid: keeper.pid() });
    }
    let lock = Lock::daemon(&layout, Mode::Foreground)?;
    log::to_stderr().map_err(DaemonError::system("log to standard error"))?;
    run(launch, &layout, lock, Mode::Foreground, None, serve)
}

fn run<S, F>(
    launch: &Launch,
    layout: &Layout,
    lock: Lock,
    mode: Mode,
    keeper: Option<File>,
    serve: S,
) -> Result<ExitReason, DaemonError>
where
    S: FnOnce(Served) -> F,
    F: Future<Output = ExitReason>,
{
    rustix::process::umask(FileMode::from_raw_mode(0o077));
    let lock = Arc::new(lock);
    files::remove(layout);
    files::write_pid(layout)?;
    let tidy = Tidy(layout);
    let token = files::token(layout)?;
    let socket = listen::unix(layout, &lock)?;
    let tcp = listen::tcp(launch.host, launch.port, files::last_port(layout))?;
    let port = tcp.local_addr().map_err(DaemonError::system("read the own port"))?.port();
    let ready = Ready::new(layout.clone(), Arc::clone(&lock), mode, port, keeper);
    let reason = actix::System::new().block_on(async {
        let (layout, ready) = (layout.clone(), ready.clone());
        let stops = Stops::listen()?;
        let doors = Doors::new(layout.clone(), Arc::clone(&lock), token.clone(), port);
        let served = Served { layout, socket, tcp, host: launch.host, port, token, doors, stops, ready };
        Ok::<_, DaemonError>(serve(served).await)
    })?;
    match &reason {
        ExitReason::Failed { error, hint } => {
            tracing::error!("failed to {error}");
            ready.fail(error.clone(), hint.clone());
        }
        ExitReason::Stopped => tracing::info!("stopped"),
        ExitReason::Left => tracing::info!("left; the agents go on"),
    }
    drop(tidy);
    // Last, so that nobody starts while there is something left to tidy.
    drop(lock);
    Ok(reason)
}

/// Removes the files that lead to the daemon, also when serving panics.
struct Tidy<'a>(&'a Layout);

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        files::remove(self.0);
    }
}
