//! Units created over HTTP by clients that all talk at once, beside SQLite alone and beside requests that save nothing.

use crate::project::{Project, SLEEPS, chunk};
use crate::raw::Raw;
use crate::table;
use std::time::Instant;

const CLIENTS: usize = 32;
const UNITS: usize = 5_000;

pub fn run() {
    let project = Project::new(0, SLEEPS, "");
    project.start(&["--paused"]);
    let created = clients(&project, |connection, number| {
        let body = format!("{{\"chunk\":\"{}\"}}", chunk(number));
        connection.post("/work-units", &body).unwrap();
    });
    let asked = clients(&project, |connection, _| drop(connection.get("/healthz").unwrap()));
    let mut raw = Raw::create(&project.beside("raw.db"));
    let single = per_second(500, || (0..500).for_each(|number| raw.commit(number..number + 1)));
    let grouped = per_second(UNITS, || {
        (0..UNITS).step_by(CLIENTS).for_each(|first| raw.commit(10_000 + first..10_000 + first + CLIENTS));
    });
    let what = format!("create, {CLIENTS} clients, durable");
    table::rate(&what, created, "SQLite alone, one commit each", single);
    table::rate(&what, created, "SQLite alone, 32 in one commit", grouped);
    table::rate(&what, created, "GET /healthz by the same clients", asked);
}

/// How many requests a second all clients together make.
fn clients(project: &Project, request: impl Fn(&mut crate::http::Connection, usize) + Sync) -> f64 {
    let connections: Vec<_> = (0..CLIENTS).map(|_| project.connect()).collect();
    per_second(UNITS, || {
        std::thread::scope(|scope| {
            for (client, mut connection) in connections.into_iter().enumerate() {
                let request = &request;
                scope.spawn(move || {
                    (client..UNITS).step_by(CLIENTS).for_each(|number| request(&mut connection, number));
                });
            }
        });
    })
}

fn per_second(count: usize, work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    count as f64 / begun.elapsed().as_secs_f64()
}
