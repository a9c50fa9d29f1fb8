//! The main job: chunks in, landed work out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use serde_json::Value;
use std::fs;

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
            mkdir -p src; echo more >> src/alpha.txt; save implement
        }
        review() {
            if [ -e "$HOME/reviewed" ]; then say '{"ve":"review","decision":"APPROVE","summary":"good"}'; exit 0; fi
            touch "$HOME/reviewed"
            say '{"ve":"review","decision":"FEEDBACK","summary":"nearly","issues":[{"location":"src/alpha.txt","concern":"too short","suggestion":"say more"}]}'
        }"#,
    );
    project.chunk("alpha", "[]");
    project.start();
    project.ok(&["inject", "alpha", "--retain"]);
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt"), "more\nmore\n");
    assert_eq!(
        at_phase(&project, "alpha", "IMPLEMENT").len(),
        3,
        "the first, one that ignores the feedback, one that obeys"
    );
    assert_eq!(at_phase(&project, "alpha", "REVIEW").len(), 2);
    assert_eq!(project.unit("alpha")["review_iterations"], 1);
    assert!(!project.root().join("docs/chunks/alpha/REVIEW_FEEDBACK.md").exists());
    let seen = fs::read_to_string(project.unit_home("alpha").join("ignored")).unwrap();
    assert!(seen.contains("too short") && seen.contains("say more"), "{seen}");
}

#[test]
fn an_agent_that_crashes_is_tried_again() {
    let project = Project::new(
        r#"implement() {
            if [ ! -e "$HOME/crashed" ]; then touch "$HOME/crashed"; kill -9 $$; fi
            mkdir -p src; echo made > src/alpha.txt; save implement
        }"#,
    );
    project.chunk("alpha", "[]");
    project.start();
    project.inject(&["alpha"]);
    project.wait_done(&["alpha"]);
    assert_eq!(texts(&at_phase(&project, "alpha", "IMPLEMENT"), "outcome"), ["crashed", "finished"]);
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
    project.ok(&["retry", "alpha"]);
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

#[test]
fn a_future_chunk_is_set_up_activated_and_retained() {
    let project = Project::with(
        r#"implement() {
            test -e "$HOME/set-up"
            grep -q '^status: IMPLEMENTING' "docs/chunks/$VE_CHUNK/GOAL.md"
            say "I work on it"
            say '{"ve":"usage","input_tokens":10,"output_tokens":20,"cost_usd":0.25}'
            mkdir -p src; echo made > src/alpha.txt; save implement
        }"#,
        "[worktree]\nsetup = \"echo once >> $HOME/set-up\"\n",
    );
    project.chunk_in("alpha", "FUTURE", "[]", Some(&["src/alpha.txt"]));
    project.start();
    project.ok(&["inject", "alpha", "--retain"]);
    project.wait_done(&["alpha"]);
    assert!(project.unit_dir("alpha").join("worktree/src/alpha.txt").exists(), "it is kept");
    let attempts = project.attempts("alpha");
    assert_eq!(texts(&attempts, "kind"), ["setup", "agent", "agent", "agent"]);
    let costs = project.json(&["costs"]);
    assert_eq!(costs["cost_usd"], 0.25, "{costs:#}");
    assert_eq!(costs["units"][0]["usage"]["output_tokens"], 20);
    assert!(project.ok(&["tail", "alpha"]).contains("I work on it"));
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
