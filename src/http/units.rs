//! Units: lists, one of them, changes by hand.

use super::auth::who;
use super::failure::Failure;
use super::state::State;
use crate::actors::repository::CountUnmerged;
use crate::actors::scheduler::{Explain, Outlook};
use crate::actors::settings::Reload;
use crate::actors::supervisor::Handles;
use crate::actors::units::{Get, List, Target, Tell, TellError};
use crate::actors::work_unit::Refusal;
use crate::domain::admission::may_depend;
use crate::domain::event::{Event, Patch};
use crate::domain::ids::ChunkName;
use crate::domain::lifecycle::allowed_verbs;
use crate::domain::schedule::Waiting;
use crate::domain::who::Who;
use crate::domain::work_unit::{Status, WorkUnit};
use crate::domain::worktree::has_worktree;
use crate::wire;
use crate::wire::conflicts::Conflict;
use crate::wire::error::ErrorBody;
use crate::wire::explain::{Dependency, Explanation, WaitingFor};
use crate::wire::lists::{Deleted, WorkUnits};
use crate::wire::names::{StatusName, VerdictName};
use crate::wire::requests::PatchUnit;
use crate::wire::unit::Extras;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpRequest, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::IntoParams;

/// `?status=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only units with this status.
    status: Option<String>,
}

/// `?force=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Force {
    /// Whether unmerged work is no reason to refuse.
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
    let worktree = has_worktree(unit).then(|| paths.worktree());
    let extras = Extras { worktree, waiting: outlook.waiting.get(&unit.id).cloned() };
    wire::unit::WorkUnit::new(unit, &extras)
}

/// A unit as clients see it, when nothing else was asked for.
pub fn shown_alone(unit: &WorkUnit, handles: &Handles) -> Json<wire::unit::WorkUnit> {
    Json(shown(unit, handles, &Outlook::default()))
}

/// Tells a unit what happened, in the words of whoever asked.
pub async fn tell(handles: &Handles, chunk: &ChunkName, event: Event, who: Who) -> Result<WorkUnit, Failure> {
    // What follows is to follow the configuration as it is written now.
    handles.settings_actor.send(Reload).await?;
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

/// All units by age.
#[utoipa::path(
    get, path = "/work-units", params(Filter),
    responses((status = 200, body = WorkUnits), (status = 400))
)]
pub async fn list(state: Data<State>, filter: Query<Filter>) -> Result<Json<WorkUnits>, Failure> {
    let wanted = filter.status.as_deref().map(StatusName::parse).transpose()?;
    let handles = state.handles().await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let matching = units.iter().filter(|unit| wanted.is_none_or(|wanted| wanted == StatusName::from(&unit.status)));
    Ok(Json(WorkUnits::new(matching.map(|unit| shown(unit, &handles, &outlook)).collect())))
}

/// The units that are ready, in the order in which they will start.
#[utoipa::path(get, path = "/work-units/queue", responses((status = 200, body = WorkUnits)))]
pub async fn queue(state: Data<State>) -> Result<Json<WorkUnits>, Failure> {
    let handles = state.handles().await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let ready = |id| units.iter().find(|unit| unit.id == id && matches!(unit.status, Status::Ready { .. }));
    let queued = outlook.queue.iter().filter_map(|id| ready(*id));
    Ok(Json(WorkUnits::new(queued.map(|unit| shown(unit, &handles, &outlook)).collect())))
}

/// One unit.
#[utoipa::path(
    get, path = "/work-units/{chunk}",
    responses((status = 200, body = wire::unit::WorkUnit), (status = 404))
)]
pub async fn show(state: Data<State>, path: Path<String>) -> Result<Json<wire::unit::WorkUnit>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let mut shown = shown(&unit, &handles, &outlook);
    shown.conflict_verdicts = verdicts(&unit, &units, &outlook);
    Ok(Json(shown))
}

/// What keeps a unit apart from others, by their chunks.
fn verdicts(unit: &WorkUnit, units: &[WorkUnit], outlook: &Outlook) -> BTreeMap<String, String> {
    let verdict = |other: &WorkUnit| {
        let pair = (unit.id.min(other.id), unit.id.max(other.id));
        let judged = outlook.relations.apart.get(&pair)?;
        Some((other.chunk.to_string(), VerdictName::from(judged.verdict).to_string()))
    };
    units.iter().filter_map(verdict).collect()
}

