//! Pairs of chunks: what the oracle says, and what the operator says to it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::client::{ask, in_order};
use crate::project::Project;
use serde_json::{Value, json};

const PATIENT: &str = "implement() { await_file go; mkdir -p src; echo x > src/$VE_CHUNK.txt; save implement; }";

fn pair(project: &Project) -> Value {
    project.wait("the pair", || {
        let list = project.json(&["conflicts", "a"]);
        list["conflicts"].as_array().unwrap().first().cloned()
    })
}

fn project() -> Project {
    let project = Project::new(PATIENT);
    for chunk in ["a", "b", "c"] {
        project.chunk_in(chunk, "IMPLEMENTING", "null", Some(&["src/shared.rs"]));
    }
    project
}

#[test]
fn the_operator_overrules_the_oracle_until_a_document_changes() {
    let project = project();
    project.ok(&["start", "--paused", "--port", "0"]);
    project.inject(&["a", "b"]);
    let judged = pair(&project);
    assert_eq!((&judged["verdict"], &judged["by_operator"]), (&json!("SERIALIZE"), &json!(false)));

    let fresh = ask(&project, "POST", "/conflicts/analyze").json(r#"{"chunk_a": "b", "chunk_b": "c"}"#).reply();
    assert_eq!(fresh.status, 200, "{}", fresh.body);
    let keys = ["chunk_a", "chunk_b", "verdict", "confidence", "reason", "analysis_stage", "overlapping_files"];
    in_order(&fresh.body, &keys);
    let fresh: Value = serde_json::from_str(&fresh.body).unwrap();
    assert_eq!((&fresh["verdict"], &fresh["overlapping_files"]), (&json!("SERIALIZE"), &json!(["src/shared.rs"])));

    let said = project.ok(&["resolve", "a", "--with", "b", "parallelize"]);
    assert!(said.contains("Resolved: a vs b -> INDEPENDENT"), "{said}");
    for chunk in ["a", "b"] {
        let list = project.json(&["conflicts", chunk]);
        let shown = &list["conflicts"][0];
        assert_eq!((&shown["verdict"], &shown["by_operator"]), (&json!("INDEPENDENT"), &json!(true)), "{list}");
    }
    project.stop();
    project.ok(&["start", "--paused", "--port", "0"]);
    assert_eq!(pair(&project)["by_operator"], true, "it is remembered");

    let plan = project.read("docs/chunks/b/PLAN.md");
    project.write("docs/chunks/b/PLAN.md", &format!("{plan}\nLocation: src/more.rs\n"));
    project.commit("another plan");
    project.wait("the decision to be forgotten", || (pair(&project)["by_operator"] == false).then_some(()));
    assert_eq!(pair(&project)["verdict"], "SERIALIZE");
}

#[test]
fn what_is_serialised_is_kept_apart_and_what_is_not_overlaps() {
    let project = project();
    project.ok(&["start", "--paused", "--port", "0"]);
    project.inject(&["a", "b", "c"]);
    pair(&project);
    project.ok(&["resolve", "a", "--with", "c", "parallelize"]);
    project.ok(&["resolve", "a", "--with", "b", "serialize"]);
    project.ok(&["resume"]);
    project.wait_status("a", "RUNNING");
    project.wait_status("c", "RUNNING");
    let unit = project.wait_status("b", "BLOCKED");
    assert_eq!(unit["blocked_by"], json!(["a", "c"]));
    project.ok(&["resolve", "b", "--with", "c", "parallelize"]);
    project.wait("b to wait for a alone", || (project.unit("b")["blocked_by"] == json!(["a"])).then_some(()));
    project.signal("a", "go");
    project.wait_done(&["a"]);
    project.wait_status("b", "RUNNING");
    project.signal("b", "go");
    project.signal("c", "go");
    project.wait_done(&["b", "c"]);
}

/// Three functions, far enough apart for git to merge changes of two of them.
const SHARED: &str = "fn one() {\n    1;\n}\n\n// a\n// b\n// c\n\nfn two() {\n    2;\n}\n\n// d\n// e\n// f\n\nfn three() {\n    3;\n}\n";

/// Agents that change what their chunk's name says, uncommitted, and then wait.
const AT_WORK: &str = "implement() { sed -i \"s/^    $(cat docs/chunks/$VE_CHUNK/line);/    changed by $VE_CHUNK;/\" src/shared.rs; \
                       : > \"$HOME/changed\"; await_file go; save implement; }";

fn at_work(script: &str, config: &str, lines: &[(&str, &str)]) -> Project {
    let project = Project::with(&format!("{AT_WORK}\n{script}"), config);
    project.write("src/shared.rs", SHARED);
    for (chunk, line) in lines {
        project.write(&format!("docs/chunks/{chunk}/line"), line);
        project.chunk(chunk, "[]");
    }
    project
}

/// What the oracle says about two chunks now.
fn analysis(project: &Project, a: &str, b: &str) -> Value {
    project.json(&["analyze", a, b])
}

#[test]
fn what_works_in_progress_have_changed_decides_without_touching_them() {
    let project = at_work("", "", &[("a", "1"), ("b", "1"), ("c", "3")]);
    project.start();
    project.inject(&["a", "b", "c"]);
    for chunk in ["a", "b", "c"] {
        project.wait_trace(chunk, "changed");
    }
    let worktree = |chunk: &str| project.unit_dir(chunk).join("worktree");
    let index = |chunk: &str| {
        let index = project.unit_dir(chunk).join("git/worktrees/worktree/index");
        (std::fs::read(&index).unwrap(), index.metadata().unwrap().modified().unwrap())
    };
    let (file, before) = (std::fs::read(worktree("a").join("src/shared.rs")).unwrap(), index("a"));

    let clash = analysis(&project, "a", "b");
    assert_eq!((&clash["verdict"], &clash["analysis_stage"]), (&json!("SERIALIZE"), &json!("LIVE")), "{clash}");
    let evidence = &clash["evidence"][0];
    assert_eq!((&evidence["kind"], &evidence["symbol"]), (&json!("SYMBOL"), &json!("one")), "{clash}");
    assert_eq!(evidence["lines"], json!([[2, 2]]), "{clash}");
    let fits = analysis(&project, "a", "c");
    assert_eq!((&fits["verdict"], &fits["analysis_stage"]), (&json!("INDEPENDENT"), &json!("LIVE")), "{fits}");
    assert_eq!(fits["shared_files"], json!(["src/shared.rs"]), "same file, other symbols: {fits}");
    assert!(fits["confidence"].as_f64() < Some(0.99), "{fits}");

    assert_eq!(std::fs::read(worktree("a").join("src/shared.rs")).unwrap(), file);
    assert_eq!(index("a"), before, "not even the index was touched");

    // Without being asked it looks too, and whoever has begun later waits from then on, whatever its documents declare.
    project.wait("the oracle to see it by itself", || {
        let list = project.json(&["conflicts", "b"]);
        let pairs = list["conflicts"].as_array().unwrap();
        pairs.iter().any(|pair| pair["analysis_stage"] == "LIVE" && pair["verdict"] == "SERIALIZE").then_some(())
    });
    project.signal("b", "go");
    let held = project.wait("b to wait for a", || {
        let explained = project.json(&["explain", "b"]);
        (explained["waiting"]["chunks"] == json!(["a"])).then_some(explained)
    });
    assert_eq!(held["conflicts"][0]["analysis_stage"], "LIVE", "{held}");
    assert!(project.ok(&["explain", "b"]).contains("Apart from a: SERIALIZE (LIVE)"));
    project.signal("a", "go");
    project.signal("c", "go");
    project.wait_done(&["a", "c"]);
}

#[test]
fn predictions_are_stored_with_what_really_happened() {
    let resolve = "rebase() { git merge -q -X ours main; }";
    let project = at_work(resolve, "oracle = \"advise\"\n", &[("a", "1"), ("b", "1"), ("c", "3")]);
    project.start();
    assert!(project.ok(&["oracle", "stats"]).contains("No predictions yet"));
    project.inject(&["a", "b", "c"]);
    for chunk in ["a", "b", "c"] {
        project.wait_trace(chunk, "changed");
    }
    assert_eq!(analysis(&project, "a", "b")["verdict"], "SERIALIZE");
    let live = |stats: &Value| {
        let stages = stats["stages"].as_array().unwrap().clone();
        stages.into_iter().find(|stage| stage["stage"] == "LIVE")
    };
    project.wait("three pairs to be judged by their work", || {
        let stats = project.json(&["oracle", "stats"]);
        live(&stats).filter(|live| live["predictions"] == 3)
    });
    // b comes last: what lands after a and on top of it would leave nothing to compare.
    for chunk in ["a", "c", "b"] {
        project.signal(chunk, "go");
        project.wait_done(&[chunk]);
    }
    let stats = project.wait("all outcomes", || {
        let stats = project.json(&["oracle", "stats"]);
        live(&stats).filter(|live| live["settled"] == 3).map(|live| (live, stats))
    });
    let (live, _) = stats;
    assert_eq!(
        (&live["conflicts"], &live["precision"], &live["recall"]),
        (&json!(1), &json!(1.0), &json!(1.0)),
        "{live}"
    );
    assert!(live["brier"].as_f64() < Some(0.05), "{live}");
    let table = project.ok(&["oracle", "stats"]);
    assert!(table.contains("PRECISION") && table.contains("LIVE"), "{table}");
    project.stop();
    project.start();
    assert_eq!(project.json(&["oracle", "stats"])["all"]["settled"], 3, "they outlive the daemon");
}

#[test]
fn serialize_lasts_the_whole_life() {
    // What is planned is done: else what was really changed would say, before the landing, that the two do not meet.
    let project =
        Project::new("implement() { await_file go; mkdir -p src; echo $VE_CHUNK > src/shared.rs; save implement; }");
    for chunk in ["a", "b"] {
        project.chunk_in(chunk, "IMPLEMENTING", "null", Some(&["src/shared.rs"]));
    }
    project.start();
    project.inject(&["a", "b"]);
    project.wait_status("a", "RUNNING");
    project.wait_status("b", "BLOCKED");
    // Held, a is between two of its phases for as long as the operator likes: no agent of it is there, and b still waits.
    project.ok(&["interrupt", "a"]);
    project.wait_status("a", "PENDING");
    assert_eq!(project.json(&["explain", "b"])["waiting"]["chunks"], json!(["a"]));
    assert!(project.attempts("b").is_empty());
    project.ok(&["release", "a"]);
    project.signal("a", "go");
    project.wait_done(&["a"]);
    project.signal("b", "go");
    project.wait_done(&["b"]);
    let ended = project.attempts("a").last().unwrap()["ended_at"].as_str().unwrap().to_owned();
    assert!(project.attempts("b")[0]["started_at"].as_str().unwrap() > ended.as_str());
}

#[test]
fn an_undecided_pair_asks_once_and_takes_no_unit_out_of_the_queue() {
    let project = Project::new(PATIENT);
    for chunk in ["a", "b"] {
        project.chunk(chunk, "null");
        let goal = project.read(&format!("docs/chunks/{chunk}/GOAL.md"));
        let links = "subsystems:\n  - subsystem_id: store\n    relationship: implements\n";
        project.write(
            &format!("docs/chunks/{chunk}/GOAL.md"),
            &goal.replace("code_paths:", &format!("{links}code_paths:")),
        );
        project.commit("a subsystem");
    }
    project.start();
    project.inject(&["a", "b"]);
    let pair = pair(&project);
    assert_eq!(
        (&pair["verdict"], &pair["evidence"][0]["kind"]),
        (&json!("ASK_OPERATOR"), &json!("SUBSYSTEM")),
        "{pair}"
    );
    project.wait_status("a", "RUNNING");
    project.wait_status("b", "BLOCKED");
    let asked = project.ok(&["attention"]);
    assert_eq!(asked.matches("ve orch resolve").count(), 1, "{asked}");
    project.ok(&["resolve", "b", "--with", "a", "parallelize"]);
    project.wait_status("b", "RUNNING");
    assert!(!project.ok(&["attention"]).contains("resolve"));
    project.signal("a", "go");
    project.signal("b", "go");
    project.wait_done(&["a", "b"]);
}

#[test]
fn a_look_that_hangs_holds_nobody_up() {
    // git waits for ever for somebody to write into such a file.
    let trap = "implement() { [ $VE_CHUNK != a ] || { mkfifo .gitignore; : > \"$HOME/trapped\"; }; await_file go; \
                rm -f .gitignore; mkdir -p src; echo x > src/$VE_CHUNK.txt; save implement; }";
    let project = Project::new(trap);
    for chunk in ["a", "b", "c"] {
        project.chunk(chunk, "[]");
    }
    project.start();
    project.inject(&["a", "b"]);
    project.wait_trace("a", "trapped");
    project.wait_status("b", "RUNNING");
    let index = project.unit_dir("a").join("git/ve-index-look").display().to_string();
    project.wait("a look at a to be under way", || {
        let mut processes = std::fs::read_dir("/proc").unwrap().flatten();
        let names = |entry: &std::fs::DirEntry| {
            std::fs::read(entry.path().join("cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&index))
        };
        processes.any(|entry| names(&entry)).then_some(())
    });
    project.inject(&["c"]);
    for chunk in ["b", "c"] {
        project.wait_status(chunk, "RUNNING");
        project.signal(chunk, "go");
    }
    project.wait_done(&["b", "c"]);
    project.signal("a", "go");
    project.wait_done(&["a"]);
}
