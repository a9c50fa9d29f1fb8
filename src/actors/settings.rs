//! SettingsActor: what the configuration says now.
//!
//! *Owns* the effective configuration, and looks now and then whether its files have changed. *Asks* persistence. *Tells* everybody who holds a [`Settings`]. *Dies when* the supervisor drops it;
//! readers keep the last good configuration.

mod files;

use super::clock;
use super::fault;
use super::laid;
use super::persistence::{PersistenceActor, Save, Unsaved};
use super::questions;
use super::reach::Reach;
use crate::agent;
use crate::db::store::write::Write;
use crate::domain::agent::AgentConfig;
use crate::domain::each::Each;
use crate::domain::ids::AgentName;
use crate::domain::phase::Phase;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::project::config::error::ConfigError;
use crate::project::config::layers::{self, Origin, Texts};
use crate::project::config::sensitive::{Difference, SensitiveContent};
use crate::project::config::settings::{validate_patch, wire_key};
use crate::project::config::sources::Setting;
use crate::project::config::{Config, SandboxMode};
use crate::project::layout::Layout;
use crate::project::task::{Repo, Task};
use crate::shim::policy::Namespaces;
use crate::shim::presets::Operator;
use actix::prelude::*;
use files::{Files, LAST_GOOD, LastGood};
use futures_util::Stream;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What does not change while a daemon lives.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where things are.
    pub layout: Layout,
    /// What makes the project a task over several repositories, where it is one.
    pub task: Option<Task>,
    /// The project's repositories: its own, or those of its task.
    pub repos: Each<Repo>,
    /// The project's directory inside its repository; empty when it is the repository's root.
    pub prefix: PathBuf,
    /// Directories that hold the host's objects.
    pub objects: Vec<PathBuf>,
    /// This program.
    pub program: PathBuf,
    /// How agents reach this daemon.
    pub reach: Reach,
    /// Holds the shared login directories of this machine, by agent.
    pub logins: PathBuf,
    /// Where the operator's tools are.
    pub operator: Operator,
    /// `PATH` of the daemon.
    pub path: String,
    /// An IANA time zone name.
    pub timezone: String,
    /// The daemon's environment, from which adapters take what they are allowed.
    pub environment: Vec<(String, String)>,
    /// Grows with every daemon of the project.
    pub epoch: u64,
    /// What the sandbox can do here.
    pub machine: Machine,
}

impl Site {
    /// Kept while the operator's checkout of a repository is updated, for a restart to finish or undo.
    pub fn landing_journal(&self, repo: &Repo) -> PathBuf {
        self.kept_of(repo).join("landing.json")
    }

    /// The daemon's git directory for merges in memory.
    pub fn merges(&self, repo: &Repo) -> PathBuf {
        self.kept_of(repo).join("merge.git")
    }

    /// What has landed and is not at `origin` yet.
    pub fn unpushed(&self, repo: &Repo) -> PathBuf {
        self.kept_of(repo).join("unpushed")
    }

    /// What the daemon keeps for one repository, out of all agents' reach.
    pub fn kept_of(&self, repo: &Repo) -> PathBuf {
        let state = self.layout.state();
        repo.name.as_ref().map_or(state.to_owned(), |name| state.join("repositories").join(name.as_str()))
    }
}

/// What the probe of the sandbox found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// What policies must say about namespaces for a program to start here.
    pub namespaces: Namespaces,
    /// Names of the guarantees that cannot be given; an attempt starts only if each is accepted.
    pub missing: Vec<&'static str>,
}

/// What the configuration says, and the rules that follow from it.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The daemon's surroundings.
    pub site: Arc<Site>,
    /// All of the configuration.
    pub config: Config,
    /// What the life cycle and the schedule go by.
    pub rules: Rules,
    /// Phase prompts of the project that the operator accepted.
    prompts: BTreeMap<Phase, String>,
    /// Which ignored files worktrees get, as the operator accepted it.
    include: Option<String>,
    /// Why the configuration on disk is not in effect, where that is so.
    pub problem: Option<Problem>,
    /// What the committed configuration would change if it were trusted, where it would.
    pub untrusted: Option<Untrusted>,
    /// Names the content that would be trusted, for whoever accepts what was shown.
    pub sensitive_digest: String,
}

