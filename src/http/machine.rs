//! What the machine has left, and the end of the daemon's log.

use super::failure::Failure;
use super::state::State;
use crate::actors::machine;
use crate::wire::error::ErrorBody;
use crate::wire::machine::{DaemonLog, Machine};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Query, block};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use utoipa::IntoParams;

/// `?lines=`
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Lines {
    /// How many, 200 when absent, 5,000 at most.
    lines: Option<usize>,
}

/// Lines that are told when nobody says how many, and at most.
const LINES: usize = 200;
const MOST: usize = 5_000;

/// So many bytes from the end of the log are looked at.
const TAIL: u64 = 1024 * 1024;

/// What the machine has left: memory, disk, load.
#[utoipa::path(get, path = "/machine", responses((status = 200, body = Machine)))]
pub async fn show(state: Data<State>) -> Result<Json<Machine>, Failure> {
    let effective = state.handles().await?.settings.now();
    let (disk, policy) = (effective.site.layout.state(), &effective.rules.policy);
    Ok(Json(Machine {
        memory_free: machine::free_memory(),
        memory_total: machine::total_memory(),
        memory_floor: policy.memory_floor,
        disk_free: machine::free_disk(disk),
        disk_total: machine::total_disk(disk),
        disk_floor: policy.disk_floor,
        load: machine::load(),
        cores: std::thread::available_parallelism().ok().map(std::num::NonZero::get),
    }))
}

/// The end of the daemon's log.
#[utoipa::path(get, path = "/log", params(Lines), responses((status = 200, body = DaemonLog), (status = 400), (status = 404)))]
pub async fn log(state: Data<State>, query: Query<Lines>) -> Result<Json<DaemonLog>, Failure> {
    let count = query.lines.unwrap_or(LINES).min(MOST);
    let path = state.handles().await?.settings.now().site.layout.log();
    let shown = path.display().to_string();
    let unread = |error: String| {
        let body = ErrorBody::new(format!("failed to read the daemon's log: {error}"))
            .with_hint("in the foreground it is on standard error");
        Failure::new(StatusCode::NOT_FOUND, body)
    };
    let lines = block(move || tail(&path, count)).await.map_err(|error| unread(error.to_string()))?;
    Ok(Json(DaemonLog { path: shown, lines: lines.map_err(|error| unread(error.to_string()))? }))
}

/// The last lines of a file, the oldest first.
fn tail(path: &Path, count: usize) -> io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // Where the look begins inside of a line, the rest of that line says nothing.
    let mut lines: Vec<&str> = text.lines().skip(usize::from(from > 0)).collect();
    lines.drain(..lines.len().saturating_sub(count));
    Ok(lines.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_last_lines_are_whole() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "one\ntwo\nthree\n").unwrap();
        assert_eq!(tail(file.path(), 2).unwrap(), ["two", "three"]);
        assert_eq!(tail(file.path(), 9).unwrap().len(), 3);
        let long = "0123456789abcde\n".repeat(1 << 17);
        std::fs::write(file.path(), &long).unwrap();
        assert!(tail(file.path(), usize::MAX).unwrap().iter().all(|line| line == "0123456789abcde"));
    }
}
