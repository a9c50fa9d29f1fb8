//! The configuration as written: the shape of the files, with nothing filled in. Unknown keys are errors.

use super::values::{Size, Span};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    pub base: Option<String>,
    pub phases: Option<Vec<String>>,
    pub landing: Option<RawLanding>,
    pub oracle: Option<RawOracle>,
    pub approve_goals: Option<bool>,
    pub push: Option<bool>,
    pub state_dir: Option<String>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub limits: RawLimits,
    pub conflicts: RawConflicts,
    pub agents: BTreeMap<String, RawAgent>,
    pub worktree: RawWorktree,
    pub gates: RawGates,
    pub sandbox: RawSandbox,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawLanding {
    Merge,
    Squash,
    #[serde(rename = "ff")]
    FastForward,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawOracle {
    Enforce,
    Advise,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawExhausted {
    Ask,
    Fail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLimits {
    pub max_agents: Option<NonZeroU32>,
    pub max_review: Option<NonZeroU32>,
    pub max_gates: Option<NonZeroU32>,
    pub max_warm: Option<u32>,
    pub warm_for: Option<Span>,
    pub attempt_timeout: Option<Span>,
    pub silence_timeout: Option<Span>,
    pub memory_floor: Option<Size>,
    pub disk_floor: Option<Size>,
    pub unit_memory: Option<Size>,
    pub unit_processes: Option<NonZeroU32>,
    pub attempt_output: Option<Size>,
    pub exhausted: Option<RawExhausted>,
    pub review_cycles: Option<NonZeroU32>,
    pub review_nudges: Option<u32>,
    pub completion_retries: Option<u32>,
    pub rebase_retries: Option<u32>,
    pub crash_retries: Option<u32>,
    pub unknown_limit_wait: Option<Span>,
    pub resume_jitter: Option<Span>,
    pub resume_stagger: Option<Span>,
    pub max_turns: Option<NonZeroU32>,
    pub max_turns_completion: Option<NonZeroU32>,
    pub retry_initial_delay: Option<Span>,
    pub retry_max_delay: Option<Span>,
    pub retry_attempts: Option<u32>,
    pub ageing: Option<Span>,
    pub dispatch_interval: Option<Span>,
    pub worktree_warning: Option<NonZeroU32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConflicts {
    pub prior: Option<u8>,
    pub serialize_from: Option<u8>,
    pub independent_below: Option<u8>,
}

/// An entry of `[agents]`: the agent of a phase by name, or the description of an agent.
#[derive(Debug)]
pub(super) enum RawAgent {
    Name(String),
    Table(RawAgentTable),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAgentTable {
    pub kind: Option<String>,
    pub program: Option<String>,
    pub args: Option<Vec<String>>,
    pub env: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawWorktree {
    pub setup: Option<String>,
    pub setup_timeout: Option<Span>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawGates {
    pub worker: Vec<String>,
    pub integration: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSandbox {
    pub mode: Option<RawMode>,
    pub read: Vec<String>,
    pub write: Vec<String>,
    pub cow: Vec<String>,
    pub mask: Vec<String>,
    pub accept: Vec<String>,
    pub toolchains: Option<Vec<String>>,
    pub objects: Option<RawObjects>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawObjects {
    Shared,
    Own,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawMode {
    On,
    Off,
}

// By hand, because an untagged enum would forget why the table does not fit.
impl<'de> Deserialize<'de> for RawAgent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawAgentVisitor)
    }
}

struct RawAgentVisitor;

impl<'de> Visitor<'de> for RawAgentVisitor {
    type Value = RawAgent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an agent, or a table with kind, program, args and env")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<RawAgent, E> {
        Ok(RawAgent::Name(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawAgent, A::Error> {
        RawAgentTable::deserialize(de::value::MapAccessDeserializer::new(map)).map(RawAgent::Table)
    }
}