/// Why the configuration on disk is not in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// With file and line.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
}

/// What the operator has not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    /// Never empty.
    pub differences: Vec<Difference>,
    /// Since when something is not accepted.
    pub since: Timestamp,
}

/// The mode of a sandbox that is in force.
pub const SANDBOXED: SandboxMode = SandboxMode::On;

impl Effective {
    /// The project's own prompt of a phase, where it has one.
    pub fn own_prompt(&self, phase: Phase) -> Option<&str> {
        self.prompts.get(&phase).map(String::as_str)
    }

    /// Which of the operator's ignored files worktrees get: patterns as in `.gitignore`.
    pub fn include(&self) -> Option<&str> {
        self.include.as_deref()
    }
}

impl Effective {
    /// Where values come from that are not built in, by the keys of the HTTP interface, else by those of the files.
    pub fn sources(&self) -> Vec<(String, String)> {
        let configured = self.config.sources().into_iter().filter(|setting| setting.origin != Origin::Default);
        let named = configured.map(|setting| (wire_key(&setting.key).to_owned(), setting.origin.as_str().to_owned()));
        named.collect()
    }

    /// Every value in effect.
    pub fn values(&self) -> Vec<Setting> {
        self.config.sources()
    }
}

/// The configuration in effect, for reading at any time.
#[derive(Clone, Debug)]
pub struct Settings(watch::Receiver<Arc<Effective>>);

impl Settings {
    /// What is in effect now.
    pub fn now(&self) -> Arc<Effective> {
        self.0.borrow().clone()
    }

    /// Ready whenever something else has come into effect; several changes in a row count as one.
    pub fn changes(&self) -> impl Stream<Item = ()> + use<> {
        futures_util::stream::unfold(self.0.clone(), |mut changed| async move {
            changed.changed().await.ok()?;
            Some(((), changed))
        })
    }
}

/// Answered as soon as what the files say now is in effect, or is known not to be valid.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reload;

/// Stores settings as a request words them, all or none.
#[derive(Message)]
#[rtype(result = "Result<Arc<Effective>, Rejected>")]
pub struct Store(pub serde_json::Map<String, serde_json::Value>);

/// Accepts the committed content of everything sensitive, if it still is the one of this digest.
#[derive(Message)]
#[rtype(result = "Result<Arc<Effective>, Rejected>")]
pub struct Accept(pub String);

/// Looks whether the files have changed.
#[derive(Message)]
#[rtype(result = "()")]
struct Look;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);

/// Why a configuration does not take effect; the last good one stays.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Rejected {
    /// It is not valid.
    #[error(transparent)]
    Invalid(#[from] ConfigError),
    /// The request is not.
    #[error("{0}")]
    Request(String),
    /// What is to be accepted is not what was shown.
    #[error("what is to be trusted has changed since it was shown")]
    Changed,
    /// It could not be saved or read.
    #[error("{0}")]
    Unsaved(String),
}

impl From<Unsaved> for Rejected {
    fn from(error: Unsaved) -> Self {
        Rejected::Unsaved(error.to_string())
    }
}

/// Key of the accepted content among the stored settings.
const ACCEPTED: &str = "accepted";

/// See the module.
pub struct SettingsActor {
    site: Arc<Site>,
    persistence: Addr<PersistenceActor>,
    stored: BTreeMap<String, String>,
    /// As last read; none when they could not be.
    files: Option<Files>,
    effective: watch::Sender<Arc<Effective>>,
}

/// Reads the configuration for the first time. What is committed at the first start counts as accepted.
pub async fn first(
    site: Arc<Site>,
    persistence: &Addr<PersistenceActor>,
) -> Result<(Settings, SettingsActor), Rejected> {
    let mut stored = persistence.send(questions::settings()).await.map_err(Unsaved::from)??;
    let read = Files::read(&site);
    let files = read.as_ref().ok().cloned();
    if let (Some(files), false) = (&files, stored.contains_key(ACCEPTED)) {
        let accepted = BTreeMap::from([(ACCEPTED.to_owned(), text_of(&files.sensitive()))]);
        save(persistence, &accepted).await?;
        stored.extend(accepted);
    }
    let config = match read.and_then(|files| effective(&site, &files, &stored)) {
        Ok(config) => config,
        Err(error) => fallback(&site, &stored, error)?,
    };
    let (sender, receiver) = watch::channel(Arc::new(config));
    let mut actor = SettingsActor { site, persistence: persistence.clone(), stored, files, effective: sender };
    actor.remember();
    Ok((Settings(receiver), actor))
}

