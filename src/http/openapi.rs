//! `/openapi.json`: the interface as its handlers and the types of `wire` describe it.
//!
//! A handler says its method, path, body and the statuses that are its own; what all have in common is added here. A route that is missing here, or
//! says more than it does, fails `tests/it/openapi.rs`.

use super::{
    accounts, attempt, attention, board, config, conflicts, diff, events, feed, gates, health, intake, log_feed, logs,
    machine, overview, page, timeline, units, verbs, worktrees,
};
use crate::wire::error::ErrorBody;
use actix_web::web::Json;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi as Description, Ref, RefOr, Required, Response};
use utoipa::{Modify, OpenApi};

/// All that is described.
#[derive(OpenApi)]
#[openapi(
    info(title = "ve orch", description = "The interface of the daemon, on its Unix socket and on TCP."),
    paths(
        describe,
        health::healthy,
        health::ready,
        health::metrics,
        attention::show,
        overview::status,
        page::page,
        page::asset,
        machine::show,
        machine::log,
        timeline::show,
        gates::show,
        board::show,
        overview::url,
        overview::sign_in,
        overview::costs,
        overview::stop,
        accounts::list,
        accounts::resume,
        config::show,
        config::change,
        config::trust,
        config::accept,
        conflicts::list,
        conflicts::of_chunk,
        conflicts::analyze,
        conflicts::resolve,
        conflicts::stats,
        attempt::hello,
        attempt::call,
        events::follow,
        feed::open,
        log_feed::open,
        units::list,
        units::queue,
        units::show,
        units::explain,
        units::change,
        units::delete,
        intake::create,
        intake::inject,
        intake::inject_batch,
        verbs::answer,
        verbs::retract,
        verbs::approve,
        verbs::retry,
        verbs::retry_all,
        verbs::prioritize,
        verbs::hold,
        verbs::release,
        verbs::skip,
        verbs::cancel,
        verbs::interrupt,
        verbs::pause,
        verbs::resume,
        logs::history,
        logs::documents,
        logs::attempts,
        logs::raw,
        logs::transcript,
        diff::show,
        worktrees::list,
        worktrees::remove,
        worktrees::prune_all,
        worktrees::prune,
        worktrees::retry_merge,
    ),
    components(schemas(ErrorBody)),
    modifiers(&InCommon)
)]
struct Interface;

/// The interface, described.
pub fn description() -> Description {
    Interface::openapi()
}

/// The interface as an OpenAPI document.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, body = serde_json::Value)))]
pub async fn describe() -> Json<Description> {
    Json(description())
}

/// What holds for every operation: who may ask, the chunk in its path, and the body of every refusal.
struct InCommon;

impl Modify for InCommon {
    fn modify(&self, api: &mut Description) {
        if let Some(components) = &mut api.components {
            components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        }
        for (path, item) in &mut api.paths.paths {
            let methods = [
                ("get", &mut item.get),
                ("post", &mut item.post),
                ("patch", &mut item.patch),
                ("delete", &mut item.delete),
            ];
            for (method, operation) in methods {
                if let Some(operation) = operation {
                    complete(operation, method, path);
                }
            }
        }
    }
}

fn complete(operation: &mut Operation, method: &str, path: &str) {
    let words = path.split('/').map(|word| word.trim_matches(['{', '}'])).filter(|word| !word.is_empty());
    operation.operation_id = Some(words.fold(method.to_owned(), |id, word| format!("{id}_{word}")));
    operation.tags = None;
    if path.contains("{chunk}") {
        let chunk = ParameterBuilder::new()
            .name("chunk")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("Directory name of the chunk."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
        operation.parameters.get_or_insert_default().insert(0, RefOr::T(chunk.build()));
    }
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        match response {
            RefOr::T(response) if status.starts_with(['4', '5']) => refuse(response, said(status)),
            RefOr::T(response) if status == "303" => {
                response.description = "As asked; the way back to the page.".to_owned()
            }
            RefOr::T(response) => response.description = "As asked.".to_owned(),
            RefOr::Ref(_) => {}
        }
    }
    let mut other = Response::default();
    refuse(&mut other, "Any other refusal: see the table of errors in docs/API.md.");
    responses.insert("default".to_owned(), RefOr::T(other));
}

fn refuse(response: &mut Response, description: &str) {
    response.description = description.to_owned();
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody")));
    response.content.insert("application/json".to_owned(), RefOr::T(body.build()));
}

/// What a status of a refusal means, whatever was asked.
fn said(status: &str) -> &'static str {
    match status {
        "400" => "The request does not say what it must.",
        "401" => "What would give access is not good, or not any more.",
        "404" => "No such unit, chunk or attempt.",
        "409" => "The state does not allow it; the hint lists what is possible now.",
        "410" => {
            "What is asked for is over: the attempt has ended, or the journal begins after `since` and the state must be read anew."
        }
        _ => "Not now: the body says why.",
    }
}
