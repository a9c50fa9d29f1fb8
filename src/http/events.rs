//! Server-sent events: the journal from any place on, then what happens.

use super::cut::Pulse;
use super::failure::Failure;
use super::state::State;
use crate::actors::hub::{News, Subscribe};
use crate::actors::persistence::PersistenceActor;
use crate::actors::questions;
use crate::actors::supervisor::Handles;
use crate::domain::journal::Line;
use crate::wire;
use crate::wire::error::ErrorBody;
use actix::Addr;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use utoipa::IntoParams;

/// `?since=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Since {
    /// Follow from after this number.
    pub since: Option<i64>,
}

/// Between two comments on a quiet line, so that proxies and clients see that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How much of the journal is read at once.
const PAGE: usize = 500;

/// The journal from any place on as server-sent events, then what happens; `Last-Event-ID` counts before `since`.
#[utoipa::path(
    get, path = "/events", params(Since),
    responses((status = 200, body = wire::events::Event, content_type = "text/event-stream"), (status = 400), (status = 410))
)]
pub async fn follow(state: Data<State>, since: Query<Since>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let last_seen = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let handles = state.handles().await?;
    let entries = entries(&handles, last_seen.or(since.since)).await?;
    let pulse = Pulse::watch(&request);
    let lines = entries.map(move |entry| {
        pulse.beat();
        let text = match entry {
            None => ": alive\n\n".to_owned(),
            Some(entry) => {
                let event = wire::events::Event::from(&entry);
                let data = serde_json::to_string(&event).unwrap_or_default();
                format!("id: {}\nevent: {}\ndata: {data}\n\n", event.seq, event.kind)
            }
        };
        Ok::<_, Infallible>(Bytes::from(text))
    });
    Ok(HttpResponse::Ok()
        .insert_header(("content-type", "text/event-stream"))
        .insert_header(("cache-control", "no-store"))
        .streaming(lines))
}

/// The journal after `since` (from now on, without it), then what is saved from now on; none as a sign of life. Ends when this client is too slow,
/// or a part of the daemon is restarted: it then asks again from where it was.
pub async fn entries(
    handles: &Handles,
    since: Option<i64>,
) -> Result<impl Stream<Item = Option<Line>> + use<>, Failure> {
    let changes = handles.hub.send(Subscribe).await?;
    let (oldest, newest) = handles.persistence.send(questions::journal_bounds()).await??;
    let last = since.unwrap_or(newest);
    if is_lost(last, oldest, newest) {
        let error = format!("the journal does not go on from {last}: it has {} to {newest}", oldest.unwrap_or(newest));
        let body = ErrorBody::new(error).with_hint("read the state anew, then follow from its number");
        return Err(Failure::new(StatusCode::GONE, body));
    }
    let tail = Tail { persistence: handles.persistence.clone(), changes, last, read: VecDeque::new() };
    Ok(futures_util::stream::unfold(tail, |mut tail| async move { Some((tail.next().await?, tail)) }))
}

/// Whether entries after `since` are gone, or it is a number of another journal.
fn is_lost(since: i64, oldest: Option<i64>, newest: i64) -> bool {
    since > newest || since + 1 < oldest.unwrap_or(newest + 1)
}

/// The end of the journal. The hub only says when to look: what happened, and in which order, the journal knows.
struct Tail {
    persistence: Addr<PersistenceActor>,
    changes: mpsc::Receiver<News>,
    last: i64,
    read: VecDeque<Line>,
}

impl Tail {
    /// The next entry, a sign of life, or the end.
    async fn next(&mut self) -> Option<Option<Line>> {
        loop {
            if let Some(entry) = self.read.pop_front() {
                self.last = entry.seq();
                return Some(Some(entry));
            }
            self.read = self.persistence.send(questions::events_since(self.last, PAGE)).await.ok()?.ok()?.into();
            if !self.read.is_empty() {
                continue;
            }
            match tokio::time::timeout(HEARTBEAT, self.changes.recv()).await {
                // Whatever else has happened by now is read with it.
                Ok(Some(_)) => while self.changes.try_recv().is_ok() {},
                Ok(None) => return None,
                Err(_quiet) => return Some(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pruned_or_of_another_journal_is_lost() {
        assert!(!is_lost(0, None, 0), "nothing has happened yet");
        assert!(!is_lost(0, Some(1), 3) && !is_lost(3, Some(1), 3) && !is_lost(4, Some(5), 9));
        assert!(is_lost(3, Some(5), 9), "4 is gone");
        assert!(is_lost(10, Some(5), 9), "there has never been a 10");
        assert!(is_lost(8, None, 9) && !is_lost(9, None, 9), "all is pruned");
    }
}
