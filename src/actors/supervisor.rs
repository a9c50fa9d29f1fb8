//! The supervisor tree: static services in order, rest_for_one, within a budget.
//!
//! Each service holds addresses only of those started before it. When one ends, it and all after it are dropped, last first, and started
//! again in order; so no address is ever stale. When they end too often, the daemon gives up and its keeper starts a new one.

use super::child::{Child, ChildDown, ChildId, Exit, spawn_child, spawn_child_on};
use super::hub::HubActor;
use super::intake::IntakeActor;
use super::landing::LandingActor;
use super::oracle::OracleActor;
use super::persistence::PersistenceActor;
use super::repository::RepositoryActor;
use super::repository::turns::Turns;
use super::restarts::Restarts;
use super::scheduler::SchedulerActor;
use super::settings::{self, Rejected, Settings, SettingsActor, Site};
use super::units::UnitsActor;
use super::work_unit::Neighbours;
use crate::db::store::Store;
use crate::domain::policy::Policy;
use actix::WeakRecipient;
use actix::prelude::*;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Semaphore, oneshot, watch};

/// The addresses that HTTP asks; of one generation of the tree.
#[derive(Clone)]
pub struct Handles {
    /// The database.
    pub persistence: Addr<PersistenceActor>,
    /// What was saved.
    pub hub: Addr<HubActor>,
    /// The configuration, to change it.
    pub settings_actor: Addr<SettingsActor>,
    /// The configuration, to read it.
    pub settings: Settings,
    /// Git.
    pub repository: Addr<RepositoryActor>,
    /// All units.
    pub units: Addr<UnitsActor>,
    /// New units.
    pub intake: Addr<IntakeActor>,
    /// Which units must not overlap.
    pub oracle: Addr<OracleActor>,
    /// What starts when.
    pub scheduler: Addr<SchedulerActor>,
}

/// Ends the services that start something new: what runs goes on.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Quiesce;

/// Ends all services, last first.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Shutdown;

/// Starts every service that is missing.
#[derive(Message)]
#[rtype(result = "()")]
struct Grow;

/// The services in the order in which they start.
const ORDER: [&str; 9] =
    ["persistence", "hub", "settings", "repository", "landing", "units", "intake", "oracle", "scheduler"];

/// The living services. A field is filled only when all before it are.
#[derive(Default)]
struct Tree {
    persistence: Option<Child<PersistenceActor>>,
    hub: Option<Child<HubActor>>,
    settings: Option<(Settings, Child<SettingsActor>)>,
    repository: Option<Child<RepositoryActor>>,
    landing: Option<Child<LandingActor>>,
    units: Option<Child<UnitsActor>>,
    intake: Option<Child<IntakeActor>>,
    oracle: Option<Child<OracleActor>>,
    scheduler: Option<Child<SchedulerActor>>,
}

impl Tree {
    /// Whether the service at `place` has ended and nobody has drawn the consequence yet.
    fn has_lost(&self, place: usize) -> bool {
        fn lost<A: Actor<Context = Context<A>>>(child: Option<&Child<A>>) -> bool {
            child.is_some_and(|child| !child.addr().connected())
        }
        match ORDER[place] {
            "persistence" => lost(self.persistence.as_ref()),
            "hub" => lost(self.hub.as_ref()),
            "settings" => lost(self.settings.as_ref().map(|(_, child)| child)),
            "repository" => lost(self.repository.as_ref()),
            "landing" => lost(self.landing.as_ref()),
            "units" => lost(self.units.as_ref()),
            "intake" => lost(self.intake.as_ref()),
            "oracle" => lost(self.oracle.as_ref()),
            _ => lost(self.scheduler.as_ref()),
        }
    }

    /// Drops the services from `place` on, last first.
    fn cut(&mut self, place: usize) {
        for gone in (place..ORDER.len()).rev() {
            match ORDER[gone] {
                "persistence" => self.persistence = None,
                "hub" => self.hub = None,
                "settings" => self.settings = None,
                "repository" => self.repository = None,
                "landing" => self.landing = None,
                "units" => self.units = None,
                "intake" => self.intake = None,
                "oracle" => self.oracle = None,
                _ => self.scheduler = None,
            }
        }
    }
}

