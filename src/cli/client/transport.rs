//! The ways to a daemon.

use crate::cli::error::CommandError;
use crate::cli::lifecycle::Lifecycle;
use crate::cli::target::{Address, Target};
use crate::project::socket::SocketAddress;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// An open way to a daemon, good for one request.
pub(super) struct Connection {
    /// Takes the request.
    pub(super) sender: SendRequest<Full<Bytes>>,
    /// What to call the daemon.
    pub(super) authority: String,
    /// What to present.
    pub(super) token: Option<String>,
}

/// Opens a way: to the address given, else to the project's socket. Where that fails although a daemon holds the project's lock, to the
/// port that it wrote down: only then is it sure that the token goes to the right one.
pub(super) async fn connect(target: &Target, lifecycle: &dyn Lifecycle) -> Result<Connection, CommandError> {
    if let Some(address) = &target.address {
        let unreachable = |source| CommandError::Unreachable { address: address.authority.clone(), source };
        return over_tcp(address).await.map_err(unreachable)?.await;
    }
    let error = match over_socket(target).await {
        Ok(stream) => return open(stream, "localhost".to_owned(), None).await,
        Err(error) => error,
    };
    let Some(running) = lifecycle.probe(&target.root) else { return Err(CommandError::NotRunning) };
    if let Some(address) = target.recorded_address()
        && let Ok(connection) = over_tcp(&address).await
    {
        return connection.await;
    }
    Err(CommandError::Deaf { pid: running.pid, source: error })
}

async fn over_socket(target: &Target) -> io::Result<UnixStream> {
    let address = SocketAddress::new(&target.socket())?;
    UnixStream::connect(address.path()).await
}

async fn over_tcp(address: &Address) -> io::Result<impl Future<Output = Result<Connection, CommandError>> + use<>> {
    let stream = TcpStream::connect(&address.authority).await?;
    Ok(open(stream, address.authority.clone(), address.token.clone()))
}

async fn open<S>(stream: S, authority: String, token: Option<String>) -> Result<Connection, CommandError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(CommandError::Lost)?;
    // How it ends is told to the sender and to the body that wait for it.
    tokio::spawn(async move { connection.await.ok() });
    Ok(Connection { sender, authority, token })
}
