//! `GET /status`: the daemon itself.

use super::times::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the daemon is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// What agents are confined by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// `on` or `off`.
    pub mode: String,
    /// Guarantees that this machine cannot give, whether accepted or not.
    pub missing: Vec<String>,
}

/// One configured agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