/// What was in effect before, with the reason why it still is; the error itself where nothing ever was. Agents that a daemon left behind are
/// not to wait for somebody who corrects a file.
fn fallback(site: &Arc<Site>, stored: &BTreeMap<String, String>, error: ConfigError) -> Result<Effective, ConfigError> {
    let Some(last_good) = LastGood::stored(stored) else { return Err(error) };
    let Ok(config) = effective(site, &last_good.into_files(), stored) else { return Err(error) };
    tracing::warn!("the last good configuration is in effect: failed to {error}");
    Ok(Effective { problem: Some(problem(&error, None)), ..config })
}

/// Why the configuration is not in effect, since when it first was not.
fn problem(error: &ConfigError, before: Option<&Problem>) -> Problem {
    Problem { why: format!("failed to {error}"), since: before.map_or_else(clock::now, |before| before.since) }
}

/// Saves all of them or none.
async fn save(persistence: &Addr<PersistenceActor>, settings: &BTreeMap<String, String>) -> Result<(), Unsaved> {
    let write = |(key, value): (&String, &String)| Write::Setting { key: key.clone(), value: Some(value.clone()) };
    persistence.send(Save(Write::All(settings.iter().map(write).collect()))).await??;
    Ok(())
}

fn effective(site: &Arc<Site>, files: &Files, stored: &BTreeMap<String, String>) -> Result<Effective, ConfigError> {
    // What cannot be read was never accepted: the built-in values count, and `trust` shows the difference.
    let accepted: Option<SensitiveContent> = stored.get(ACCEPTED).and_then(|text| serde_json::from_str(text).ok());
    let (committed, local) = (files.committed.as_deref(), files.local.as_deref());
    let texts = Texts { committed, accepted: accepted.as_ref(), local, stored };
    let lookup = |name: &str| site.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let config = layers::load(texts, &lookup)?;
    let current = files.sensitive();
    let differences = accepted.as_ref().map_or_else(Vec::new, |accepted| accepted.differences(&current));
    let untrusted = (!differences.is_empty()).then(|| Untrusted { differences, since: clock::now() });
    let prompts = Phase::ALL
        .into_iter()
        .filter_map(|phase| Some((phase, accepted.as_ref()?.prompt(phase)?.to_owned())))
        .collect();
    let include = accepted.as_ref().and_then(|accepted| accepted.worktreeinclude()).map(str::to_owned);
    let rules = Rules { accounts: accounts(&config, site), ..config.rules() };
    Ok(Effective {
        site: site.clone(),
        config,
        rules,
        prompts,
        include,
        problem: None,
        untrusted,
        sensitive_digest: current.digest(),
    })
}

/// The account of every agent that shares its login with one that is named before it: both would use up the same allowance.
fn accounts(config: &Config, site: &Site) -> BTreeMap<AgentName, AgentName> {
    let mut first = BTreeMap::new();
    let of = |agent: &AgentConfig| {
        let shared = laid::login(&site.logins, agent);
        Some((agent.name.clone(), agent::login(agent, &site.environment, shared.as_deref())?))
    };
    let logins = config.agents.all.values().filter_map(of);
    let shared = logins.filter_map(|(name, login)| {
        let account: &mut AgentName = first.entry(login).or_insert_with(|| name.clone());
        (*account != name).then(|| (name, account.clone()))
    });
    shared.collect()
}

/// The accepted content as it is stored.
fn text_of(content: &SensitiveContent) -> String {
    serde_json::to_string(content).unwrap_or_default()
}

impl SettingsActor {
    /// Looks whether the files have changed.
    fn look(&mut self) {
        if Files::read(&self.site).ok() == self.files {
            return;
        }
        // What is wrong with them is kept, too, for whoever looks at the configuration.
        match self.put() {
            Ok(_) => tracing::info!("the configuration was edited and is in effect"),
            Err(error) => tracing::warn!("the configuration was edited and is not in effect: {error}"),
        }
    }

