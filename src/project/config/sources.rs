//! Every value in effect and where it comes from, for operators who wonder.

use super::layers::{Origin, origin_of};
use super::values::{size_text, span_text};
use super::{BaseSpec, Config, SandboxMode, SharedObjects};
use crate::domain::policy::{Exhausted, LandingStyle, OracleMode};
use toml::Value;

/// One value in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Dotted key.
    pub key: String,
    /// Value, as configuration writes it.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Config {
    /// Every value in effect and where it comes from.
    pub fn sources(&self) -> Vec<Setting> {
        let origin = |key: &str| origin_of(&self.origins, key).unwrap_or(Origin::Default);
        self.values().into_iter().map(|(key, value)| Setting { origin: origin(&key), key, value }).collect()
    }

    fn values(&self) -> Vec<(String, String)> {
        let policy = &self.policy;
        let list = |items: &[String]| Value::from(items.to_vec()).to_string();
        let text = |text: &str| Value::from(text).to_string();
        let base = match &self.base {
            BaseSpec::Current => "current".to_owned(),
            BaseSpec::Branch(branch) => branch.to_string(),
            BaseSpec::Origin(branch) => format!("origin/{branch}"),
        };
        let landing = match policy.landing {
            LandingStyle::Merge => "merge",
            LandingStyle::Squash => "squash",
            LandingStyle::FastForward => "ff",
        };
        let oracle = match policy.conflicts.mode {
            OracleMode::Enforce => "enforce",
            OracleMode::Advise => "advise",
        };
        let objects = match self.sandbox.objects {
            SharedObjects::Shared => "shared",
            SharedObjects::Own => "own",
        };
        let exhausted = match policy.exhausted {
            Exhausted::Ask => "ask",
            Exhausted::Fail => "fail",
        };
        let mode = match self.sandbox.mode {
            SandboxMode::On => "on",
            SandboxMode::Off => "off",
        };
        let phases: Vec<String> = self.phases.as_slice().iter().map(|phase| phase.name().to_owned()).collect();
        let mut values = vec![
            ("base", text(&base)),
            ("phases", list(&phases)),
            ("landing", text(landing)),
            ("oracle", text(oracle)),
            ("approve_goals", policy.approve_goals.to_string()),
            ("push", self.push.to_string()),
            ("host", text(&self.listen.host)),
            ("port", self.listen.port.to_string()),
            ("limits.max_agents", policy.max_agents.to_string()),
            ("limits.max_review", policy.max_review.to_string()),
            ("limits.max_gates", policy.max_gates.to_string()),
            ("limits.max_warm", policy.max_warm.to_string()),
            ("limits.warm_for", text(&span_text(policy.warm_for))),
            ("limits.attempt_timeout", text(&span_text(policy.attempt_timeout))),
            ("limits.silence_timeout", text(&span_text(policy.silence_timeout))),
            ("limits.memory_floor", text(&size_text(policy.memory_floor))),
            ("limits.disk_floor", text(&size_text(policy.disk_floor))),
            ("limits.unit_memory", text(&size_text(policy.unit_memory))),
            ("limits.unit_processes", policy.unit_processes.to_string()),
            ("limits.attempt_output", text(&size_text(policy.attempt_output))),
            ("limits.review_cycles", policy.review_cycles.to_string()),
            ("limits.review_nudges", policy.review_nudges.to_string()),
            ("limits.completion_retries", policy.completion_retries.to_string()),
            ("limits.rebase_retries", policy.rebase_retries.to_string()),
            ("limits.crash_retries", policy.crash_retries.to_string()),
            ("limits.exhausted", text(exhausted)),
            ("limits.unknown_limit_wait", text(&span_text(policy.unknown_limit_wait))),
            ("limits.resume_jitter", text(&span_text(policy.resume_jitter))),
            ("limits.resume_stagger", text(&span_text(policy.resume_stagger))),
            ("limits.max_turns", policy.max_turns.to_string()),
            ("limits.max_turns_completion", policy.max_turns_completion.to_string()),
            ("limits.retry_initial_delay", text(&span_text(policy.retry.initial))),
            ("limits.retry_max_delay", text(&span_text(policy.retry.max))),
            ("limits.retry_attempts", policy.retry.attempts.to_string()),
            ("limits.ageing", text(&span_text(policy.ageing))),
            ("limits.dispatch_interval", text(&span_text(policy.dispatch_interval))),
            ("limits.worktree_warning", policy.worktree_warning.to_string()),
            ("conflicts.prior", policy.conflicts.prior.to_string()),
            ("conflicts.serialize_from", policy.conflicts.serialize_from.to_string()),
            ("conflicts.independent_below", policy.conflicts.independent_below.to_string()),
            ("agents.default", text(self.agents.default.as_str())),
            ("worktree.setup_timeout", text(&span_text(policy.setup_timeout))),
            ("gates.worker", list(&self.gates.worker)),
            ("gates.integration", list(&self.gates.integration)),
            ("sandbox.mode", text(mode)),
            ("sandbox.read", list(&self.sandbox.read)),
            ("sandbox.write", list(&self.sandbox.write)),
            ("sandbox.cow", list(&self.sandbox.cow)),
            ("sandbox.mask", list(&self.sandbox.mask)),
            ("sandbox.accept", list(&self.sandbox.accept)),
            ("sandbox.toolchains", list(&self.sandbox.toolchains)),
            ("sandbox.objects", text(objects)),
        ];
        values.extend(self.setup.as_deref().map(|setup| ("worktree.setup", text(setup))));
        values.extend(self.state_dir.as_deref().map(|dir| ("state_dir", text(dir))));
        let mut values: Vec<(String, String)> =
            values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        for (phase, agent) in &self.agents.per_phase {
            values.push((format!("agents.{}", phase.name()), text(agent.as_str())));
        }
        for (name, agent) in &self.agents.all {
            values.push((format!("agents.{name}.kind"), text(agent.kind.as_str())));
            values.push((format!("agents.{name}.program"), text(&agent.program)));
            values.push((format!("agents.{name}.args"), list(&agent.args)));
            // Names only: values are often secrets.
            let names: Vec<String> = agent.env.iter().map(|(name, _)| name.clone()).collect();
            values.push((format!("agents.{name}.env"), list(&names)));
        }
        values
    }
}
