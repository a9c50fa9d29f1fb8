//! What the daemon serves: the tree of actors behind HTTP, from the first look at the project to the last answer.

use super::serve::{ExitReason, Served};
use super::signals::StopKind;
use super::stopping;
use crate::actors::clock;
use crate::actors::reach::Reach;
use crate::actors::repository;
use crate::actors::settings::{Machine, Site};
use crate::actors::supervisor::{Handles, Quiesce, Shutdown, Supervisor};
use crate::actors::units::{List, Suspend};
use crate::db::store::Store;
use crate::db::store::write::Write;
use crate::domain::ids::UnitId;
use crate::git::host::Host;
use crate::git::preserve::finish_removal;
use crate::http::{self, Sessions, State};
use crate::project::config::BaseSpec;
use crate::project::layout::error::LayoutError;
use crate::project::layout::home::logins_home;
use crate::project::task::{self, Repo, Task};
use crate::shim::confined::this_program;
use crate::shim::guarantee::Guarantee;
use crate::shim::policy::{JailPolicy, Namespaces};
use crate::shim::presets::Operator;
use crate::shim::probe::probe;
use actix::Addr;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long agents get to end politely when the daemon stops: their own ladder takes 11 s at the most.
const SUSPEND: Duration = Duration::from_millis(11_500);

/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(50);

/// How often it is looked whether `.ve/` is still there.
const DOORS: Duration = Duration::from_secs(2);

/// Why the daemon cannot serve.
struct Failed {
    error: String,
    hint: String,
}

impl Failed {
    fn new(error: impl std::fmt::Display, hint: &str) -> Self {
        Self { error: error.to_string(), hint: hint.to_owned() }
    }
}

/// Serves a project until it is told to stop or to leave.
pub async fn serve(mut served: Served) -> ExitReason {
    match try_serve(&mut served).await {
        Ok(reason) => reason,
        Err(Failed { error, hint }) => ExitReason::Failed { error, hint },
    }
}

async fn try_serve(served: &mut Served) -> Result<ExitReason, Failed> {
    let site = Arc::new(survey(served)?);
    let reach = site.reach.clone();
    let (supervisor, handles, mut gave_up) = Supervisor::launch(site.clone());
    let first = await_handles(handles.clone(), &mut gave_up).await?;
    if first.settings.now().config.base == BaseSpec::Current {
        for repo in site.repos.values() {
            let branch = open(&site, repo)?.current_branch();
            branch.map_err(|refusal| Failed::new(&refusal, refusal.hint()))?;
        }
    }
    let state = State {
        handles,
        started_at: clock::now(),
        token: served.token.secret().to_owned(),
        sessions: Sessions::new(served.token.secret()),
        reach,
        host: served.host.to_string(),
        port: served.port,
        stop: served.stops.asker(),
    };
    let data = http::share(state);
    let doors = |served: &Served| -> std::io::Result<_> { Ok((served.socket.try_clone()?, served.tcp.try_clone()?)) };
    let (socket, tcp) = doors(served).map_err(|error| Failed::new(error, "see .ve/orchestrator.log"))?;
    let server =
        http::serve(data.clone(), socket, Some(tcp)).map_err(|error| Failed::new(error, "see .ve/orchestrator.log"))?;
    let server_handle = server.handle();
    actix::spawn(server);
    actix::spawn(crate::actors::housekeeping::keep(data.handles.clone()));
    served.ready.announce().map_err(|error| Failed::new(&error, error.hint()))?;

    let reason = loop {
        tokio::select! {
            stop = served.stops.next() => break match stop {
                StopKind::Stop => ExitReason::Stopped,
                StopKind::Leave => ExitReason::Left,
            },
            why = &mut gave_up => {
                let error = why.unwrap_or_else(|_| "the supervisor fell over".to_owned());
                break ExitReason::Failed { error, hint: "see .ve/orchestrator.log".to_owned() };
            }
            () = tokio::time::sleep(DOORS) => reopen(served, &data, &site).await,
        }
    };
    // Also when nobody signalled the keeper: a daemon that dies on its way out is not started again.
    if matches!(reason, ExitReason::Stopped)
        && let Err(error) = stopping::ask(&served.layout)
    {
        tracing::warn!("failed to {error}");
    }
    let handles = data.handles.borrow().clone();
    if let (ExitReason::Stopped, Some(handles)) = (&reason, handles) {
        suspend(&supervisor, &handles).await;
    }
    server_handle.stop(false).await;
    if supervisor.send(Shutdown).await.is_err() {
        tracing::warn!("the supervisor was gone already");
    }
    Ok(reason)
}

