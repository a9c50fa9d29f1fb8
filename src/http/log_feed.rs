//! `/ws/log/{chunk}`: a unit's transcript as lines of a page, phase after phase, until the unit has ended.
//!
//! Lines are numbered. The same attempts always make the same lines, so that a client which lost its connection goes on with `?since=`.

use super::events::Since;
use super::failure::Failure;
use super::logs::{Which, recorded};
use super::state::State;
use super::stream::{self, Last, Tell};
use super::telling::Telling;
use crate::actors::supervisor::Handles;
use crate::actors::units::Get;
use crate::domain::work_unit::WorkUnit;
use crate::wire::feed::LogMessage;
use crate::wire::transcript::TranscriptLine;
use crate::wire::transcript::text::Format;
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use jiff::tz::TimeZone;
use std::collections::VecDeque;
use std::future::ready;

/// Pages wrap long lines themselves.
const WIDTH: usize = 10_000;

/// A WebSocket of a unit's transcript, ready for a page; an unknown unit is told there, too.
#[utoipa::path(
    get,
    path = "/ws/log/{chunk}",
    params(Since),
    responses((status = 101, body = LogMessage), (status = 400))
)]
pub async fn open(
    state: Data<State>,
    path: Path<String>,
    since: Query<Since>,
    request: HttpRequest,
    payload: Payload,
) -> actix_web::Result<HttpResponse> {
    let handles = state.handles().await?;
    let since = since.since.and_then(|since| u64::try_from(since).ok()).unwrap_or(0);
    let unit = match super::units::chunk(&path) {
        Ok(chunk) => handles.units.send(Get(chunk)).await.map_err(Failure::from)?,
        Err(_) => None,
    };
    let messages = match unit {
        Some(unit) => follow(handles, unit, since).await?.boxed_local(),
        None => futures_util::stream::once(ready(Tell::json(&LogMessage::unknown(&path)))).boxed_local(),
    };
    stream::serve(&request, payload, messages, Last::Said)
}

async fn follow(
    handles: Handles,
    unit: WorkUnit,
    since: u64,
) -> Result<impl futures_util::Stream<Item = Tell> + use<>, Failure> {
    let waits = recorded(&handles, unit.id).await?.is_empty();
    let telling = Telling::followed(handles.clone(), unit.clone(), Which::default());
    let format = Format { width: WIDTH, zone: TimeZone::UTC };
    let told = Told { handles, unit, telling: Some(telling), format, number: 0, since };
    let first = waits.then(|| Tell::json(&LogMessage::waiting()));
    let rest = futures_util::stream::unfold((told, VecDeque::new()), |(mut told, mut ready)| async move {
        while ready.is_empty() {
            ready = told.next().await?;
        }
        Some((Tell::json(&ready.pop_front()?), (told, ready)))
    });
    Ok(futures_util::stream::iter(first).chain(rest))
}

/// A transcript being turned into numbered lines.
struct Told {
    handles: Handles,
    unit: WorkUnit,
    /// None after its end.
    telling: Option<Telling>,
    format: Format,
    /// Of the last line.
    number: u64,
    /// The client has the lines up to here.
    since: u64,
}

impl Told {
    /// What comes next, which may be nothing yet; none at the end.
    async fn next(&mut self) -> Option<VecDeque<LogMessage>> {
        match self.telling.as_mut()?.next().await {
            Some(lines) => Some(lines.iter().flat_map(|line| self.lines(line)).collect()),
            None => {
                self.telling = None;
                Some([self.end().await].into())
            }
        }
    }

    fn lines(&mut self, line: &TranscriptLine) -> Vec<LogMessage> {
        let mut messages = Vec::new();
        for text in line.to_text(&self.format) {
            self.number += 1;
            if self.number > self.since {
                messages.push(LogMessage::line(&text, self.number, line.is_header()));
            }
        }
        messages
    }

    async fn end(&self) -> LogMessage {
        match self.handles.units.send(Get(self.unit.chunk.clone())).await {
            Ok(unit) => LogMessage::end(unit.filter(|unit| unit.id == self.unit.id).as_ref()),
            Err(_) => LogMessage::end(Some(&self.unit)),
        }
    }
}
