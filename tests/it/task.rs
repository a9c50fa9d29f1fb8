//! Tasks over several repositories: one unit works in all of them, and lands in all or in none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;

const REPOS: [&str; 3] = ["docs", "web", "acme/api"];

/// Works in every repository there is, and notes what it sees above them.
const AGENT: &str = r#"implement() {
    cp ../CLAUDE.md "$HOME/seen"
    if echo stray 2> /dev/null > ../stray; then echo "and writable" >> "$HOME/seen"; fi
    for repo in ../web ../acme/api; do
        [ ! -d $repo ] || (
            cd $repo; mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; cp "$HOME/seen" "src/$VE_CHUNK.seen"; save implement
        )
    done
}"#;

/// A chunk of the task; `fields` are further lines of its frontmatter.
fn chunk(project: &Project, name: &str, status: &str, fields: &str) {
    let goal =
        format!("---\nstatus: {status}\ndepends_on: []\n{fields}---\n\n# {name}\n\n## Minor Goal\n\nDo {name}.\n");
    project.write(&format!("docs/docs/chunks/{name}/GOAL.md"), &goal);
    if status != "FUTURE" {
        let plan = "# Plan\n\n## Approach\n\nJust do it.\n";
        project.write(&format!("docs/docs/chunks/{name}/PLAN.md"), plan);
    }
    project.commit_in("docs", name);
}

fn tips(project: &Project) -> Vec<String> {
    REPOS.iter().map(|repo| project.git_in(repo, &["rev-parse", "main"])).collect()
}

fn assert_clean(project: &Project) {
    for repo in REPOS {
        assert_eq!(project.git_in(repo, &["status", "--porcelain"]), "", "{repo}");
    }
}

#[test]
fn a_chunk_goes_from_its_goal_to_every_repository() {
    let gates = "[gates]\nworker = ['test -f web/src/$VE_CHUNK.txt']\n\
                 integration = ['test -f web/src/$VE_CHUNK.txt && grep -q ACTIVE docs/docs/chunks/$VE_CHUNK/GOAL.md']\n";
    let project = Project::task(AGENT, gates);
    chunk(&project, "wide", "FUTURE", "");
    chunk(
        &project,
        "narrow",
        "IMPLEMENTING",
        "dependents:\n- artifact_type: chunk\n  artifact_id: narrow\n  repo: acme/web\n",
    );
    project.start();
    project.inject(&["wide", "narrow"]);
    project.wait_done(&["wide", "narrow"]);

    assert_clean(&project);
    for repo in ["web", "acme/api"] {
        assert_eq!(project.read(&format!("{repo}/src/wide.txt")), "wide\n");
        // The task's files are there, and nothing can be left beside the repositories.
        assert_eq!(project.read(&format!("{repo}/src/wide.seen")), "be kind\n");
    }
    assert_eq!(project.read("web/src/narrow.txt"), "narrow\n");
    assert!(!project.root().join("acme/api/src/narrow.txt").exists(), "it was not about this repository");
    for name in ["wide", "narrow"] {
        assert!(project.read(&format!("docs/docs/chunks/{name}/GOAL.md")).contains("status: ACTIVE"));
    }
    for repo in REPOS {
        // What is left is tidied up after the unit is done.
        let branches = || project.git_in(repo, &["branch", "--format=%(refname:short)"]);
        project.wait("the branches to go", || (branches() == "main").then_some(()));
    }
    let unit = project.unit("wide");
    let landed = unit["repositories"]["web"]["landed_commit"].as_str().unwrap();
    assert!(project.git_in("web", &["rev-list", "main"]).contains(landed), "{unit:#}");
    let dir = project.unit_dir("wide");
    let is_gone = |name: &&str| !dir.join(name).exists();
    project.wait("directories to go", || ["git", "worktree", "landing"].iter().all(is_gone).then_some(()));
}

