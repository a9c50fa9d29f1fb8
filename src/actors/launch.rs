//! From a unit and the configuration to a process: command line, environment, prompt, sandbox and limits. Decides nothing; reads no clock.

use super::briefing;
use super::laid;
use super::reach::Reach;
use super::settings::{Effective, Site};
use crate::agent::exec::{self, ExecCodec};
use crate::agent::launch::{Launch, Stdin};
use crate::agent::spec::{Link, Permissions, Place, Session, SessionSpec, Tools};
use crate::agent::{self, Codec};
use crate::domain::agent::AgentConfig;
use crate::domain::attempt::{AttemptKind, Live};
use crate::domain::ids::{AttemptId, SessionId};
use crate::domain::phase::Phase;
use crate::domain::report::Usage;
use crate::domain::work_unit::{Note, Nudge, WorkUnit};
use crate::domain::workspace::UnitPaths;
use crate::git::private::lent;
use crate::project::config::{Config, SandboxMode};
use crate::project::task;
use crate::shim::guarantee::Guarantee;
use crate::shim::policy::{CopyOnWrite, JailPolicy};
use crate::shim::presets::{Toolchain, Toolchains};
use crate::shim::spec::{self, Limits, SPEC_VERSION, ShimSpec};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything an agent's actor needs.
pub struct Process {
    /// Which attempt.
    pub attempt: AttemptId,
    /// What the shim is told, should it have to be started.
    pub spec: ShimSpec,
    /// This program, which the shim is a copy of.
    pub program: PathBuf,
    /// The daemon's epoch, for the shim to tell it from its predecessors.
    pub epoch: u64,
    /// The agent's dialect.
    pub codec: Box<dyn Codec>,
    /// What becomes of its standard input after the first words.
    pub stdin: Stdin,
    /// Its raw output.
    pub log: PathBuf,
    /// Its standard error.
    pub stderr: PathBuf,
    /// Holds all that it can write.
    pub unit_dir: PathBuf,
    /// What its conversation had used before.
    pub before: Usage,
    /// Keys of the questions the unit knows of.
    pub known_questions: Vec<String>,
    /// Whether the unit has the review's decision.
    pub decided: bool,
    /// Sets of questions that have their answers.
    pub answers: Vec<(String, Vec<String>)>,
    /// The tools of ours it is offered.
    pub tools: Tools,
    /// Where its token is.
    pub reach: Reach,
    /// Silence after which it counts as hung.
    pub silence: Duration,
    /// Whether it takes one of the places for gates.
    pub is_gate: bool,
}

/// Why no process can be started, as a fragment.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The unit has no process to run.
    #[error("start an attempt: the unit has none")]
    NoAttempt,
    /// The configuration knows no such agent any more.
    #[error("start agent {0}: it is not configured")]
    NoAgent(String),
    /// The program of an agent is not there.
    #[error("start agent {agent}: {program} is not found on PATH; install it, or set agents.{agent}.program")]
    NoProgram {
        /// The agent.
        agent: String,
        /// Its program, by the name that is looked up.
        program: String,
    },
    /// The unit was saved before commands were kept with their attempts.
    #[error("run the {0}: an older version of this program began it; retry")]
    NoCommand(&'static str),
    /// The prompt cannot be made.
    #[error("write the prompt: {0}")]
    Prompt(String),
    /// A directory cannot be made.
    #[error("prepare {}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The failure.
        source: std::io::Error,
    },
}

