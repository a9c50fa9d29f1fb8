//! The list of 1,000 units, beside reading as many rows and writing as much JSON.

use crate::project::{Project, SLEEPS, chunk};
use crate::raw::Raw;
use crate::table::{self, Samples};
use serde_json::Value;
use std::hint::black_box;

const UNITS: usize = 1_000;
const TIMES: usize = 200;

pub fn run() {
    let project = Project::new(0, SLEEPS, "");
    project.start(&["--paused"]);
    let mut connection = project.connect();
    for number in 0..UNITS {
        connection.post("/work-units", &format!("{{\"chunk\":\"{}\"}}", chunk(number))).unwrap();
    }
    let answer: Value = serde_json::from_slice(&connection.get("/work-units").unwrap()).unwrap();
    assert_eq!(answer["count"], UNITS);
    let mut raw = Raw::create(&project.beside("raw.db"));
    raw.commit(0..UNITS);
    let listed = Samples::of(TIMES, || drop(connection.get("/work-units").unwrap()));
    let written = Samples::of(TIMES, || drop(black_box(serde_json::to_vec(&answer).unwrap())));
    let read = Samples::of(TIMES, || drop(black_box(raw.read())));
    table::time("list of 1,000 units, p50", listed.median(), "writing that JSON", written.median());
    table::time("list of 1,000 units, p50", listed.median(), "SQLite alone, reading 1,000 rows", read.median());
    let (slow, floor) = (listed.percentile(99), written.percentile(99));
    table::time("list of 1,000 units, p99", slow, "writing that JSON, p99", floor);
}