    /// Puts what the files and the stored settings say into effect, or keeps what is and says why.
    fn put(&mut self) -> Result<Arc<Effective>, Rejected> {
        let read = Files::read(&self.site);
        self.files = read.as_ref().ok().cloned();
        match read.and_then(|files| effective(&self.site, &files, &self.stored)) {
            Ok(mut fresh) => {
                let before = self.effective.borrow().untrusted.as_ref().map(|untrusted| untrusted.since);
                if let (Some(untrusted), Some(since)) = (&mut fresh.untrusted, before) {
                    untrusted.since = since;
                }
                self.effective.send_replace(Arc::new(fresh));
                self.remember();
                Ok(self.effective.borrow().clone())
            }
            Err(error) => {
                let mut last_good = (**self.effective.borrow()).clone();
                last_good.problem = Some(problem(&error, last_good.problem.as_ref()));
                if self.effective.borrow().problem != last_good.problem {
                    tracing::warn!("the last good configuration stays in effect: failed to {error}");
                    self.effective.send_replace(Arc::new(last_good));
                }
                Err(error.into())
            }
        }
    }

    /// Stores what is in effect, where it is new. Not waited for: if it is lost, the one before counts.
    fn remember(&mut self) {
        let Some(files) = self.files.as_ref().filter(|_| self.effective.borrow().problem.is_none()) else { return };
        let last_good = LastGood::of(files);
        if LastGood::stored(&self.stored).as_ref() == Some(&last_good) {
            return;
        }
        let Ok(text) = serde_json::to_string(&last_good) else { return };
        self.stored.insert(LAST_GOOD.to_owned(), text.clone());
        self.persistence.do_send(Save(Write::Setting { key: LAST_GOOD.to_owned(), value: Some(text) }));
    }

    fn store(
        &mut self,
        settings: BTreeMap<String, String>,
    ) -> ResponseActFuture<Self, Result<Arc<Effective>, Rejected>> {
        let mut stored = self.stored.clone();
        stored.extend(settings.clone());
        // Refused before anything is saved; put into effect after everything is.
        let checked = Files::read(&self.site).and_then(|files| effective(&self.site, &files, &stored));
        if let Err(error) = checked {
            return refused(self, error.into());
        }
        let persistence = self.persistence.clone();
        let saving = async move { save(&persistence, &settings).await };
        Box::pin(saving.into_actor(self).map(move |saved, act, _| {
            saved?;
            act.stored = stored;
            act.put()
        }))
    }
}

fn refused(actor: &SettingsActor, why: Rejected) -> ResponseActFuture<SettingsActor, Result<Arc<Effective>, Rejected>> {
    Box::pin(std::future::ready(Err(why)).into_actor(actor))
}

impl Actor for SettingsActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.notify_later(Look, LOOK);
    }
}

impl Handler<Look> for SettingsActor {
    type Result = ();

    fn handle(&mut self, Look: Look, ctx: &mut Self::Context) {
        self.look();
        ctx.notify_later(Look, LOOK);
    }
}

impl Handler<Reload> for SettingsActor {
    type Result = ();

    fn handle(&mut self, Reload: Reload, _: &mut Self::Context) {
        fault::point("settings");
        self.look();
    }
}

impl Handler<Store> for SettingsActor {
    type Result = ResponseActFuture<Self, Result<Arc<Effective>, Rejected>>;

    fn handle(&mut self, Store(request): Store, _: &mut Self::Context) -> Self::Result {
        let agents = self.effective.borrow().config.agents.clone();
        match validate_patch(&request, &agents) {
            Ok(settings) => self.store(settings),
            Err(why) => refused(self, Rejected::Request(why)),
        }
    }
}

impl Handler<Accept> for SettingsActor {
    type Result = ResponseActFuture<Self, Result<Arc<Effective>, Rejected>>;

    fn handle(&mut self, Accept(digest): Accept, _: &mut Self::Context) -> Self::Result {
        match Files::read(&self.site) {
            Ok(files) if files.sensitive().digest() == digest => {
                self.store(BTreeMap::from([(ACCEPTED.to_owned(), text_of(&files.sensitive()))]))
            }
            Ok(_) => refused(self, Rejected::Changed),
            Err(error) => refused(self, error.into()),
        }
    }
}
