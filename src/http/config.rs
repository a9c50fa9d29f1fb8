//! Configuration: what is in effect, changes by command, and trust in what is committed.

use super::failure::Failure;
use super::state::State;
use crate::actors::settings::{Accept, Effective, Reload, Store};
use crate::wire;
use crate::wire::config::{ConfigPatch, ConfigValue};
use crate::wire::trust::Trust;
use actix_web::web::{Bytes, Data, Json};

/// What is in effect, and where it comes from.
#[utoipa::path(get, path = "/config", responses((status = 200, body = wire::config::Config)))]
pub async fn show(state: Data<State>) -> Result<Json<wire::config::Config>, Failure> {
    let handles = state.handles().await?;
    handles.settings_actor.send(Reload).await?;
    Ok(Json(shown(&handles.settings.now())))
}

fn shown(effective: &Effective) -> wire::config::Config {
    let sources = effective.sources().into_iter().collect();
    let shown = wire::config::Config::new(&effective.rules.policy, effective.rules.default_agent.as_str(), sources);
    let values = effective.values().into_iter().map(|setting| ConfigValue {
        key: setting.key,
        value: setting.value,
        source: setting.origin.as_str().to_owned(),
    });
    wire::config::Config {
        values: values.collect(),
        problem: effective.problem.as_ref().map(|problem| problem.why.clone()),
        ..shown
    }
}

/// Changes settings, all of them or nothing; they count at once.
#[utoipa::path(
    patch, path = "/config", request_body = ConfigPatch,
    responses((status = 200, body = wire::config::Config), (status = 400))
)]
pub async fn change(state: Data<State>, body: Bytes) -> Result<Json<wire::config::Config>, Failure> {
    ConfigPatch::parse(&body)?;
    let handles = state.handles().await?;
    let request = serde_json::from_slice(&body).map_err(|_| Failure::bad_request("Invalid JSON body"))?;
    let effective = handles.settings_actor.send(Store(request)).await??;
    Ok(Json(shown(&effective)))
}

/// What the committed configuration changes in sensitive settings.
#[utoipa::path(get, path = "/trust", responses((status = 200, body = Trust)))]
pub async fn trust(state: Data<State>) -> Result<Json<Trust>, Failure> {
    let handles = state.handles().await?;
    handles.settings_actor.send(Reload).await?;
    Ok(Json(pending(&handles.settings.now())))
}

/// Accepts exactly the content that was shown.
#[utoipa::path(
    post, path = "/trust", request_body = wire::trust::Accept,
    responses((status = 200, body = Trust), (status = 400), (status = 409))
)]
pub async fn accept(state: Data<State>, body: Bytes) -> Result<Json<Trust>, Failure> {
    let seen = wire::trust::Accept::parse(&body)?;
    let handles = state.handles().await?;
    let effective = handles.settings_actor.send(Accept(seen.digest)).await??;
    Ok(Json(pending(&effective)))
}

fn pending(effective: &Effective) -> Trust {
    let differences = effective.untrusted.iter().flat_map(|untrusted| &untrusted.differences);
    let diff = differences.map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Trust { digest: effective.sensitive_digest.clone(), accepted: effective.untrusted.is_none(), diff }
}
