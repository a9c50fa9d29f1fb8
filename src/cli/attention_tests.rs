//! How the queue reads.

use super::*;
use crate::domain::phase::Phase;
use crate::domain::time::Timestamp;
use crate::wire::attention::{self, OptionItem};
use crate::wire::names::PhaseName;

pub(in crate::cli) fn item(chunk: Option<&str>, attention: attention::Attention) -> QueueItem {
    QueueItem {
        chunk: chunk.map(str::to_owned),
        phase: chunk.map(|_| PhaseName(Phase::Plan)),
        attention,
        blocks: vec![],
        blocks_count: 0,
        chain: 0,
        time_waiting: 320.0,
        goal_summary: None,
    }
}

pub(in crate::cli) fn attention(kind: &str, reason: &str, verbs: &[&str]) -> attention::Attention {
    attention::Attention {
        kind: kind.into(),
        since: Timestamp(0).into(),
        reason: reason.into(),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        questions: vec![],
        tip: None,
        paths: vec![],
        lost: vec![],
        pair: vec![],
        account: None,
        message: None,
        until: None,
    }
}

pub(in crate::cli) fn question(text: &str, options: &[(&str, &str)], answer: Option<&str>) -> QuestionItem {
    let option =
        |(label, description): &(&str, &str)| OptionItem { label: (*label).into(), description: (*description).into() };
    QuestionItem {
        header: "Auth".into(),
        question: text.into(),
        options: options.iter().map(option).collect(),
        multi_select: false,
        answer: answer.map(str::to_owned),
    }
}

#[test]
fn the_queue_says_what_to_do() {
    let mut asks = attention("question", "Question: JWT or session?", &["answer", "retry", "cancel"]);
    asks.questions = vec![
        question("JWT or session?", &[("JWT", "stateless"), ("session", "")], None),
        question("Which library?", &[], Some("the usual one")),
    ];
    let blocks = ["api", "docs", "page", "style", "tests"].map(str::to_owned).to_vec();
    let login = QueueItem {
        blocks_count: blocks.len(),
        blocks,
        goal_summary: Some("Users can log in.".into()),
        ..item(Some("login"), asks)
    };
    let mut trust = attention("trust", "the work changes what the project trusts", &["approve", "cancel"]);
    trust.paths = vec![".github/workflows/ci.yml".into()];
    let long = attention("failure", &"it failed again and again ".repeat(5), &["retry"]);
    let output =
        "gate 1 is red: `make` ended with 2:\ncc -c a.c\ncc -c b.c\n  cc -c c.c\n\nc.c:7: error\nmake: ***\nError 1\n";
    let red = attention("landing", output, &["retry"]);
    let items = vec![login, item(Some("ci"), trust), item(Some("x"), long), item(Some("y"), red)];
    let queue = AttentionQueue::new(vec![], items);
    insta::assert_snapshot!(text(&queue, &Look::plain()), @r#"
    ATTENTION QUEUE (4 items)
    ────────────────────────────────────────────────────────────
    [1] login  PLAN  blocks:5  waiting:5m  question
        1. Auth: JWT or session?
          1) JWT: stateless
          2) session
        2. Auth: Which library?
          answered: the usual one
        Goal: Users can log in.
        Frees: api, docs, page, style and 1 more
        Next: ve orch answer|retry|cancel login

    [2] ci  PLAN  blocks:0  waiting:5m  trust
        the work changes what the project trusts
        Changes: .github/workflows/ci.yml
        Next: ve orch approve|cancel ci

    [3] x  PLAN  blocks:0  waiting:5m  failure
        it failed again and again it failed again and again it failed again
        and again it failed again and again it failed again and again
        Next: ve orch retry x

    [4] y  PLAN  blocks:0  waiting:5m  landing
        gate 1 is red: `make` ended with 2:
        | ...
        | cc -c b.c
        |   cc -c c.c
        | c.c:7: error
        | make: ***
        | Error 1
        Next: ve orch retry y
    "#);
}

#[test]
fn what_is_no_units_is_in_the_same_list() {
    let mut pair = attention("conflict", "nothing says whether a and b may run at once", &["resolve", "analyze"]);
    pair.pair = vec!["a".into(), "b".into()];
    let mut limit = attention("limit", "the allowance of claude is used up", &["resume"]);
    (limit.account, limit.until) = (Some("claude".into()), Some(Timestamp::from_seconds(3600).into()));
    let mut login = attention("login", "nobody is logged in for codex", &["resume"]);
    (login.account, login.message) = (Some("codex".into()), Some("Please run /login".into()));
    let file = attention("configuration", "failed to read ve.toml:3:1: limits: unknown key", &["config"]);
    let mut committed = attention("trust", "ve.toml gates changed", &["trust"]);
    committed.paths = vec!["ve.toml gates".into()];
    let queue =
        AttentionQueue::new(vec![], [pair, limit, login, file, committed].map(|entry| item(None, entry)).into());
    insta::assert_snapshot!(text(&queue, &Look::plain()), @r#"
    ATTENTION QUEUE (5 items)
    ────────────────────────────────────────────────────────────
    [1] a and b  blocks:0  waiting:5m  conflict
        nothing says whether a and b may run at once
        Next: ve orch resolve a --with b parallelize|serialize

    [2] claude  blocks:0  waiting:5m  limit
        the allowance of claude is used up
        Until: 1970-01-01 01:00:00 UTC
        Next: to try now: ve orch resume claude

    [3] codex  blocks:0  waiting:5m  login
        nobody is logged in for codex
        It said: Please run /login
        Next: log in, then: ve orch resume codex

    [4] this project  blocks:0  waiting:5m  configuration
        failed to read ve.toml:3:1: limits: unknown key
        Next: correct the file; ve orch config shows what counts

    [5] this project  blocks:0  waiting:5m  trust
        ve.toml gates changed
        Next: ve orch trust
    "#);
}

#[test]
fn an_empty_queue_says_so() {
    assert_eq!(text(&AttentionQueue::new(vec![], vec![]), &Look::plain()), "No work units need attention");
}
