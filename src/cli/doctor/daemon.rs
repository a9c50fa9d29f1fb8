//! The daemon: whether it runs and answers, its port, and what was left behind.

use super::finding::Finding;
use super::processes;
use super::project::Project;
use crate::cli::client::Client;
use crate::cli::error::CommandError;
use crate::project::config::Listen;
use crate::project::layout::Layout;
use crate::wire::lists::WorkUnits;
use crate::wire::names::StatusName;
use crate::wire::status::Status;
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::PathBuf;

/// All of it. A daemon that does not run is no fault.
pub(super) async fn findings(client: &Client<'_>, project: &Project) -> Vec<Finding> {
    let Some(running) = client.probe() else {
        let mut findings = vec![Finding::ok("daemon", "it does not run; ve orch start starts it")];
        findings.extend(project.config.iter().map(|config| port(&config.listen)));
        findings.extend(project.layout.as_ref().map(stale));
        findings.extend(project.layout.as_ref().map(|layout| orphans(&processes::of_units(&layout.units()))));
        return findings;
    };
    let mut findings = vec![answers(client, running.pid).await];
    let units: Result<WorkUnits, CommandError> = match client.get("/work-units").await {
        Ok(answer) => answer.read(),
        Err(error) => Err(error),
    };
    if let (Ok(units), Some(layout)) = (units, &project.layout) {
        findings.push(leaks(&units, &processes::of_units(&layout.units())));
        findings.push(directories(&units, layout));
    }
    findings
}

/// Whether it is whole, and of this program's version.
async fn answers(client: &Client<'_>, pid: u32) -> Finding {
    let ready = async {
        client.get("/readyz").await?;
        client.get("/status").await?.read::<Status>()
    };
    match ready.await {
        Ok(status) if status.version != env!("CARGO_PKG_VERSION") => {
            let text = format!("PID {pid}, of version {}, while this is {}", status.version, env!("CARGO_PKG_VERSION"));
            Finding::warn("daemon", text, "ve orch restart; agents go on")
        }
        Ok(status) => match status.paused {
            Some(why) => Finding::warn("daemon", format!("PID {pid}; dispatch is {why}"), "ve orch resume"),
            None => Finding::ok("daemon", format!("PID {pid}, version {}", status.version)),
        },
        Err(error) => {
            let cure = error.hint().unwrap_or("ve orch restart; agents go on").to_owned();
            Finding::fail("daemon", format!("PID {pid}: {error}"), cure)
        }
    }
}

/// Whether the port that it would take is free.
fn port(listen: &Listen) -> Finding {
    match TcpListener::bind((listen.host.as_str(), listen.port)) {
        Ok(_) => Finding::ok("port", format!("{}:{} is free", listen.host, listen.port)),
        Err(error) => Finding::warn(
            "port",
            format!("{}:{}: {error}", listen.host, listen.port),
            "another project's daemon may have it; one that is not configured gives way to a free one",
        ),
    }
}

/// What a daemon that was killed leaves in `.ve/`, and a landing that it was in the middle of.
fn stale(layout: &Layout) -> Finding {
    let landing = layout.state().join("landing.json");
    if landing.exists() {
        let text = "the checkout was being updated when the daemon was killed";
        return Finding::warn("stale files", text, "ve orch start finishes or undoes it");
    }
    let left: Vec<PathBuf> = [layout.pid(), layout.socket()].into_iter().filter(|path| path.exists()).collect();
    match left.is_empty() {
        true => Finding::ok("stale files", "none"),
        false => {
            let names: Vec<String> = left.iter().map(|path| path.display().to_string()).collect();
            Finding::warn("stale files", names.join(", "), "harmless: the next start replaces them")
        }
    }
}

/// Agents that wait for a daemon.
fn orphans(found: &BTreeMap<i64, Vec<i32>>) -> Finding {
    match found.values().map(Vec::len).sum::<usize>() {
        0 => Finding::ok("processes", "none is left"),
        count => {
            let text = format!("{count} of {} units go on without a daemon", found.len());
            Finding::warn("processes", text, "ve orch start finds them again; alone they end within the hour")
        }
    }
}

/// Processes of units that have ended.
fn leaks(units: &WorkUnits, found: &BTreeMap<i64, Vec<i32>>) -> Finding {
    let alive: BTreeSet<i64> =
        units.work_units.iter().filter(|unit| !has_ended(unit.status)).map(|unit| unit.unit_id).collect();
    let leaked: Vec<String> =
        found.iter().filter(|(unit, _)| !alive.contains(unit)).flat_map(|(_, pids)| pids).map(i32::to_string).collect();
    match leaked.is_empty() {
        true => Finding::ok("processes", format!("{} of units at work", found.values().map(Vec::len).sum::<usize>())),
        false => Finding::fail(
            "processes",
            format!("of units that have ended: {}", leaked.join(", ")),
            "look at them with: ps; they may end in a moment, else end them by these numbers",
        ),
    }
}

fn has_ended(status: StatusName) -> bool {
    matches!(status, StatusName::Done | StatusName::Failed | StatusName::Canceled | StatusName::Deleted)
}

/// Directories of units that nobody knows of.
fn directories(units: &WorkUnits, layout: &Layout) -> Finding {
    let known: BTreeSet<String> = units.work_units.iter().map(|unit| unit.unit_id.to_string()).collect();
    let entries = std::fs::read_dir(layout.units()).into_iter().flatten().flatten();
    let unknown: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| !known.contains(name)).collect();
    match unknown.is_empty() {
        true => Finding::ok("directories", "every unit's directory has its unit"),
        false => {
            let text = format!("of no unit: {} in {}", unknown.join(", "), layout.units().display());
            Finding::warn(
                "directories",
                text,
                "of deleted units only logs are left; remove them when they are not needed",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;
    use crate::cli::units::tests::unit;

    #[test]
    fn a_process_of_a_unit_that_has_ended_is_a_leak() {
        let mut done = unit("done");
        (done.status, done.unit_id) = (StatusName::Done, 1);
        let mut works = unit("works");
        (works.status, works.unit_id) = (StatusName::Running, 2);
        let units = WorkUnits::new(vec![done, works]);
        assert_eq!(leaks(&units, &BTreeMap::from([(2, vec![10])])).level, Level::Ok);
        let found = leaks(&units, &BTreeMap::from([(1, vec![11]), (2, vec![10]), (9, vec![12])]));
        assert_eq!((found.level, found.text.as_str()), (Level::Fail, "of units that have ended: 11, 12"));
    }

    #[test]
    fn agents_without_a_daemon_are_no_fault() {
        assert_eq!(orphans(&BTreeMap::new()).level, Level::Ok);
        assert_eq!(orphans(&BTreeMap::from([(1, vec![5, 6])])).level, Level::Warn);
    }
}
