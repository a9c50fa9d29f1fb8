//! `/ws`, what the dashboard follows: the state, then every change with its number.

use super::attention::queue;
use super::events::{Since, entries};
use super::failure::Failure;
use super::state::State;
use super::stream::{self, Last, Tell};
use super::units::shown;
use crate::actors::scheduler::Outlook;
use crate::actors::supervisor::Handles;
use crate::actors::units::{Get, List};
use crate::domain::journal::{Entry, Line};
use crate::wire::feed::{AttentionAction, AttentionUpdate, FeedMessage, InitialState, UnitUpdate};
use crate::wire::names::StatusName;
use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{Iter, iter};
use futures_util::{Stream, StreamExt};

/// A WebSocket of changes; without `since` the state comes first.
#[utoipa::path(
    get,
    path = "/ws",
    params(Since),
    responses((status = 101, body = FeedMessage), (status = 400), (status = 410))
)]
pub async fn open(
    state: Data<State>,
    since: Query<Since>,
    request: HttpRequest,
    payload: Payload,
) -> actix_web::Result<HttpResponse> {
    let handles = state.handles().await?;
    let messages = messages(handles, since.since).await?;
    stream::serve(&request, payload, messages.boxed_local(), Last::Interrupted)
}

/// The state first, unless the client has it up to `since`; then the changes.
async fn messages(handles: Handles, since: Option<i64>) -> Result<impl Stream<Item = Tell> + use<>, Failure> {
    let (_, newest) = handles.persistence.send(crate::actors::questions::journal_bounds()).await??;
    let changes = entries(&handles, Some(since.unwrap_or(newest))).await?;
    let first = match since {
        Some(_) => None,
        None => Some(Tell::json(&FeedMessage::InitialState { data: initial(&handles).await?, seq: newest })),
    };
    let changes = changes
        .filter_map(|line| std::future::ready(line.and_then(of_unit)))
        .then(move |entry| updates(handles.clone(), entry))
        .flatten();
    Ok(iter(first).chain(changes))
}

async fn initial(handles: &Handles) -> Result<InitialState, Failure> {
    let units = handles.units.send(List).await?;
    let work_units = units.iter().map(|unit| shown(unit, handles, &Outlook::default())).collect();
    Ok(InitialState { work_units, attention_items: queue(handles).await?.attention_items })
}

/// What clients of the feed are told of: units.
fn of_unit(line: Line) -> Option<Entry> {
    match line {
        Line::Unit(entry) => Some(entry),
        Line::Account(_) => None,
    }
}

/// What a change means for a client.
async fn updates(handles: Handles, entry: Entry) -> Iter<std::vec::IntoIter<Tell>> {
    let unit = handles.units.send(Get(entry.chunk.clone())).await.ok().flatten();
    let reason = unit.as_ref().and_then(|unit| unit.ask().map(|ask| ask.reason.clone()));
    let status = StatusName::LISTED.into_iter().find(|name| name.as_str() == entry.to).unwrap_or(StatusName::Deleted);
    let chunk = entry.chunk.to_string();
    let timestamp = entry.at.into();
    let attention = StatusName::NeedsAttention.as_str();
    let mut tells = vec![FeedMessage::WorkUnitUpdate {
        data: UnitUpdate { chunk: chunk.clone(), status, phase: entry.phase.into(), attention_reason: reason.clone() },
        timestamp,
        seq: entry.seq,
    }];
    let action = match (entry.from.as_deref() == Some(attention), entry.to == attention) {
        (false, true) => Some(AttentionAction::Added),
        (true, false) => Some(AttentionAction::Resolved),
        _ => None,
    };
    if let Some(action) = action {
        let data = AttentionUpdate { action, chunk, attention_reason: reason };
        tells.push(FeedMessage::AttentionUpdate { data, timestamp, seq: entry.seq });
    }
    iter(tells.iter().map(Tell::json).collect::<Vec<_>>())
}
