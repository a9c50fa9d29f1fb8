//! From the configuration as written to the one that is used: defaults filled in, names checked, agents resolved.

use super::error::{Invalid, unknown_name};
use super::model::{
    Raw, RawAgent, RawAgentTable, RawConflicts, RawExhausted, RawLanding, RawLimits, RawMode, RawObjects, RawOracle,
};
use super::values::{Size, Span};
use super::{Agents, BaseSpec, Config, Listen, Sandbox, SandboxMode, SharedObjects};
use crate::domain::agent::{AgentConfig, AgentKind};
use crate::domain::gate::Gates;
use crate::domain::ids::{AgentName, BranchName};
use crate::domain::phase::{Phase, Phases};
use crate::domain::policy::{ConflictPolicy, Exhausted, LandingStyle, OracleMode, Policy};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The port of the seeds.
const PORT: u16 = 7845;

/// Looks up a variable of the daemon's environment.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) fn config(raw: Raw, env: Env<'_>) -> Result<Config, Invalid> {
    let mut policy = Policy::default();
    limits(&mut policy, &raw.limits)?;
    set(&mut policy.setup_timeout, raw.worktree.setup_timeout.map(|Span(span)| span));
    set(&mut policy.approve_goals, raw.approve_goals);
    set(&mut policy.landing, raw.landing.map(landing));
    policy.conflicts = conflicts(&raw.conflicts, raw.oracle)?;
    let base = raw.base.as_deref().map_or(Ok(BaseSpec::Current), base)?;
    Ok(Config {
        policy,
        push: push(raw.push, &base)?,
        base,
        phases: raw.phases.as_deref().map_or_else(|| Ok(Phases::default()), phases)?,
        agents: agents(raw.agents, env)?,
        setup: raw.worktree.setup.filter(|command| !command.trim().is_empty()),
        gates: Gates { worker: raw.gates.worker, integration: raw.gates.integration },
        sandbox: Sandbox {
            mode: match raw.sandbox.mode {
                Some(RawMode::Off) => SandboxMode::Off,
                Some(RawMode::On) | None => SandboxMode::On,
            },
            read: raw.sandbox.read,
            write: raw.sandbox.write,
            cow: raw.sandbox.cow,
            mask: raw.sandbox.mask,
            accept: raw.sandbox.accept,
            toolchains: raw.sandbox.toolchains.unwrap_or_else(|| vec!["auto".to_owned()]),
            objects: match raw.sandbox.objects {
                Some(RawObjects::Own) => SharedObjects::Own,
                Some(RawObjects::Shared) | None => SharedObjects::Shared,
            },
        },
        listen: Listen { host: raw.host.unwrap_or_else(|| "127.0.0.1".to_owned()), port: raw.port.unwrap_or(PORT) },
        state_dir: raw.state_dir,
        origins: BTreeMap::new(),
    })
}

