//! The main job: chunks in, landed work out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;

fn texts<'a>(values: &'a [Value], key: &str) -> Vec<&'a str> {
    values.iter().map(|value| value[key].as_str().unwrap()).collect()
}

/// Attempts of agents at a phase.
fn at_phase(project: &Project, chunk: &str, phase: &str) -> Vec<Value> {
    let mut attempts = project.attempts(chunk);
    attempts.retain(|attempt| attempt["phase"] == phase && attempt["kind"] == "agent");
    attempts
}

#[test]
fn chunks_land_side_by_side_and_in_the_order_they_declare() {
    let project = Project::with(
        r#"implement() {
            case $VE_CHUNK in
                second | third) test -f src/first.txt ;;
                last) test -f src/second.txt && test -f src/third.txt ;;
            esac
            mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; save implement
        }"#,
        "[limits]\nmax_agents = 2\n",
    );
    let chunks = ["first", "second", "third", "last", "lone", "solo"];
    let depends_on = ["[]", "[\"first\"]", "[\"first\"]", "[\"second\", \"third\"]", "[]", "[]"];
    for (chunk, depends_on) in chunks.into_iter().zip(depends_on) {
        project.chunk(chunk, depends_on);
    }
    project.start();
    project.inject(&["last", "solo", "third", "lone", "second", "first"]);
    project.wait_done(&chunks);

    let mut agents = Vec::new();
    for chunk in chunks {
        assert_eq!(project.read(&format!("src/{chunk}.txt")), format!("{chunk}\n"));
        assert!(project.read(&format!("docs/chunks/{chunk}/GOAL.md")).contains("status: ACTIVE"), "{chunk}");
        let attempts = project.attempts(chunk);
        assert_eq!(texts(&attempts, "phase"), ["IMPLEMENT", "REVIEW", "COMPLETE"]);
        assert_eq!(texts(&attempts, "outcome"), ["finished", "finished", "finished"]);
        agents.extend(attempts);
        let landed = project.unit(chunk)["landed_commit"].as_str().unwrap().to_owned();
        project.git(&["merge-base", "--is-ancestor", &landed, "main"]);
        let history = project.json(&["history", chunk]).to_string();
        assert!(history.contains("READY") && history.contains("RUNNING") && history.contains("DONE"), "{history}");
    }
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let at_once = |attempt: &Value| {
        let now = attempt["started_at"].as_str().unwrap();
        let runs =
            |other: &&Value| other["started_at"].as_str().unwrap() <= now && now < other["ended_at"].as_str().unwrap();
        agents.iter().filter(runs).count()
    };
    assert_eq!(agents.iter().map(at_once).max(), Some(2), "as many as allowed, and no more");
}

#[test]
fn a_question_waits_for_its_answer_and_goes_on_in_the_same_session() {
    let project = Project::new(
        r#"implement() {
            say '{"ve":"session","id":"s-1"}'
            if [ -z "${VE_ANSWER-}" ]; then ask "which way?"; exit 0; fi
            mkdir -p src; echo "$VE_ANSWER, $VE_SESSION" > src/alpha.txt; save implement
        }"#,
    );
    project.chunk("alpha", "[]");
    project.start();
    project.inject(&["alpha"]);
    project.wait_status("alpha", "NEEDS_ATTENTION");
    let attention = project.json(&["attention"]);
    let item = &attention["attention_items"][0];
    assert_eq!((attention["count"].as_i64(), item["chunk"].as_str()), (Some(1), Some("alpha")), "{attention:#}");
    let question = &item["attention"]["questions"][0];
    assert_eq!(question["question"], "which way?");
    assert_eq!(texts(question["options"].as_array().unwrap(), "label"), ["left", "right"]);
    project.ok(&["answer", "alpha", "--option", "2"]);
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt"), "right, s-1\n");
    let attempts = at_phase(&project, "alpha", "IMPLEMENT");
    assert_eq!(texts(&attempts, "session_id"), ["s-1", "s-1"]);
    assert_eq!(texts(&attempts, "outcome"), ["suspended", "finished"]);
}

