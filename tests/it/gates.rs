//! Gates: what they ran, what they judged, and how that is told.

use crate::project::Project;
use serde_json::{Value, json};

/// One gate in the worktree, and one on what would land, which does not let chunk `b` through.
pub const GATES: &str = r#"
[gates]
worker = ["test -d src"]
integration = ["echo looked at $VE_CHUNK; ! test -e src/b.txt"]
"#;

#[test]
fn what_a_gate_ran_and_which_commit_it_judged_is_recorded() {
    let project = Project::with("", GATES);
    project.chunk("a", "[]");
    project.chunk("b", "[\"a\"]");
    project.start();
    assert!(project.ok(&["gates"]).contains("None has run lately"));
    project.inject(&["a", "b"]);
    project.wait_done(&["a"]);
    project.wait_status("b", "NEEDS_ATTENTION");

    let gates = project.json(&["gates"]);
    assert_eq!(gates["worker"], json!(["test -d src"]));
    let told = |chunk: &str, kind: &str| -> Value {
        let all = gates["attempts"].as_array().into_iter().flatten();
        all.filter(|gate| gate["chunk"] == chunk && gate["kind"] == kind).cloned().collect()
    };
    let [a, b] = ["a", "b"].map(|chunk| told(chunk, "integration gate"));
    assert_eq!(
        (a.as_array().map(Vec::len), &a[0]["outcome"], &b[0]["outcome"]),
        (Some(1), &json!("finished"), &json!("failed"))
    );
    assert_eq!(a[0]["judges"], project.unit("a")["landed_commit"], "the proof is of exactly what has landed");
    assert_eq!(told("a", "worker gate")[0]["judges"], project.unit("a")["tip"]);
    assert_eq!(told("b", "worker gate")[0]["command"], "test -d src");
    assert_eq!(gates["attempts"][0], b[0], "the latest first");
    let number = b[0]["number"].as_i64().unwrap_or_default();
    assert_eq!(project.log("b", number), "looked at b\n");

    let text = project.ok(&["gates"]);
    for part in ["On exactly the tree that would land:", "1. echo looked at", "red", "green"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(project.attempts("a").iter().all(|attempt| (attempt["kind"] == "agent") == attempt["command"].is_null()));
}
