//! Everything that can be wrong is said with its place and with what to do, and changes nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::client::ask;
use crate::project::Project;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn paused(chunks: &[&str]) -> Project {
    let project = Project::new("");
    for chunk in chunks {
        project.chunk(chunk, "null");
    }
    project.ok(&["start", "--paused", "--port", "0"]);
    project
}

/// What a command that must fail says: one error and one hint.
#[track_caller]
fn fails(output: &Output, code: i32, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}{}", String::from_utf8_lossy(&output.stdout));
    assert!(text.starts_with("Error: ") && !text.contains("panicked"), "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn chunks_that_cannot_be_worked_on() {
    let project = paused(&["good"]);
    project.chunk_in("one", "IMPLEMENTING", "[two]", Some(&[]));
    project.chunk_in("two", "IMPLEMENTING", "[one]", Some(&[]));
    project.chunk_in("lost", "IMPLEMENTING", "[nowhere]", Some(&[]));
    project.chunk_in("over", "HISTORICAL", "null", Some(&[]));
    project.write("docs/chunks/bad/GOAL.md", "---\nticket: null\nstatus: DANCING\n---\n# Bad\n");
    project.write("docs/chunks/worse/GOAL.md", "no frontmatter\n");
    project.write("docs/chunks/worst/GOAL.md", "---\nstatus: [\n---\n");
    project.commit("bad chunks");
    project.write("docs/chunks/fresh/GOAL.md", "---\nstatus: FUTURE\n---\n# Fresh\n");
    let before = ask(&project, "GET", "/work-units").gives(200);
    for (chunks, parts) in [
        (&["good", "ghost"][..], &["Chunk 'ghost'", "Hint: "][..]),
        (&["good", "fresh"], &["Chunk 'fresh'", "commit"]),
        (&["good", "one", "two"], &["cycle", "one -> two -> one", "Hint: remove one of these from depends_on"]),
        (&["good", "lost"], &["'lost' depends on 'nowhere'", "Hint: inject it in the same command"]),
        (&["good", "over"], &["Chunk 'over'", "HISTORICAL"]),
        (&["good", "bad"], &["docs/chunks/bad/GOAL.md:3", "DANCING", "one of FUTURE", "Hint: correct the document"]),
        (&["good", "worse"], &["docs/chunks/worse/GOAL.md:1", "Hint: "]),
        (&["good", "worst"], &["docs/chunks/worst/GOAL.md:2", "Hint: "]),
    ] {
        fails(&project.ve(&[&["inject"], chunks].concat()), 1, parts);
    }
    for name in ["a b", "..", ".", "a/b/c", "x.lock", "-x", "ä~b", ""] {
        let output = project.ve(&["inject", "--", name]);
        assert_eq!(output.status.code(), Some(2), "{name:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(before, ask(&project, "GET", "/work-units").gives(200));
    project.inject(&["docs/chunks/good/"]);
    fails(&project.ve(&["inject", "good"]), 1, &["already exists (status: READY)", "Hint: "]);
    // What became unfit since then is found when it starts, and leaves no worktree behind.
    let goal = project.read("docs/chunks/good/GOAL.md");
    project.write("docs/chunks/good/GOAL.md", &goal.replace("IMPLEMENTING", "SUPERSEDED"));
    project.commit("somebody was faster");
    project.ok(&["resume"]);
    let unit = project.wait_status("good", "NEEDS_ATTENTION");
    assert!(unit["attention_reason"].as_str().unwrap().contains("its status is SUPERSEDED now"), "{unit}");
    let dir = project.unit_dir("good");
    assert!(["git", "worktree"].iter().all(|name| !dir.join(name).exists()), "{unit}");
    // What is configured right before a request counts for it.
    project.chunk("late", "null");
    project.write(
        ".ve/config.toml",
        "[agents]\ndefault = \"away\"\n[agents.away]\nkind = \"command\"\nprogram = \"gone\"\n",
    );
    project.inject(&["late"]);
    let unit = project.wait_status("late", "NEEDS_ATTENTION");
    let told = "start agent away: gone is not found on PATH; install it, or set agents.away.program";
    assert!(unit["attention_reason"].as_str().unwrap().contains(told), "{unit}");
    fails(&project.ve(&["answer", "late", "--option", "1"]), 1, &["no question is open", "Hint: see what waits"]);
}

#[test]
fn projects_that_cannot_be_served() {
    let empty = Project::new("");
    fs::remove_dir_all(empty.root().join(".git")).unwrap();
    fails(&empty.ve(&["start", "--port", "0"]), 1, &["git", "Hint: "]);
    empty.git(&["init", "-q", "-b", "main"]);
    fails(&empty.ve(&["start", "--port", "0"]), 1, &["commit", "Hint: "]);

    let detached = Project::new("");
    detached.git(&["checkout", "-q", "--detach"]);
    fails(&detached.ve(&["start", "--port", "0"]), 1, &["HEAD", "Hint: "]);
    assert_eq!(detached.git(&["status", "--porcelain"]), "");
    detached.git(&["checkout", "-q", "main"]);
    detached.start();
}

#[test]
fn a_head_that_is_detached_later_refuses_work_and_nothing_else() {
    let project = paused(&["a"]);
    project.git(&["checkout", "-q", "--detach"]);
    fails(&project.ve(&["inject", "a"]), 1, &["HEAD", "Hint: "]);
    project.ok(&["ps"]);
    project.git(&["checkout", "-q", "main"]);
    project.inject(&["a"]);
}

#[test]
fn a_configuration_with_an_error_names_the_place_and_the_last_good_one_stays() {
    let project = Project::with("", "[limits]\nmax_agents = 3\n");
    let good = project.read("ve.toml");
    let bad = good.replace("max_agents = 3", "max_agents = \"many\"");
    let line = bad.lines().position(|line| line.contains("many")).unwrap() + 1;
    let place = format!("ve.toml:{line}:");
    project.write("ve.toml", &bad);
    fails(&project.ve(&["start", "--port", "0"]), 1, &[&place, "max_agents", "Hint: "]);
    project.write("ve.toml", &good);
    project.ok(&["start", "--paused", "--port", "0"]);
    for text in [bad.as_str(), "[limits\n", "unknown_key = 1\n", "[limits]\nmax_agents = 0\n"] {
        project.write("ve.toml", text);
        let config = project.json(&["config"]);
        assert_eq!(config["max_agents"], 3, "{text}");
        assert!(config["problem"].as_str().unwrap().contains("ve.toml:"), "{config}");
    }
    project.write("ve.toml", &bad);
    assert!(project.ok(&["config"]).contains(&place));
    assert!(project.ok(&["status"]).contains("the last good configuration stays in effect"));
    assert!(project.ok(&["attention"]).contains(&place));
    fails(&project.ve(&["config", "--max-agents", "5"]), 1, &[&place, "Hint: correct that file"]);
    project.write("ve.toml", &good.replace("max_agents = 3", "max_agents = 6"));
    let config = project.json(&["config"]);
    assert_eq!((config["max_agents"].as_i64(), config["problem"].as_str()), (Some(6), None));
    fs::write(project.root().join("ve.toml"), b"base = \"\xff\"\n").unwrap();
    assert!(project.json(&["config"])["problem"].as_str().unwrap().contains("ve.toml"));
    project.write("ve.toml", &good);
}

#[test]
fn databases_that_cannot_be_used_are_left_as_they_are() {
    let project = paused(&["a"]);
    project.inject(&["a"]);
    project.stop();
    let database = project.state().join("orchestrator.db");
    let (log, index) = (database.with_extension("db-wal"), database.with_extension("db-shm"));
    let (good, good_log) = (fs::read(&database).unwrap(), fs::read(&log).ok());
    let only = |bytes: &[u8]| {
        fs::write(&database, bytes).unwrap();
        for side in [&log, &index] {
            fs::remove_file(side).ok();
        }
    };
    let refused = |bytes: &[u8], parts: &[&str]| {
        only(bytes);
        fails(&project.ve(&["start", "--port", "0"]), 1, parts);
        assert!(fs::read(&database).unwrap() == bytes, "it is left as it is");
    };
    refused(&b"this is no database at all ".repeat(200), &["orchestrator.db", "Hint: "]);
    let mut damaged = good.clone();
    damaged.truncate(good.len() / 2);
    refused(&damaged, &["Hint: "]);
    only(&good);
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')";
    match Command::new("sqlite3").arg(&database).arg(later).output() {
        Ok(output) if output.status.success() => {
            fails(&project.ve(&["start", "--port", "0"]), 1, &["newer", "Hint: "]);
        }
        _ => eprintln!("skipped: no sqlite3 to make a newer database with"),
    }
    only(&good);
    good_log.iter().for_each(|bytes| fs::write(&log, bytes).unwrap());
    project.start();
    assert_eq!(project.json(&["ps"])["count"], 1);
}

/// A small file system, unmounted at the end.
struct Small<'a>(&'a Path);

impl Drop for Small<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0).status());
    }
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    let project = Project::new("");
    project.chunk("a", "[]");
    project.chunk("b", "[]");
    let state = project.root().parent().unwrap().join("state");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(&state).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no right to mount a small file system");
        return;
    }
    let small = Small(&state);
    let filler = state.join("filler");
    let fill = || {
        // Written until there is no space: failing is the point.
        drop(fs::write(&filler, vec![0; 16 << 20]));
    };
    fill();
    fails(&project.ve(&["start", "--paused", "--port", "0"]), 1, &["Hint: "]);
    fs::remove_file(&filler).unwrap();
    project.ok(&["start", "--paused", "--port", "0"]);
    project.inject(&["a"]);
    fill();
    // Bigger than what the database's own files still hold.
    let create = |number: i32| {
        let body = format!(r#"{{"chunk": "{}_{number}", "status": "PENDING"}}"#, "x".repeat(90));
        ask(&project, "POST", "/work-units").json(&body).reply()
    };
    let mut saved = 0;
    let refused = (0..3_000).map(create).find(|reply| {
        saved += i64::from(reply.status == 201);
        reply.status != 201
    });
    let refused = refused.unwrap_or_else(|| panic!("the disk is never full"));
    assert!([500, 503].contains(&refused.status), "{}", refused.body);
    let answer: serde_json::Value = serde_json::from_str(&refused.body).unwrap();
    assert!(answer["hint"].is_string(), "{answer}");
    fs::remove_file(&filler).unwrap();
    project.wait("the daemon to save again", || {
        let output = project.ve(&["inject", "b"]);
        output.status.success().then_some(())
    });
    assert_eq!(project.json(&["ps"])["count"], saved + 2, "what was refused is not there, what was answered is");
    project.stop();
    drop(small);
}