/// The process of the unit's live attempt.
pub fn process(unit: &WorkUnit, effective: &Effective) -> Result<Process, LaunchError> {
    let live = unit.live.as_ref().ok_or(LaunchError::NoAttempt)?;
    let site = &*effective.site;
    let paths = site.layout.unit(unit.id);
    let run_dir = paths.run(&live.attempt);
    for dir in [run_dir.clone(), paths.logs(), paths.tmp(), paths.home(), paths.link()] {
        fs::create_dir_all(&dir).map_err(|source| LaunchError::Io { path: dir, source })?;
    }
    let toolchains = toolchains(site, &effective.config);
    let Start { launch, codec, read, write, before } = start(unit, live, effective, &paths)?;
    let log = paths.log(&live.attempt);
    let stderr = log.with_extension("err");
    let mut policy = unit_policy(unit, &paths, effective, &toolchains, &read);
    policy.write.extend(write);
    let spec = ShimSpec {
        version: SPEC_VERSION,
        attempt: live.attempt.to_string(),
        run_dir,
        log: log.clone(),
        stderr: stderr.clone(),
        argv: texts(launch.argv),
        env: environment(launch.env, &toolchains),
        cwd: workplace(&paths, live.kind),
        policy,
        limits: limits(effective, live.kind),
        grace_seconds: effective.rules.policy.daemon_grace.as_secs(),
    };
    Ok(Process {
        attempt: live.attempt.clone(),
        spec,
        program: site.program.clone(),
        epoch: site.epoch,
        codec,
        stdin: launch.stdin,
        log,
        stderr,
        unit_dir: paths.root().to_owned(),
        before,
        known_questions: known_questions(unit),
        // What the operator may still take back is delivered when the unit goes on, and not before.
        answers: if unit.answered.is_none() { answers(unit) } else { Vec::new() },
        tools: tools(unit),
        reach: site.reach.clone(),
        decided: unit.decision.is_some(),
        silence: effective.rules.policy.silence_timeout,
        is_gate: matches!(live.kind, AttemptKind::WorkerGate(_) | AttemptKind::IntegrationGate(_)),
    })
}

/// Whether this attempt is a gate that has not begun, and somebody has deleted the worktree in which it is to run. All others are begun by an order
/// that makes the worktree again.
pub fn lacks_its_worktree(unit: &WorkUnit, attempt: &AttemptId, effective: &Effective) -> bool {
    let is_gate = unit.live.as_ref().is_some_and(|live| matches!(live.kind, AttemptKind::WorkerGate(_)));
    is_gate && !effective.site.layout.unit(unit.id).worktree().exists() && !was_started(unit, attempt, effective)
}

/// Whether the process of this attempt was ever started.
pub fn was_started(unit: &WorkUnit, attempt: &AttemptId, effective: &Effective) -> bool {
    spec::was_started(&effective.site.layout.unit(unit.id).run(attempt))
}

/// How a process is started, and what it needs beside the standard lists of its jail.
struct Start {
    launch: Launch,
    codec: Box<dyn Codec>,
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    before: Usage,
}

fn start(unit: &WorkUnit, live: &Live, effective: &Effective, paths: &UnitPaths) -> Result<Start, LaunchError> {
    let config = &effective.config;
    let place = place(unit, live, effective, paths);
    match live.kind {
        AttemptKind::Setup | AttemptKind::WorkerGate(_) | AttemptKind::IntegrationGate(_) => {
            let command = live.command.as_ref().ok_or(LaunchError::NoCommand(live.kind.name()))?;
            let (launch, codec) = (exec::launch(&place, command), Box::new(ExecCodec::new(command)));
            Ok(Start { launch, codec, read: Vec::new(), write: Vec::new(), before: Usage::default() })
        }
        AttemptKind::Agent => {
            let name = live.agent.as_ref().unwrap_or(effective.rules.agent_for(unit.phase));
            let agent = config.agents.all.get(name).ok_or_else(|| LaunchError::NoAgent(name.to_string()))?;
            let operator = &effective.site.operator;
            let is_looked_up = !agent.program.contains('/');
            // One that is at work goes on, whatever became of its program's file.
            if is_looked_up && operator.find(&agent.program).is_none() && !was_started(unit, &live.attempt, effective) {
                return Err(LaunchError::NoProgram { agent: name.to_string(), program: agent.program.clone() });
            }
            let spec = session(unit, live, effective, place, agent, paths)?;
            let launch = agent::launch(&spec);
            laid::before_agent(&spec, &launch, &effective.site.reach)
                .map_err(|(path, source)| LaunchError::Io { path, source })?;
            let mut read = operator.program(&agent.program);
            read.push(spec.link.program.clone());
            let (codec, write) = (agent::codec(&spec), spec.login.into_iter().collect());
            Ok(Start { launch, codec, read, write, before: spec.used })
        }
    }
}