#[test]
fn a_review_sends_work_back_until_its_feedback_is_dealt_with() {
    let project = Project::new(
        r#"implement() {
            feedback="docs/chunks/$VE_CHUNK/REVIEW_FEEDBACK.md"
            if [ -e "$feedback" ] && [ ! -e "$HOME/ignored" ]; then cat "$feedback" > "$HOME/ignored"; exit 0; fi
            rm -f "$feedback"
            sed -i 's/^status: .*/status: ACTIVE/' "docs/chunks/$VE_CHUNK/GOAL.md" # too early
            mkdir -p src; echo more >> src/alpha.txt; save implement
        }
        review() {
            if [ ! -e "$HOME/unsure" ]; then
                touch "$HOME/unsure"; say '{"ve":"session","id":"r-1"}'
                say '{"ve":"review","decision":"ESCALATE","summary":"unsure","reason":"is it long enough?"}'; exit 0
            fi
            if [ ! -e "$HOME/told" ]; then { echo "${VE_SESSION-}"; cat "$HOME/prompt.review"; } > "$HOME/told"; fi
            if [ -e "$HOME/reviewed" ]; then say '{"ve":"review","decision":"APPROVE","summary":"good"}'; exit 0; fi
            touch "$HOME/reviewed"
            say '{"ve":"review","decision":"FEEDBACK","summary":"nearly","issues":[{"location":"src/alpha.txt","concern":"too short","suggestion":"say more"}]}'
        }"#,
    );
    project.chunk("alpha", "[]");
    project.start();
    project.ok(&["inject", "alpha", "--retain"]);
    let unsure = project.wait_status("alpha", "NEEDS_ATTENTION");
    assert_eq!(unsure["attention"]["kind"], "review", "{unsure:#}");
    project.ok(&["answer", "alpha", "no, it is not"]);
    project.wait_done(&["alpha"]);
    let told = fs::read_to_string(project.unit_home("alpha").join("told")).unwrap();
    assert!(told.starts_with("r-1\n") && told.contains("no, it is not"), "{told}");
    assert_eq!(project.read("src/alpha.txt"), "more\nmore\n");
    assert_eq!(
        at_phase(&project, "alpha", "IMPLEMENT").len(),
        3,
        "the first, one that ignores the feedback, one that obeys"
    );
    assert_eq!(at_phase(&project, "alpha", "REVIEW").len(), 3);
    assert_eq!(project.unit("alpha")["review_iterations"], 1);
    assert!(!project.root().join("docs/chunks/alpha/REVIEW_FEEDBACK.md").exists());
    let seen = fs::read_to_string(project.unit_home("alpha").join("ignored")).unwrap();
    assert!(seen.contains("too short") && seen.contains("say more"), "{seen}");
}

/// Tries to commit where the operator works, dies over half its work, meets a busy provider, and sounds like a failure.
const TROUBLED: &str = r#"
once() { if [ -e "$HOME/$1" ]; then return 1; fi; touch "$HOME/$1"; }
implement() {
  ( cd "HOST" && git commit -q --allow-empty -m stray ) || git -C "$PWD" status --short > "$HOME/status"
  mkdir -p src
  if once crashed; then echo half > src/half.txt; kill -9 $$; fi
  if once busy; then say '{"ve":"error","kind":"overloaded","message":"529"}'; exit 1; fi
  say "Failed to find fault. Error: none of 529 tests."
  echo made > src/alpha.txt; save implement
}
"#;

/// Codex as far as COMPLETE goes: it forgets the status until it is told again in the same conversation, of which it counts all tokens.
const CODEX: &str = r#"#!/bin/sh
cat > /dev/null
say() { printf '%s\n' "$1"; }
say '{"type":"thread.started","thread_id":"t-1"}'
if [ "$2" = resume ]; then
  sed -i 's/^status: .*/status: ACTIVE/' "docs/chunks/$VE_CHUNK/GOAL.md"; git commit -qam complete
  say '{"type":"turn.completed","usage":{"input_tokens":500,"output_tokens":50}}'
else
  say '{"type":"turn.completed","usage":{"input_tokens":200,"output_tokens":20}}'
fi
"#;

