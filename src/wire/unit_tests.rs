//! A unit as clients see it, to the letter.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::domain::attention::{About, Ask};
use crate::domain::each::Each;
use crate::domain::ids::{AgentName, BranchName, UnitId};
use crate::domain::report::{Choice, Question, QuestionSet, Usage};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Activity, Counters, Leftovers};
use crate::domain::workspace::Base;
use std::collections::BTreeSet;

fn chunk(text: &str) -> ChunkName {
    ChunkName::parse(text).unwrap()
}

fn unit(status: Status) -> work_unit::WorkUnit {
    work_unit::WorkUnit {
        id: UnitId(7),
        chunk: chunk("login"),
        formerly: BTreeSet::new(),
        phase: Phase::Implement,
        status,
        priority: 3,
        depends_on: BTreeSet::from([chunk("schema")]),
        explicit_deps: true,
        base: Some(Each::from(Base {
            branch: BranchName::parse("main").unwrap(),
            commit: ObjectId::parse("a".repeat(40)).unwrap(),
        })),
        tip: None,
        session: Some(SessionId::parse("s-1").unwrap()),
        session_used: Usage::default(),
        notes: vec![Note::Message("use JWT".into())],
        live: None,
        green: Vec::new(),
        answered: None,
        counters: Counters { errors: 1, review_cycles: 2, nudges: 1, rebases: 0 },
        decision: None,
        approved: None,
        set_up: false,
        retain: false,
        hold: false,
        created_at: Timestamp(0),
        updated_at: Timestamp(1_500_000),
    }
}

#[test]
fn every_key_is_there_in_the_order_of_the_reference() {
    let question = Question {
        header: "Auth".into(),
        text: "JWT or session?".into(),
        options: vec![Choice { label: "JWT".into(), description: String::new() }],
        many: false,
    };
    let about = About::Question { set: QuestionSet::new("k", vec![question]), answers: vec![None] };
    let ask = Ask { since: Timestamp(1_000_000), reason: "Question: JWT or session?".into(), about };
    let shown = WorkUnit::new(&unit(Status::NeedsAttention(ask)), &Extras::default());
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap(), @r#"
    {
      "chunk": "login",
      "phase": "IMPLEMENT",
      "status": "NEEDS_ATTENTION",
      "blocked_by": [],
      "worktree": null,
      "priority": 3,
      "session_id": "s-1",
      "completion_retries": 0,
      "attention_reason": "Question: JWT or session?",
      "displaced_chunk": null,
      "pending_answer": "use JWT",
      "conflict_verdicts": {},
      "conflict_override": null,
      "explicit_deps": true,
      "review_iterations": 2,
      "review_nudge_count": 0,
      "retain_worktree": false,
      "api_retry_count": 1,
      "next_retry_at": null,
      "merge_conflict_retries": 0,
      "implement_iterations": 3,
      "reentry_context": null,
      "baseline_implementing": [],
      "created_at": "1970-01-01T00:00:00.000000+00:00",
      "updated_at": "1970-01-01T00:00:01.500000+00:00",
      "unit_id": 7,
      "activity": null,
      "depends_on": [
        "schema"
      ],
      "base_branch": "main",
      "base_commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "tip": null,
      "landed_commit": null,
      "done_by": null,
      "waiting": null,
      "resume_at": null,
      "failure": null,
      "attention": {
        "kind": "question",
        "since": "1970-01-01T00:00:01.000000+00:00",
        "reason": "Question: JWT or session?",
        "verbs": [
          "answer",
          "retry",
          "cancel"
        ],
        "questions": [
          {
            "header": "Auth",
            "question": "JWT or session?",
            "options": [
              {
                "label": "JWT",
                "description": ""
              }
            ],
            "multi_select": false,
            "answer": null
          }
        ],
        "tip": null,
        "paths": [],
        "lost": []
      },
      "hold": null
    }
    "#);
}

#[test]
fn what_it_waits_for_is_told() {
    let by = BTreeSet::from([chunk("schema")]);
    let extras = Extras { waiting: Some(Waiting::Chunks(by.clone())), ..Extras::default() };
    let shown = WorkUnit::new(&unit(Status::Blocked { by }), &extras);
    assert_eq!(shown.blocked_by, ["schema"]);
    assert_eq!(shown.waiting.as_deref(), Some("waits for schema"));

    let account = AgentName::parse("claude").unwrap();
    let extras = Extras { waiting: Some(Waiting::Account { account, until: Timestamp(9) }), ..Extras::default() };
    let shown = WorkUnit::new(&unit(Status::Ready { wait: None }), &extras);
    assert_eq!(shown.waiting.as_deref(), Some("the allowance of claude is used up"));
    assert_eq!(shown.next_retry_at, Some(Moment(Timestamp(9))));
    assert_eq!(shown.resume_at, shown.next_retry_at);
}

#[test]
fn what_is_at_work_and_what_is_done_are_told() {
    let shown = WorkUnit::new(&unit(Status::Running(Activity::WorkerGate(1))), &Extras::default());
    assert_eq!((shown.status, shown.activity.as_deref()), (StatusName::Running, Some("gate")));

    let tip = ObjectId::parse("b".repeat(40)).unwrap();
    let proof = Proof::Contained { tip: tip.clone() };
    let shown = WorkUnit::new(&unit(Status::Done { proof, leftovers: Leftovers::Nothing }), &Extras::default());
    assert_eq!(shown.landed_commit.as_deref(), Some(tip.as_str()));
    assert_eq!(shown.done_by.as_deref(), Some("contained"));
    let declared = Status::Done { proof: Proof::Operator, leftovers: Leftovers::Nothing };
    let shown = WorkUnit::new(&unit(declared), &Extras::default());
    assert_eq!((shown.landed_commit, shown.done_by.as_deref()), (None, Some("operator")));

    let shown = WorkUnit::new(&unit(Status::Failed { reason: "gave up".into() }), &Extras::default());
    assert_eq!((shown.failure.as_deref(), shown.attention_reason), (Some("gave up"), None));
}

#[test]
fn a_client_reads_what_the_daemon_writes() {
    let shown = WorkUnit::new(&unit(Status::Deleted { leftovers: Leftovers::Nothing }), &Extras::default());
    let text = serde_json::to_string(&shown).unwrap();
    assert_eq!(serde_json::from_str::<WorkUnit>(&text).unwrap(), shown);
}

#[test]
fn what_surrounds_a_unit_follows_it() {
    use crate::wire::attention::{AttentionItem, AttentionQueue};
    use crate::wire::lists::Injected;
    let shown = WorkUnit::new(&unit(Status::Ready { wait: None }), &Extras::default());
    let item = AttentionItem { unit: shown.clone(), blocks_count: 2, time_waiting: 1.5, goal_summary: None };
    let text = serde_json::to_string(&AttentionQueue::new(vec![item.clone()], vec![])).unwrap();
    assert!(text.starts_with(r#"{"attention_items":[{"chunk":"login","phase":"IMPLEMENT","#), "{text}");
    assert!(
        text.ends_with(r#","attention":null,"hold":null,"blocks_count":2,"time_waiting":1.5}],"count":1,"items":[]}"#),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<AttentionQueue>(&text).unwrap().attention_items, [item]);

    let calm = Injected { unit: shown.clone(), warnings: vec![] };
    assert_eq!(serde_json::to_string(&calm).unwrap(), serde_json::to_string(&shown).unwrap());
    let warned = Injected { unit: shown, warnings: vec!["no plan".into()] };
    assert!(serde_json::to_string(&warned).unwrap().ends_with(r#""warnings":["no plan"]}"#));
}
