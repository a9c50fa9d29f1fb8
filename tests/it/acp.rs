//! The Agent Client Protocol against a real agent, `claude-agent-acp`, and a scripted model, over loopback.

use crate::live::{Live, spec};
use crate::model::{Model, Script, Turn, bash, call, say};
use serde_json::json;
use ve::agent::spec::{Permissions, Session, SessionSpec};
use ve::agent::{Command, Decision};
use ve::domain::agent::AgentKind;
use ve::domain::ids::SessionId;
use ve::domain::report::{ErrorKind, Outcome, Report};

struct Stage {
    program: String,
    root: tempfile::TempDir,
    model: Model,
}

impl Stage {
    /// `None`, said aloud, where the agent is not installed.
    fn set(scripts: Vec<Script>) -> Option<Self> {
        let Ok(program) = std::env::var("VE_E2E_CLAUDE_ACP") else {
            eprintln!("skipped: VE_E2E_CLAUDE_ACP names no program; scripts/install-agents.sh DIR installs one");
            return None;
        };
        let root = tempfile::tempdir().unwrap();
        for name in ["home", "tmp", "worktree", "link"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        Some(Self { program, root, model: Model::start(scripts) })
    }

    fn spec(&self, prompt: &str) -> SessionSpec {
        let mut spec = spec(self.root.path(), &self.program, prompt);
        spec.config.kind = AgentKind::Acp;
        spec.place.inherited =
            vec![("ANTHROPIC_BASE_URL".into(), self.model.url()), ("ANTHROPIC_API_KEY".into(), "dummy".into())];
        spec
    }

    fn start(&self, spec: &SessionSpec) -> Live {
        Live::start(self.root.path(), spec)
    }
}

fn named(reports: &[Report]) -> SessionId {
    let named = reports.iter().find_map(|report| match report {
        Report::Session { id, version: Some(_), .. } => Some(id.clone()),
        _ => None,
    });
    named.unwrap()
}

#[test]
fn permissions_and_questions_go_to_the_operator() {
    let question = json!({"question": "Which database?", "header": "DB", "multiSelect": false, "options": [
        {"label": "SQLite", "description": "one file"}, {"label": "Postgres", "description": "a server"}]});
    let expecting = |turn: Turn, text: &str| Turn { expects: vec![text.into()], ..turn };
    let Some(stage) = Stage::set(vec![Script {
        prompt: "SCRIPT ask",
        turns: vec![
            bash("touch allowed"),
            bash("touch denied"),
            call("AskUserQuestion", json!({"questions": [question]})),
            expecting(say("Thank you."), r#""Which database?"="Postgres, of course""#),
        ],
    }]) else {
        return;
    };
    let mut live = stage.start(&SessionSpec { permissions: Permissions::AskOperator, ..stage.spec("SCRIPT ask") });
    for (what, decision) in [("touch allowed", Decision::Allow), ("touch denied", Decision::Deny { why: "no".into() })]
    {
        let about = |report: &Report| matches!(report, Report::Permission { input, .. } if input.contains(what));
        let Report::Permission { request, tool, .. } = live.until(about) else { panic!("no request") };
        assert_eq!(tool, "Bash");
        live.order(&Command::Permit { request, decision });
    }
    let Report::Question(set) = live.until(|report| matches!(report, Report::Question(_))) else {
        panic!("no question")
    };
    let item = &set.items[0];
    assert_eq!((item.header.as_str(), item.text.as_str(), item.options.len()), ("DB", "Which database?", 2));
    live.order(&Command::Answer { question: set.key, answers: vec!["Postgres, of course".into()] });
    let ended = live.finish();
    ended.record("acp-ask");
    assert_eq!(ended.outcome, Outcome::Finished);
    let there = |name: &str| stage.root.path().join("worktree").join(name).exists();
    assert_eq!((there("allowed"), there("denied")), (true, false));
    stage.model.finish();
}

#[test]
fn a_session_is_interrupted_and_resumed_and_a_lost_one_is_told() {
    let Some(stage) = Stage::set(vec![
        Script {
            prompt: "SCRIPT long",
            turns: vec![Turn { say: "It takes long.", ..bash("tail -f /dev/null -s 31.9") }],
        },
        Script { prompt: "SCRIPT more", turns: vec![say("I remember.")] },
    ]) else {
        return;
    };
    let mut live = stage.start(&stage.spec("SCRIPT long"));
    live.until(|report| *report == Report::Text("It takes long.".into()));
    live.order(&Command::Interrupt);
    let ended = live.finish();
    ended.record("acp-interrupted");
    assert_eq!(ended.outcome, Outcome::Interrupted);
    let session = named(&ended.reports);

    let resumed = SessionSpec { session: Session::Resume(session.clone()), ..stage.spec("SCRIPT more") };
    let ended = stage.start(&resumed).finish();
    ended.record("acp-resumed");
    assert_eq!((ended.outcome, named(&ended.reports)), (Outcome::Finished, session));
    let texts: Vec<_> = ended.reports.iter().filter(|report| matches!(report, Report::Text(_))).collect();
    assert_eq!(texts, [&Report::Text("I remember.".into())], "what was said before is not said again");

    let nobody = SessionId::parse("01a1aaaa-0000-4000-8000-000000000000").unwrap();
    let lost = stage.start(&SessionSpec { session: Session::Resume(nobody), ..stage.spec("SCRIPT more") }).finish();
    let Outcome::Failed(error) = lost.outcome else { panic!("{:?}", lost.outcome) };
    assert_eq!(error.kind, ErrorKind::SessionLost, "{error:?}");
    stage.model.finish();
}
