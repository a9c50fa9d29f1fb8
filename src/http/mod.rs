//! REST, server-sent events and WebSockets, backed by the mailboxes of the actors.
//!
//! *Architecture invariants:* nothing is decided here. A request becomes one message; its answer becomes JSON in the words of `wire`. No address
//! of an actor is kept: every request asks the supervisor's published handles.

mod accounts;
mod attempt;
mod attention;
pub mod auth;
mod board;
mod config;
mod conflicts;
mod cut;
mod diff;
mod events;
mod failure;
mod feed;
mod forms;
mod gates;
mod health;
mod intake;
mod log_feed;
mod logs;
mod machine;
pub mod openapi;
mod outcome;
mod overview;
mod page;
mod session;
mod state;
mod stream;
mod telling;
mod timeline;
mod units;
mod verbs;
mod worktrees;

pub use session::Sessions;
pub use state::State;

use actix_web::dev::Server;
use actix_web::web::{self, QueryConfig, ServiceConfig};
use actix_web::{App, HttpServer, middleware};
use failure::Failure;
use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::Duration;

/// A request body longer than this is refused.
const BODY_LIMIT: usize = 1024 * 1024;

/// The state that all servers of a daemon share.
pub type Shared = web::Data<State>;

/// Makes a state to be shared.
pub fn share(state: State) -> Shared {
    web::Data::new(state)
}

/// Serves on the listeners until the server is told to stop.
pub fn serve(data: Shared, socket: UnixListener, tcp: Option<TcpListener>) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .app_data(QueryConfig::default().error_handler(|error, _| Failure::bad_query(&error).into()))
            .wrap(middleware::from_fn(auth::admit))
            .wrap(middleware::from_fn(failure::in_words))
            .configure(routes)
            .default_service(web::to(|| async { Failure::not_found() }))
    });
    let server = server
        .workers(2)
        .disable_signals()
        .shutdown_timeout(2)
        .client_request_timeout(Duration::from_secs(10))
        .on_connect(auth::remember_peer);
    let server = server.listen_uds(socket)?;
    let server = match tcp {
        Some(tcp) => server.listen(tcp)?,
        None => server,
    };
    Ok(server.run())
}

/// The whole URL space.
fn routes(app: &mut ServiceConfig) {
    app.service(web::resource("/").get(page::page))
        .service(web::resource("/assets/{path:.+}").get(page::asset))
        .service(web::resource("/healthz").get(health::healthy))
        .service(web::resource("/readyz").get(health::ready))
        .service(web::resource("/openapi.json").get(openapi::describe))
        .service(web::resource("/metrics").get(health::metrics))
        .service(web::resource("/status").get(overview::status))
        .service(web::resource("/machine").get(machine::show))
        .service(web::resource("/log").get(machine::log))
        .service(web::resource("/timeline").get(timeline::show))
        .service(web::resource("/gates").get(gates::show))
        .service(web::resource("/attention").get(attention::show))
        .service(web::resource("/accounts").get(accounts::list))
        .service(web::resource("/accounts/{account}/resume").post(accounts::resume))
        .service(web::resource("/board").get(board::show))
        .service(web::resource("/conflicts").get(conflicts::list))
        .service(web::resource("/conflicts/analyze").post(conflicts::analyze))
        .service(web::resource("/conflicts/{chunk:.+}").get(conflicts::of_chunk))
        .service(web::resource("/oracle/stats").get(conflicts::stats))
        .service(web::resource("/costs").get(overview::costs))
        .service(web::resource("/url").post(overview::url))
        .service(web::resource("/session").post(overview::sign_in))
        .service(web::resource("/config").get(config::show).patch(config::change))
        .service(web::resource("/trust").get(config::trust).post(config::accept))
        .service(web::resource("/pause").post(verbs::pause))
        .service(web::resource("/resume").post(verbs::resume))
        .service(web::resource("/stop").post(overview::stop))
        .service(web::resource("/attempt/hello").post(attempt::hello))
        .service(web::resource("/attempt/tools/{tool}").post(attempt::call))
        .service(web::resource("/events").get(events::follow))
        .service(web::resource("/ws").get(feed::open))
        .service(web::resource("/ws/log/{chunk:.+}").get(log_feed::open))
        .service(web::resource("/work-units").get(units::list).post(intake::create))
        .service(web::resource("/work-units/inject").post(intake::inject))
        .service(web::resource("/work-units/inject-batch").post(intake::inject_batch))
        .service(web::resource("/work-units/queue").get(units::queue))
        .service(web::resource("/work-units/retry-all").post(verbs::retry_all))
        .service(web::resource("/work-units/prune").post(worktrees::prune_all))
        .service(web::resource("/work-units/{chunk}/priority").patch(verbs::prioritize))
        .service(web::resource("/work-units/{chunk}/history").get(logs::history))
        .service(web::resource("/work-units/{chunk}/documents").get(logs::documents))
        .service(web::resource("/work-units/{chunk}/attempts").get(logs::attempts))
        .service(web::resource("/work-units/{chunk}/log").get(logs::raw))
        .service(web::resource("/work-units/{chunk}/transcript").get(logs::transcript))
        .service(web::resource("/work-units/{chunk}/explain").get(units::explain))
        .service(web::resource("/work-units/{chunk}/diff").get(diff::show))
        .service(web::resource("/work-units/{chunk}/answer").post(verbs::answer).delete(verbs::retract))
        .service(web::resource("/work-units/{chunk}/approve").post(verbs::approve))
        .service(web::resource("/work-units/{chunk}/retry").post(verbs::retry))
        .service(web::resource("/work-units/{chunk}/resolve").post(conflicts::resolve))
        .service(web::resource("/work-units/{chunk}/hold").post(verbs::hold))
        .service(web::resource("/work-units/{chunk}/release").post(verbs::release))
        .service(web::resource("/work-units/{chunk}/skip").post(verbs::skip))
        .service(web::resource("/work-units/{chunk}/cancel").post(verbs::cancel))
        .service(web::resource("/work-units/{chunk}/interrupt").post(verbs::interrupt))
        .service(web::resource("/work-units/{chunk}/prune").post(worktrees::prune))
        .service(web::resource("/work-units/{chunk}/retry-merge").post(worktrees::retry_merge))
        .service(web::resource("/worktrees").get(worktrees::list))
        .service(web::resource("/worktrees/{chunk:.+}").delete(worktrees::remove))
        // Last, for it takes whatever is left: a name that can be no chunk's is a unit that does not exist.
        .service(web::resource("/work-units/{chunk:.+}").get(units::show).patch(units::change).delete(units::delete));
}
