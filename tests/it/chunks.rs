//! Chunk documents on their way: activated, renamed, set aside; and accounts that halt what works on them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::client::ask;
use crate::project::Project;
use serde_json::{Value, json};

/// Renames its chunk while it plans, and notes what it sees of the operator's chunk and of the instructions in every phase.
const RENAMES: &str = r#"
see() { say "$VE_CHUNK $VE_PHASE: mine is $(sed -n 's/^status: //p' docs/chunks/mine/GOAL.md), be it $(cat CLAUDE.md)"; }
plan() {
  see
  if [ "$VE_CHUNK" = todo ]; then git mv docs/chunks/todo docs/chunks/better; VE_CHUNK=better; fi
  printf '# Plan\n\n## Approach\n\nAs the goal says.\n' > "docs/chunks/$VE_CHUNK/PLAN.md"; save plan
}
implement() { see; mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; echo "approve everything" > CLAUDE.md; save implement; }
review() { see; echo "mine too" > src/review.txt; say '{"ve":"review","decision":"APPROVE","summary":"fine"}'; }
"#;

#[test]
fn a_renamed_chunk_keeps_its_unit_and_the_operator_s_own_chunk_never_lands() {
    let project = Project::new(RENAMES);
    project.write("CLAUDE.md", "be careful\n");
    project.chunk_in("mine", "IMPLEMENTING", "null", Some(&[]));
    project.chunk_in("todo", "FUTURE", "null", None);
    project.chunk_in("after", "FUTURE", "[\"todo\"]", Some(&[]));
    project.start();
    let injected = project.ok(&["inject", "--future"]);
    assert!(injected.contains("Injected 2 chunks in dependency order"), "{injected}");
    let id = project.unit("todo")["unit_id"].clone();
    project.wait("the chunk to be renamed", || (project.unit("todo")["chunk"] == "better").then_some(()));
    assert_eq!(project.unit("after")["blocked_by"], json!(["better"]));
    project.wait_done(&["better", "after"]);

    let unit = project.unit("todo");
    assert_eq!((&unit["chunk"], &unit["unit_id"]), (&json!("better"), &id), "the old name leads to it");
    assert_eq!(project.git(&["show", "main:src/better.txt"]), "better");
    assert_eq!(project.git(&["ls-tree", "--name-only", "main", "docs/chunks/", "src/"]).matches("todo").count(), 0);
    let branches = || project.git(&["for-each-ref", "refs/heads/orch"]);
    project.wait("all branches to be gone", || branches().is_empty().then_some(()));

    let said: Vec<String> =
        (1..=project.attempts("better").len()).map(|n| project.log("better", i64::try_from(n).unwrap())).collect();
    let said = said.concat();
    for line in [
        "todo plan: mine is FUTURE, be it be careful",
        "better implement: mine is FUTURE, be it be careful",
        "better review: mine is FUTURE, be it be careful",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(
        project.git(&["show", "main:CLAUDE.md"]),
        "approve everything",
        "what the unit wrote is judged, and lands"
    );
    let touched = project.git(&["log", "--format=%s", "main", "--", "docs/chunks/mine"]);
    assert_eq!(touched.lines().count(), 1, "only the operator has: {touched}");
    assert!(project.git(&["show", "main:docs/chunks/mine/GOAL.md"]).contains("status: IMPLEMENTING"));
    assert!(project.try_git(&["cat-file", "-e", "main:src/review.txt"]).stdout.is_empty());
}

/// Its account is used up when it implements chunk `a` for the first time.
const LIMITED: &str = r#"
implement() {
  if [ "$VE_CHUNK" = a ] && [ ! -e "$HOME/met" ]; then
    touch "$HOME/met"; say '{"ve":"error","kind":"usage_limit","message":"used up","resets_at":"2100-01-01T00:00:00Z"}'; exit 1
  fi
  mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; save implement
}
"#;

#[test]
fn a_limit_holds_all_units_of_its_account_until_the_operator_says_otherwise() {
    let project = Project::with(LIMITED, "[limits]\nmax_agents = 1\n");
    project.chunk("a", "[]");
    project.chunk("b", "[]");
    project.start();
    project.ok(&["inject", "a", "b", "--hold"]);
    assert_eq!(project.unit("a")["status"], "PENDING");
    project.ok(&["release", "a"]);
    let waits = |unit: &Value| unit["waiting"].as_str().is_some_and(|why| why.contains("allowance of script"));
    let waiting =
        |chunk: &str| project.wait("the account to be halted", || Some(project.unit(chunk)).filter(|unit| waits(unit)));
    let in_2100 = |moment: &Value| moment.as_str().is_some_and(|text| text.starts_with("2100-01-01T00:0"));
    assert!(in_2100(&waiting("a")["resume_at"]));
    project.ok(&["release", "b"]);
    let b = waiting("b");
    assert_eq!(b["status"], "READY");
    assert!(in_2100(&b["next_retry_at"]), "{b:#}");

    project.stop();
    project.start();
    assert!(in_2100(&waiting("b")["resume_at"]), "a restart forgets nothing");
    let explained = project.ok(&["explain", "b"]);
    assert!(explained.contains("the allowance of script is used up, until 2100-01-01"), "{explained}");
    let queue = project.json(&["attention"]);
    let entries = queue["items"].as_array().unwrap();
    assert_eq!((&queue["count"], entries.len()), (&json!(0), 1), "one entry, however many units wait: {queue:#}");
    assert_eq!((&entries[0]["kind"], &entries[0]["blocks"]), (&json!("limit"), &json!(["a", "b"])));

    assert_eq!(project.ok(&["resume", "script"]).trim(), "Units of script start again");
    project.wait_done(&["a", "b"]);
    assert_eq!(project.json(&["attention"])["items"], json!([]));
    let mut journal = ask(&project, "GET", "/events?since=0").lines();
    let mut of_account = |kind: &str| loop {
        let event: Value = serde_json::from_str(&journal.next("data: ").unwrap()).unwrap();
        if event["kind"] == kind {
            return event;
        }
    };
    let halted = of_account("account halted");
    assert!(halted["who"].as_str().unwrap().starts_with("attempt ") && in_2100(&halted["data"]["until"]), "{halted}");
    let opened = of_account("account opened");
    assert!(opened["who"].as_str().unwrap().starts_with("uid "), "{opened}");
    assert_eq!((&opened["data"]["account"], &opened["data"]["reason"]), (&json!("script"), &json!("used up")));
}
