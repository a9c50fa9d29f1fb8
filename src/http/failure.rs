//! Errors as words: every one is JSON with a hint of what to do.

use crate::actors::intake::InjectError;
use crate::actors::oracle::Unjudged;
use crate::actors::persistence::Unsaved;
use crate::actors::repository::{DocsError, Uncounted};
use crate::actors::settings::Rejected;
use crate::actors::units::TellError;
use crate::actors::work_unit::Refusal;
use crate::domain::admission;
use crate::wire::body::BadRequest;
use crate::wire::error::ErrorBody;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::QueryPayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use std::fmt;

/// A refused request.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    body: Box<ErrorBody>,
}

impl Failure {
    /// An answer of this status.
    pub fn new(status: StatusCode, body: ErrorBody) -> Self {
        Self { status, body: Box::new(body) }
    }

    /// The client must change its request.
    pub fn bad_request(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorBody::new(error).with_hint("nothing was changed; correct the request"))
    }

    /// A part of the address behind the question mark cannot be read.
    pub fn bad_query(error: &QueryPayloadError) -> Self {
        let error = error.to_string();
        let why = error.strip_prefix("Query deserialize error: ").unwrap_or(&error);
        let body = ErrorBody::new(format!("Invalid query: {why}"))
            .with_hint("correct what stands behind the ? in the address");
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    /// The state of things does not allow it now.
    pub fn conflict(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, ErrorBody::new(error).with_hint(hint))
    }

    /// No such route.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorBody::new("Not Found").with_hint("see docs/API.md for the routes"))
    }

    /// No such unit.
    pub fn no_unit(chunk: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorBody::unit_not_found(chunk))
    }

    /// A part of the daemon is being restarted.
    pub fn restarting() -> Self {
        let body = ErrorBody::new("the daemon is restarting a part of itself").with_hint("try again in a moment");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, body)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.body.error)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(&*self.body)
    }
}

impl Responder for Failure {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.error_response()
    }
}

impl From<actix::MailboxError> for Failure {
    fn from(_: actix::MailboxError) -> Self {
        Self::restarting()
    }
}

impl From<BadRequest> for Failure {
    fn from(error: BadRequest) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorBody::new(error.to_string()).with_hint(error.hint()))
    }
}

impl From<Unsaved> for Failure {
    fn from(error: Unsaved) -> Self {
        let body =
            ErrorBody::new(format!("failed to {error}")).with_hint("see .ve/orchestrator.log; nothing was changed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, body)
    }
}

impl From<TellError> for Failure {
    fn from(error: TellError) -> Self {
        match error {
            TellError::Unknown(chunk) => Self::no_unit(&chunk),
            TellError::Down => Self::restarting(),
            TellError::Refused(Refusal::Unsaved(unsaved)) => unsaved.into(),
            // What is possible instead is known where the unit is; see `units::tell`.
            TellError::Refused(Refusal::Illegal(illegal)) => {
                Self::new(StatusCode::CONFLICT, ErrorBody::illegal(&illegal, &[]))
            }
        }
    }
}

impl From<Uncounted> for Failure {
    fn from(error: Uncounted) -> Self {
        let body =
            ErrorBody::new(format!("failed to {error}")).with_hint("see `git status` and `git fsck` in the project");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, body)
    }
}

impl From<InjectError> for Failure {
    fn from(error: InjectError) -> Self {
        let text = error.to_string();
        match error {
            InjectError::Refused(refusal) => refusal.into(),
            InjectError::Exists(_) => Self::conflict(text, "see it with: ve orch work-unit show"),
            InjectError::Documents(DocsError::Refused { hint, .. }) => {
                Self::new(StatusCode::BAD_REQUEST, ErrorBody::new(text).with_hint(hint))
            }
            InjectError::Documents(_) => Self::new(
                StatusCode::BAD_REQUEST,
                ErrorBody::new(format!("failed to {text}")).with_hint("correct the document and commit it"),
            ),
            InjectError::Unsaved(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorBody::new(format!("failed to {text}")).with_hint("see .ve/orchestrator.log; nothing was changed"),
            ),
        }
    }
}

impl From<admission::Refusal> for Failure {
    fn from(refusal: admission::Refusal) -> Self {
        let status = match refusal {
            admission::Refusal::Exists { .. } => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, ErrorBody::new(refusal.to_string()).with_hint(refusal.hint()))
    }
}

impl From<Unjudged> for Failure {
    fn from(error: Unjudged) -> Self {
        match error {
            Unjudged::Same(_) => Self::bad_request(error.to_string()),
            Unjudged::Unknown(_) => Self::new(
                StatusCode::NOT_FOUND,
                ErrorBody::new(error.to_string()).with_hint("commit its GOAL.md on the base branch first"),
            ),
            Unjudged::Documents(error) => InjectError::Documents(error).into(),
            Unjudged::Unsaved(error) => error.into(),
        }
    }
}

impl From<Rejected> for Failure {
    fn from(error: Rejected) -> Self {
        let hint = "nothing was changed; the last good configuration stays in effect";
        match error {
            Rejected::Changed => Self::conflict(error.to_string(), "look at it again with: ve orch trust"),
            Rejected::Invalid(error) => Self::new(
                StatusCode::BAD_REQUEST,
                ErrorBody::new(format!("failed to {error}"))
                    .with_hint("correct that file; until then the last good configuration stays in effect"),
            ),
            Rejected::Request(why) => Self::new(StatusCode::BAD_REQUEST, ErrorBody::new(why).with_hint(hint)),
            Rejected::Unsaved(why) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorBody::new(format!("failed to {why}")).with_hint(hint))
            }
        }
    }
}

/// Gives words to what the framework refuses with a bare status: a wrong method, a body that is too long.
pub async fn in_words(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<actix_web::body::BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return Ok(response);
    }
    let hint = match status {
        StatusCode::METHOD_NOT_ALLOWED => "the route exists, but not with this method",
        StatusCode::PAYLOAD_TOO_LARGE => "a request may have 1 MiB",
        _ => "see .ve/orchestrator.log",
    };
    let body = ErrorBody::new(status.canonical_reason().unwrap_or("refused")).with_hint(hint);
    let answer = HttpResponse::build(status).json(body);
    Ok(response.into_response(answer))
}
