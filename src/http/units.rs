//! Units: lists, one of them, changes by hand.

use super::auth::who;
use super::failure::Failure;
use super::state::State;
use crate::actors::scheduler::{Explain, Outlook};
use crate::actors::supervisor::Handles;
use crate::actors::units::{Get, List, Target, Tell, TellError};
use crate::actors::work_unit::Refusal;
use crate::domain::admission::may_depend;
use crate::domain::event::Event;
use crate::domain::ids::ChunkName;
use crate::domain::lifecycle::allowed_verbs;
use crate::domain::who::Who;
use crate::domain::work_unit::{Status, WorkUnit};
use crate::wire;
use crate::wire::error::ErrorBody;
use crate::wire::explain::{Dependency, Explanation, WaitingFor};
use crate::wire::lists::{Deleted, WorkUnits};
use crate::wire::names::StatusName;
use crate::wire::requests::PatchUnit;
use crate::wire::unit::Extras;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpRequest, Result};
use serde::Deserialize;

/// `?status=`
#[derive(Deserialize)]
pub struct Filter {
    status: Option<String>,
}

/// `?force=`
#[derive(Deserialize)]
pub struct Force {
    #[serde(default)]
    force: bool,
}

/// A chunk named in a path.
pub fn chunk(path: &str) -> Result<ChunkName, Failure> {
    ChunkName::parse(path).map_err(|_| Failure::no_unit(path))
}

/// A unit as clients see it.
pub fn shown(unit: &WorkUnit, handles: &Handles, outlook: &Outlook) -> wire::unit::WorkUnit {
    let paths = handles.settings.now().site.layout.unit(unit.id);
    let worktree = (unit.base.is_some() && !unit.is_settled()).then(|| paths.worktree());
    let extras = Extras { worktree, waiting: outlook.waiting.get(&unit.id).cloned(), ..Extras::default() };
    wire::unit::WorkUnit::new(unit, &extras)
}

/// A unit as clients see it, when nothing else was asked for.
pub fn shown_alone(unit: &WorkUnit, handles: &Handles) -> Json<wire::unit::WorkUnit> {
    Json(shown(unit, handles, &Outlook::default()))
}

/// Tells a unit what happened, in the words of whoever asked.
pub async fn tell(handles: &Handles, chunk: &ChunkName, event: Event, who: Who) -> Result<WorkUnit, Failure> {
    match handles.units.send(Tell { to: Target::Chunk(chunk.clone()), event, who }).await? {
        Err(TellError::Refused(Refusal::Illegal(illegal))) => {
            let unit = handles.units.send(Get(chunk.clone())).await?;
            let allowed = unit.map(|unit| allowed_verbs(&unit)).unwrap_or_default();
            Err(Failure::new(StatusCode::CONFLICT, ErrorBody::illegal(&illegal, &allowed)))
        }
        told => Ok(told?),
    }
}

/// The unit of a chunk.
pub async fn find(handles: &Handles, path: &str) -> Result<WorkUnit, Failure> {
    handles.units.send(Get(chunk(path)?)).await?.ok_or_else(|| Failure::no_unit(path))
}

pub async fn list(state: Data<State>, filter: Query<Filter>) -> Result<Json<WorkUnits>, Failure> {
    let wanted = filter.status.as_deref().map(StatusName::parse).transpose()?;
    let handles = state.handles().await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let matching = units.iter().filter(|unit| wanted.is_none_or(|wanted| wanted == StatusName::from(&unit.status)));
    Ok(Json(WorkUnits::new(matching.map(|unit| shown(unit, &handles, &outlook)).collect())))
}

pub async fn queue(state: Data<State>) -> Result<Json<WorkUnits>, Failure> {
    let handles = state.handles().await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let ready = |id| units.iter().find(|unit| unit.id == id && matches!(unit.status, Status::Ready { .. }));
    let queued = outlook.queue.iter().filter_map(|id| ready(*id));
    Ok(Json(WorkUnits::new(queued.map(|unit| shown(unit, &handles, &outlook)).collect())))
}

