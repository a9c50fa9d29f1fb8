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