/// Holds the update of `web` up in the operator's own filter, which no agent can reach: between the moves of two branches.
fn arm(project: &Project) {
    let script = "#!/bin/sh\nhere=$(dirname \"$0\")\nif [ -e \"$here/armed\" ]; then touch \"$here/reached\"\n\
                  while [ ! -e \"$here/go\" ]; do sleep 0.05; done; fi\ncat\n";
    project.write("filter/wait", script);
    let filter = project.root().join("filter/wait");
    let smudge = format!("if [ -e '{0}' ]; then exec sh '{0}'; else exec cat; fi", filter.display());
    project.write("web/.gitattributes", "src/*.txt filter=wait\n");
    project.commit_in("web", "a filter");
    project.git_in("web", &["config", "filter.wait.smudge", &smudge]);
    project.git_in("web", &["config", "filter.wait.clean", "cat"]);
    project.write("filter/armed", "");
}

#[test]
fn a_landing_that_is_killed_between_two_repositories_is_undone_or_finished() {
    let project = Project::task(AGENT, "");
    chunk(&project, "alpha", "IMPLEMENTING", "");
    arm(&project);
    let before = tips(&project);
    project.start();
    let daemon = project.daemon_pid().unwrap();
    project.inject(&["alpha"]);
    let reached = project.root().join("filter/reached");
    project.wait("the second repository", || {
        let unit = project.unit("alpha");
        assert_ne!(unit["status"], "NEEDS_ATTENTION", "{unit:#}");
        reached.exists().then_some(())
    });
    let between = tips(&project);
    assert!(between.iter().zip(&before).any(|(now, then)| now != then), "the first has moved");
    assert!(between.iter().zip(&before).any(|(now, then)| now == then), "the others have not");
    kill_process(Pid::from_raw(daemon).unwrap(), Signal::KILL).unwrap();
    // What was unfinished meets an operator who has begun something else in a repository that has not moved yet.
    project.write("web/src/alpha.txt", "mine\n");
    project.write("filter/go", "");
    project.successor(daemon);
    let unit = project.wait_status("alpha", "NEEDS_ATTENTION");
    let reason = unit["attention_reason"].as_str().unwrap();
    assert!(
        reason.contains("src/alpha.txt") && reason.contains("(in web)") && reason.contains("nothing has moved"),
        "{reason}"
    );
    assert_eq!(tips(&project), before, "the first is back");
    assert!(!project.root().join("acme/api/src/alpha.txt").exists(), "and its checkout too");

    fs::remove_file(project.root().join("web/src/alpha.txt")).unwrap();
    fs::remove_file(&reached).unwrap();
    fs::remove_file(project.root().join("filter/go")).unwrap();
    project.ok(&["retry", "alpha"]);
    project.wait("the second repository again", || reached.exists().then_some(()));
    kill_process(Pid::from_raw(project.daemon_pid().unwrap()).unwrap(), Signal::KILL).unwrap();
    project.write("filter/go", "");
    project.wait("a daemon", || project.daemon_pid());
    project.wait_done(&["alpha"]);
    assert_clean(&project);
    assert_eq!(project.read("acme/api/src/alpha.txt"), "alpha\n");
    assert_eq!(project.read("web/src/alpha.txt"), "alpha\n");
}

#[test]
fn what_a_task_lacks_is_said_by_name() {
    let project = Project::task(AGENT, "");
    chunk(&project, "alpha", "IMPLEMENTING", "dependents:\n- repo: acme/gone\n");
    let task = project.read(".ve-task.yaml");
    project.write(".ve-task.yaml", &task.replace("acme/web", "acme/missing"));
    let refused = project.ve(&["start", "--port", "0"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("acme/missing") && said.contains("clone it there"), "{said}");
    project.write(".ve-task.yaml", &task);
    project.start();
    project.inject(&["alpha"]);
    let unit = project.wait_status("alpha", "NEEDS_ATTENTION");
    let reason = unit["attention_reason"].as_str().unwrap();
    assert!(reason.contains("acme/gone") && reason.contains("dependents"), "{reason}");
}