#[test]
fn a_directory_that_cannot_be_written() {
    if !rustix::process::geteuid().is_root() {
        let project = Project::new("");
        unwritable(&project, |project| project.ve(&["start", "--port", "0"]));
        return;
    }
    let project = Project::new("");
    let base = project.root().parent().unwrap().to_owned();
    let owned = Command::new("chown").args(["-R", "65534:65534"]).arg(&base).status().unwrap();
    let reachable = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "test", "-x"])
        .arg(env!("CARGO_BIN_EXE_ve"))
        .status();
    if !owned.success() || !reachable.is_ok_and(|status| status.success()) {
        eprintln!("skipped: an ordinary user cannot reach this directory");
        return;
    }
    unwritable(&project, |project| {
        let mut command = project.command("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(env!("CARGO_BIN_EXE_ve"));
        command.args(["orch", "start", "--port", "0"]).output().unwrap()
    });
}

fn unwritable(project: &Project, start: impl Fn(&Project) -> Output) {
    let ve = project.root().join(".ve");
    fs::create_dir_all(&ve).unwrap();
    fs::set_permissions(&ve, fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(project.root(), fs::Permissions::from_mode(0o555)).unwrap();
    fails(&start(project), 1, &[".ve", "Permission denied", "Hint: "]);
    fs::set_permissions(project.root(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&ve, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn daemons_that_are_not_there_and_commands_that_make_no_sense() {
    let project = Project::new("");
    fails(&project.ve(&["ps"]), 3, &["Orchestrator daemon is not running. Start it with: ve orch start"]);
    fails(&project.ve(&["inject", "a"]), 3, &["not running"]);
    fails(&project.ve(&["ps", "--url", "http://127.0.0.1:1"]), 3, &["127.0.0.1:1", "Hint: "]);
    fails(&project.ve(&["ps", "--url", "nonsense"]), 2, &["nonsense", "Hint: write it as http://HOST:PORT"]);
    fails(&project.ve(&["ps", "--project-dir", "/nonexistent"]), 2, &["/nonexistent", "Hint: "]);
    assert!(project.ok(&["status"]).contains("Stopped"));
    assert!(project.ok(&["stop"]).contains("not running"));
    for words in [
        &["dance"][..],
        &["prioritize", "a", "high"],
        &["inject"],
        &["resolve", "a", "maybe", "--with", "b"],
        &["config", "--max-agents", "0"],
    ] {
        let output = project.ve(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
