//! The `command` protocol and shell commands with real processes.

use crate::live::{Ended, Live, spec};
use std::path::Path;
use ve::agent::exec::{self, ExecCodec};
use ve::agent::spec::{Session, SessionSpec};
use ve::domain::agent::AgentKind;
use ve::domain::ids::SessionId;
use ve::domain::report::{Outcome, Report};

/// An agent made of shell: says its prompt and what it was told, asks unless it has an answer.
const AGENT: &str = r#"
prompt=$(cat)
echo '{"ve":"session","id":"s-1"}'
echo "prompt: $prompt; chunk: $VE_CHUNK; phase: $VE_PHASE; in: $PWD"
if [ -n "${VE_ANSWER-}" ]; then
    echo "answer for $VE_SESSION: $VE_ANSWER"
    exit 0
fi
echo '{"ve":"question","header":"Auth","question":"JWT or session?","options":[{"label":"JWT"},{"label":"session"}]}'
"#;

fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for name in ["home", "tmp", "worktree"] {
        std::fs::create_dir(root.path().join(name)).unwrap();
    }
    root
}

fn scripted(root: &Path, script: &str) -> SessionSpec {
    let mut spec = spec(root, "sh", "first line\nsecond line");
    spec.config.kind = AgentKind::Command;
    spec.config.args = vec!["-c".into(), script.into()];
    spec
}

fn texts(ended: &Ended) -> String {
    let texts = ended
        .reports
        .iter()
        .filter_map(|report| if let Report::Text(text) = report { Some(text.as_str()) } else { None });
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_program_asks_and_is_started_again_with_the_answer() {
    let root = root();
    let first = scripted(root.path(), AGENT);
    let ended = Live::start(root.path(), &first).finish();
    assert_eq!(ended.outcome, Outcome::Suspended);
    let worktree = root.path().join("worktree");
    let told = format!("prompt: first line\nsecond line; chunk: chunk; phase: implement; in: {}", worktree.display());
    assert_eq!(texts(&ended), told);
    let asked = |report: &Report| matches!(report, Report::Question(set) if set.items[0].options.len() == 2);
    assert!(ended.reports.iter().any(asked));

    let session = Session::Resume(SessionId::parse("s-1").unwrap());
    let again = SessionSpec { session, answer: Some("JWT, \"please\"".into()), ..first };
    let ended = Live::start(root.path(), &again).finish();
    assert_eq!(ended.outcome, Outcome::Finished);
    assert!(texts(&ended).ends_with("answer for s-1: JWT, \"please\""));
}

#[test]
fn a_program_that_fails_says_why_on_its_standard_error() {
    let root = root();
    let ended = Live::start(root.path(), &scripted(root.path(), "echo out; echo no disk >&2; exit 3")).finish();
    let Outcome::Failed(error) = ended.outcome else { panic!("{:?}", ended.outcome) };
    assert_eq!(error.message, "no disk");
}

#[test]
fn a_gate_is_judged_by_its_exit_with_both_streams_in_order() {
    let root = root();
    let run = |command: &str| {
        let launch = exec::launch(&spec(root.path(), "", "").place, command);
        Live::spawn(root.path(), launch, Box::new(ExecCodec::new(command))).finish()
    };
    assert_eq!(run("test -z \"$(cat)\" && test \"$VE_PHASE\" = implement").outcome, Outcome::Finished);
    let red = "echo one; echo \"two '2'\" >&2; echo three; exit 7";
    let Outcome::Failed(error) = run(red).outcome else { panic!("not failed") };
    assert_eq!(error.message, format!("`{red}` ended with 7:\none\ntwo '2'\nthree"));
}
