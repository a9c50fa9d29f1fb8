//! The daemon as a tool server knows it: found anew for every request, and asked again until it answers.

use crate::agent::link;
use crate::wire::error::ErrorBody;
use crate::wire::tools::{Greeting, ToolAnswer, ToolCall};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long one request may take: longer than the daemon keeps a question waiting.
const LIMIT: Duration = Duration::from_secs(60);

/// The pause before a daemon that was not there is looked for again: it doubles up to the second one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Daemon {
    file: PathBuf,
}

/// What the model is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The words.
    pub(super) text: String,
    /// Whether the call came to nothing.
    pub(super) failed: bool,
}

/// What came of one request.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Said(Said),
    /// Ask again at once.
    Pending,
    /// Nobody was there, or not yet: ask again later.
    Away,
}

impl Daemon {
    /// The daemon that writes where it is into `file`.
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// What the file says now.
    pub(super) fn look(&self) -> Option<link::Daemon> {
        link::Daemon::read(&std::fs::read(&self.file).ok()?)
    }

    /// Says once which version of the agent is there. It is a matter of record: that nobody hears it is no failure.
    pub(super) fn greet(&self, version: String) {
        let daemon = self.clone();
        tokio::spawn(async move { daemon.post("/attempt/hello", &Greeting { version }).await });
    }

    /// Calls a tool, as long as it takes: over restarts of the daemon, and until the operator has answered.
    pub(super) async fn call(&self, tool: &str, call: &ToolCall) -> Said {
        let path = format!("/attempt/tools/{}", crate::cli::client::segment(tool));
        let mut pause = PAUSES.0;
        loop {
            let asked = tokio::time::timeout(LIMIT, self.post(&path, call)).await;
            match asked.ok().flatten().map_or(Outcome::Away, |(status, body)| outcome(status, &body)) {
                Outcome::Said(said) => return said,
                Outcome::Pending => pause = PAUSES.0,
                Outcome::Away => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        }
    }

    /// One request; nothing where nobody answers it.
    async fn post(&self, path: &str, body: &impl Serialize) -> Option<(StatusCode, Bytes)> {
        let link::Daemon { authority, token, .. } = self.look()?;
        let stream = TcpStream::connect(&authority).await.ok()?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        // How it ends is told to the sender and to the body that wait for it.
        tokio::spawn(async move { connection.await.ok() });
        let request = Request::post(path)
            .header(header::HOST, &authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Full::new(Bytes::from(serde_json::to_vec(body).ok()?)))
            .ok()?;
        let response = sender.send_request(request).await.ok()?;
        let status = response.status();
        Some((status, response.into_body().collect().await.ok()?.to_bytes()))
    }
}

/// What an answer means. A token that is not known belongs to a daemon before this one: the file will say the new one.
fn outcome(status: StatusCode, body: &[u8]) -> Outcome {
    if status.is_success() {
        return match serde_json::from_slice(body) {
            Ok(ToolAnswer::Said { text, failed }) => Outcome::Said(Said { text, failed }),
            Ok(ToolAnswer::Pending { .. }) => Outcome::Pending,
            Err(_) => Outcome::Away,
        };
    }
    let is_final =
        status.is_client_error() && status != StatusCode::UNAUTHORIZED && status != StatusCode::REQUEST_TIMEOUT;
    match serde_json::from_slice::<ErrorBody>(body) {
        Ok(ErrorBody { error, .. }) if is_final => Outcome::Said(Said { text: error, failed: true }),
        _ => Outcome::Away,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::cli::client::stub::{over_tcp, response};
    use serde_json::json;
    use tokio::net::TcpListener;

    #[test]
    fn only_what_is_final_is_told_to_the_model() {
        let said = |text: &str, failed| Outcome::Said(Said { text: text.into(), failed });
        let table = [
            (200, r#"{"text":"yes","failed":false}"#, said("yes", false)),
            (202, r#"{"pending":true}"#, Outcome::Pending),
            (410, r#"{"error":"the attempt has ended"}"#, said("the attempt has ended", true)),
            (401, r#"{"error":"the token of a living attempt is needed"}"#, Outcome::Away),
            (503, r#"{"error":"restarting"}"#, Outcome::Away),
            (200, "<html>", Outcome::Away),
            (404, "", Outcome::Away),
        ];
        for (status, body, expected) in table {
            assert_eq!(outcome(StatusCode::from_u16(status).unwrap(), body.as_bytes()), expected, "{status} {body}");
        }
    }

    #[tokio::test]
    async fn a_daemon_that_comes_back_at_another_address_is_found_and_asked_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("daemon.json");
        let daemon = Daemon::new(file.clone());
        let tell = |authority: String, token: &str| {
            let told = link::Daemon { authority, token: token.into(), review: false };
            std::fs::write(&file, told.text().unwrap()).unwrap();
        };
        let dying = TcpListener::bind("127.0.0.1:0").await.unwrap();
        tell(dying.local_addr().unwrap().to_string(), "old");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = async {
            // It takes the call and dies over it.
            drop(dying.accept().await.unwrap());
            drop(dying);
            tell(address, "new");
            let mut requests = Vec::new();
            for body in [r#"{"pending":true}"#, r#"{"text":"left \"or\" right\r","failed":false}"#] {
                requests.push(over_tcp(&listener, &response("200 OK", body)).await);
            }
            requests
        };
        let call = ToolCall { arguments: json!({"question": "Which?"}), id: None };
        let (said, requests) = tokio::join!(daemon.call("ask_operator", &call), serving);
        assert_eq!(said, Said { text: "left \"or\" right\r".into(), failed: false });
        for request in requests {
            assert!(request.starts_with("POST /attempt/tools/ask_operator HTTP/1.1\r\n"), "{request}");
            assert!(
                request.contains("authorization: Bearer new\r\n")
                    && request.ends_with(r#"{"arguments":{"question":"Which?"}}"#)
            );
        }
    }
}
