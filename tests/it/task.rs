//! Tasks over several repositories: one unit works in all of them, and lands in all or in none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::fs;

const REPOS: [&str; 3] = ["docs", "web", "acme/api"];

/// Works in every repository there is, and notes what it sees above them. Calls chunk `wide` something else once it has thought about it.
const AGENT: &str = r#"plan() {
    if [ "$VE_CHUNK" = wide ]; then git mv docs/chunks/wide docs/chunks/broad; VE_CHUNK=broad; fi
    printf '# Plan\n\n## Approach\n\nAs the goal says.\n' > "docs/chunks/$VE_CHUNK/PLAN.md"; save plan
}
implement() {
    cp ../CLAUDE.md "$HOME/seen"
    if [ -e docs/chunks/mine ]; then sed -n 's/^status: /mine is /p' docs/chunks/mine/GOAL.md >> "$HOME/seen"; fi
    if [ "$VE_CHUNK" = narrow ]; then mkdir -p ../web/src; cp ../web/.env ../web/src/settings; fi
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
    chunk(&project, "mine", "IMPLEMENTING", "");
    chunk(&project, "wide", "FUTURE", "");
    project.write("web/.gitignore", ".env\n");
    project.commit_in("web", "what stays here");
    project.write("web/.env", "TOKEN=1\n");
    project.write(".worktreeinclude", "/.env\n");
    chunk(
        &project,
        "narrow",
        "IMPLEMENTING",
        "dependents:\n- artifact_type: chunk\n  artifact_id: narrow\n  repo: acme/web\n",
    );
    project.start();
    project.inject(&["wide", "narrow"]);
    let asked = project.wait_status("narrow", "NEEDS_ATTENTION");
    let reason = asked["attention_reason"].as_str().unwrap();
    assert!(reason.contains("web/src/settings (holds your ignored web/.env"), "{reason}");
    project.ok(&["approve", "narrow"]);
    project.wait_done(&["broad", "narrow"]);

    assert_clean(&project);
    for repo in ["web", "acme/api"] {
        assert_eq!(project.read(&format!("{repo}/src/broad.txt")), "broad\n");
        // The task's files are there, and nothing can be left beside the repositories.
        assert_eq!(project.read(&format!("{repo}/src/broad.seen")), "be kind\nmine is FUTURE\n");
    }
    assert_eq!(project.read("web/src/narrow.txt"), "narrow\n");
    assert!(!project.root().join("acme/api/src/narrow.txt").exists(), "it was not about this repository");
    assert!(project.read("docs/docs/chunks/mine/GOAL.md").contains("status: IMPLEMENTING"));
    let touched = project.git_in("docs", &["log", "--format=%s", "main", "--", "docs/chunks/mine"]);
    assert_eq!(touched, "mine", "only the operator has touched it");
    assert!(!project.root().join("docs/docs/chunks/wide").exists(), "the chunk has another name now");
    for name in ["broad", "narrow"] {
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
    let daemon = project.daemon_pid().unwrap();
    kill_process(Pid::from_raw(daemon).unwrap(), Signal::KILL).unwrap();
    // This time somebody has built on what has moved already, so that it cannot be taken back.
    project.write("web/src/alpha.txt", "mine\n");
    project.write("acme/api/more.txt", "more\n");
    project.commit_in("acme/api", "more");
    let built = project.git_in("acme/api", &["rev-parse", "main"]);
    project.write("filter/go", "");
    project.successor(daemon);
    let unit = project.wait_status("alpha", "NEEDS_ATTENTION");
    let reason = unit["attention_reason"].as_str().unwrap();
    for part in
        ["only part of the work has landed", "(in web)", "(in acme/api)", "built on it", "a retry lands the rest"]
    {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert_eq!(project.git_in("acme/api", &["rev-parse", "main"]), built, "nobody's work is overwritten");

    fs::remove_file(project.root().join("web/src/alpha.txt")).unwrap();
    fs::remove_file(&reached).unwrap();
    fs::remove_file(project.root().join("filter/go")).unwrap();
    project.ok(&["retry", "alpha"]);
    project.wait("the second repository for the last time", || reached.exists().then_some(()));
    kill_process(Pid::from_raw(project.daemon_pid().unwrap()).unwrap(), Signal::KILL).unwrap();
    project.write("filter/go", "");
    project.wait("a daemon", || project.daemon_pid());
    project.wait_done(&["alpha"]);
    assert_clean(&project);
    assert_eq!(project.read("acme/api/src/alpha.txt"), "alpha\n");
    assert_eq!(project.read("web/src/alpha.txt"), "alpha\n");
    assert_eq!(project.git_in("acme/api", &["rev-parse", "main"]), built, "what had landed has not landed twice");
}

/// Changes one line in one of the repositories and waits, its work not committed.
const AT_ODDS: &str = r#"implement() {
    cd ../web; echo "$VE_CHUNK" > shared.txt; touch "$HOME/written"; await_file go; save implement
}
rebase() {
    grep -q 'conflict in: web/shared.txt' "$HOME/prompt.rebase"
    git merge -q main; git -C ../acme/api merge -q main
    cd ../web; git merge -q main || true; printf 'first\nsecond\n' > shared.txt; save merge
}"#;

#[test]
fn works_that_collide_in_one_repository_are_seen_and_resolved_there() {
    let project = Project::task(AT_ODDS, "");
    project.write("web/shared.txt", "start\n");
    project.commit_in("web", "shared");
    chunk(&project, "first", "IMPLEMENTING", "");
    chunk(&project, "second", "IMPLEMENTING", "");
    project.start();
    project.inject(&["first", "second"]);
    project.wait_trace("first", "written");
    project.wait_trace("second", "written");
    let judged = project.wait("their works to be seen", || {
        Some(project.json(&["analyze", "first", "second"])).filter(|judged| judged["analysis_stage"] == "LIVE")
    });
    assert_eq!(judged["verdict"], "SERIALIZE", "{judged:#}");
    assert_eq!(judged["overlapping_files"], json!(["web/shared.txt"]), "{judged:#}");
    project.signal("first", "go");
    project.wait_done(&["first"]);
    project.signal("second", "go");
    project.wait_done(&["second"]);
    assert_eq!(project.read("web/shared.txt"), "first\nsecond\n");
    let attempts = project.attempts("second");
    assert!(attempts.iter().any(|attempt| attempt["phase"] == "REBASE"), "{attempts:#?}");
    assert_clean(&project);
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