/// What is not cut from `origin` has no place there either.
fn push(wanted: Option<bool>, base: &BaseSpec) -> Result<bool, Invalid> {
    match (wanted.unwrap_or(false), base) {
        (true, BaseSpec::Current | BaseSpec::Branch(_)) => {
            Err(Invalid::new(&["push"], "needs a base at origin: base = \"origin/<branch>\""))
        }
        (wanted, _) => Ok(wanted),
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn limits(policy: &mut Policy, raw: &RawLimits) -> Result<(), Invalid> {
    let span = |value: Option<Span>| value.map(|Span(span)| span);
    let size = |value: Option<Size>| value.map(|Size(bytes)| bytes);
    let count = |value: Option<NonZeroU32>| value.map(NonZeroU32::get);
    set(&mut policy.max_agents, count(raw.max_agents));
    set(&mut policy.max_review, count(raw.max_review));
    set(&mut policy.max_gates, count(raw.max_gates));
    set(&mut policy.max_warm, raw.max_warm);
    set(&mut policy.warm_for, span(raw.warm_for));
    set(&mut policy.attempt_timeout, span(raw.attempt_timeout));
    set(&mut policy.silence_timeout, span(raw.silence_timeout));
    set(&mut policy.memory_floor, size(raw.memory_floor));
    set(&mut policy.disk_floor, size(raw.disk_floor));
    set(&mut policy.unit_memory, size(raw.unit_memory));
    set(&mut policy.unit_processes, count(raw.unit_processes));
    set(&mut policy.attempt_output, size(raw.attempt_output));
    set(&mut policy.review_cycles, count(raw.review_cycles));
    set(&mut policy.review_nudges, raw.review_nudges);
    set(&mut policy.completion_retries, raw.completion_retries);
    set(&mut policy.rebase_retries, raw.rebase_retries);
    set(&mut policy.crash_retries, raw.crash_retries);
    let exhausted = |wanted| match wanted {
        RawExhausted::Ask => Exhausted::Ask,
        RawExhausted::Fail => Exhausted::Fail,
    };
    set(&mut policy.exhausted, raw.exhausted.map(exhausted));
    set(&mut policy.unknown_limit_wait, span(raw.unknown_limit_wait));
    set(&mut policy.resume_jitter, span(raw.resume_jitter));
    set(&mut policy.resume_stagger, span(raw.resume_stagger));
    set(&mut policy.max_turns, count(raw.max_turns));
    set(&mut policy.max_turns_completion, count(raw.max_turns_completion));
    set(&mut policy.retry.initial, span(raw.retry_initial_delay));
    set(&mut policy.retry.max, span(raw.retry_max_delay));
    set(&mut policy.retry.attempts, raw.retry_attempts);
    set(&mut policy.ageing, span(raw.ageing));
    set(&mut policy.dispatch_interval, span(raw.dispatch_interval));
    set(&mut policy.worktree_warning, count(raw.worktree_warning));
    if policy.retry.initial > policy.retry.max {
        let problem = "must not be longer than limits.retry_max_delay";
        return Err(Invalid::new(&["limits", "retry_initial_delay"], problem));
    }
    for (key, bytes) in [("unit_memory", policy.unit_memory), ("attempt_output", policy.attempt_output)] {
        if bytes == 0 {
            return Err(Invalid::new(&["limits", key], "must be more than zero"));
        }
    }
    Ok(())
}

fn landing(raw: RawLanding) -> LandingStyle {
    match raw {
        RawLanding::Merge => LandingStyle::Merge,
        RawLanding::Squash => LandingStyle::Squash,
        RawLanding::FastForward => LandingStyle::FastForward,
    }
}

fn conflicts(raw: &RawConflicts, oracle: Option<RawOracle>) -> Result<ConflictPolicy, Invalid> {
    let mut policy = ConflictPolicy::default();
    set(&mut policy.prior, raw.prior);
    set(&mut policy.serialize_from, raw.serialize_from);
    set(&mut policy.independent_below, raw.independent_below);
    policy.mode = match oracle {
        Some(RawOracle::Advise) => OracleMode::Advise,
        Some(RawOracle::Enforce) | None => OracleMode::Enforce,
    };
    for (key, percent) in [("prior", policy.prior), ("serialize_from", policy.serialize_from)] {
        if percent > 100 {
            return Err(Invalid::new(&["conflicts", key], "must be a percentage, 0 to 100"));
        }
    }
    if policy.independent_below > policy.serialize_from {
        let problem = "must not be above conflicts.serialize_from";
        return Err(Invalid::new(&["conflicts", "independent_below"], problem));
    }
    Ok(policy)
}

fn base(text: &str) -> Result<BaseSpec, Invalid> {
    let branch = |name: &str| BranchName::parse(name).map_err(|error| Invalid::new(&["base"], error.to_string()));
    match (text, text.strip_prefix("origin/")) {
        ("current", _) => Ok(BaseSpec::Current),
        (_, Some(name)) => branch(name).map(BaseSpec::Origin),
        (name, None) => branch(name).map(BaseSpec::Branch),
    }
}

fn phases(names: &[String]) -> Result<Phases, Invalid> {
    let invalid = |problem: String| Invalid::new(&["phases"], problem);
    let mut written = Vec::new();
    for name in names {
        let unknown = || invalid(unknown_name("unknown phase", name, &Phase::ALL.map(Phase::name)));
        written.push(exact_phase(name).ok_or_else(unknown)?);
    }
    if let Some(missing) = Phase::ALL.into_iter().find(|phase| phase.is_mandatory() && !written.contains(phase)) {
        let mandatory: Vec<&str> =
            Phase::ALL.into_iter().filter(|phase| phase.is_mandatory()).map(Phase::name).collect();
        return Err(invalid(format!("{:?} is missing: {} are always needed", missing.name(), mandatory.join(", "))));
    }
    let phases = Phases::new(&written);
    if phases.as_slice() != written {
        let order: Vec<&str> = phases.as_slice().iter().map(|phase| phase.name()).collect();
        return Err(invalid(format!("each phase stands once and in this order: {}", order.join(", "))));
    }
    Ok(phases)
}

/// The phase called `name`, in lower case only: a file has one spelling of a key.
fn exact_phase(name: &str) -> Option<Phase> {
    Phase::parse(name).filter(|phase| phase.name() == name)
}

fn agents(raw: BTreeMap<String, RawAgent>, env: Env<'_>) -> Result<Agents, Invalid> {
    let mut all = BTreeMap::new();
    let mut chosen = Vec::new();
    for (key, entry) in raw {
        match entry {
            RawAgent::Table(table) => {
                let agent = agent(&key, table, env)?;
                all.insert(agent.name.clone(), agent);
            }
            RawAgent::Name(name) => chosen.push((key, name)),
        }
    }
    let mut default = None;
    let mut per_phase = BTreeMap::new();
    for (key, name) in chosen {
        let name = resolve(&key, &name, &mut all)?;
        match exact_phase(&key) {
            Some(phase) => drop(per_phase.insert(phase, name)),
            None if key == "default" => default = Some(name),
            None => {
                let known: Vec<&str> = ["default"].into_iter().chain(Phase::ALL.map(Phase::name)).collect();
                let problem = unknown_name("not a phase:", &key, &known);
                return Err(Invalid::new(&["agents", &key], problem));
            }
        }
    }
    let default = match default {
        Some(name) => name,
        None => resolve("default", AgentKind::Claude.as_str(), &mut all)?,
    };
    Ok(Agents { default, per_phase, all })
}

/// The agent called `name`; one that is not described but is called like a vendor's is that vendor's program.
fn resolve(key: &str, name: &str, all: &mut BTreeMap<AgentName, AgentConfig>) -> Result<AgentName, Invalid> {
    let parsed = agent_name(key, name)?;
    if !all.contains_key(&parsed) {
        if AgentKind::parse(name).and_then(AgentKind::program).is_none() {
            let mut known: Vec<&str> = all.keys().map(AgentName::as_str).collect();
            known.extend(AgentKind::ALL.iter().filter(|kind| kind.program().is_some()).map(|kind| kind.as_str()));
            let problem = format!("{}; describe it in [agents.{name}]", unknown_name("unknown agent", name, &known));
            return Err(Invalid::new(&["agents", key], problem));
        }
        let described = agent(name, RawAgentTable::default(), &|_| None)?;
        all.insert(parsed.clone(), described);
    }
    Ok(parsed)
}

fn agent(name: &str, raw: RawAgentTable, env: Env<'_>) -> Result<AgentConfig, Invalid> {
    if name == "default" || exact_phase(name).is_some() {
        return Err(Invalid::new(&["agents", name], "names the agent of a phase and cannot itself be an agent"));
    }
    let kinds = AgentKind::ALL.map(AgentKind::as_str);
    let kind = raw.kind.as_deref().unwrap_or(name);
    let Some(kind) = AgentKind::parse(kind) else {
        return Err(Invalid::new(&["agents", name, "kind"], unknown_name("unknown kind of agent", kind, &kinds)));
    };
    let program = match (raw.program, kind.program()) {
        (Some(program), _) if !program.trim().is_empty() => program,
        (None, Some(program)) => program.to_owned(),
        _ => return Err(Invalid::new(&["agents", name, "program"], "must name a program")),
    };
    let mut expanded = Vec::new();
    for (variable, value) in raw.env {
        let value =
            expand(&value, env).map_err(|problem| Invalid::new(&["agents", name, "env", &variable], problem))?;
        expanded.push((variable, value));
    }
    let args = raw.args.unwrap_or_default();
    Ok(AgentConfig { name: agent_name(name, name)?, kind, program, args, env: expanded })
}

fn agent_name(key: &str, name: &str) -> Result<AgentName, Invalid> {
    AgentName::parse(name).map_err(|error| Invalid::new(&["agents", key], error.to_string()))
}

/// Replaces each `${NAME}` by the variable's value.
fn expand(text: &str, env: Env<'_>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err(format!("\"${{\" without \"}}\" in {text:?}"));
        };
        expanded.push_str(before);
        expanded.push_str(&env(name).ok_or_else(|| format!("{name} is not set in the daemon's environment"))?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}
