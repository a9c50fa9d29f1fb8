//! All units by status, and what is planned behind them.

use super::failure::Failure;
use super::state::State;
use super::units::shown;
use crate::actors::repository::ReadDocuments;
use crate::actors::scheduler::Explain;
use crate::actors::units::List;
use crate::domain::chunk::{ChunkFacts, ChunkStatus, Declared};
use crate::domain::ids::ChunkName;
use crate::wire::board::{BacklogChunk, Board, Column};
use crate::wire::names::StatusName;
use actix_web::web::{Data, Json};

/// All units by status, and the FUTURE chunks of the base branch that are no units.
#[utoipa::path(get, path = "/board", responses((status = 200, body = Board)))]
pub async fn show(state: Data<State>) -> Result<Json<Board>, Failure> {
    let handles = state.handles().await?;
    let (units, outlook, documents) = futures_util::try_join!(
        handles.units.send(List),
        handles.scheduler.send(Explain),
        handles.repository.send(ReadDocuments { chunks: Vec::new() }),
    )?;
    // What cannot be read of the plans hides no unit.
    let (found, warnings) = match documents {
        Ok(documents) => (documents.found, documents.warnings),
        Err(error) => (Vec::new(), vec![format!("failed to {error}")]),
    };
    let column = |status| {
        let of_status = units.iter().filter(|unit| StatusName::from(&unit.status) == status);
        Column { status, work_units: of_status.map(|unit| shown(unit, &handles, &outlook)).collect() }
    };
    let is_planned = |facts: &&ChunkFacts| {
        facts.status == ChunkStatus::Future && !units.iter().any(|unit| unit.answers_to(&facts.name))
    };
    let mut backlog: Vec<BacklogChunk> = found.iter().filter(is_planned).map(planned).collect();
    backlog.sort_by(|a, b| a.chunk.cmp(&b.chunk));
    Ok(Json(Board { backlog, columns: StatusName::LISTED.map(column).into(), warnings }))
}

fn planned(facts: &ChunkFacts) -> BacklogChunk {
    let depends_on = match &facts.dependencies {
        Declared::On(chunks) => chunks.iter().map(ChunkName::to_string).collect(),
        Declared::Unknown | Declared::Independent => Vec::new(),
    };
    BacklogChunk { chunk: facts.name.to_string(), summary: facts.goal.summary.clone(), depends_on }
}
