//! An answer follows its fsync: a child process is traced, and between the last write to the log and the answer there must be a sync.

use super::{Bench, create};
use crate::db::store::Store;
use diesel::connection::SimpleConnection;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const DIRECTORY: &str = "VE_TEST_TRACED_DIRECTORY";
const UNSAFE: &str = "VE_TEST_TRACED_WITHOUT_SYNC";
const COMMITS: usize = 5;

/// The traced half: does nothing unless the other half started it.
#[test]
fn traced_child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let directory = Path::new(&directory);
    let mut store = Store::open(&directory.join("orchestrator.db")).unwrap();
    if std::env::var_os(UNSAFE).is_some() {
        store.connection.batch_execute("PRAGMA synchronous = OFF").unwrap();
    }
    let mut answers = OpenOptions::new().create(true).append(true).open(directory.join("answers")).unwrap();
    for number in 0..COMMITS {
        store.commit(vec![create(&format!("c{number}")), create(&format!("d{number}"))]).unwrap();
        answers.write_all(b"answer\n").unwrap();
    }
}

/// Runs the child under a trace and returns the calls of the thread that answered; none where nothing can be traced.
fn trace(name: Option<&str>) -> Option<String> {
    let traceable = Command::new("strace").args(["-qq", "-e", "trace=none", "true"]).stderr(Stdio::null()).status();
    if !traceable.is_ok_and(|status| status.success()) {
        return None;
    }
    let directory = TempDir::new().unwrap();
    let mut child = Command::new("strace");
    child
        .args(["-ff", "-y", "-qq", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o"])
        .arg(directory.path().join("trace"));
    child.arg(std::env::current_exe().unwrap()).args(["--exact", "db::tests::durability::traced_child"]);
    child.env(DIRECTORY, directory.path()).stdout(Stdio::null());
    if let Some(name) = name {
        child.env(name, "1");
    }
    assert!(child.status().unwrap().success());
    let traces = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
    let traces = traces.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("trace."));
    traces.map(|path| fs::read_to_string(path).unwrap()).find(|calls| calls.contains("/answers>"))
}

/// How many answers came after their log was synced, and how many before.
fn judge(calls: &str) -> (usize, usize) {
    let (mut kept, mut broken) = (0, 0);
    let (mut written, mut synced) = (false, false);
    for call in calls.lines() {
        let writes = call.starts_with("write(") || call.starts_with("pwrite64(");
        let syncs = (call.starts_with("fsync(") || call.starts_with("fdatasync(")) && call.ends_with("= 0");
        if writes && call.contains("-wal>") {
            (written, synced) = (true, false);
        } else if syncs && call.contains("-wal>") {
            synced = true;
        } else if writes && call.contains("/answers>") {
            if written && synced {
                kept += 1
            } else {
                broken += 1
            }
            (written, synced) = (false, false);
        }
    }
    (kept, broken)
}

#[test]
fn an_answer_follows_its_sync() {
    let Some(calls) = trace(None) else { return };
    assert_eq!(judge(&calls), (COMMITS, 0), "{calls}");
}

#[test]
fn the_trace_finds_an_answer_without_a_sync() {
    let Some(calls) = trace(Some(UNSAFE)) else { return };
    assert_eq!(judge(&calls), (0, COMMITS), "{calls}");
}

#[test]
fn an_answered_commit_is_in_the_log() {
    let mut bench = Bench::new();
    bench.created("a-name-to-be-found");
    let log = fs::read(bench.dir.path().join("orchestrator.db-wal")).unwrap();
    assert!(log.windows(18).any(|bytes| bytes == b"a-name-to-be-found"));
}