/// Brings back what a `git clean` or `rm -rf .ve` took away.
async fn reopen(served: &Served, data: &http::Shared, site: &Site) {
    match served.doors.reopen() {
        Ok(None) => {}
        Ok(Some(socket)) => {
            tracing::warn!(".ve/ was gone; it is back");
            if let Err(error) = links(data, site).await {
                tracing::error!("failed to {error}");
            }
            match http::serve(data.clone(), socket, None) {
                Ok(server) => drop(actix::spawn(server)),
                Err(error) => tracing::error!("failed to serve the new socket: {error}"),
            }
        }
        Err(error) => tracing::error!("failed to {error}"),
    }
}

/// Makes what people look for in `.ve/` once more.
async fn links(data: &http::Shared, site: &Site) -> Result<(), LayoutError> {
    site.layout.ensure()?;
    let handles = data.handles.borrow().clone();
    let Some(handles) = handles else { return Ok(()) };
    let units = handles.units.send(List).await.unwrap_or_default();
    units
        .iter()
        .filter(|unit| unit.base.is_some() && !unit.is_settled())
        .try_for_each(|unit| site.layout.link_chunk(&unit.chunk, unit.id))
}

async fn await_handles(
    mut handles: watch::Receiver<Option<Handles>>,
    gave_up: &mut tokio::sync::oneshot::Receiver<String>,
) -> Result<Handles, Failed> {
    tokio::select! {
        // When the tree is gone as well, why it is gone is the answer.
        biased;
        why = &mut *gave_up => {
            let why = why.unwrap_or_else(|_| "start the actors".to_owned());
            // The hint travels in the text, for the tree has many kinds of failures and one way to tell them.
            let (error, hint) = why.split_once(" (hint: ").unwrap_or((&why, "see .ve/orchestrator.log)"));
            Err(Failed::new(error, hint.trim_end_matches(')')))
        }
        grown = handles.wait_for(Option::is_some) => match grown.map(|found| found.clone()) {
            Ok(Some(handles)) => Ok(handles),
            _ => Err(Failed::new("start the actors", "see .ve/orchestrator.log")),
        },
    }
}

/// Ends all agents politely; what is not over in time is left to its shim.
async fn suspend(supervisor: &Addr<Supervisor>, handles: &Handles) {
    if supervisor.send(Quiesce).await.is_err() {
        return;
    }
    let until = tokio::time::Instant::now() + SUSPEND;
    while tokio::time::Instant::now() < until {
        match handles.units.send(Suspend).await {
            Ok(0) | Err(_) => return,
            Ok(_) => tokio::time::sleep(LOOK).await,
        }
    }
    tracing::warn!("some agents did not end in time; they end by themselves");
}

fn open(site: &Site, repo: &Repo) -> Result<Host, Failed> {
    let opened = repository::open(&repo.dir, site.layout.id().as_str(), &site.operator.home);
    opened.map_err(|refusal| Failed::new(&refusal, refusal.hint()))
}

/// Opens one of the project's repositories, and finishes or undoes what a crash left half done in it.
fn recover(site: &Site, repo: &Repo) -> Result<Host, Failed> {
    let kept = site.kept_of(repo);
    std::fs::create_dir_all(&kept).map_err(|error| Failed::new(error, "look at the state directory"))?;
    let host = open(site, repo)?;
    let cleared = host.clear_locks().map_err(|error| Failed::new(error, "look at refs/ve in the repository"))?;
    if cleared > 0 {
        tracing::warn!("removed {cleared} locks that the daemon before left on its refs");
    }
    let resumed = host.resume_advance(&site.landing_journal(repo));
    let resumed = resumed.map_err(|error| Failed::new(error, "look at the checkout's state with: git status"))?;
    tracing::debug!("a landing that was under way: {resumed:?}");
    Ok(host)
}