/// What the tree stands on, and what outlives its services.
#[derive(Clone)]
struct Ground {
    /// The thread of the database.
    persistence: ArbiterHandle,
    /// The thread of the repository.
    repository: ArbiterHandle,
    /// Who works on which unit's directories.
    turns: Arc<Turns>,
}

/// See the module.
pub struct Supervisor {
    site: Arc<Site>,
    tree: Tree,
    ground: Ground,
    restarts: Restarts,
    published: watch::Sender<Option<Handles>>,
    given_up: Option<oneshot::Sender<String>>,
}

impl Supervisor {
    /// Starts the tree on this thread. The receiver has the handles while the tree is whole; the other one hears why it gave up.
    pub fn launch(site: Arc<Site>) -> (Addr<Self>, watch::Receiver<Option<Handles>>, oneshot::Receiver<String>) {
        let (published, handles) = watch::channel(None);
        let (given_up, gave_up) = oneshot::channel();
        let ground =
            Ground { persistence: Arbiter::new().handle(), repository: Arbiter::new().handle(), turns: Arc::default() };
        let supervisor = Self {
            site,
            tree: Tree::default(),
            ground,
            restarts: Restarts::default(),
            published,
            given_up: Some(given_up),
        };
        let context = Context::new();
        let address = context.address();
        actix::spawn(context.into_future(supervisor));
        (address, handles, gave_up)
    }

    /// Starts every service that is missing, in order.
    fn grow(&mut self, ctx: &mut Context<Self>) {
        let parent = ctx.address().recipient().downgrade();
        let tree = std::mem::take(&mut self.tree);
        let growing = grow(tree, self.site.clone(), self.ground.clone(), parent);
        ctx.wait(growing.into_actor(self).map(|grown, act, ctx| match grown {
            Ok((tree, handles)) => {
                act.tree = tree;
                act.published.send_replace(Some(handles));
            }
            Err(Stunted::Hopeless(why)) => act.give_up(why, ctx),
            Err(Stunted::Again(why)) => act.again(&format!("failed to {why}"), ctx),
        }));
    }

    /// Starts what is missing once more, within the budget.
    fn again(&mut self, why: &str, ctx: &mut Context<Self>) {
        if self.restarts.allows(Policy::default().service_restarts, Instant::now()) {
            tracing::error!("the tree is started again: {why}");
            ctx.notify(Grow);
        } else {
            self.give_up(format!("run the actors: they fall over too often; the last time: {why}"), ctx);
        }
    }

    fn give_up(&mut self, why: String, ctx: &mut Context<Self>) {
        tracing::error!("the daemon gives up: {why}");
        if let Some(given_up) = self.given_up.take() {
            // Nobody listens only when the daemon ends anyway.
            given_up.send(why).ok();
        }
        ctx.stop();
    }
}

/// Why the tree did not become whole.
enum Stunted {
    /// A service fell over while others waited for it.
    Again(String),
    /// Trying again would not help.
    Hopeless(String),
}

