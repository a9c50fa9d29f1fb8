//! Cursor's command line, played by a script, takes a chunk through all of its phases: over tool servers named in its home, with a line of two
//! megabytes, a flood of warnings, and a process that does not leave when it has finished.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use serde_json::json;

const CONFIG: &str = r#"
[agents]
default = "cursor"
[agents.cursor]
program = "/usr/bin/python3"
args = ["tools/agent.py"]
"#;

#[test]
fn a_chunk_goes_home_and_nothing_is_left_in_the_worktree_or_at_work() {
    if !std::path::Path::new("/usr/bin/python3").exists() {
        println!("skipped: there is no /usr/bin/python3");
        return;
    }
    let mut project = Project::new("");
    project.move_to("a project");
    project.write("tools/agent.py", include_str!("../fixtures/cursor/agent.py"));
    project.write(".cursor/mcp.json", "{\"mcpServers\": {}}\n");
    project.chunk_in("colour", "FUTURE", "[]", None);
    project.write(".ve/config.toml", CONFIG);
    project.start_with(&[("CLAUDECODE", "1")]);
    project.inject(&["colour"]);
    let asked = project.wait_status("colour", "NEEDS_ATTENTION");
    assert_eq!(asked["attention"]["questions"][0]["question"], "Which colour?", "{asked:#}");
    project.ok(&["answer", "colour", "blue, or so"]);
    project.wait_done(&["colour"]);

    assert_eq!(project.git(&["show", "main:colour.txt"]), "blue, or so");
    assert_eq!(
        project.git(&["show", "main:.cursor/mcp.json"]),
        "{\"mcpServers\": {}}",
        "the project's own is untouched"
    );
    let files = project.git(&["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(files.matches(".cursor").count(), 1, "{files}");
    let attempts: Vec<_> =
        project.attempts("colour").into_iter().filter(|attempt| attempt["kind"] == "agent").collect();
    let phases: Vec<_> = attempts.iter().map(|attempt| attempt["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["PLAN", "IMPLEMENT", "REVIEW", "COMPLETE"], "{attempts:#?}");
    for attempt in &attempts {
        assert_eq!(attempt["outcome"], "finished", "{attempt:#}");
    }
    assert_eq!(attempts[1]["agent_version"], json!("9.8.7"), "as its tool server's client said");
    assert!(project.log("colour", attempts[0]["number"].as_i64().unwrap()).len() > 2 << 20);
}
