//! Settings made by command, under the keys of the HTTP interface, which are older than the configuration files.

use super::error::{Invalid, unknown_name};
use super::layers::Origin;
use super::{Agents, Config};
use crate::domain::ids::AgentName;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// The settings that can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    MaxAgents,
    DispatchInterval,
    WorktreeWarning,
    MaxTurns,
    MaxTurnsCompletion,
    Backend,
}

impl Key {
    const ALL: [Key; 6] = [
        Key::MaxAgents,
        Key::DispatchInterval,
        Key::WorktreeWarning,
        Key::MaxTurns,
        Key::MaxTurnsCompletion,
        Key::Backend,
    ];

    fn wire(self) -> &'static str {
        match self {
            Key::MaxAgents => "max_agents",
            Key::DispatchInterval => "dispatch_interval_seconds",
            Key::WorktreeWarning => "worktree_warning_threshold",
            Key::MaxTurns => "max_turns_implement",
            Key::MaxTurnsCompletion => "max_turns_complete",
            Key::Backend => "backend",
        }
    }

    /// The same setting in a configuration file.
    fn dotted(self) -> &'static str {
        match self {
            Key::MaxAgents => "limits.max_agents",
            Key::DispatchInterval => "limits.dispatch_interval",
            Key::WorktreeWarning => "limits.worktree_warning",
            Key::MaxTurns => "limits.max_turns",
            Key::MaxTurnsCompletion => "limits.max_turns_completion",
            Key::Backend => "agents.default",
        }
    }

    /// The value as it is stored, if the request's value is valid.
    fn accept(self, value: &Value, agents: &Agents) -> Result<String, String> {
        let key = self.wire();
        match self {
            Key::DispatchInterval => {
                let seconds = value.as_f64().filter(|seconds| interval(*seconds).is_some());
                seconds.map(|seconds| seconds.to_string()).ok_or_else(|| format!("{key} must be a positive number"))
            }
            Key::Backend => {
                let name = value.as_str().filter(|name| !name.trim().is_empty());
                let name = name.ok_or_else(|| format!("{key} must be a non-empty string"))?;
                if agents.all.keys().any(|known| known.as_str() == name) {
                    return Ok(name.to_owned());
                }
                let known: Vec<&str> = agents.all.keys().map(AgentName::as_str).collect();
                Err(format!("Unknown backend '{name}'. Available backends: {}", known.join(", ")))
            }
            _ => {
                let count = value.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0);
                count.map(|count| count.to_string()).ok_or_else(|| format!("{key} must be a positive integer"))
            }
        }
    }
}

/// The settings of a PATCH request as they are to be stored: all of them or, if one is invalid, none. Unknown keys are passed over.
pub fn validate_patch(request: &Map<String, Value>, agents: &Agents) -> Result<BTreeMap<String, String>, String> {
    let mut accepted = BTreeMap::new();
    for key in Key::ALL {
        if let Some(value) = request.get(key.wire()) {
            accepted.insert(key.wire().to_owned(), key.accept(value, agents)?);
        }
    }
    Ok(accepted)
}

/// The interface's name of a value that configuration files call `dotted`; the same name for a value that only they know.
pub fn wire_key(dotted: &str) -> &str {
    match dotted {
        "limits.completion_retries" => "max_completion_retries",
        "limits.retry_initial_delay" => "api_retry_initial_delay_ms",
        "limits.retry_max_delay" => "api_retry_max_delay_ms",
        "limits.retry_attempts" => "api_retry_max_attempts",
        _ => Key::ALL.into_iter().find(|key| key.dotted() == dotted).map_or(dotted, |key| key.wire()),
    }
}

/// Puts the stored settings over the configuration.
pub(super) fn apply(
    stored: &BTreeMap<String, String>,
    config: &mut Config,
    origins: &mut BTreeMap<String, Origin>,
) -> Result<(), Invalid> {
    for key in Key::ALL {
        let Some(text) = stored.get(key.wire()) else { continue };
        let count = || {
            let count = text.parse().ok().filter(|count| *count > 0);
            count.ok_or_else(|| Invalid::new(&[key.wire()], format!("{text:?} is not a positive integer")))
        };
        match key {
            Key::MaxAgents => config.policy.max_agents = count()?,
            Key::WorktreeWarning => config.policy.worktree_warning = count()?,
            Key::MaxTurns => config.policy.max_turns = count()?,
            Key::MaxTurnsCompletion => config.policy.max_turns_completion = count()?,
            Key::DispatchInterval => {
                let seconds = text.parse().ok().and_then(interval);
                let problem = || Invalid::new(&[key.wire()], format!("{text:?} is not a positive number"));
                config.policy.dispatch_interval = seconds.ok_or_else(problem)?;
            }
            Key::Backend => {
                let known = config.agents.all.keys().find(|name| name.as_str() == text);
                config.agents.default = known.cloned().ok_or_else(|| {
                    let known: Vec<&str> = config.agents.all.keys().map(AgentName::as_str).collect();
                    Invalid::new(&[key.wire()], unknown_name("unknown agent", text, &known))
                })?;
            }
        }
        origins.insert(key.dotted().to_owned(), Origin::Stored);
    }
    Ok(())
}

fn interval(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|span| !span.is_zero())
}
