//! What the project may not decide without its operator, and pauses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::client::ask;
use crate::project::Project;

#[test]
fn a_sensitive_change_counts_when_it_is_accepted_as_shown() {
    let project = Project::new("");
    project.chunk("a", "[]");
    project.ok(&["start", "--paused", "--port", "0"]);
    assert!(project.ok(&["trust"]).contains("those that you accepted"));
    let config = project.read("ve.toml");
    project.write(
        "ve.toml",
        &format!("{config}\n[limits]\nmax_agents = 3\n[gates]\nworker = [\"touch $HOME/gate\", \"false\"]\n"),
    );
    project.commit("a gate");
    project.wait("the harmless part to count", || (project.json(&["config"])["max_agents"] == 3).then_some(()));
    let shown = project.json(&["trust", "--yes"]);
    assert_eq!(shown["accepted"], true);
    project.write("ve.toml", &format!("{config}\n[gates]\nworker = [\"true\"]\n"));
    project.commit("another gate");
    let refused = project.ve(&["trust"]);
    assert_eq!(refused.status.code(), Some(1));
    let text = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(text.contains("ve.toml gates") && text.contains("+ worker = [\"true\"]"), "{text}");
    assert!(text.contains("- worker = [\"touch $HOME/gate\", \"false\"]"), "{text}");
    project.wait("the notice", || {
        project
            .ok(&["attention"])
            .contains("ve.toml gates changed and does not count until you accept it")
            .then_some(())
    });
    let digest = ask(&project, "GET", "/trust").gives(200)["digest"].clone();
    project.write("ve.toml", &format!("{config}\n[gates]\nworker = [\"sneaked in\"]\n"));
    ask(&project, "POST", "/trust").json(&format!(r#"{{"digest": {digest}}}"#)).gives(409);

    // What was accepted first is what runs: its gate is red.
    project.ok(&["resume"]);
    project.inject(&["a"]);
    let unit = project.wait_status("a", "NEEDS_ATTENTION");
    assert!(unit["attention_reason"].as_str().unwrap().contains("gate 2 is red"), "{unit}");
    project.write("ve.toml", &config);
    project.ok(&["trust", "--yes"]);
    project.ok(&["retry", "a"]);
    project.wait_done(&["a"]);
}

#[test]
fn work_that_changes_what_is_trusted_waits_for_the_operator() {
    let script = "implement() { printf '[gates]\\nintegration = [\"true\"]\\n' >> ve.toml; mkdir -p .github; echo x > .github/ci.yml; save implement; }";
    let project = Project::new(script);
    project.chunk("a", "[]");
    project.start();
    project.inject(&["a"]);
    let unit = project.wait_status("a", "NEEDS_ATTENTION");
    let attention = &unit["attention"];
    assert_eq!(attention["kind"], "trust", "{unit}");
    assert_eq!(attention["paths"], serde_json::json!([".github/ci.yml", "ve.toml"]));
    assert!(!project.read("ve.toml").contains("integration"), "nothing has landed");
    project.ok(&["approve", "a"]);
    project.wait_done(&["a"]);
    assert!(project.read("ve.toml").contains("integration"));
    project.wait("the landed gate to wait for trust", || {
        (project.json(&["trust", "--yes"])["accepted"] == true).then_some(())
    });
}

#[test]
fn a_pause_outlives_the_daemon() {
    let project = Project::new("");
    project.chunk("a", "[]");
    project.ok(&["start", "--paused", "--port", "0"]);
    project.inject(&["a"]);
    let paused = || project.json(&["status"])["paused"].clone();
    assert_eq!(paused(), "paused by the operator");
    project.stop();
    project.start();
    assert_eq!(paused(), "paused by the operator");
    assert!(project.ok(&["explain", "a"]).to_lowercase().contains("paused"));
    assert_eq!(project.attempts("a").len(), 0);
    project.ok(&["resume"]);
    project.wait_done(&["a"]);
    project.ok(&["pause"]);
    project.ok(&["restart"]);
    assert_eq!(paused(), "paused by the operator");
}
