//! The WebSocket of the dashboard: the state, then every change with its number. A session is an actor with a mailbox.
//!
//! *Owns* its place in the stream of changes. *Asks* nobody. *Tells* its client. *Dies when* the client is gone, does not answer pings, does not
//! read, or is so slow that the hub has cut it off: it then comes again with `since`.

use super::cut::Pulse;
use super::events::{Since, entries};
use super::failure::Failure;
use super::overview::queue;
use super::state::State;
use super::units::shown;
use crate::actors::clock;
use crate::actors::fault;
use crate::actors::scheduler::Outlook;
use crate::actors::supervisor::Handles;
use crate::actors::units::{Get, List};
use crate::domain::journal::Entry;
use crate::wire::feed::{AttentionAction, AttentionUpdate, FeedMessage, InitialState, UnitUpdate};
use crate::wire::names::StatusName;
use actix::prelude::*;
use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use actix_web_actors::ws::{self, CloseCode, CloseReason, WebsocketContext, WsResponseBuilder};
use futures_util::stream::LocalBoxStream;
use futures_util::{StreamExt, stream};
use std::time::{Duration, Instant};

/// How often the client is asked whether it is there.
const PING: Duration = Duration::from_secs(10);
/// Without an answer for so long it is gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer messages of a client are refused: it has nothing to say.
const FRAME_LIMIT: usize = 4096;

/// What is sent to a client.
#[derive(Message)]
#[rtype(result = "()")]
struct Tell(FeedMessage);

/// See the module.
struct Session {
    feed: Option<LocalBoxStream<'static, Tell>>,
    heard: Instant,
    pulse: Pulse,
}

pub async fn open(
    state: Data<State>,
    since: Query<Since>,
    request: HttpRequest,
    payload: Payload,
) -> actix_web::Result<HttpResponse> {
    let handles = state.handles().await?;
    let feed = feed(handles, since.since).await?;
    let session = Session { feed: Some(feed), heard: Instant::now(), pulse: Pulse::watch(&request) };
    let protocols: Vec<String> = offered(&request);
    let protocols: Vec<&str> = protocols.iter().map(String::as_str).collect();
    WsResponseBuilder::new(session, &request, payload).protocols(&protocols).frame_size(FRAME_LIMIT).start()
}

/// A browser drops a connection whose server does not choose one of the subprotocols it offered.
fn offered(request: &HttpRequest) -> Vec<String> {
    let header = request.headers().get("sec-websocket-protocol").and_then(|offer| offer.to_str().ok());
    header.into_iter().flat_map(|offer| offer.split(',')).map(|name| name.trim().to_owned()).collect()
}

/// The state first, unless the client has it up to `since`; then the changes.
async fn feed(handles: Handles, since: Option<i64>) -> Result<LocalBoxStream<'static, Tell>, Failure> {
    let (_, newest) = handles.persistence.send(crate::actors::questions::journal_bounds()).await??;
    let changes = entries(&handles, Some(since.unwrap_or(newest))).await?;
    let first = match since {
        Some(_) => None,
        None => Some(Tell(FeedMessage::InitialState { data: initial(&handles).await?, seq: newest })),
    };
    let changes = changes.filter_map(std::future::ready).then(move |entry| updates(handles.clone(), entry)).flatten();
    Ok(stream::iter(first).chain(changes).boxed_local())
}

async fn initial(handles: &Handles) -> Result<InitialState, Failure> {
    let units = handles.units.send(List).await?;
    let work_units = units.iter().map(|unit| shown(unit, handles, &Outlook::default())).collect();
    Ok(InitialState { work_units, attention_items: queue(handles).await? })
}

/// What a change means for a client.
async fn updates(handles: Handles, entry: Entry) -> stream::Iter<std::vec::IntoIter<Tell>> {
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
    stream::iter(tells.into_iter().map(Tell).collect::<Vec<_>>())
}

impl Session {
    fn watch(&mut self, ctx: &mut WebsocketContext<Self>) {
        if self.heard.elapsed() > PATIENCE {
            return ctx.stop();
        }
        self.pulse.beat();
        ctx.ping(clock::now().0.to_string().as_bytes());
        ctx.run_later(PING, Self::watch);
    }
}

impl Actor for Session {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(feed) = self.feed.take() {
            ctx.add_stream(feed);
        }
        ctx.run_later(PING, Self::watch);
    }
}

impl StreamHandler<Tell> for Session {
    fn handle(&mut self, Tell(message): Tell, ctx: &mut Self::Context) {
        fault::point("websocket");
        self.pulse.beat();
        match serde_json::to_string(&message) {
            Ok(text) => ctx.text(text),
            Err(error) => tracing::error!("failed to write a message of the feed: {error}"),
        }
    }

    /// Too slow, or a part of the daemon is restarted.
    fn finished(&mut self, ctx: &mut Self::Context) {
        let description = Some("come again with ?since=".to_owned());
        ctx.close(Some(CloseReason { code: CloseCode::Again, description }));
        ctx.stop();
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Session {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        self.heard = Instant::now();
        match message {
            Ok(ws::Message::Ping(bytes)) => ctx.pong(&bytes),
            Ok(ws::Message::Close(reason)) => {
                ctx.close(reason);
                ctx.stop();
            }
            Ok(_) => {}
            Err(_) => ctx.stop(),
        }
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