async fn grow(
    mut tree: Tree,
    site: Arc<Site>,
    ground: Ground,
    parent: WeakRecipient<ChildDown>,
) -> Result<(Tree, Handles), Stunted> {
    let id = ChildId::Service;
    let persistence = match &tree.persistence {
        Some(child) => child.addr().clone(),
        None => {
            let store = Store::open(&site.layout.database())
                .map_err(|error| Stunted::Hopeless(format!("{error} (hint: {})", error.hint())))?;
            let make = move || PersistenceActor::new(store);
            let child = spawn_child_on(&ground.persistence, id("persistence"), parent.clone(), make);
            tree.persistence.insert(child).addr().clone()
        }
    };
    let hub = address(&mut tree.hub, || spawn_child(id("hub"), parent.clone(), HubActor::default()));
    let (settings, settings_actor) = match &tree.settings {
        Some((settings, child)) => (settings.clone(), child.addr().clone()),
        None => {
            let (settings, actor) = settings::first(site.clone(), &persistence).await.map_err(|error| match error {
                Rejected::Unsaved(why) => Stunted::Again(why),
                invalid => Stunted::Hopeless(invalid.to_string()),
            })?;
            let child = spawn_child(id("settings"), parent.clone(), actor);
            let addr = child.addr().clone();
            tree.settings = Some((settings.clone(), child));
            (settings, addr)
        }
    };
    let repository = address(&mut tree.repository, || {
        let settings = settings.clone();
        let turns = ground.turns.clone();
        let make = move || RepositoryActor::new(settings, turns);
        spawn_child_on(&ground.repository, id("repository"), parent.clone(), make)
    });
    let landing = address(&mut tree.landing, || {
        spawn_child(id("landing"), parent.clone(), LandingActor::new(repository.clone()))
    });
    let near = Neighbours {
        persistence: persistence.clone(),
        hub: hub.clone(),
        repository: repository.clone(),
        landing,
        settings: settings.clone(),
        gates: Arc::new(Semaphore::new(settings.now().rules.policy.max_gates as usize)),
    };
    if tree.units.is_none() {
        let loaded = UnitsActor::load(&near).await.map_err(|error| Stunted::Again(error.to_string()))?;
        tree.units = Some(spawn_child(id("units"), parent.clone(), UnitsActor::new(near, loaded)));
    }
    let units = tree.units.as_ref().map(|child| child.addr().clone());
    let units = units.ok_or_else(|| Stunted::Again("start the registry".to_owned()))?;
    let intake = address(&mut tree.intake, || {
        let actor = IntakeActor {
            persistence: persistence.clone(),
            hub: hub.clone(),
            repository: repository.clone(),
            units: units.clone(),
        };
        spawn_child(id("intake"), parent.clone(), actor)
    });
    let oracle = address(&mut tree.oracle, || {
        let actor =
            OracleActor::new(persistence.clone(), hub.clone(), repository.clone(), units.clone(), settings.clone());
        spawn_child(id("oracle"), parent.clone(), actor)
    });
    let scheduler = address(&mut tree.scheduler, || {
        let actor =
            SchedulerActor::new(persistence.clone(), hub.clone(), units.clone(), oracle.clone(), settings.clone());
        spawn_child(id("scheduler"), parent.clone(), actor)
    });
    let handles = Handles { persistence, hub, settings_actor, settings, repository, units, intake, oracle, scheduler };
    Ok((tree, handles))
}

fn address<A: Actor>(place: &mut Option<Child<A>>, start: impl FnOnce() -> Child<A>) -> Addr<A> {
    place.get_or_insert_with(start).addr().clone()
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.grow(ctx);
    }
}

impl Handler<Grow> for Supervisor {
    type Result = ();

    fn handle(&mut self, Grow: Grow, ctx: &mut Self::Context) {
        self.grow(ctx);
    }
}

impl Handler<ChildDown> for Supervisor {
    type Result = ();

    fn handle(&mut self, ChildDown { id, exit }: ChildDown, ctx: &mut Self::Context) {
        let ChildId::Service(name) = id else { return };
        let how = match exit {
            // Dropped by this tree.
            Exit::Aborted => return,
            Exit::Stopped => "it stopped".to_owned(),
            Exit::Panicked(message) => message,
        };
        let Some(place) = ORDER.iter().position(|known| *known == name) else { return };
        if !self.tree.has_lost(place) {
            // It went down with what it stood on, and that has been seen to.
            return;
        }
        self.published.send_replace(None);
        self.tree.cut(place);
        self.again(&format!("{name}: {how}"), ctx);
    }
}

impl Handler<Quiesce> for Supervisor {
    type Result = ();

    fn handle(&mut self, Quiesce: Quiesce, _: &mut Self::Context) {
        if let Some(place) = ORDER.iter().position(|name| *name == "intake") {
            self.tree.cut(place);
        }
    }
}

impl Handler<Shutdown> for Supervisor {
    type Result = ();

    fn handle(&mut self, Shutdown: Shutdown, ctx: &mut Self::Context) {
        self.published.send_replace(None);
        self.tree.cut(0);
        ctx.stop();
    }
}
