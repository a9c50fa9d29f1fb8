//! What the command line asks of the daemon's own module: to start it, to stop it, and whether it runs.

use std::path::{Path, PathBuf};

/// Starts and stops the daemon of a project. All of it blocks, and none of it may be called inside an event loop but `probe`.
pub trait Lifecycle {
    /// Starts the daemon and returns when it answers; in the foreground, when it has ended.
    fn start(&self, options: &StartOptions) -> Result<Started, LifecycleError>;

    /// Stops the daemon and returns when it is gone.
    fn stop(&self, project_dir: &Path) -> Result<Stopped, LifecycleError>;

    /// Replaces the daemon by one of this program's version, while agents go on.
    fn restart(&self, options: &StartOptions) -> Result<Started, LifecycleError>;

    /// The daemon that holds the project's lock, if one does.
    fn probe(&self, project_dir: &Path) -> Option<Running>;
}

/// How the daemon is to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartOptions {
    /// The project's root.
    pub project_dir: PathBuf,
    /// Address to listen at; none for the loopback.
    pub host: Option<String>,
    /// TCP port; none for the usual one, or a free one if that is taken.
    pub port: Option<u16>,
    /// Whether nothing is dispatched until `resume`.
    pub paused: bool,
    /// Whether it stays in this process.
    pub foreground: bool,
}

/// A daemon that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its process id.
    pub pid: u32,
    /// Where it listens.
    pub host: String,
    /// On which TCP port.
    pub port: u16,
}

/// A daemon that does not run any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Whether it ran before.
    pub was_running: bool,
}

/// A daemon that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its process id.
    pub pid: u32,
    /// Since when, in microseconds since the Unix epoch.
    pub since: crate::domain::time::Timestamp,
}

/// Why the daemon could not be started or stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LifecycleError {
    /// What went wrong.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// A daemon that only says that it runs.
#[cfg(test)]
pub(crate) mod fake {
    use super::{Lifecycle, LifecycleError, Running, StartOptions, Started, Stopped};
    use crate::domain::time::Timestamp;
    use std::path::Path;

    /// What every question is answered with.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Fake {
        /// It runs.
        Runs,
        /// It does not.
        IsStopped,
        /// Whatever is asked of it fails.
        Fails,
    }

    impl Fake {
        fn answer<T>(self, answer: T) -> Result<T, LifecycleError> {
            match self {
                Fake::Fails => Err(LifecycleError {
                    message: "Daemon already running with PID 7".into(),
                    hint: Some("stop it with: ve orch stop".into()),
                }),
                _ => Ok(answer),
            }
        }
    }

    impl Lifecycle for Fake {
        fn start(&self, options: &StartOptions) -> Result<Started, LifecycleError> {
            let host = options.host.clone().unwrap_or_else(|| "127.0.0.1".into());
            self.answer(Started { pid: 7, host, port: options.port.unwrap_or(7845) })
        }

        fn stop(&self, _: &Path) -> Result<Stopped, LifecycleError> {
            self.answer(Stopped { was_running: *self == Fake::Runs })
        }

        fn restart(&self, options: &StartOptions) -> Result<Started, LifecycleError> {
            self.start(options)
        }

        fn probe(&self, _: &Path) -> Option<Running> {
            (*self == Fake::Runs).then_some(Running { pid: 7, since: Timestamp(0) })
        }
    }
}
