//! Configuration: what is in effect, changes by command, and trust in what is committed.

use super::failure::Failure;
use super::state::State;
use crate::actors::settings::{Accept, Effective, Reload, Store};
use crate::wire;
use crate::wire::config::ConfigPatch;
use crate::wire::trust::Trust;
use actix_web::web::{Bytes, Data, Json};

pub async fn show(state: Data<State>) -> Result<Json<wire::config::Config>, Failure> {
    // Files may have changed since; a file that is not valid leaves the last good configuration in effect.
    let handles = state.handles().await?;
    let effective = match handles.settings_actor.send(Reload).await? {
        Ok(effective) => effective,
        Err(_) => handles.settings.now(),
    };
    Ok(Json(shown(&effective)))
}

fn shown(effective: &Effective) -> wire::config::Config {
    let sources = effective.sources().into_iter().collect();
    let shown = wire::config::Config::new(&effective.rules.policy, effective.rules.default_agent.as_str(), sources);
    wire::config::Config { problem: effective.problem.clone(), ..shown }
}

pub async fn change(state: Data<State>, body: Bytes) -> Result<Json<wire::config::Config>, Failure> {
    ConfigPatch::parse(&body)?;
    let handles = state.handles().await?;
    let request = serde_json::from_slice(&body).map_err(|_| Failure::bad_request("Invalid JSON body"))?;
    let effective = handles.settings_actor.send(Store(request)).await??;
    Ok(Json(shown(&effective)))
}

pub async fn trust(state: Data<State>) -> Result<Json<Trust>, Failure> {
    let handles = state.handles().await?;
    // An invalid file has no content that could be trusted; what is shown is what counts.
    handles.settings_actor.send(Reload).await?.ok();
    Ok(Json(pending(&handles.settings.now())))
}

pub async fn accept(state: Data<State>, body: Bytes) -> Result<Json<Trust>, Failure> {
    let seen = wire::trust::Accept::parse(&body)?;
    let handles = state.handles().await?;
    let effective = handles.settings_actor.send(Accept(seen.digest)).await??;
    Ok(Json(pending(&effective)))
}

fn pending(effective: &Effective) -> Trust {
    let diff = effective.untrusted.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Trust { digest: effective.sensitive_digest.clone(), accepted: effective.untrusted.is_empty(), diff }
}
