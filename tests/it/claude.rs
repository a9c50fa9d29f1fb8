//! The codec against the real Claude Code and a scripted model, over loopback.

use crate::live::{Live, spec};
use crate::model::{Failure, Model, Script, Turn, bash, call, say};
use serde_json::json;
use std::path::Path;
use ve::agent::Command;
use ve::agent::spec::{Permissions, Session, SessionSpec, Tools};
use ve::domain::ids::SessionId;
use ve::domain::report::{ErrorKind, Outcome, ProcessExit, Report, ReviewVerdict, Usage};
use ve::domain::time::Timestamp;

/// One scripted world: the program, its directories, its model.
struct Stage {
    program: String,
    root: tempfile::TempDir,
    model: Model,
}

impl Stage {
    /// `None`, said aloud, where Claude Code is not installed.
    fn set(scripts: Vec<Script>) -> Option<Self> {
        let Ok(program) = std::env::var("VE_E2E_CLAUDE") else {
            eprintln!(
                "skipped: VE_E2E_CLAUDE names no program; scripts/install-agents.sh DIR installs one and prints its path"
            );
            return None;
        };
        let root = tempfile::tempdir().unwrap();
        for name in ["home", "tmp", "worktree"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        Some(Self { program, root, model: Model::start(scripts) })
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    fn spec(&self, prompt: &str) -> SessionSpec {
        let mut spec = spec(self.path(), &self.program, prompt);
        spec.place.inherited =
            vec![("ANTHROPIC_BASE_URL".into(), self.model.url()), ("ANTHROPIC_API_KEY".into(), "dummy".into())];
        spec
    }

    fn resume(&self, before: &SessionSpec, prompt: &str) -> SessionSpec {
        let (Session::New(id) | Session::Resume(id)) = before.session.clone();
        SessionSpec { session: Session::Resume(id), ..self.spec(prompt) }
    }

    fn git(&self, args: &[&str]) -> String {
        let output = std::process::Command::new("git")
            .args(args)
            .env_clear()
            .envs([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
            .current_dir(self.path().join("worktree"))
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn script(prompt: &'static str, turns: Vec<Turn>) -> Script {
    Script { prompt, turns }
}

fn expecting(turn: Turn, text: &str) -> Turn {
    Turn { expects: vec![text.into()], ..turn }
}

fn failing(status: u16, kind: &'static str, headers: &[(&'static str, &'static str)], times: usize) -> Turn {
    let failure = Failure { status, kind, message: "scripted", headers: headers.to_vec(), times };
    Turn { failure: Some(failure), ..say("Recovered.") }
}

fn errors(reports: &[Report]) -> Vec<ErrorKind> {
    reports
        .iter()
        .filter_map(|report| if let Report::Error(error) = report { Some(error.kind) } else { None })
        .collect()
}

fn failed(outcome: Outcome) -> ErrorKind {
    let Outcome::Failed(error) = outcome else { panic!("{outcome:?}") };
    error.kind
}

fn used(reports: &[Report]) -> Usage {
    reports
        .iter()
        .fold(Usage::default(), |sum, report| if let Report::Usage(usage) = report { sum.plus(*usage) } else { sum })
}

fn cost(reports: &[Report]) -> Option<u64> {
    reports.iter().rev().find_map(|report| if let Report::SessionCost(cost) = report { Some(*cost) } else { None })
}

const COMMIT: &str =
    "git add -A && git -c user.name=a -c user.email=a@localhost commit -qm work && git log --format=%s -1";

#[test]
fn a_session_writes_and_commits_and_is_resumed_with_all_it_knew() {
    let Some(stage) = Stage::set(vec![
        script("SCRIPT resumed", vec![say("I remember.")]),
        script(
            "SCRIPT write",
            vec![
                call("Write", json!({"file_path": "hello.txt", "content": "hello\n"})),
                expecting(bash(COMMIT), "hello.txt"),
                expecting(say("Committed."), "work"),
            ],
        ),
    ]) else {
        return;
    };
    stage.git(&["init", "-q", "-b", "main"]);
    let mut first = stage.spec("SCRIPT write");
    first.place.inherited.push(("GIT_DIR".into(), "/nowhere".into()));
    let ended = Live::start(stage.path(), &first).finish();
    ended.record("write");
    assert_eq!((ended.outcome, ended.exit), (Outcome::Finished, ProcessExit::Code(0)));
    assert_eq!(stage.git(&["show", "HEAD:hello.txt"]), "hello\n");
    let Session::New(chosen) = &first.session else { panic!("not new") };
    assert!(ended.reports.iter().any(|report| matches!(report, Report::Session { id, .. } if id == chosen)));
    let three = Usage { input: 300, output: 30, cache_read: 180, cache_write: 90, cost: 0 };
    assert_eq!(used(&ended.reports), three);
    let before = cost(&ended.reports).unwrap();

    let ended = Live::start(stage.path(), &stage.resume(&first, "SCRIPT resumed")).finish();
    ended.record("resumed");
    assert_eq!(ended.outcome, Outcome::Finished);
    assert!(ended.reports.iter().any(|report| matches!(report, Report::Session { id, .. } if id == chosen)));
    assert_eq!(used(&ended.reports), Usage { input: 100, output: 10, cache_read: 60, cache_write: 30, cost: 0 });
    assert!(cost(&ended.reports).unwrap() > before, "the cost is that of the whole session");
    stage.model.finish();
}

fn ask_user() -> Turn {
    call(
        "AskUserQuestion",
        json!({"questions": [
            {"question": "Which database?", "header": "DB", "multiSelect": false, "options": [
                {"label": "SQLite", "description": "one file"}, {"label": "Postgres", "description": "a server"}]},
            {"question": "Which caches?", "header": "Cache", "multiSelect": true, "options": [
                {"label": "disk", "description": "slow"}, {"label": "memory", "description": "fast"}]}]}),
    )
}

fn ask_operator() -> Turn {
    call("mcp__orch__ask_operator", json!({"question": "Go on?"}))
}

#[test]
fn questions_reach_the_operator_and_answers_the_model() {
    let Some(stage) = Stage::set(vec![script(
        "SCRIPT ask",
        vec![
            ask_user(),
            Turn {
                expects: vec![r#""Which database?"="Postgres"#.into(), r#""Which caches?"="disk, memory""#.into()],
                ..call("mcp__orch__ask_operator", json!({"question": "Go on?", "options": [{"label": "yes"}]}))
            },
            expecting(
                call("mcp__orch__report_progress", json!({"percent": 50, "text": "half"})),
                "yes, \"naturally\"\nbut ünder",
            ),
            expecting(say("Thank you."), "Noted."),
        ],
    )]) else {
        return;
    };
    let mut live = Live::start(stage.path(), &stage.spec("SCRIPT ask"));
    let asked = |text: &'static str| move |report: &Report| matches!(report, Report::Question(set) if set.items[0].text == text);
    let Report::Question(set) = live.until(asked("Which database?")) else { panic!("no question") };
    assert_eq!(
        set.items.iter().map(|item| (item.header.as_str(), item.many)).collect::<Vec<_>>(),
        [("DB", false), ("Cache", true)]
    );
    assert_eq!(set.items[0].options[1].description, "a server");
    live.order(&Command::Answer { question: set.key, answers: vec!["Postgres".into(), "disk, memory".into()] });
    let Report::Question(set) = live.until(asked("Go on?")) else { panic!("no question") };
    live.order(&Command::Answer { question: set.key, answers: vec!["yes, \"naturally\"\nbut ünder".into()] });
    let ended = live.finish();
    ended.record("ask");
    assert_eq!(ended.outcome, Outcome::Finished);
    assert!(ended.reports.contains(&Report::Progress { percent: 50, text: "half".into() }));
    stage.model.finish();
}

#[test]
fn a_session_ended_over_a_question_is_suspended_and_goes_on_with_the_answer() {
    let Some(stage) = Stage::set(vec![
        script("SCRIPT ask", vec![ask_user()]),
        script("SCRIPT the operator says Postgres", vec![say("Postgres it is.")]),
    ]) else {
        return;
    };
    let first = stage.spec("SCRIPT ask");
    let mut live = Live::start(stage.path(), &first);
    live.until(|report| matches!(report, Report::Question(_)));
    let ended = live.terminate();
    ended.record("suspended");
    assert_eq!(ended.outcome, Outcome::Suspended);
    let ended = Live::start(stage.path(), &stage.resume(&first, "SCRIPT the operator says Postgres")).finish();
    assert_eq!(ended.outcome, Outcome::Finished);
    stage.model.finish();
}

#[test]
fn a_session_interrupted_over_a_question_is_suspended_too() {
    for (name, ask) in [("interrupted-question", ask_user()), ("interrupted-operator", ask_operator())] {
        let Some(stage) = Stage::set(vec![script("SCRIPT ask", vec![ask])]) else { return };
        let mut live = Live::start(stage.path(), &stage.spec("SCRIPT ask"));
        live.until(|report| matches!(report, Report::Question(_)));
        live.order(&Command::Interrupt);
        live.until(|report| *report == Report::TurnEnded);
        let ended = live.finish();
        ended.record(name);
        assert_eq!(ended.outcome, Outcome::Suspended, "{name}");
        stage.model.finish();
    }
}

#[test]
fn a_session_that_loses_its_input_over_a_question_is_not_finished() {
    // Over `ask_operator` the model even goes on without the answer and ends with success.
    for (name, ask) in [("abandoned-question", ask_user()), ("abandoned-operator", ask_operator())] {
        let turns = vec![ask, say("Then I decide myself.")];
        let Some(stage) = Stage::set(vec![script("SCRIPT ask", turns)]) else { return };
        let mut live = Live::start(stage.path(), &stage.spec("SCRIPT ask"));
        live.until(|report| matches!(report, Report::Question(_)));
        let ended = live.leave();
        ended.record(name);
        assert_eq!(ended.outcome, Outcome::Suspended, "{name}");
        stage.model.finish();
    }
}

#[test]
fn a_review_ends_with_its_decision() {
    let decision = json!({"decision": "FEEDBACK", "summary": "close", "issues": [
        {"location": "src/a.rs:3", "concern": "panics", "suggestion": "return an error"}]});
    let Some(stage) = Stage::set(vec![script(
        "SCRIPT review",
        vec![
            call("mcp__orch__review_decision", json!({"decision": "MAYBE", "summary": "hm"})),
            expecting(call("mcp__orch__review_decision", decision), "call it again"),
            expecting(say("Done."), "recorded"),
        ],
    )]) else {
        return;
    };
    let spec = SessionSpec { tools: Tools::Review, ..stage.spec("SCRIPT review") };
    let ended = Live::start(stage.path(), &spec).finish();
    ended.record("review");
    assert_eq!(ended.outcome, Outcome::Finished);
    let decisions: Vec<_> = ended
        .reports
        .iter()
        .filter_map(|report| if let Report::Review(review) = report { Some(review) } else { None })
        .collect();
    assert_eq!(decisions.len(), 1);
    assert_eq!((decisions[0].verdict, decisions[0].issues.len()), (ReviewVerdict::Feedback, 1));
    stage.model.finish();
}

#[test]
fn permissions_go_to_the_operator_without_a_sandbox() {
    let Some(stage) = Stage::set(vec![script(
        "SCRIPT permission",
        vec![bash("touch allowed"), bash("touch denied"), expecting(say("All right."), "not that one")],
    )]) else {
        return;
    };
    let spec = SessionSpec { permissions: Permissions::AskOperator, ..stage.spec("SCRIPT permission") };
    let mut live = Live::start(stage.path(), &spec);
    let about = |what: &'static str| move |report: &Report| matches!(report, Report::Permission { input, .. } if input.contains(what));
    let Report::Permission { request, .. } = live.until(about("touch allowed")) else { panic!("no request") };
    live.order(&Command::Permit { request, decision: ve::agent::Decision::Allow });
    let Report::Permission { request, .. } = live.until(about("touch denied")) else { panic!("no request") };
    let decision = ve::agent::Decision::Deny { why: "not that one".into() };
    live.order(&Command::Permit { request, decision });
    let ended = live.finish();
    ended.record("permission");
    assert_eq!(ended.outcome, Outcome::Finished);
    let there = |name: &str| stage.path().join("worktree").join(name).exists();
    assert_eq!((there("allowed"), there("denied")), (true, false));
    stage.model.finish();
}

#[test]
fn a_background_task_keeps_the_session_open() {
    let command = json!({"command": "read -t 1 x < <(tail -f /dev/null); echo over", "description": "bg", "run_in_background": true});
    let Some(stage) = Stage::set(vec![script(
        "SCRIPT background",
        vec![call("Bash", command), say("Started."), say("Saw the end of it.")],
    )]) else {
        return;
    };
    let ended = Live::start(stage.path(), &stage.spec("SCRIPT background")).finish();
    ended.record("background");
    assert_eq!(ended.outcome, Outcome::Finished);
    assert!(ended.reports.contains(&Report::Background(1)) && ended.reports.contains(&Report::Background(0)));
    assert_eq!(ended.reports.last(), Some(&Report::TurnEnded));
    assert!(ended.reports.contains(&Report::Text("Saw the end of it.".into())), "{:#?}", ended.reports);
    stage.model.finish();
}

#[test]
fn an_interrupt_stops_the_turn_and_a_message_starts_the_next() {
    let Some(stage) = Stage::set(vec![
        script("SCRIPT long", vec![bash("tail -f /dev/null -s 31.5")]),
        script("SCRIPT instead", vec![say("As you wish.")]),
    ]) else {
        return;
    };
    let spec = stage.spec("SCRIPT long");
    let mut live = Live::start(stage.path(), &spec);
    live.until(|report| matches!(report, Report::ToolCall { .. }));
    live.order(&Command::Interrupt);
    live.until(|report| *report == Report::TurnEnded);
    let ended = live.finish();
    ended.record("interrupted");
    assert_eq!(ended.outcome, Outcome::Interrupted);

    let mut live = Live::start(stage.path(), &stage.resume(&spec, "SCRIPT long"));
    live.until(|report| matches!(report, Report::ToolCall { .. }));
    live.order(&Command::Interrupt);
    live.until(|report| *report == Report::TurnEnded);
    live.order(&Command::Say { key: "say:1".into(), text: "SCRIPT instead".into() });
    live.until(|report| *report == Report::Text("As you wish.".into()));
    assert_eq!(live.finish().outcome, Outcome::Finished);
    stage.model.finish();
}

#[test]
fn a_busy_provider_is_reported_and_survived_or_not() {
    let Some(stage) = Stage::set(vec![
        script("SCRIPT busy once", vec![failing(529, "overloaded_error", &[], 1)]),
        script("SCRIPT busy", vec![failing(529, "overloaded_error", &[], 1000)]),
    ]) else {
        return;
    };
    let ended = Live::start(stage.path(), &stage.spec("SCRIPT busy once")).finish();
    ended.record("retried");
    assert_eq!(ended.outcome, Outcome::Finished);
    assert!(ended.reports.contains(&Report::Retrying { attempt: 1, status: Some(529) }));
    let mut spec = stage.spec("SCRIPT busy");
    spec.config.env = vec![("CLAUDE_CODE_MAX_RETRIES".into(), "1".into())];
    let ended = Live::start(stage.path(), &spec).finish();
    ended.record("overloaded");
    assert_eq!(errors(&ended.reports), [ErrorKind::Overloaded]);
    assert_eq!(failed(ended.outcome), ErrorKind::Overloaded);
    stage.model.finish();
}

#[test]
fn a_used_up_allowance_says_when_it_is_back() {
    let headers = [
        ("x-should-retry", "false"),
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", "4102444800"),
        ("anthropic-ratelimit-unified-representative-claim", "five_hour"),
        ("anthropic-ratelimit-unified-5h-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-reset", "4102444800"),
        ("anthropic-ratelimit-unified-overage-status", "rejected"),
    ];
    let Some(stage) =
        Stage::set(vec![script("SCRIPT limit", vec![failing(429, "usage_limit_reached", &headers, 1000)])])
    else {
        return;
    };
    let mut spec = stage.spec("SCRIPT limit");
    spec.place.inherited.retain(|(name, _)| name != "ANTHROPIC_API_KEY");
    spec.place.inherited.push(("CLAUDE_CODE_OAUTH_TOKEN".into(), "dummy".into()));
    let ended = Live::start(stage.path(), &spec).finish();
    ended.record("usage-limit");
    let limit = ErrorKind::UsageLimit { resets_at: Some(Timestamp::from_seconds(4_102_444_800)) };
    assert_eq!(errors(&ended.reports), [limit]);
    assert_eq!(failed(ended.outcome), limit);
    stage.model.finish();
}

#[test]
fn other_failures_have_their_kind() {
    let Some(stage) = Stage::set(vec![script("SCRIPT turns", vec![bash("true"), say("too late")])]) else { return };
    let mut spec = stage.spec("SCRIPT anything");
    spec.place.inherited.retain(|(name, _)| name != "ANTHROPIC_API_KEY");
    let ended = Live::start(stage.path(), &spec).finish();
    ended.record("not-logged-in");
    assert_eq!(failed(ended.outcome), ErrorKind::NotLoggedIn);

    let unknown = SessionId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let spec = SessionSpec { session: Session::Resume(unknown), ..stage.spec("SCRIPT anything") };
    let ended = Live::start(stage.path(), &spec).finish();
    ended.record("session-lost");
    assert_eq!(failed(ended.outcome), ErrorKind::SessionLost);

    let mut spec = stage.spec("SCRIPT turns");
    spec.config.args = vec!["--max-turns".into(), "1".into()];
    let ended = Live::start(stage.path(), &spec).finish();
    ended.record("turn-limit");
    assert_eq!(failed(ended.outcome), ErrorKind::TurnLimit);

    let mut spec = stage.spec("SCRIPT turns");
    spec.config.args = vec!["--no-such-flag".into()];
    let Outcome::Failed(error) = Live::start(stage.path(), &spec).finish().outcome else { panic!("not failed") };
    assert_eq!(error.kind, ErrorKind::Other);
    assert!(error.message.contains("no-such-flag"), "{}", error.message);
    stage.model.finish();
}

#[test]
fn a_killed_session_is_a_crash() {
    let Some(stage) = Stage::set(vec![script("SCRIPT long", vec![bash("tail -f /dev/null -s 31.5")])]) else { return };
    let mut live = Live::start(stage.path(), &stage.spec("SCRIPT long"));
    live.until(|report| matches!(report, Report::ToolCall { .. }));
    let ended = live.terminate();
    ended.record("terminated");
    assert!(matches!(ended.outcome, Outcome::Crashed { exit: ProcessExit::Code(143), .. }), "{:?}", ended.outcome);
    stage.model.finish();
}