#[test]
fn an_agent_in_trouble_is_tried_again_and_its_work_is_kept() {
    let project = Project::with("", "[limits]\nretry_initial_delay = \"50ms\"\n");
    project.script(&TROUBLED.replace("HOST", project.root().to_str().unwrap()));
    let codex = project.root().with_file_name("bin").join("codex");
    fs::create_dir(codex.parent().unwrap()).unwrap();
    fs::write(&codex, CODEX).unwrap();
    fs::set_permissions(&codex, fs::Permissions::from_mode(0o755)).unwrap();
    project.write(
        ".ve/config.toml",
        &format!("[agents]\ncomplete = \"codex\"\n[agents.codex]\nprogram = \"{}\"\n", codex.display()),
    );
    project.chunk("alpha", "[]");
    project.start();
    project.ok(&["inject", "alpha", "--retain"]);
    project.wait_done(&["alpha"]);
    assert_eq!(texts(&at_phase(&project, "alpha", "IMPLEMENT"), "outcome"), ["crashed", "failed", "finished"]);
    assert_eq!(project.git(&["show", "main:src/half.txt"]), "half", "what a dead agent left is committed");
    assert!(!project.git(&["log", "--all", "--format=%s"]).contains("stray"));
    assert!(project.unit_home("alpha").join("status").exists(), "its own worktree it may name");
    let complete = at_phase(&project, "alpha", "COMPLETE");
    assert_eq!(texts(&complete, "outcome"), ["finished", "finished"]);
    assert_eq!(texts(&complete, "session_id"), ["t-1", "t-1"], "it is reminded in the same conversation");
    let charged: Vec<&Value> = complete.iter().map(|attempt| &attempt["usage"]["input_tokens"]).collect();
    assert_eq!(serde_json::json!(charged), serde_json::json!([200, 300]), "of the conversation what is new");
}

#[test]
fn a_red_gate_keeps_work_from_landing_until_it_is_green_on_the_merged_tree() {
    let project = Project::with(
        "",
        "[gates]\nworker = [\"test -e src/alpha.txt\"]\nintegration = [\"echo looking; test -e fixed\"]\n",
    );
    project.chunk("alpha", "[]");
    project.start();
    let before = project.git(&["rev-parse", "main"]);
    project.inject(&["alpha"]);
    let unit = project.wait_status("alpha", "NEEDS_ATTENTION");
    let reason = unit["attention_reason"].as_str().unwrap();
    assert!(reason.contains("integration gate 1 is red") && reason.contains("looking"), "{reason}");
    assert_eq!(project.git(&["rev-parse", "main"]), before, "nothing has moved");
    assert!(!project.root().join("src/alpha.txt").exists());

    project.write("fixed", "");
    project.commit("fix");
    std::fs::remove_dir_all(project.unit_dir("alpha").join("worktree")).unwrap();
    let held = project.ok(&["hold", "alpha"]);
    assert!(held.contains("Will be held once you have decided what it waits for"), "{held}");
    project.ok(&["retry", "alpha"]);
    assert_eq!(project.unit("alpha")["status"], "PENDING", "no gate runs while it is held");
    project.ok(&["release", "alpha"]);
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt"), "alpha\n");
    let attempts = project.attempts("alpha");
    let agents = attempts.iter().filter(|attempt| attempt["kind"] == "agent").count();
    assert_eq!(agents, 3, "no agent ran again");
    let integration: Vec<&Value> = attempts.iter().filter(|attempt| attempt["kind"] == "integration gate").collect();
    assert_eq!(
        integration.iter().map(|gate| gate["outcome"].as_str().unwrap()).collect::<Vec<_>>(),
        ["failed", "finished"]
    );
}

#[test]
fn a_red_worker_gate_needs_attention() {
    let project = Project::with("", "[gates]\nworker = [\"true\", \"echo broken; exit 3\"]\n");
    project.chunk("alpha", "[]");
    project.start();
    project.inject(&["alpha"]);
    let unit = project.wait_status("alpha", "NEEDS_ATTENTION");
    let reason = unit["attention_reason"].as_str().unwrap();
    assert!(reason.contains("worker gate 2 is red") && reason.contains("broken"), "{reason}");
}

/// When the agent of alpha said this, once it has.
fn said_at(project: &Project, text: &str) -> Option<jiff::Timestamp> {
    let lines = String::from_utf8(project.ve(&["tail", "alpha", "--json"]).stdout).unwrap();
    let line =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).find(|line| line["text"] == text)?;
    Some(line["at"].as_str().unwrap().parse().unwrap())
}

