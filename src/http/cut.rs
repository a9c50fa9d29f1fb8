//! Cuts off clients that do not read: while such a one keeps its connection, nothing that waits for it could ever be dropped.
//!
//! A response is asked for its next bytes only while the client takes them. So a stream that has not been asked for long has a client that does
//! not read; its connection is then shut down from outside, for nothing inside would notice.

use actix_web::HttpRequest;
use actix_web::rt::net::{TcpStream, UnixStream};
use std::any::Any;
use std::cell::Cell;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// A client that takes nothing for so long is cut off. Longer than any stream is quiet.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection's own handle on its socket.
pub struct Line(Rc<OwnedFd>);

impl Line {
    /// The line of a new connection, where it has a socket.
    pub fn of(connection: &dyn Any) -> Option<Self> {
        let socket = match (connection.downcast_ref::<UnixStream>(), connection.downcast_ref::<TcpStream>()) {
            (Some(stream), _) => stream.as_fd(),
            (_, Some(stream)) => stream.as_fd(),
            _ => return None,
        };
        Some(Self(Rc::new(socket.try_clone_to_owned().ok()?)))
    }
}

/// The sign of life of a stream, which is watched as long as this lives.
#[derive(Clone)]
pub struct Pulse(Rc<Cell<Instant>>);

impl Pulse {
    /// Watches the stream that answers `request`.
    pub fn watch(request: &HttpRequest) -> Self {
        let pulse = Self(Rc::new(Cell::new(Instant::now())));
        if let Some(Line(socket)) = request.conn_data::<Line>() {
            let (beats, socket) = (Rc::downgrade(&pulse.0), Rc::downgrade(socket));
            actix_web::rt::spawn(async move {
                while let Some(last) = beats.upgrade().map(|last| last.get()) {
                    if last.elapsed() >= PATIENCE {
                        let Some(socket) = socket.upgrade() else { return };
                        tracing::info!("a client that does not read is cut off");
                        return cut(&socket);
                    }
                    tokio::time::sleep_until(last + PATIENCE).await;
                }
            });
        }
        pulse
    }

    /// The client takes what it is sent.
    pub fn beat(&self) {
        self.0.set(Instant::now());
    }
}

fn cut(socket: &OwnedFd) {
    // Shutting down is the same for all kinds of sockets.
    let Ok(socket) = socket.try_clone() else { return };
    if let Err(error) = std::os::unix::net::UnixStream::from(socket).shutdown(Shutdown::Both) {
        tracing::debug!("the client was gone already: {error}");
    }
}