fn session(
    unit: &WorkUnit,
    live: &Live,
    effective: &Effective,
    place: Place,
    agent: &AgentConfig,
    paths: &UnitPaths,
) -> Result<SessionSpec, LaunchError> {
    let prompt = |error: String| LaunchError::Prompt(error);
    let briefing =
        briefing::write(unit, effective, agent.kind, &place.cwd).map_err(|error| prompt(error.to_string()))?;
    let briefing = briefing.ok_or_else(|| prompt("the unit has no base".to_owned()))?;
    let fresh = || SessionId::parse(live.attempt.as_str()).map_err(|error| prompt(error.to_string()));
    let now = laid::Begun { session: unit.session.clone(), used: unit.session_used };
    let begun = now.remembered(&paths.run(&live.attempt), &live.attempt);
    let begun = begun.map_err(|(path, source)| LaunchError::Io { path, source })?;
    Ok(SessionSpec {
        session: match begun.session {
            Some(session) => Session::Resume(session),
            None => Session::New(fresh()?),
        },
        used: begun.used,
        prompt: briefing.prompt,
        answer: briefing.answer,
        reason: briefing.reason,
        tools: tools(unit),
        permissions: match effective.config.sandbox.mode {
            SandboxMode::On => Permissions::AllowAll,
            SandboxMode::Off => Permissions::AskOperator,
        },
        max_turns: turns(unit, effective),
        config: agent.clone(),
        link: Link { dir: paths.link(), program: effective.site.reach.program() },
        login: laid::login(&effective.site.logins, agent),
        started: unit.updated_at,
        place,
    })
}

fn tools(unit: &WorkUnit) -> Tools {
    if unit.phase == Phase::Review { Tools::Review } else { Tools::Work }
}

/// To change one line of a document takes less than a phase.
fn turns(unit: &WorkUnit, effective: &Effective) -> u32 {
    let policy = &effective.rules.policy;
    let reminded = unit.notes.contains(&Note::Nudge(Nudge::ChunkStatus));
    if reminded { policy.max_turns_completion } else { policy.max_turns }
}

fn place(unit: &WorkUnit, live: &Live, effective: &Effective, paths: &UnitPaths) -> Place {
    let site = &*effective.site;
    Place {
        attempt: live.attempt.clone(),
        chunk: unit.chunk.clone(),
        phase: unit.phase.name().to_owned(),
        cwd: workplace(paths, live.kind).join(&site.prefix),
        home: paths.home(),
        tmp: match effective.config.sandbox.mode {
            SandboxMode::On => "/tmp".into(),
            SandboxMode::Off => paths.tmp(),
        },
        path: site.path.clone(),
        timezone: site.timezone.clone(),
        inherited: site.environment.clone(),
    }
}

fn workplace(paths: &UnitPaths, kind: AttemptKind) -> PathBuf {
    match kind {
        AttemptKind::IntegrationGate(_) => paths.landing(),
        AttemptKind::Agent | AttemptKind::Setup | AttemptKind::WorkerGate(_) => paths.worktree(),
    }
}

fn toolchains(site: &Site, config: &Config) -> Toolchains {
    let named = &config.sandbox.toolchains;
    let presets: Vec<Toolchain> = if named.iter().any(|name| name == "auto") {
        Toolchain::ALL.to_vec()
    } else {
        named.iter().filter_map(|name| Toolchain::parse(name)).collect()
    };
    site.operator.toolchains(&presets)
}

/// The sandbox of a unit's processes; the short confined helpers of git use the same.
pub fn policy(paths: &UnitPaths, effective: &Effective, toolchains: &Toolchains, programs: &[PathBuf]) -> JailPolicy {
    let sandbox = &effective.config.sandbox;
    if sandbox.mode == SandboxMode::Off {
        return JailPolicy::off();
    }
    let site = &*effective.site;
    let mut policy = JailPolicy::for_unit(paths, &lent::readable(paths, &site.objects), toolchains);
    let home = |text: &String| match text.strip_prefix("~/") {
        Some(rest) => site.operator.home.join(rest),
        None => PathBuf::from(text),
    };
    let existing = |path: &PathBuf| path.exists();
    policy.read.extend(programs.iter().cloned());
    policy.read.extend(sandbox.read.iter().map(home).filter(existing));
    policy.write.extend(sandbox.write.iter().map(home).filter(existing));
    policy.write.extend(Some(paths.landing()).filter(existing));
    policy.mask.extend(sandbox.mask.iter().map(home));
    policy.cow = sandbox
        .cow
        .iter()
        .map(home)
        .filter(existing)
        .enumerate()
        .map(|(number, lower)| CopyOnWrite { lower, upper: paths.root().join(format!("cow-{number}")) })
        .collect();
    policy.namespaces = site.machine.namespaces;
    policy.accept = sandbox.accept.iter().filter_map(|name| Guarantee::parse(name)).collect();
    policy
}

