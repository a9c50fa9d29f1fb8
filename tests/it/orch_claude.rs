//! Chunks of this very repository, taken home by the real Claude Code under the real daemon, with a scripted model behind it.

mod scripts;
mod works;

use crate::model::{Failure, Turn, bash, call, say};
use scripts::{approve, complete, complete_turns, expecting, heading, implement, plan, plan_turns, script};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use works::{Chunk, Works, wait_until};

const STORE: (&str, &str) = ("Store", "Where are the units kept?");
const CACHE: (&str, &str) = ("Cache", "And what was read already?");
const KEY: [(&str, &str); 1] = [("ANTHROPIC_API_KEY", "dummy")];

fn small_crate(works: &Works) {
    let manifest = "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n";
    works.write("small/Cargo.toml", manifest);
    works.write("small/.gitignore", "/target\n/Cargo.lock\n");
    works.write("small/src/main.rs", "fn main() {}\n");
    works.write("ve.toml", &format!("[gates]\nworker = [\"{}\"]\n", works.gate()));
    works.commit("a small crate");
}

fn ask_user(header: &str, question: &str) -> Turn {
    let options =
        json!([{"label": "One file", "description": "SQLite"}, {"label": "A server", "description": "Postgres"}]);
    let question = json!({"question": question, "header": header, "multiSelect": false, "options": options});
    call("AskUserQuestion", json!({"questions": [question]}))
}

fn ask_operator() -> Turn {
    let options = json!([{"label": "yes", "description": "now"}, {"label": "no"}]);
    call(
        "mcp__orch__ask_operator",
        json!({"header": "Format", "question": "Is the old format read too?", "options": options}),
    )
}

fn tokens(attempt: &Value) -> u64 {
    attempt["usage"]["input_tokens"].as_u64().unwrap()
}