/// Looks at the project and the machine, and finishes or undoes what a crash left half done.
fn survey(served: &Served) -> Result<Site, Failed> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_else(|| PathBuf::from("/"));
    let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned());
    let operator = Operator { home, path: std::env::split_paths(&path).collect() };
    let task = Task::read(served.layout.root()).map_err(|error| Failed::new(&error, error.hint()))?;
    let mut site = Site {
        layout: served.layout.clone(),
        repos: task::repositories(served.layout.root(), task.as_ref()),
        task,
        prefix: PathBuf::new(),
        objects: Vec::new(),
        program: this_program(),
        reach: Reach::new(authority(served), std::env::current_exe().unwrap_or_else(|_| this_program())),
        logins: logins_home(|name| std::env::var_os(name)),
        operator,
        path,
        timezone: jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned(),
        environment: std::env::vars().collect(),
        epoch: next_epoch(served)?,
        machine: machine(served),
    };
    let hosts = site.repos.try_map(|_, repo| recover(&site, repo))?;
    site.prefix = hosts.lead.prefix().to_owned();
    for host in hosts.values() {
        let objects = host.object_dirs().map_err(|error| Failed::new(error, "look at objects/info/alternates"))?;
        site.objects.extend(objects);
        // What git LFS keeps is read beside the objects.
        site.objects.extend(Some(host.common_dir().join("lfs")).filter(|dir| dir.is_dir()));
    }
    finish_removals(&site);
    Ok(site)
}

/// Finishes what a crash interrupted of giving up worktrees. One that cannot be finished is in nobody's way.
fn finish_removals(site: &Site) {
    // A project that never had a unit has no such directory.
    for entry in fs::read_dir(site.layout.units()).into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()).map(UnitId) else { continue };
        for repo in site.repos.values() {
            match finish_removal(&site.layout.unit(id).seen_from(repo.name.as_ref())) {
                Ok(true) => tracing::info!("removed what a crash had left of the worktree of unit {id}"),
                Ok(false) => {}
                Err(error) => tracing::warn!("failed to {error}"),
            }
        }
    }
}

/// Where agents find the TCP port: at the address it listens at, or on this machine when that is every address.
fn authority(served: &Served) -> String {
    let host = match served.host {
        IpAddr::V4(host) if host.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(host) if host.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        host => host,
    };
    SocketAddr::new(host, served.port).to_string()
}

/// Counts the daemons of the project, so that shims can tell a new one from an old one.
fn next_epoch(served: &Served) -> Result<u64, Failed> {
    const EPOCH: &str = "epoch";
    let mut store = Store::open(&served.layout.database()).map_err(|error| Failed::new(&error, error.hint()))?;
    let failed = |error: crate::db::error::StoreError| Failed::new(&error, error.hint());
    let last = store.settings().map_err(failed)?.get(EPOCH).and_then(|text| text.parse::<u64>().ok());
    let epoch = last.unwrap_or(0) + 1;
    store.commit(vec![Write::Setting { key: EPOCH.to_owned(), value: Some(epoch.to_string()) }]).map_err(failed)?;
    Ok(epoch)
}

/// Tries the whole sandbox once: what every attempt must be told about this machine, and what cannot be promised on it.
fn machine(served: &Served) -> Machine {
    let scratch = served.layout.state().join("probe");
    let made = std::fs::create_dir_all(&scratch);
    match made.and_then(|()| probe(&this_program(), &scratch, &JailPolicy::for_system())) {
        Ok(found) => Machine {
            namespaces: found.namespaces,
            missing: found.missing.iter().map(|gap| gap.guarantee.as_str()).collect(),
        },
        Err(error) => {
            tracing::warn!("failed to probe the sandbox: {error}");
            let missing = Guarantee::ALL.iter().map(|guarantee| guarantee.as_str()).collect();
            Machine { namespaces: Namespaces::default(), missing }
        }
    }
}