pub async fn show(state: Data<State>, path: Path<String>) -> Result<Json<wire::unit::WorkUnit>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let outlook = handles.scheduler.send(Explain).await?;
    Ok(Json(shown(&unit, &handles, &outlook)))
}

pub async fn explain(state: Data<State>, path: Path<String>) -> Result<Json<Explanation>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let dependency = |chunk: &ChunkName| Dependency {
        chunk: chunk.to_string(),
        status: units.iter().find(|other| other.chunk == *chunk).map(|other| StatusName::from(&other.status)),
    };
    Ok(Json(Explanation {
        chunk: unit.chunk.to_string(),
        phase: unit.phase.into(),
        status: (&unit.status).into(),
        position: outlook.queue.iter().position(|id| *id == unit.id).map(|place| place + 1),
        waiting: outlook.waiting.get(&unit.id).map(WaitingFor::from),
        depends_on: unit.depends_on.iter().map(dependency).collect(),
        running: units.iter().filter(|unit| unit.holds_slot()).count(),
        max_agents: handles.settings.now().rules.policy.max_agents,
        blocks_count: outlook.frees.get(&unit.id).copied().unwrap_or(0),
    }))
}

pub async fn change(
    state: Data<State>,
    path: Path<String>,
    body: Bytes,
    request: HttpRequest,
) -> Result<Json<wire::unit::WorkUnit>, Failure> {
    let patch = PatchUnit::parse(&body)?;
    let handles = state.handles().await?;
    let mut unit = find(&handles, &path).await?;
    if patch.attention_reason.is_some() {
        return Err(Failure::bad_request("attention_reason cannot be set: it says what the unit waits for"));
    }
    let mut events = Vec::new();
    events.extend(patch.phase.map(|phase| Event::PhaseSet(phase.0)));
    if let Some(by) = patch.blocked_by {
        let by = by.into_iter().collect();
        may_depend(&handles.units.send(List).await?, &unit.chunk, &by)?;
        events.push(Event::DependenciesSet(by));
    }
    events.extend(patch.retain_worktree.map(Event::Retained));
    if let Some(wanted) = patch.status.filter(|wanted| *wanted != StatusName::from(&unit.status)) {
        events.push(event_for(&unit, wanted)?);
    }
    for event in events {
        unit = tell(&handles, &unit.chunk, event, who(&request)).await?;
    }
    Ok(shown_alone(&unit, &handles))
}

/// The verb by which an operator's word for a status is meant.
fn event_for(unit: &WorkUnit, wanted: StatusName) -> Result<Event, Failure> {
    match (wanted, &unit.status) {
        (StatusName::Ready, Status::Pending(_)) => Ok(Event::Released),
        (StatusName::Ready, Status::Blocked { .. }) => Ok(Event::DependenciesSet(Default::default())),
        (StatusName::Ready, _) => Ok(Event::Retried),
        (StatusName::Pending, _) => Ok(Event::Held),
        (StatusName::Done, _) => Ok(Event::DeclaredDone),
        (StatusName::Canceled, _) => Ok(Event::Canceled),
        _ => Err(Failure::conflict(
            format!("a unit that is {} cannot be set to {wanted}", unit.status.name()),
            format!("possible now: {}", allowed_verbs(unit).join(", ")),
        )),
    }
}

pub async fn delete(
    state: Data<State>,
    path: Path<String>,
    force: Query<Force>,
    request: HttpRequest,
) -> Result<Json<Deleted>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    if unit.tip.is_some() && !matches!(unit.status, Status::Done { .. }) && !force.force {
        return Err(Failure::conflict(
            format!(
                "Branch {} has unmerged commits. Use force=true to delete the unit all the same",
                unit.chunk.branch()
            ),
            "its work is kept under refs/ve/ in any case",
        ));
    }
    tell(&handles, &unit.chunk, Event::Deleted, who(&request)).await?;
    Ok(Json(Deleted { deleted: true, chunk: unit.chunk.to_string() }))
}