/// The sandbox of a unit's processes. Of a task they may write what is in its repositories, and only read what is above them.
fn unit_policy(
    unit: &WorkUnit,
    paths: &UnitPaths,
    effective: &Effective,
    toolchains: &Toolchains,
    programs: &[PathBuf],
) -> JailPolicy {
    let site = &*effective.site;
    let lead = paths.seen_from(site.repos.lead.name.as_ref());
    let mut policy = policy(&lead, effective, toolchains, programs);
    if site.task.is_none() {
        return policy;
    }
    let existing = |path: &PathBuf| path.exists();
    policy.read.extend([paths.worktree(), paths.landing()].into_iter().filter(existing));
    policy.read.extend(task::SHARED.iter().map(|name| site.layout.root().join(name)).filter(existing));
    for name in unit.base.iter().flat_map(|base| base.others.keys()) {
        let other = paths.seen_from(Some(name));
        policy.read.extend(lent::readable(&other, &site.objects));
        policy.write.extend([other.worktree(), other.git(), other.landing()].into_iter().filter(existing));
    }
    policy
}

/// The policy of the short helpers that touch a unit's files for the daemon.
pub fn helper_policy(paths: &UnitPaths, effective: &Effective) -> JailPolicy {
    policy(paths, effective, &Toolchains::default(), &[])
}

fn limits(effective: &Effective, kind: AttemptKind) -> Limits {
    let policy = &effective.rules.policy;
    let wall = if kind == AttemptKind::Setup { policy.setup_timeout } else { policy.attempt_timeout };
    Limits {
        output_bytes: Some(policy.attempt_output),
        wall_seconds: Some(wall.as_secs()),
        memory_bytes: Some(policy.unit_memory),
        processes: Some(u64::from(policy.unit_processes)),
    }
}

fn environment(env: Vec<(OsString, OsString)>, toolchains: &Toolchains) -> Vec<(String, String)> {
    let mut env: Vec<(String, String)> = env
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    for (name, path) in &toolchains.env {
        if !env.iter().any(|(known, _)| known == name) {
            env.push((name.clone(), path.to_string_lossy().into_owned()));
        }
    }
    env
}

fn texts(argv: Vec<OsString>) -> Vec<String> {
    argv.into_iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
}

fn known_questions(unit: &WorkUnit) -> Vec<String> {
    let asked = unit.ask().and_then(|ask| match &ask.about {
        crate::domain::attention::About::Question { set, .. } => Some(set.key.clone()),
        _ => None,
    });
    asked.into_iter().chain(answers(unit).into_iter().map(|(key, _)| key)).collect()
}

fn answers(unit: &WorkUnit) -> Vec<(String, Vec<String>)> {
    let answers = unit.notes.iter().filter_map(|note| match note {
        Note::Answers { set, answers } => Some((set.key.clone(), answers.clone())),
        _ => None,
    });
    answers.collect()
}

/// The directory a unit's helper policies are written to: out of the agents' reach.
pub fn policy_file(paths: &UnitPaths) -> PathBuf {
    Path::new(paths.root()).join("helper.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::config::words::{GUARANTEES, TOOLCHAINS};

    #[test]
    fn the_words_of_the_configuration_are_those_of_the_sandbox() {
        assert_eq!(GUARANTEES, Guarantee::ALL.map(Guarantee::as_str));
        assert_eq!(TOOLCHAINS.map(Toolchain::parse), Toolchain::ALL.map(Some));
    }
}
