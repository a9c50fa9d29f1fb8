//! What performance promises, each beside a peer or a floor that is measured in the same run. Prints a table and judges nothing: see
//! `benches/README.md`.
//!
//! `cargo bench` runs all of them, `cargo bench -- list ps` those two.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot measure fails by panicking")]

mod attempts;
#[expect(dead_code, reason = "the browser of the tests, which do more with it")]
#[path = "../../tests/it/dashboard/browser.rs"]
mod browser;
mod create;
mod http;
mod idle;
mod list;
mod machine;
mod many;
mod page;
mod project;
mod ps;
mod raw;
mod start;
mod table;

/// A benchmark: prints its rows.
type Bench = fn();

const ALL: [(&str, Bench); 8] = [
    ("start", start::run),
    ("create", create::run),
    ("list", list::run),
    ("ps", ps::run),
    ("idle", idle::run),
    ("many", many::run),
    ("attempts", attempts::run),
    ("page", page::run),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let Some(unknown) = wanted.iter().find(|name| ALL.iter().all(|(known, _)| known != name)) {
        panic!("there is no benchmark {unknown}");
    }
    table::head();
    for (name, bench) in ALL {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            bench();
        }
    }
}
