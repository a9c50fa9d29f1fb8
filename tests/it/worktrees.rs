//! Worktrees: kept, pruned, removed, deleted by hand; and a landing that is tried again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;

#[track_caller]
fn worktrees(project: &Project) -> Vec<(String, String)> {
    let list = project.json(&["worktree", "list"]);
    let text = |tree: &Value, key: &str| tree[key].as_str().unwrap().to_owned();
    list["worktrees"].as_array().unwrap().iter().map(|tree| (text(tree, "chunk"), text(tree, "status"))).collect()
}

/// What a command that must fail says.
#[track_caller]
fn refusal(project: &Project, args: &[&str]) -> String {
    let output = project.ve(args);
    assert!(!output.status.success(), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_retained_unit_lands_like_all_others_and_its_worktree_stays_until_it_is_pruned() {
    let project = Project::new(r#"implement() { mkdir -p src; cp .env src/settings; echo a > src/a.txt; save all; }"#);
    project.write(".gitignore", ".env\n");
    project.write(".worktreeinclude", "/.env\n");
    project.chunk("a", "[]");
    project.write(".env", "TOKEN=1\n");
    project.start();
    assert_eq!(project.ok(&["worktree", "list"]), "No worktrees found\n");
    project.ok(&["inject", "a", "--retain"]);
    let asked = project.wait_status("a", "NEEDS_ATTENTION");
    let reason = asked["attention_reason"].as_str().unwrap();
    assert!(reason.contains("src/settings (holds your ignored .env"), "{reason}");
    project.ok(&["approve", "a"]);
    project.wait_done(&["a"]);
    assert_eq!(project.read("src/a.txt"), "a\n", "it has landed");
    assert_eq!(worktrees(&project), [("a".to_owned(), "retained".to_owned())]);
    let worktree = project.unit_dir("a").join("worktree");
    assert_eq!(project.unit("a")["worktree"], worktree.to_str().unwrap());
    fs::write(worktree.join("afterthought"), "precious").unwrap();

    let dry = project.ok(&["prune", "--all", "--dry-run"]);
    assert_eq!(dry, "Dry run - would prune:\n  a: merged and cleaned up\n");
    let pruned = project.json(&["prune", "a"]);
    assert_eq!(pruned["status"], "pruned", "{pruned}");
    let kept = pruned["preserved"].as_str().unwrap();
    assert_eq!(project.git(&["show", &format!("{kept}:afterthought")]), "precious");
    assert!(!worktree.exists());
    assert_eq!(project.git(&["branch", "--list", "orch/*"]), "");
    assert_eq!(project.ok(&["prune", "a"]), "Pruned:\n  a: skipped - its worktree is not retained\n");
    assert_eq!(project.ok(&["worktree", "prune"]), "Pruned:\n  (none)\n");
    let gone = refusal(&project, &["worktree", "remove", "a"]);
    assert!(gone.contains("Worktree 'a' not found"), "{gone}");
}

#[test]
fn a_worktree_that_was_removed_or_deleted_by_hand_is_made_again() {
    let script = r#"implement() {
        case "$VE_CHUNK" in busy) touch "$HOME/busy"; await_file go;; esac
        mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; save work
        [ -e "$HOME/go" ] || exit 3
    }"#;
    let project = Project::new(script);
    let chunks = ["byhand", "removed", "torn", "busy"];
    for chunk in chunks {
        project.chunk(chunk, "[]");
    }
    project.start();
    project.inject(&chunks);
    for chunk in ["byhand", "removed", "torn"] {
        project.wait_status(chunk, "NEEDS_ATTENTION");
    }
    project.wait_trace("busy", "busy");
    let busy = refusal(&project, &["worktree", "remove", "busy"]);
    assert!(busy.contains("its process has not ended yet"), "{busy}");

    fs::remove_dir_all(project.unit_dir("byhand").join("worktree")).unwrap();
    let removed = project.json(&["worktree", "remove", "removed"]);
    assert_eq!((&removed["status"], &removed["branch_removed"]), (&"removed".into(), &false.into()), "{removed}");
    let there = worktrees(&project);
    assert!(!there.iter().any(|(chunk, _)| chunk == "removed"), "{there:?}");
    assert!(there.contains(&("busy".to_owned(), "active".to_owned())), "{there:?}");
    // As a kill leaves it in the middle of a removal: the next start finishes that.
    let torn = project.unit_dir("torn");
    project.stop();
    fs::rename(torn.join("prepared"), torn.join("prepared.removing")).unwrap();
    project.start();
    assert!(!torn.join("worktree").exists() && !torn.join("git").exists());
    // Where the operator is when they land changes nothing.
    project.git(&["checkout", "-q", "-b", "elsewhere"]);
    for chunk in chunks {
        project.signal(chunk, "go");
    }
    for chunk in ["byhand", "removed", "torn"] {
        project.ok(&["retry", chunk]);
    }
    project.wait_done(&chunks);
    for chunk in chunks {
        assert_eq!(project.git(&["show", &format!("main:src/{chunk}.txt")]), chunk);
    }
    project.wait("an empty list of worktrees", || worktrees(&project).is_empty().then_some(()));
    project.wait("all branches to go", || project.git(&["branch", "--list", "orch/*"]).is_empty().then_some(()));
}

#[test]
fn a_landing_that_could_not_go_on_is_looked_at_and_tried_again() {
    let project = Project::new("");
    project.chunk("a", "[]");
    project.start();
    project.write("src/a.txt", "the operator's own");
    project.inject(&["a"]);
    project.wait_status("a", "NEEDS_ATTENTION");
    let diff = project.json(&["diff", "a"]);
    assert_eq!((&diff["landed"], &diff["target"]), (&false.into(), &"main".into()));
    let files: Vec<&str> =
        diff["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(files, ["docs/chunks/a/GOAL.md", "src/a.txt"]);
    assert_eq!(diff["files"][1]["hunks"][0]["lines"][0], "+a");
    assert!(project.ok(&["diff", "a", "--stat"]).contains(" src/a.txt             |      1 +"), "{diff}");
    let patch = project.ok(&["diff", "a"]);
    assert!(patch.contains("--- /dev/null\n+++ b/src/a.txt\n@@ -0,0 +1,1 @@\n+a\n"), "{patch}");

    let attempts = project.attempts("a").len();
    project.stop();
    project.start();
    assert_eq!(project.unit("a")["status"], "NEEDS_ATTENTION", "a restart lands nothing that waits for the operator");
    let still = refusal(&project, &["retry-merge", "a"]);
    assert!(still.contains("Merge still failing") && still.contains("src/a.txt"), "{still}");
    assert_eq!(project.read("src/a.txt"), "the operator's own");
    fs::remove_file(project.root().join("src/a.txt")).unwrap();
    let merged = project.json(&["retry-merge", "a"]);
    assert_eq!(merged["status"], "done", "{merged}");
    assert_eq!(project.attempts("a").len(), attempts, "no agent ran again");
    assert_eq!(project.read("src/a.txt"), "a\n");
    assert_eq!(project.json(&["diff", "a"])["landed"], true);
    let over = refusal(&project, &["retry-merge", "a"]);
    assert!(over.contains("is not in NEEDS_ATTENTION state (current: DONE)"), "{over}");
}

#[test]
fn what_git_lfs_keeps_is_whole_inside_and_after_landing() {
    let script = r#"implement() {
        mkdir -p src; cat data.bin > src/seen.txt; echo "the agent's" > src/new.bin; save all
    }"#;
    let project = Project::new(script);
    if !project.try_git(&["lfs", "version"]).status.success() {
        // A machine without git-lfs has nothing to show.
        return;
    }
    project.git(&["lfs", "install", "--local"]);
    project.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    project.write("data.bin", "the operator's\n");
    project.chunk("a", "[]");
    project.start();
    project.inject(&["a"]);
    project.wait_done(&["a"]);
    assert_eq!(project.read("src/seen.txt"), "the operator's\n");
    assert!(project.git(&["show", "HEAD:src/new.bin"]).starts_with("version https://git-lfs"));
    assert_eq!(project.read("src/new.bin"), "the agent's\n");
}

#[test]
fn what_is_done_inside_a_submodule_lands_and_needs_no_network() {
    let script = r#"implement() {
        mkdir -p src; cat vendor/lib/text > src/seen.txt; save outside
        echo changed > vendor/lib/text; git -C vendor/lib commit -qam inside; echo left > vendor/lib/over
    }"#;
    let project = Project::with(script, "[gates]\nintegration = [\"grep -q changed vendor/lib/text\"]\n");
    let upstream = project.root().parent().unwrap().join("lib");
    let upstream = upstream.to_str().unwrap();
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add"];
    project.git(&["init", "-q", "-b", "main", upstream]);
    fs::write(format!("{upstream}/text"), "original\n").unwrap();
    project.git(&["-C", upstream, "add", "-A"]);
    project.git(&["-C", upstream, "-c", "user.name=U", "-c", "user.email=u@localhost", "commit", "-q", "-m", "first"]);
    project.git(&[&add[..], &[upstream, "vendor/lib"]].concat());
    project.git(&[&add[..], &[upstream, "vendor/other"]].concat());
    project.git(&["submodule", "--quiet", "deinit", "-f", "vendor/other"]);
    fs::remove_dir_all(project.root().join(".git/modules/vendor/other")).unwrap();
    project.chunk("a", "[]");
    fs::remove_dir_all(upstream).unwrap();
    project.start();
    project.inject(&["a"]);
    project.wait_done(&["a"]);
    let log = project.daemon_log();
    assert!(log.contains("vendor/other; run `git submodule update --init"), "{log}");
    assert_eq!(project.read("src/seen.txt"), "original\n");
    assert_eq!(project.read("vendor/lib/text"), "original\n", "its files are the operator's to update");
    project.git(&["submodule", "--quiet", "update", "--no-fetch", "vendor/lib"]);
    assert_eq!(
        (project.read("vendor/lib/text"), project.read("vendor/lib/over")),
        ("changed\n".into(), "left\n".into())
    );
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    project.wait("an empty list of worktrees", || worktrees(&project).is_empty().then_some(()));
}

