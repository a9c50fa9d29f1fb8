//! Who asks, and whether they may: peers of the socket by their user id, clients of the TCP port by the token.
//!
//! A page of any web site can make a browser talk to a local port. So on TCP the token must be presented, the `Host` must be one of ours, and an
//! `Origin`, where there is one, must be this daemon's own. The token travels in a header or as a WebSocket subprotocol, never as a cookie:
//! cookies do not know ports.

use super::cut::Line;
use super::failure::Failure;
use super::forms::is_form;
use super::state::State;
use crate::actors::clock;
use crate::domain::who::Who;
use crate::wire::error::ErrorBody;
use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::rt::net::UnixStream;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};
use std::any::Any;
use subtle::ConstantTimeEq;

/// The other end of a connection to the Unix socket.
#[derive(Clone, Copy, Debug)]
struct Peer {
    uid: u32,
    /// It carries the mark of an attempt: an agent, outside its jail.
    is_agent: bool,
}

/// The WebSocket subprotocol that carries a token: `ve.token.<token>`.
const SUBPROTOCOL: &str = "ve.token.";

/// Where attempts may speak with their own tokens; those open nothing else, and nothing else opens this.
const ATTEMPT: &str = "/attempt/";

/// Notes what a request must know of its connection: its socket, and the peer of the Unix socket.
pub fn remember_peer(connection: &dyn Any, data: &mut Extensions) {
    if let Some(line) = Line::of(connection) {
        data.insert(line);
    }
    let Some(stream) = connection.downcast_ref::<UnixStream>() else { return };
    if let Ok(peer) = stream.peer_cred() {
        data.insert(Peer { uid: peer.uid(), is_agent: peer.pid().is_some_and(is_agent) });
    }
}

/// Whether the process, or one it descends from, was started by a shim.
fn is_agent(pid: i32) -> bool {
    let mut pid = pid;
    // Deep enough for any tree of shells; ended by pid 1 or by a process that is gone.
    for _ in 0..64 {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(b"VE_ATTEMPT=")) {
            return true;
        }
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        match parent {
            Some(parent) if parent > 1 => pid = parent,
            _ => return false,
        }
    }
    false
}

/// Lets a request through, with its [`Who`] noted, or refuses it.
pub async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let who = identify(request.request())?;
    if has_body(&request) && !is_json(request.request()) && !may_be_form(request.request()) {
        let body = ErrorBody::new("the body must be JSON").with_hint("send it as application/json");
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, body).into());
    }
    request.extensions_mut().insert(who);
    next.call(request).await
}

/// Who made the request.
pub fn who(request: &HttpRequest) -> Who {
    request.extensions().get::<Who>().cloned().unwrap_or(Who::Daemon)
}

fn has_body(request: &ServiceRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    matches!(*request.method(), Method::POST | Method::PATCH)
        && (length || request.headers().contains_key(header::TRANSFER_ENCODING))
}

fn is_json(request: &HttpRequest) -> bool {
    request.content_type() == "application/json"
}

/// Whether the body is a form that may be one: answers and decisions, over the Unix socket or from our own page.
fn may_be_form(request: &HttpRequest) -> bool {
    let taken = ["/answer", "/resolve", "/retry-merge"].iter().any(|verb| request.path().ends_with(verb));
    // An `Origin` that is there has been found to be our own.
    let from_us = request.conn_data::<Peer>().is_some() || text(request, header::ORIGIN).is_some();
    taken && from_us && is_form(request)
}

fn identify(request: &HttpRequest) -> Result<Who, Failure> {
    if let Some(peer) = request.conn_data::<Peer>() {
        if peer.is_agent {
            return Err(forbidden("an agent may not steer its orchestrator", "agents report over their own protocol"));
        }
        return Ok(Who::Peer { uid: peer.uid });
    }
    let Some(state) = request.app_data::<Data<State>>() else { return Err(Failure::restarting()) };
    if !is_own_host(text(request, header::HOST), &state.host, state.port) {
        return Err(forbidden("this Host is not served here", "use 127.0.0.1 or localhost"));
    }
    let origin = text(request, header::ORIGIN);
    if let Some(origin) = origin
        && !origin.strip_prefix("http://").is_some_and(|host| is_own_host(Some(host), &state.host, state.port))
    {
        return Err(forbidden("this Origin is not allowed", "open the page that `ve orch url` names"));
    }
    if request.path().starts_with(ATTEMPT) {
        let holder = presented(request).and_then(|given| state.reach.holder(given));
        return holder.map(Who::Attempt).ok_or_else(|| {
            let body = ErrorBody::new("the token of a living attempt is needed")
                .with_hint("`ve orch mcp-agent` has it, and reads it again when the daemon was restarted");
            Failure::new(StatusCode::UNAUTHORIZED, body)
        });
    }
    let token = |label: &str| Who::Token { label: label.to_owned() };
    match presented(request) {
        Some(given) if bool::from(given.as_bytes().ct_eq(state.token.as_bytes())) => Ok(token("operator")),
        Some(given) if state.sessions.holds(given, clock::now()) => Ok(token("browser")),
        _ if is_open(request) => Ok(token("nobody")),
        _ => {
            let body = ErrorBody::new("a token is needed").with_hint("get a link with: ve orch url");
            Err(Failure::new(StatusCode::UNAUTHORIZED, body))
        }
    }
}

/// Whether a request needs no token: it says only that something lives here, or it is the way to a token. The page itself tells nothing.
fn is_open(request: &HttpRequest) -> bool {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.path() {
        "/" | "/healthz" => looks,
        path if path.starts_with("/assets/") => looks,
        "/session" => *request.method() == Method::POST,
        _ => false,
    }
}

fn forbidden(error: &str, hint: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, ErrorBody::new(error).with_hint(hint))
}

fn text(request: &HttpRequest, name: header::HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

/// Names of this machine, and the address that the operator has us listen at.
fn is_own_host(host: Option<&str>, listening: &str, port: u16) -> bool {
    let own =
        |host: &str| matches!(host, "127.0.0.1" | "localhost" | "[::1]") || host.trim_matches(['[', ']']) == listening;
    match host.and_then(|host| host.rsplit_once(':')) {
        Some((name, number)) => own(name) && number.parse() == Ok(port),
        None => false,
    }
}

fn presented(request: &HttpRequest) -> Option<&str> {
    if let Some(bearer) = text(request, header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")) {
        return Some(bearer);
    }
    let offered = text(request, header::SEC_WEBSOCKET_PROTOCOL)?;
    offered.split(',').find_map(|protocol| protocol.trim().strip_prefix(SUBPROTOCOL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_with_this_port_are_served() {
        for good in ["127.0.0.1:7845", "localhost:7845", "[::1]:7845", "10.0.0.5:7845"] {
            assert!(is_own_host(Some(good), "10.0.0.5", 7845), "{good}");
        }
        for bad in ["evil.example:7845", "127.0.0.1:80", "127.0.0.1", "", "localhost.evil.example:7845"] {
            assert!(!is_own_host(Some(bad), "10.0.0.5", 7845), "{bad}");
        }
        assert!(!is_own_host(None, "10.0.0.5", 7845));
    }
}
