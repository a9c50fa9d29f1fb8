//! `GET` and `PATCH /config`: the reference's ten keys, and where each value comes from.

use super::body::{BadRequest, Body};
use crate::domain::policy::Policy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;

/// The configuration as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Config {
    /// Agents at work at once.
    pub max_agents: u32,
    /// How often the scheduler looks without being told to, in seconds.
    pub dispatch_interval_seconds: f64,
    /// Resumptions of a COMPLETE that left the chunk's status as it was.
    pub max_completion_retries: u32,
    /// Turns that an agent may take in one attempt.
    pub max_turns_implement: u32,
    /// Turns to repair a status that COMPLETE left as it was.
    pub max_turns_complete: u32,
    /// Worktrees on disk beyond which the operator is warned.
    pub worktree_warning_threshold: u32,
    /// Before the first repetition after an error of the provider, in milliseconds.
    pub api_retry_initial_delay_ms: u64,
    /// The longest delay between repetitions, in milliseconds.
    pub api_retry_max_delay_ms: u64,
    /// Repetitions before the operator is asked.
    pub api_retry_max_attempts: u32,
    /// The agent of every phase that has none of its own.
    pub backend: String,
    /// Where values come from that are not the default, by key.
    #[serde(default)]
    pub sources: BTreeMap<String, String>,
    /// Every value in effect, by the keys of the configuration files.
    #[serde(default)]
    pub values: Vec<ConfigValue>,
    /// Why what the files say now is not in effect, where that is so.
    #[serde(default)]
    pub problem: Option<String>,
}

/// One value in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigValue {
    /// Dotted key.
    pub key: String,
    /// As configuration files write it; of variables only the names, which are seldom secret.
    pub value: String,
    /// `default`, `ve.toml`, `.ve/config.toml` or `stored settings`.
    pub source: String,
}

impl Config {
    /// The configuration that `policy` and the default agent's name make.
    pub fn new(policy: &Policy, backend: &str, sources: BTreeMap<String, String>) -> Self {
        Self {
            max_agents: policy.max_agents,
            dispatch_interval_seconds: policy.dispatch_interval.as_secs_f64(),
            max_completion_retries: policy.completion_retries,
            max_turns_implement: policy.max_turns,
            max_turns_complete: policy.max_turns_completion,
            worktree_warning_threshold: policy.worktree_warning,
            api_retry_initial_delay_ms: milliseconds(policy.retry.initial),
            api_retry_max_delay_ms: milliseconds(policy.retry.max),
            api_retry_max_attempts: policy.retry.attempts,
            backend: backend.to_owned(),
            sources,
            values: Vec::new(),
            problem: None,
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// `PATCH /config`: what changes, all of it or nothing. Unknown keys are passed over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ConfigPatch {
    /// As in [`Config`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_agents: Option<u32>,
    /// As in [`Config`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch_interval_seconds: Option<f64>,
    /// As in [`Config`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worktree_warning_threshold: Option<u32>,
    /// As in [`Config`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turns_implement: Option<u32>,
    /// As in [`Config`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turns_complete: Option<u32>,
    /// As in [`Config`]; see [`ConfigPatch::check_backend`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
}

impl ConfigPatch {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes)?;
        let backend = BadRequest::Type { field: "backend", expected: "a non-empty string" };
        let backend = match body.text("backend") {
            Ok(Some(text)) if text.trim().is_empty() => return Err(backend),
            Ok(text) => text.map(str::to_owned),
            Err(_) => return Err(backend),
        };
        Ok(Self {
            max_agents: body.count("max_agents")?,
            dispatch_interval_seconds: body.positive("dispatch_interval_seconds")?,
            worktree_warning_threshold: body.count("worktree_warning_threshold")?,
            max_turns_implement: body.count("max_turns_implement")?,
            max_turns_complete: body.count("max_turns_complete")?,
            backend,
        })
    }

    /// Whether the agent it names is one of those there are.
    pub fn check_backend(&self, available: &[&str]) -> Result<(), BadRequest> {
        match &self.backend {
            Some(name) if !available.contains(&name.as_str()) => Err(BadRequest::Backend {
                name: name.clone(),
                available: available.iter().map(|name| (*name).to_owned()).collect(),
            }),
            _ => Ok(()),
        }
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_ten_keys_are_shown_with_their_defaults() {
        let shown = Config::new(&Policy::default(), "claude", BTreeMap::new());
        let mut shown = serde_json::to_value(shown).unwrap();
        let fields = shown.as_object_mut().unwrap();
        fields.retain(|key, _| !["sources", "values", "problem"].contains(&key.as_str()));
        let expected = serde_json::json!({
            "max_agents": 4, "dispatch_interval_seconds": 1.0, "max_turns_implement": 100, "max_turns_complete": 20,
            "backend": "claude", "worktree_warning_threshold": 10, "max_completion_retries": 2,
            "api_retry_initial_delay_ms": 100, "api_retry_max_delay_ms": 5000, "api_retry_max_attempts": 30
        });
        assert_eq!(shown, expected);
    }
}
