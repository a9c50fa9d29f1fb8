//! Talks HTTP with the daemon: over its Unix socket, or over TCP with a token.

pub(crate) mod answer;
#[cfg(test)]
pub(crate) mod stub;
mod transport;

use super::error::CommandError;
use super::lifecycle::{Lifecycle, Running};
use super::target::Target;
use answer::Answer;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, header};
use serde::Serialize;
use std::time::Duration;
use transport::Connection;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// One project's daemon.
pub(crate) struct Client<'a> {
    target: Target,
    lifecycle: &'a dyn Lifecycle,
    limit: Duration,
}

impl<'a> Client<'a> {
    /// The daemon of `target`.
    pub(crate) fn new(target: Target, lifecycle: &'a dyn Lifecycle) -> Self {
        Self { target, lifecycle, limit: LIMIT }
    }

    /// Which project it is of.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The same with less patience.
    #[cfg(test)]
    pub(crate) fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The daemon that holds the project's lock, if one does; an address says nothing about that.
    pub(crate) fn probe(&self) -> Option<Running> {
        self.lifecycle.probe(&self.target.root)
    }

    /// Whether an address was given instead of a project.
    pub(crate) fn has_address(&self) -> bool {
        self.target.address.is_some()
    }

    /// Asks for what is at `path`.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, CommandError> {
        self.answered(self.request(Method::GET, path, Bytes::new())).await
    }

    /// Asks for a change that needs no words.
    pub(crate) async fn post(&self, path: &str) -> Result<Answer, CommandError> {
        self.answered(self.request(Method::POST, path, Bytes::from_static(b"{}"))).await
    }

    /// Asks for something to be removed.
    pub(crate) async fn delete(&self, path: &str) -> Result<Answer, CommandError> {
        self.answered(self.request(Method::DELETE, path, Bytes::new())).await
    }

    /// Sends `body` as JSON.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &impl Serialize) -> Result<Answer, CommandError> {
        let body = serde_json::to_vec(body).map_err(|error| unsendable(path, &error))?;
        self.answered(self.request(method, path, Bytes::from(body))).await
    }

    /// Asks for what is at `path`, piece by piece as it comes. Only the first one has to come in time.
    pub(crate) async fn stream(&self, path: &str) -> Result<Pieces, CommandError> {
        let response = self.in_time(self.request(Method::GET, path, Bytes::new())).await?;
        if response.status().is_success() {
            return Ok(Pieces(response.into_body()));
        }
        let status = response.status();
        let bytes = self.in_time(collect(response)).await?;
        Err(answer::refusal(status, &bytes))
    }

    async fn answered(
        &self,
        response: impl Future<Output = Result<Response<Incoming>, CommandError>>,
    ) -> Result<Answer, CommandError> {
        let whole = async {
            let response = response.await?;
            let status = response.status();
            Ok((status, collect(response).await?))
        };
        let (status, bytes) = self.in_time(whole).await?;
        Answer::new(status, &bytes)
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
        tokio::time::timeout(self.limit, work).await.unwrap_or(Err(CommandError::TimedOut(self.limit)))
    }

    async fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, CommandError> {
        let Connection { mut sender, authority, token } = transport::connect(&self.target, self.lifecycle).await?;
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, authority);
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body)).map_err(|error| unsendable(path, &error))?;
        sender.send_request(request).await.map_err(CommandError::Lost)
    }
}

fn unsendable(path: &str, error: &dyn std::error::Error) -> CommandError {
    CommandError::Unsendable { path: path.to_owned(), why: error.to_string() }
}

async fn collect(response: Response<Incoming>) -> Result<Bytes, CommandError> {
    Ok(response.into_body().collect().await.map_err(CommandError::Lost)?.to_bytes())
}

/// A body that comes piece by piece.
pub(crate) struct Pieces(Incoming);

impl Pieces {
    /// The next piece; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, CommandError> {
        while let Some(frame) = self.0.frame().await {
            if let Ok(data) = frame.map_err(CommandError::Lost)?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

/// `text` as one segment of a path, or one value of a query.
pub(crate) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The path of a unit, with what follows it.
pub(crate) fn unit_path(chunk: &crate::domain::ids::ChunkName, rest: &str) -> String {
    format!("/work-units/{}{rest}", segment(chunk.as_str()))
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
