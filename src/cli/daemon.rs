//! The real daemon, as the command line sees it.

use super::lifecycle::{Lifecycle, LifecycleError, Running, StartOptions, Started, Stopped};
use crate::daemon::launch::Launch;
use crate::daemon::serve::{ExitReason, foreground};
use crate::daemon::{DaemonError, lock, pause, restart, start, stop, wiring};
use crate::project::config::Config;
use crate::project::config::error::ConfigError;
use crate::project::config::layers::{self, Origin, Texts};
use crate::project::layout::Layout;
use crate::project::layout::home::state_home;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Starts, stops and finds the daemon of a project through its locks.
pub struct Daemon;

impl Lifecycle for Daemon {
    fn start(&self, options: &StartOptions) -> Result<Started, LifecycleError> {
        let launch = launch(options)?;
        valid(&launch.root)?;
        if options.paused {
            pause::before_start(&launch)?;
        }
        if options.foreground {
            return match foreground(&launch, wiring::serve)? {
                ExitReason::Failed { error, hint } => Err(DaemonError::Failed { error, hint }.into()),
                ExitReason::Stopped | ExitReason::Left => Ok(Started {
                    pid: std::process::id(),
                    host: launch.host.to_string(),
                    port: launch.port.unwrap_or(0),
                }),
            };
        }
        let started = start::start(&launch, start::START_BOUND)?;
        Ok(Started { pid: number(started.pid), host: launch.host.to_string(), port: started.port })
    }

    fn stop(&self, project_dir: &Path) -> Result<Stopped, LifecycleError> {
        let Some(layout) = find(project_dir)? else { return Ok(Stopped { was_running: false }) };
        let was_running = stop::stop(&layout, stop::STOP_BOUND)? != stop::Stopped::WasNotRunning;
        Ok(Stopped { was_running })
    }

    fn restart(&self, options: &StartOptions) -> Result<Started, LifecycleError> {
        let launch = launch(options)?;
        // Before the daemon that runs is ended for one that would not start.
        valid(&launch.root)?;
        let started = restart::restart(&launch, restart::RESTART_BOUND)?;
        Ok(Started { pid: number(started.pid), host: launch.host.to_string(), port: started.port })
    }

    fn probe(&self, project_dir: &Path) -> Option<Running> {
        // What cannot be looked at does not run, as far as a client is concerned; `start` says what is wrong.
        let running = lock::probe(&find(project_dir).ok()??).ok()??;
        Some(Running { pid: number(running.pid()), since: running.started_at() })
    }
}

impl From<DaemonError> for LifecycleError {
    fn from(error: DaemonError) -> Self {
        let message = match &error {
            DaemonError::AlreadyRunning { pid } => format!("Daemon already running with PID {pid}"),
            other => format!("failed to {other}"),
        };
        Self { message, hint: Some(error.hint().to_owned()) }
    }
}

fn launch(options: &StartOptions) -> Result<Launch, LifecycleError> {
    let root = canonical(&options.project_dir)?;
    let mut launch = Launch::new(root.clone(), home(&root)?);
    let configured = config(&root).map_or_else(|_| Vec::new(), |config| config.sources());
    let configured = |key| configured.iter().find(|setting| setting.key == key && setting.origin != Origin::Default);
    let host = configured("host").map(|setting| setting.value.trim_matches('"').to_owned());
    if let Some(host) = options.host.clone().or(host) {
        launch.host = host.parse().map_err(|_| LifecycleError {
            message: format!("{host} is no IP address"),
            hint: Some("give the address to listen on, for instance 127.0.0.1".to_owned()),
        })?;
    }
    launch.port = options.port.or_else(|| configured("port")?.value.parse().ok());
    Ok(launch)
}

fn find(project_dir: &Path) -> Result<Option<Layout>, LifecycleError> {
    let root = canonical(project_dir)?;
    let home = home(&root)?;
    Ok(Layout::find(&root, &home).map_err(DaemonError::from)?)
}

fn canonical(project_dir: &Path) -> Result<PathBuf, LifecycleError> {
    project_dir.canonicalize().map_err(|error| LifecycleError {
        message: format!("failed to open {}: {error}", project_dir.display()),
        hint: Some("give an existing directory with --project-dir".to_owned()),
    })
}

/// The directory of all state, which a project may configure.
fn home(root: &Path) -> Result<PathBuf, LifecycleError> {
    let configured = config(root).ok().and_then(|config| config.state_dir);
    Ok(state_home(configured.as_deref(), |name| std::env::var_os(name)).map_err(DaemonError::from)?)
}

/// Refuses files that are not valid, with the place.
fn valid(root: &Path) -> Result<(), LifecycleError> {
    config(root).map(drop).map_err(|error| LifecycleError {
        message: format!("failed to {error}"),
        hint: Some("put it right and try again; what runs goes on".to_owned()),
    })
}

/// What the files say, as far as it counts before anything is accepted. What variables hold is the daemon's affair.
fn config(root: &Path) -> Result<Config, ConfigError> {
    let read = |name: &str| fs::read_to_string(root.join(name)).ok();
    let (committed, local) = (read("ve.toml"), read(".ve/config.toml"));
    let texts =
        Texts { committed: committed.as_deref(), accepted: None, local: local.as_deref(), stored: &BTreeMap::new() };
    layers::load(texts, &|_| Some(String::new()))
}

fn number(pid: i32) -> u32 {
    u32::try_from(pid).unwrap_or(0)
}