/// Why the unit waits, as the scheduler sees it.
#[utoipa::path(
    get, path = "/work-units/{chunk}/explain",
    responses((status = 200, body = Explanation), (status = 404))
)]
pub async fn explain(state: Data<State>, path: Path<String>) -> Result<Json<Explanation>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let dependency = |chunk: &ChunkName| Dependency {
        chunk: chunk.to_string(),
        status: units.iter().find(|other| other.answers_to(chunk)).map(|other| StatusName::from(&other.status)),
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
        conflicts: in_the_way(&unit, &units, &outlook),
    }))
}

/// The verdicts by which a unit waits for others.
fn in_the_way(unit: &WorkUnit, units: &[WorkUnit], outlook: &Outlook) -> Vec<Conflict> {
    let Some(Waiting::Chunks(by)) = outlook.waiting.get(&unit.id) else { return Vec::new() };
    let others = units.iter().filter(|other| by.contains(&other.chunk));
    let verdicts = others.filter_map(|other| {
        let pair = (unit.id.min(other.id), unit.id.max(other.id));
        let judged = outlook.relations.apart.get(&pair)?;
        Some(Conflict::new(&unit.chunk, &other.chunk, unit.updated_at.max(other.updated_at), judged))
    });
    verdicts.collect()
}

/// Changes a unit by hand, as far as its state allows it.
#[utoipa::path(
    patch, path = "/work-units/{chunk}", request_body = PatchUnit,
    responses((status = 200, body = wire::unit::WorkUnit), (status = 400), (status = 404), (status = 409))
)]
pub async fn change(
    state: Data<State>,
    path: Path<String>,
    body: Bytes,
    request: HttpRequest,
) -> Result<Json<wire::unit::WorkUnit>, Failure> {
    let request_body = PatchUnit::parse(&body)?;
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let patch = patch(request_body, &unit)?;
    if let Some(by) = &patch.depends_on {
        may_depend(&handles.units.send(List).await?, &unit.chunk, by)?;
    }
    if patch == Patch::default() {
        return Ok(shown_alone(&unit, &handles));
    }
    let unit = tell(&handles, &unit.chunk, Event::Patched(patch), who(&request)).await?;
    Ok(shown_alone(&unit, &handles))
}

/// A request in the words of the life cycle. The status that a unit has is no change.
fn patch(request: PatchUnit, unit: &WorkUnit) -> Result<Patch, Failure> {
    let wanted = request.status.filter(|wanted| *wanted != StatusName::from(&unit.status) || request.phase.is_some());
    let status = wanted.map(|name| {
        name.wanted().ok_or_else(|| {
            Failure::conflict(
                format!("a unit that is {} cannot be set to {name}", unit.status.name()),
                format!("possible now: {}", allowed_verbs(unit).join(", ")),
            )
        })
    });
    Ok(Patch {
        priority: request.priority,
        retain: request.retain_worktree,
        depends_on: request.blocked_by.map(|by| by.into_iter().collect()),
        phase: request.phase.map(|phase| phase.0),
        status: status.transpose()?,
        reason: request.attention_reason,
    })
}

/// Ends and forgets a unit; unmerged work needs `force=true`, and is kept under `refs/ve/` in any case.
#[utoipa::path(
    delete, path = "/work-units/{chunk}", params(Force),
    responses((status = 200, body = Deleted), (status = 400), (status = 404), (status = 409))
)]
pub async fn delete(
    state: Data<State>,
    path: Path<String>,
    force: Query<Force>,
    request: HttpRequest,
) -> Result<Json<Deleted>, Failure> {
    let handles = state.handles().await?;
    let unit = find(&handles, &path).await?;
    let unmerged = match force.force {
        true => 0,
        false => handles.repository.send(CountUnmerged(unit.clone())).await??,
    };
    if unit.is_unlanded(unmerged) {
        return Err(Failure::conflict(
            format!(
                "Branch has {unmerged} unmerged commit(s). Use force=true to delete anyway, or merge changes first."
            ),
            "its work is kept under refs/ve/ in any case",
        ));
    }
    tell(&handles, &unit.chunk, Event::Deleted, who(&request)).await?;
    Ok(Json(Deleted { deleted: true, chunk: unit.chunk.to_string() }))
}