fn sessions(attempts: &[Value], phase: &str) -> Vec<String> {
    let of_phase = attempts.iter().filter(|attempt| attempt["phase"] == phase && attempt["kind"] == "agent");
    of_phase.map(|attempt| attempt["session_id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn chunks_of_this_repository_go_from_plan_to_the_base_branch() {
    let (store, format) = ("unit_store", "unit_format");
    let feedback = json!({"decision": "FEEDBACK", "summary": "The words are not explained.", "issues": [
        {"location": "small/src/unit_store.rs:4", "concern": "nobody knows why", "suggestion": "say why"}]});
    let [file, commit] = implement(store, "A server");
    let [other, other_commit] = implement(format, "yes, for a year");
    let Some(works) = Works::set(
        vec![
            plan(store),
            script(
                "The words are not explained.",
                vec![
                    bash(
                        "cat docs/chunks/unit_store/REVIEW_FEEDBACK.md && echo '// Many writers.' >> small/src/unit_store.rs",
                    ),
                    expecting(
                        bash(
                            "rm docs/chunks/unit_store/REVIEW_FEEDBACK.md; git add -A && git commit -qm explained && git status --porcelain && echo clean",
                        ),
                        "nobody knows why",
                    ),
                    expecting(say("Dealt with."), "clean"),
                ],
            ),
            script(
                heading("Implement", store),
                vec![
                    // Both at once; the operator sees one after the other.
                    Turn {
                        calls: [STORE, CACHE].map(|(header, text)| ask_user(header, text).calls).concat(),
                        ..Turn::default()
                    },
                    Turn { expects: [STORE.1, CACHE.1].map(|text| format!(r#""{text}"="A server"#)).to_vec(), ..file },
                    commit,
                    expecting(say("Implemented."), "clean"),
                ],
            ),
            script(
                heading("Review", store),
                vec![call("mcp__orch__review_decision", feedback), expecting(say("Sent back."), "recorded")],
            ),
            approve(store),
            complete(store),
            plan(format),
            script(
                heading("Implement", format),
                // The answer comes to this session after its process has ended.
                vec![ask_operator()],
            ),
            script(
                "## The operator answers\n\nyes, for a year",
                vec![
                    bash("cat small/src/unit_store.rs"),
                    expecting(other, "A server"),
                    other_commit,
                    expecting(say("Implemented."), "clean"),
                ],
            ),
            approve(format),
            complete(format),
        ],
        &[Chunk { name: store, after: &[] }, Chunk { name: format, after: &["unit_store"] }],
    ) else {
        return;
    };
    small_crate(&works);
    works.configure(&KEY, "");
    let before = works.git(&["rev-parse", "main"]);
    works.start();
    works.ve(&["inject", store, format]);

    let asked = works.until_status(store, "NEEDS_ATTENTION");
    let question = &asked["attention"]["questions"][0];
    assert_eq!(asked["attention"]["kind"], "question", "{asked:#?}");
    assert_eq!((&question["header"], &question["question"]), (&json!(STORE.0), &json!(STORE.1)), "{asked:#?}");
    assert_eq!(question["options"][1], json!({"label": "A server", "description": "Postgres"}));
    works.ve(&["restart"]);
    let warm = works.attempts(store);
    assert_eq!(warm.last().unwrap()["status"], "suspended");
    works.ve(&["answer", store, "--option", "2"]);
    works.until(store, "asking again", |unit| unit["attention"]["questions"][0]["header"] == CACHE.0);
    works.ve(&["answer", store, "A server like that one"]);

    let done = works.until_status(store, "DONE");
    assert_eq!(done["done_by"], "landing");
    let attempts = works.attempts(store);
    let agents: Vec<_> = attempts.iter().filter(|attempt| attempt["kind"] == "agent").collect();
    let phases: Vec<_> = agents.iter().map(|attempt| attempt["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["PLAN", "IMPLEMENT", "REVIEW", "IMPLEMENT", "REVIEW", "COMPLETE"]);
    assert_eq!(agents[1]["id"], warm.last().unwrap()["id"], "the answer went to the process that asked");
    for attempt in &agents {
        assert_eq!(attempt["outcome"], "finished", "{attempt:#?}");
        assert!(attempt["agent_version"].as_str().is_some_and(|version| version.contains('.')), "{attempt:#?}");
        assert!(attempt["cost_usd"].as_f64() > Some(0.0), "{attempt:#?}");
    }
    let gates = attempts.iter().filter(|attempt| attempt["kind"] == "worker gate" && attempt["outcome"] == "finished");
    assert_eq!(gates.count(), 1);

    let asked = works.until_status(format, "NEEDS_ATTENTION");
    let question = &asked["attention"]["questions"][0];
    assert_eq!(
        (&question["header"], &question["options"][0]["label"]),
        (&json!("Format"), &json!("yes")),
        "{asked:#?}"
    );
    works.ve(&["stop"]);
    works.start();
    works.ve(&["answer", format, "yes, for a year"]);
    works.until_status(format, "DONE");
    let implemented = sessions(&works.attempts(format), "IMPLEMENT");
    assert_eq!(implemented.len(), 2);
    assert_eq!(implemented[0], implemented[1], "the answer went to the session that asked");

    // The scripted model says 100 tokens of input for each of its turns.
    let counted: u64 =
        [store, format].iter().flat_map(|chunk| works.attempts(chunk)).map(|attempt| tokens(&attempt)).sum();
    assert_eq!(counted, 100 * works.model.played().len() as u64);

    let landed = done["landed_commit"].as_str().unwrap();
    works.git(&["merge-base", "--is-ancestor", landed, "main"]);
    assert_ne!(works.git(&["rev-parse", "main"]), before);
    assert!(works.git(&["show", "main:small/src/unit_store.rs"]).contains("\"A server\";\n// Many writers.\n"));
    assert!(works.git(&["show", "main:small/src/unit_format.rs"]).contains("yes, for a year"));
    assert!(works.git(&["show", "main:docs/chunks/unit_store/GOAL.md"]).contains("status: ACTIVE"));
    assert!(!works.git(&["ls-tree", "-r", "--name-only", "main"]).contains("REVIEW_FEEDBACK"));
    assert_eq!(works.git(&["status", "--porcelain"]), "");
    works.finish();
}

/// The processes of one unit whose command line holds `text`.
fn running(works: &Works, unit: &Value, text: &str) -> Vec<i32> {
    let home = format!("/units/{}/", unit["unit_id"]);
    let processes = works.processes(&home).into_iter();
    processes.filter(|(_, command)| command.contains(text)).map(|(pid, _)| pid).collect()
}

#[track_caller]
fn until_running(works: &Works, unit: &Value, text: &str) -> Vec<i32> {
    let found = wait_until(|| Some(running(works, unit, text)).filter(|found| !found.is_empty()));
    found.unwrap_or_else(|| panic!("nothing runs {text}"))
}

#[test]
fn agents_survive_their_daemon_and_obey_their_operator() {
    let (moved, dropped, lost) = ("unit_move", "unit_drop", "unit_lost");
    let [file, commit] = implement(moved, "as planned");
    let Some(works) = Works::set(
        vec![
            plan(moved),
            script(
                heading("Implement", moved),
                vec![
                    bash("until [ -e go ]; do sleep 0.1; done; rm go; echo went"),
                    expecting(file, "went"),
                    commit,
                    expecting(say("Implemented."), "clean"),
                ],
            ),
            approve(moved),
            script(heading("Complete", moved), vec![bash("tail -f /dev/null -s 31.7")]),
            script("## The operator says\n\nFinish it now.", complete_turns(moved)),
            script(
                heading("Plan", dropped),
                vec![bash("setsid nohup tail -f /dev/null -s 33.3 >/dev/null 2>&1 & tail -f /dev/null -s 33.4")],
            ),
            script("An earlier conversation about this phase is lost.", plan_turns(lost)),
            script(heading("Plan", lost), vec![ask_operator()]),
            script(heading("Implement", lost), vec![ask_operator()]),
        ],
        &[moved, dropped, lost].map(|name| Chunk { name, after: &[] }),
    ) else {
        return;
    };
    works.configure(&KEY, "[limits]\nmax_warm = 0\n");
    let first = works.start();
    works.ve(&["inject", moved, dropped, lost]);
    works.until_played(heading("Implement", moved), 0);
    let unit = works.until(moved, "in its tool call", |unit| unit["activity"] == "agent");
    let drop = works.until(dropped, "in its tool call", |unit| unit["activity"] == "agent");
    let tool = until_running(&works, &unit, "until [ -e go ]");
    for nap in ["33.3", "33.4"] {
        until_running(&works, &drop, nap);
    }
    let before = works.attempts(moved).last().unwrap().clone();

    rustix::process::kill_process(
        rustix::process::Pid::from_raw(i32::try_from(first).unwrap()).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    let pid = || works.get("/status")?["pid"].as_u64();
    let second = wait_until(|| pid().filter(|pid| *pid != first)).unwrap();
    works.ve(&["restart"]);
    assert_ne!(pid(), Some(second));
    let after = works.attempts(moved).last().unwrap().clone();
    assert_eq!((&after["id"], &after["pid"]), (&before["id"], &before["pid"]));
    assert_eq!((after["status"].as_str(), running(&works, &unit, "until [ -e go ]")), (Some("running"), tool));

    let canceled = Instant::now();
    works.ve(&["cancel", dropped]);
    assert!(wait_until(|| running(&works, &drop, "").is_empty().then_some(())).is_some());
    assert!(canceled.elapsed() < Duration::from_secs(5), "{:?}", canceled.elapsed());

    works.until(lost, "asking", |unit| unit["status"] == "NEEDS_ATTENTION");
    wait_until(|| (works.attempts(lost).last()?["status"] == "ended").then_some(())).unwrap();
    let attempts = works.attempts(lost);
    let log = Path::new(attempts[0]["log"].as_str().unwrap());
    std::fs::remove_dir_all(log.parent().unwrap().with_file_name("home").join(".claude/projects")).unwrap();
    works.ve(&["answer", lost, "Go on."]);
    works.until(lost, "asking again", |unit| unit["phase"] == "IMPLEMENT" && unit["status"] == "NEEDS_ATTENTION");
    let attempts = works.attempts(lost);
    let ends: Vec<_> = attempts.iter().take(3).map(|attempt| attempt["outcome"].as_str().unwrap()).collect();
    assert_eq!(ends, ["suspended", "failed", "finished"], "{attempts:#?}");
    let named = sessions(&attempts, "PLAN");
    assert!(!named[2].is_empty() && named[0] != named[2], "{named:?}");
    works.ve(&["cancel", lost]);

    std::fs::write(Path::new(unit["worktree"].as_str().unwrap()).join("go"), "").unwrap();
    works.until_played(heading("Complete", moved), 0);
    until_running(&works, &unit, "31.7");
    works.ve(&["interrupt", moved, "Finish it now."]);
    works.until_status(moved, "DONE");
    let attempts = works.attempts(moved);
    let ends: Vec<_> = attempts.iter().map(|attempt| attempt["outcome"].as_str().unwrap()).collect();
    assert_eq!(ends, ["finished", "finished", "finished", "interrupted", "finished"], "{attempts:#?}");
    let named = sessions(&attempts, "COMPLETE");
    assert_eq!(named[0], named[1]);

    let played = works.model.played();
    assert_eq!(played.len(), played.iter().collect::<BTreeSet<_>>().len(), "a request was repeated: {played:#?}");
    works.finish();
}

fn failing(failure: Failure, turn: Turn) -> Turn {
    Turn { failure: Some(failure), ..turn }
}

#[test]
fn trouble_with_the_provider_is_waited_out_or_told_once() {
    let (busy, next) = ("unit_busy", "unit_next");
    let failure = |status, kind, times| Failure { status, kind, message: "scripted", headers: Vec::new(), times };
    let limit = Failure {
        headers: vec![
            ("x-should-retry", "false"),
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-reset", "4102444800"),
            ("anthropic-ratelimit-unified-representative-claim", "five_hour"),
            ("anthropic-ratelimit-unified-5h-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-reset", "4102444800"),
            ("anthropic-ratelimit-unified-overage-status", "rejected"),
        ],
        ..failure(429, "usage_limit_reached", 1000)
    };
    // What it wrote before the trouble is committed in its place, and there when it goes on.
    let mut planned = plan_turns(busy);
    planned[1] = failing(failure(529, "overloaded_error", 2), bash("git show --stat --format= HEAD"));
    planned[2] = expecting(say("Planned."), "unit_busy/PLAN.md");
    let Some(works) = Works::set(
        vec![
            script(heading("Plan", busy), planned),
            script(heading("Implement", busy), vec![failing(failure(401, "authentication_error", 1), ask_operator())]),
            script(heading("Plan", next), vec![failing(limit, say("never"))]),
        ],
        &[busy, next].map(|name| Chunk { name, after: &[] }),
    ) else {
        return;
    };
    let patience = ("CLAUDE_CODE_MAX_RETRIES", "0");
    works.configure(&[KEY[0], patience], "[limits]\nmax_warm = 0\n");
    works.start();
    works.ve(&["inject", busy]);
    let waits = |unit: &Value| {
        unit["status"] == "READY" && unit["waiting"].as_str().is_some_and(|why| why.contains("nobody is logged in"))
    };
    let login = works.until(busy, "without a login", waits);
    assert_eq!(login["phase"], "IMPLEMENT", "{login:#?}");
    let attempts = works.attempts(busy);
    let ends: Vec<_> = attempts.iter().map(|attempt| attempt["outcome"].as_str().unwrap()).collect();
    assert_eq!(ends, ["failed", "failed", "finished", "failed"], "{attempts:#?}");
    assert_eq!(sessions(&attempts, "PLAN").into_iter().collect::<BTreeSet<_>>().len(), 1);

    works.ve(&["inject", next]);
    works.until(next, "waiting for the login", waits);
    let queue = works.get("/attention").unwrap();
    let entries = queue["items"].as_array().unwrap();
    assert_eq!((&queue["count"], entries.len()), (&json!(0), 1), "one entry, however many units wait: {queue:#?}");
    assert_eq!((&entries[0]["kind"], &entries[0]["blocks_count"]), (&json!("login"), &json!(2)));
    works.ve(&["hold", next]);
    works.configure(&[("CLAUDE_CODE_OAUTH_TOKEN", "dummy"), patience], "[limits]\nmax_warm = 0\n");
    works.until_logged("edited and is in effect");
    works.ve(&["resume", "claude"]);
    let asked = works.until(busy, "asking", |unit| unit["status"] == "NEEDS_ATTENTION");
    assert_eq!(asked["attention"]["kind"], "question", "{asked:#?}");

    works.ve(&["release", next]);
    let limited = works.until(next, "waiting for the allowance", |unit| !unit["next_retry_at"].is_null());
    let in_2100 = |moment: &Value| moment.as_str().is_some_and(|text| text.starts_with("2100-01-01T00:0"));
    assert_eq!(limited["status"], "READY");
    assert!(in_2100(&limited["next_retry_at"]) && in_2100(&limited["resume_at"]), "{limited:#?}");
    works.ve(&["answer", busy, "yes"]);
    let released = works.until(busy, "waiting for the allowance", |unit| !unit["resume_at"].is_null());
    assert_eq!(released["status"], "READY", "{released:#?}");
    assert!(in_2100(&released["resume_at"]), "{released:#?}");
    works.finish();
}

/// Waits until the agent asks whether it may do what `text` says.
#[track_caller]
fn until_permission(works: &Works, chunk: &str, text: &str) -> Value {
    let asks = |unit: &Value| {
        let attention = &unit["attention"];
        let question = attention["questions"][0]["question"].as_str().unwrap_or_default();
        attention["kind"] == "permission" && question.contains(text)
    };
    works.until(chunk, &format!("asking for {text:?}"), asks)["attention"]["questions"][0].clone()
}

/// Without the sandbox every tool but ours is asked for; two agents take turns, by phase.
#[test]
fn without_the_sandbox_permissions_go_to_the_operator() {
    let chunk = "unit_free";
    let asked = |command: &str, what: &str| {
        bash(&format!("{command} && git add -A && git commit -qm {what} && git log -1 --format=%s"))
    };
    let approve = call("mcp__orch__review_decision", json!({"decision": "APPROVE", "summary": "Fine."}));
    let Some(works) = Works::set(
        vec![
            script(
                heading("Plan", chunk),
                vec![
                    asked(
                        &format!("printf '# Plan\\n\\n## Approach\\n\\nOne file.\\n' > docs/chunks/{chunk}/PLAN.md"),
                        "planned",
                    ),
                    expecting(bash("touch denied"), "planned"),
                    expecting(say("Planned."), "not on this machine"),
                ],
            ),
            script(
                heading("Implement", chunk),
                vec![asked("echo free > free.txt", "freed"), expecting(say("Implemented."), "freed")],
            ),
            script(heading("Review", chunk), vec![approve, expecting(say("Reviewed."), "recorded")]),
            script(
                heading("Complete", chunk),
                vec![
                    asked(&format!("sed -i 's/^status: .*/status: ACTIVE/' docs/chunks/{chunk}/GOAL.md"), "completed"),
                    expecting(say("Completed."), "completed"),
                ],
            ),
        ],
        &[Chunk { name: chunk, after: &[] }],
    ) else {
        return;
    };
    let Ok(other) = std::env::var("VE_E2E_CLAUDE_ACP") else {
        println!("skipped: VE_E2E_CLAUDE_ACP names no program; scripts/install-agents.sh DIR installs one");
        return;
    };
    let url = works.model.url();
    works.configure(
        &KEY,
        &format!(
            "[sandbox]\nmode = \"off\"\n[agents]\nimplement = \"other\"\n[agents.other]\nkind = \"acp\"\nprogram = \"{other}\"\n\
             [agents.other.env]\nANTHROPIC_BASE_URL = \"{url}\"\nANTHROPIC_API_KEY = \"dummy\"\n"
        ),
    );
    works.start();
    works.ve(&["inject", chunk]);

    let question = until_permission(&works, chunk, "planned");
    assert_eq!(
        question["options"],
        json!([{"label": "Allow", "description": ""}, {"label": "Deny", "description": ""}])
    );
    works.ve(&["answer", chunk, "--option", "1"]);
    until_permission(&works, chunk, "touch denied");
    works.ve(&["answer", chunk, "not on this machine"]);
    until_permission(&works, chunk, "freed");
    works.ve(&["restart"]);
    works.ve(&["approve", chunk]);
    // The reviewer's tool is ours: it is not asked for.
    until_permission(&works, chunk, "completed");
    works.ve(&["approve", chunk]);
    works.until_status(chunk, "DONE");
    assert!(!works.git(&["ls-tree", "-r", "--name-only", "main"]).contains("denied"));

    let attempts = works.attempts(chunk);
    let played: Vec<_> = attempts.iter().map(|attempt| (&attempt["phase"], &attempt["agent"])).collect();
    let expected = [("PLAN", "claude"), ("IMPLEMENT", "other"), ("REVIEW", "claude"), ("COMPLETE", "claude")];
    assert_eq!(json!(played), json!(expected), "each in one attempt: {attempts:#?}");
    let versions: BTreeSet<_> = attempts.iter().map(|attempt| attempt["agent_version"].as_str().unwrap()).collect();
    assert_eq!(versions.len(), 2, "{attempts:#?}");
    let history = works.ve(&["history", chunk]);
    let decided =
        history["history"].as_array().unwrap().iter().filter(|entry| entry["old_status"] == "NEEDS_ATTENTION");
    let decided: Vec<_> = decided.map(|entry| entry["why"].as_str().unwrap_or_default()).collect();
    assert_eq!(decided, ["answered", "answered", "approved", "approved"], "{history:#?}");
    works.finish();
}