#[test]
fn a_future_chunk_is_set_up_activated_and_retained() {
    let project = Project::with(
        r#"implement() {
            test -e "$HOME/set-up"
            grep -q '^status: IMPLEMENTING' "docs/chunks/$VE_CHUNK/GOAL.md"
            say "I work on it"
            say '{"ve":"usage","input_tokens":10,"output_tokens":20,"cost_usd":0.25}'
            await_file go
            say "I go on"
            mkdir -p src; echo made > src/alpha.txt; save implement
        }
        review() { test "$WHO" = other; say '{"ve":"review","decision":"APPROVE","summary":"fine"}'; }"#,
        "[worktree]\nsetup = \"echo once >> $HOME/set-up\"\n",
    );
    project.chunk_in("alpha", "FUTURE", "[]", Some(&["src/alpha.txt"]));
    project.write(
        ".ve/config.toml",
        "[agents]\nreview = \"other\"\n[agents.other]\nkind = \"command\"\nprogram = \"sh\"\nargs = [\"./agent.sh\"]\nenv = { WHO = \"other\" }\n",
    );
    project.start();
    project.ok(&["inject", "alpha", "--retain"]);
    project.wait("its first words", || said_at(&project, "I work on it"));
    let between = jiff::Timestamp::now();
    project.signal("alpha", "go");
    project.wait_done(&["alpha"]);
    assert!(project.unit_dir("alpha").join("worktree/src/alpha.txt").exists(), "it is kept");
    let attempts = project.attempts("alpha");
    assert_eq!(texts(&attempts, "kind"), ["setup", "agent", "agent", "agent"]);
    let agents: Vec<&Value> = attempts.iter().map(|attempt| &attempt["agent"]).collect();
    assert_eq!(
        serde_json::json!(agents),
        serde_json::json!([null, "script", "other", "script"]),
        "each phase has its own"
    );
    let costs = project.json(&["costs"]);
    assert_eq!(costs["cost_usd"], 0.25, "{costs:#}");
    assert_eq!(costs["units"][0]["usage"]["output_tokens"], 20);
    let said = ["I work on it", "I go on"].map(|text| said_at(&project, text).unwrap());
    assert!(said[0] <= between && between <= said[1] + jiff::SignedDuration::from_millis(250), "{said:?}, {between}");
    for log in fs::read_dir(project.unit_dir("alpha").join("log")).unwrap() {
        let path = log.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "times") {
            File::options().write(true).open(path).unwrap().set_len(5).unwrap();
        }
    }
    let begun: jiff::Timestamp = attempts[1]["started_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(said_at(&project, "I go on"), Some(begun), "without an index there are no times, and all the rest");
    assert!(project.ok(&["logs", "alpha", "--phase", "implement"]).starts_with("I work on it\n"));
}

#[test]
fn goal_and_plan_are_written_when_they_are_missing() {
    let project = Project::new("");
    project.chunk_in("alpha", "FUTURE", "[]", None);
    project.start();
    project.inject(&["alpha"]);
    project.wait_done(&["alpha"]);
    let phases = project.attempts("alpha");
    assert_eq!(texts(&phases, "phase"), ["PLAN", "IMPLEMENT", "REVIEW", "COMPLETE"]);
    assert!(project.read("docs/chunks/alpha/PLAN.md").contains("As the goal says."));
}

#[test]
fn everything_is_there_after_a_restart() {
    let project = Project::new(
        r#"implement() {
            if [ "$VE_CHUNK" = asks ]; then ask "really?"; exit 0; fi
            mkdir -p src; echo made > "src/$VE_CHUNK.txt"; save implement
        }"#,
    );
    for chunk in ["alpha", "asks", "later"] {
        project.chunk(chunk, if chunk == "later" { "[\"asks\"]" } else { "[]" });
    }
    project.start();
    project.inject(&["alpha", "asks", "later"]);
    project.wait_done(&["alpha"]);
    project.wait_status("asks", "NEEDS_ATTENTION");
    project.wait_status("later", "BLOCKED");
    project.wait("the tidying up", || project.unit("alpha")["worktree"].is_null().then_some(()));
    let account = |project: &Project| -> Vec<Value> {
        let of = |chunk: &str| [project.unit(chunk), project.json(&["history", chunk]), project.attempts(chunk).into()];
        ["alpha", "asks", "later"].into_iter().flat_map(of).collect()
    };
    let before = account(&project);
    project.stop();
    assert_eq!(project.processes(), []);
    project.start();
    for (before, after) in before.iter().zip(account(&project)) {
        assert_eq!(*before, after);
    }
}
