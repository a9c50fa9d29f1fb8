//! A daemon that answers with what it was given: for what happens on the way, not for what is said.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};

/// A whole HTTP response.
pub(crate) fn response(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into()
}

/// Answers one request over a Unix socket and returns it.
pub(crate) async fn over_unix(listener: &UnixListener, response: &[u8]) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    exchange(stream, response).await
}

/// Answers one request over TCP and returns it.
pub(crate) async fn over_tcp(listener: &TcpListener, response: &[u8]) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    exchange(stream, response).await
}

/// Reads one request, writes the response; an empty response is never written, and the connection stays open.
async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, response: &[u8]) -> String {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).await.unwrap();
        assert!(length > 0, "the request ends early: {request:?}");
        request.extend_from_slice(&piece[..length]);
    }
    if response.is_empty() {
        std::future::pending::<()>().await;
    }
    stream.write_all(response).await.unwrap();
    stream.shutdown().await.unwrap();
    String::from_utf8(request).unwrap()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}
