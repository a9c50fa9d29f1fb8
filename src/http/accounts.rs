//! Accounts on which nobody is started, and the verb that starts their units again.

use super::auth::who;
use super::failure::Failure;
use super::state::State;
use crate::actors::clock;
use crate::actors::scheduler::{Explain, OpenAccount, Outlook};
use crate::actors::supervisor::Handles;
use crate::actors::units::List;
use crate::domain::ids::AgentName;
use crate::domain::schedule::Waiting;
use crate::domain::work_unit::WorkUnit;
use crate::wire::accounts::{Account, Accounts, Opened};
use crate::wire::error::ErrorBody;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};

/// Lists the accounts on which nobody is started, and until when.
#[utoipa::path(get, path = "/accounts", responses((status = 200, body = Accounts)))]
pub async fn list(state: Data<State>) -> Result<Json<Accounts>, Failure> {
    let handles = state.handles().await?;
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    Ok(Json(Accounts { accounts: halted(&handles, &units, &outlook) }))
}

/// The accounts that are halted now, with the chunks that wait for them.
pub fn halted(handles: &Handles, units: &[WorkUnit], outlook: &Outlook) -> Vec<Account> {
    let (now, settings) = (clock::now(), handles.settings.now());
    let waits = |name: &AgentName, unit: &WorkUnit| match outlook.waiting.get(&unit.id) {
        Some(Waiting::Account { account, .. } | Waiting::Login { account }) => account == name,
        _ => false,
    };
    let lasting = outlook.halts.iter().filter(|(_, halt)| !halt.is_over(&settings.rules.policy, now));
    let shown = lasting.map(|(name, halt)| {
        let waiting = units.iter().filter(|unit| waits(name, unit)).map(|unit| unit.chunk.to_string());
        Account::new(name, halt, waiting.collect())
    });
    shown.collect()
}

/// Starts the units of an account again, whatever halted it.
#[utoipa::path(
    post,
    path = "/accounts/{account}/resume",
    params(("account" = String, Path, description = "Name of one of its agents.")),
    responses((status = 200, body = Opened), (status = 404))
)]
pub async fn resume(state: Data<State>, path: Path<String>, request: HttpRequest) -> Result<Json<Opened>, Failure> {
    let handles = state.handles().await?;
    let settings = handles.settings.now();
    let agent = AgentName::parse(path.as_str()).ok().filter(|name| settings.config.agents.all.contains_key(name));
    let Some(agent) = agent else {
        let names: Vec<&str> = settings.config.agents.all.keys().map(AgentName::as_str).collect();
        let body = ErrorBody::new(format!("there is no agent '{path}'"))
            .with_hint(format!("name one of: {}", names.join(", ")));
        return Err(Failure::new(StatusCode::NOT_FOUND, body));
    };
    let account = settings.rules.account_of(&agent).clone();
    let opening = OpenAccount { account: account.clone(), who: who(&request) };
    let was_halted = handles.scheduler.send(opening).await??;
    Ok(Json(Opened { account: account.to_string(), was_halted }))
}
