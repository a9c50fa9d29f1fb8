//! WebSockets: a session is an actor with a mailbox, which tells its client a stream of messages to its end.
//!
//! *Owns* its place in the stream. *Asks* nobody. *Tells* its client. *Dies when* the client is gone, does not answer pings or does not read, or
//! when the stream ends.

use super::cut::Pulse;
use crate::actors::clock;
use crate::actors::fault;
use actix::prelude::*;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use actix_web_actors::ws::{self, CloseCode, CloseReason, WebsocketContext, WsResponseBuilder};
use futures_util::stream::LocalBoxStream;
use serde::Serialize;
use std::time::{Duration, Instant};

/// How often the client is asked whether it is there.
const PING: Duration = Duration::from_secs(10);
/// Without an answer for so long it is gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer messages of a client are refused: it has nothing to say.
const FRAME_LIMIT: usize = 4096;

/// One message to a client, as JSON.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Tell(String);

impl Tell {
    /// This message.
    pub fn json(message: &impl Serialize) -> Self {
        // What `wire` describes always has a form in JSON.
        Self(serde_json::to_string(message).unwrap_or_default())
    }
}

/// What the end of a stream means.
#[derive(Clone, Copy, Debug)]
pub enum Last {
    /// All is said.
    Said,
    /// The client was too slow, or a part of the daemon is restarted: it should come again.
    Interrupted,
}

/// See the module.
struct Session {
    messages: Option<LocalBoxStream<'static, Tell>>,
    last: Last,
    heard: Instant,
    pulse: Pulse,
}

/// Tells the client who asked for a WebSocket all of `messages`.
pub fn serve(
    request: &HttpRequest,
    payload: Payload,
    messages: LocalBoxStream<'static, Tell>,
    last: Last,
) -> actix_web::Result<HttpResponse> {
    let session = Session { messages: Some(messages), last, heard: Instant::now(), pulse: Pulse::watch(request) };
    let protocols: Vec<String> = offered(request);
    let protocols: Vec<&str> = protocols.iter().map(String::as_str).collect();
    WsResponseBuilder::new(session, request, payload).protocols(&protocols).frame_size(FRAME_LIMIT).start()
}

/// A browser drops a connection whose server does not choose one of the subprotocols it offered.
fn offered(request: &HttpRequest) -> Vec<String> {
    let header = request.headers().get("sec-websocket-protocol").and_then(|offer| offer.to_str().ok());
    header.into_iter().flat_map(|offer| offer.split(',')).map(|name| name.trim().to_owned()).collect()
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
        if let Some(messages) = self.messages.take() {
            ctx.add_stream(messages);
        }
        ctx.run_later(PING, Self::watch);
    }
}

impl StreamHandler<Tell> for Session {
    fn handle(&mut self, Tell(text): Tell, ctx: &mut Self::Context) {
        fault::point("websocket");
        self.pulse.beat();
        ctx.text(text);
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        let (code, description) = match self.last {
            Last::Said => (CloseCode::Normal, None),
            Last::Interrupted => (CloseCode::Again, Some("come again with ?since=".to_owned())),
        };
        ctx.close(Some(CloseReason { code, description }));
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
