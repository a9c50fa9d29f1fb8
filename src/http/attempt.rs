//! What an attempt may say, with its own token: calls of our three tools.

use super::auth::who;
use super::failure::Failure;
use super::state::State;
use crate::actors::tool_call::{Call, Hello, Said, Unheard};
use crate::domain::ids::AttemptId;
use crate::domain::who::Who;
use crate::wire::error::ErrorBody;
use crate::wire::tools;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a call is kept waiting before it has to be made again: less than what lies between may cut off.
const PATIENCE: Duration = Duration::from_secs(25);

/// Says which version of its agent an attempt has; with the attempt's token only, as all below `/attempt/`.
#[utoipa::path(
    post, path = "/attempt/hello", request_body = tools::Greeting,
    responses((status = 200, body = tools::Greeting), (status = 400), (status = 401), (status = 410))
)]
pub async fn hello(state: Data<State>, body: Bytes, request: HttpRequest) -> Result<Json<tools::Greeting>, Failure> {
    let (attempt, hello) = (attempt(&request)?, read::<tools::Greeting>(&body)?);
    let version = hello.version.clone();
    state.handles().await?.units.send(Hello { attempt, version }).await?.map_err(unheard)?;
    Ok(Json(hello))
}

/// Calls one of the agent's tools. A question waits for the operator: as long as there is no answer, the same call is made again.
#[utoipa::path(
    post, path = "/attempt/tools/{tool}", request_body = tools::ToolCall, params(("tool" = String, Path, description = "Its name.")),
    responses((status = 200, body = tools::ToolAnswer), (status = 202, body = tools::ToolAnswer), (status = 400), (status = 401), (status = 410))
)]
pub async fn call(
    state: Data<State>,
    tool: Path<String>,
    body: Bytes,
    request: HttpRequest,
) -> Result<(Json<tools::ToolAnswer>, StatusCode), Failure> {
    let tools::ToolCall { arguments, id } = read(&body)?;
    let call = Call { attempt: attempt(&request)?, tool: tool.into_inner(), arguments, id };
    let units = state.handles().await?.units;
    match tokio::time::timeout(PATIENCE, units.send(call)).await {
        Ok(answer) => {
            let Said { text, failed } = answer?.map_err(unheard)?;
            Ok((Json(tools::ToolAnswer::Said { text, failed }), StatusCode::OK))
        }
        Err(_) => Ok((Json(tools::ToolAnswer::Pending { pending: true }), StatusCode::ACCEPTED)),
    }
}

fn attempt(request: &HttpRequest) -> Result<AttemptId, Failure> {
    match who(request) {
        Who::Attempt(attempt) => Ok(attempt),
        _ => {
            let body = ErrorBody::new("only an attempt may call its tools").with_hint("see docs/OPERATIONS.md");
            Err(Failure::new(StatusCode::FORBIDDEN, body))
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::bad_request(format!("Invalid JSON: {error}")))
}

fn unheard(unheard: Unheard) -> Failure {
    match unheard {
        Unheard::Ended => {
            let body = ErrorBody::new(unheard.to_string()).with_hint("nothing that it says counts any more");
            Failure::new(StatusCode::GONE, body)
        }
        Unheard::Down => Failure::restarting(),
    }
}