#[test]
fn a_unit_with_objects_of_its_own_cannot_read_an_unrelated_branch_and_lands() {
    let script = r#"implement() {
        mkdir -p src; git cat-file -e "$(cat secret.id)" 2> src/seen.txt && echo readable > src/seen.txt
        find / -name pack -path '*objects*' -not -path '/proc/*' 2>/dev/null | grep -c project/.git >> src/seen.txt || :
        echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; save work
    }"#;
    let config =
        "[sandbox]\nobjects = \"own\"\n[gates]\nworker = [\"git log -1 --stat\"]\nintegration = [\"git show HEAD\"]\n";
    let project = Project::with(script, config);
    project.git(&["checkout", "-q", "-b", "unrelated"]);
    project.write("secret", "the operator's\n");
    project.commit("secret");
    let secret = project.git(&["rev-parse", "HEAD"]);
    project.git(&["checkout", "-q", "main"]);
    project.write("secret.id", &secret);
    project.chunk("a", "[]");
    project.chunk("b", "[\"a\"]");
    project.start();
    project.inject(&["a", "b"]);
    project.wait_done(&["a", "b"]);
    let seen = project.read("src/seen.txt");
    assert!(!seen.contains("readable") && seen.ends_with("0\n"), "{seen}");
}

#[test]
fn what_landed_is_pushed_and_a_restart_goes_on_with_what_was_not() {
    let project = Project::with("", "base = \"origin/main\"\npush = true\n");
    let origin = project.root().parent().unwrap().join("origin.git");
    let hook = origin.join("hooks/pre-receive");
    project.git(&["init", "-q", "--bare", "-b", "main", origin.to_str().unwrap()]);
    project.git(&["remote", "add", "origin", origin.to_str().unwrap()]);
    project.chunk("a", "[]");
    project.git(&["push", "-q", "origin", "main"]);
    fs::write(&hook, "#!/bin/sh\necho 'closed for today' >&2\nexit 1\n").unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let at_origin = || project.git(&["-C", origin.to_str().unwrap(), "rev-parse", "main"]);
    project.start();
    project.inject(&["a"]);
    project.wait_done(&["a"]);
    let landed = project.git(&["rev-parse", "main"]);
    let asked = project.wait("the refusal", || {
        let queue = project.json(&["attention"]);
        queue["items"].as_array().unwrap().iter().find(|item| item["kind"] == "push").cloned()
    });
    let reason = asked["reason"].as_str().unwrap();
    assert!(reason.contains("closed for today") && reason.contains("or set push = false"), "{reason}");
    assert_ne!(at_origin(), landed);

    let daemon = project.daemon_pid().unwrap();
    fs::remove_file(&hook).unwrap();
    kill_process(Pid::from_raw(daemon).unwrap(), Signal::KILL).unwrap();
    project.successor(daemon);
    project.wait("the push", || (at_origin() == landed).then_some(()));
    project
        .wait("an empty queue", || project.json(&["attention"])["items"].as_array().unwrap().is_empty().then_some(()));
    assert_eq!(project.unit("a")["status"], "DONE");
}
