//! `GET /status`: the daemon itself.

use super::times::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How the daemon is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Whether it runs.
    pub running: bool,
    /// Its process id.
    pub pid: Option<u32>,
    /// Since when, in seconds.
    pub uptime_seconds: Option<f64>,
    /// Since when.
    pub started_at: Option<Moment>,
    /// Units by status; only those there are.
    pub work_unit_counts: BTreeMap<String, usize>,
    /// Of the program.
    pub version: String,
    /// Why nothing is dispatched, where that is so.
    #[serde(default)]
    pub paused: Option<String>,
    /// The project's root.
    #[serde(default)]
    pub project: Option<String>,
    /// Where its state lives.
    #[serde(default)]
    pub state_dir: Option<String>,
    /// Where the dashboard is, without a token.
    #[serde(default)]
    pub url: Option<String>,
    /// What agents are confined by.
    #[serde(default)]
    pub sandbox: Option<Sandbox>,
    /// The agents in use.
    #[serde(default)]
    pub agents: Vec<Agent>,
    /// Why the configuration's files are not in effect; absent when they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Status {
    /// Nothing runs.
    pub fn stopped(version: &str) -> Self {
        Self {
            running: false,
            pid: None,
            uptime_seconds: None,
            started_at: None,
            work_unit_counts: BTreeMap::new(),
            version: version.to_owned(),
            paused: None,
            project: None,
            state_dir: None,
            url: None,
            sandbox: None,
            agents: Vec::new(),
            problem: None,
        }
    }
}

/// `GET /healthz`: it lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
}

impl Health {
    /// All is well.
    pub fn ok() -> Self {
        Self { status: OK.to_owned() }
    }
}

const OK: &str = "ok";

/// `GET /readyz`: what new work needs, each `ok` or why not. Also the detail of the 503 when something is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// `ok` or `not ready`.
    pub status: String,
    /// Whether the database answers; it has the schema of this program, or the daemon would not have started.
    pub database: String,
    /// Whether there is a base branch with a commit.
    pub git: String,
    /// Whether enough of the disk is free.
    pub disk: String,
}

impl Readiness {
    /// The answers of all checks.
    pub fn new(checks: [Result<(), String>; 3]) -> Self {
        let status = if checks.iter().all(Result::is_ok) { OK } else { "not ready" };
        let [database, git, disk] = checks.map(|check| check.err().unwrap_or_else(|| OK.to_owned()));
        Self { status: status.to_owned(), database, git, disk }
    }

    /// Whether new work can be done.
    pub fn is_ready(&self) -> bool {
        self.status == OK
    }
}

/// What agents are confined by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sandbox {
    /// `on` or `off`.
    pub mode: String,
    /// Guarantees that this machine cannot give, whether accepted or not.
    pub missing: Vec<String>,
}

/// One configured agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    /// Its name in the configuration.
    pub name: String,
    /// The protocol it speaks.
    pub kind: String,
    /// The program.
    pub program: String,
    /// Why nothing is dispatched for it, where that is so: a login or an allowance.
    #[serde(default)]
    pub unavailable: Option<String>,
}
