//! How units read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::domain::ids::UnitId;
use crate::domain::phase::Phase;
use crate::domain::report::Usage;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{self as domain, Counters, Status};

/// A unit as the daemon would send it: ready, at PLAN.
pub(crate) fn unit(chunk: &str) -> unit::WorkUnit {
    let record = domain::WorkUnit {
        id: UnitId(1),
        chunk: ChunkName::parse(chunk).unwrap(),
        formerly: [].into(),
        phase: Phase::Plan,
        status: Status::Ready { wait: None },
        priority: 0,
        depends_on: [].into(),
        explicit_deps: false,
        base: None,
        tip: None,
        session: None,
        session_used: Usage::default(),
        notes: vec![],
        live: None,
        green: Vec::new(),
        answered: None,
        counters: Counters::default(),
        decision: None,
        approved: None,
        set_up: false,
        retain: false,
        hold: false,
        created_at: Timestamp(0),
        updated_at: Timestamp::from_seconds(90),
    };
    unit::WorkUnit::new(&record, &unit::Extras::default())
}

#[test]
fn units_in_a_table() {
    let mut blocked = unit("login");
    blocked.status = StatusName::Blocked;
    blocked.blocked_by = vec!["schema".into(), "users".into()];
    let calm = WorkUnits::new(vec![unit("schema"), blocked.clone()]);
    insta::assert_snapshot!(table(&calm, &Look::plain()), @r#"
    CHUNK                          PHASE        STATUS           BLOCKED BY
    --------------------------------------------------------------------------------
    schema                         PLAN         READY            -
    login                          PLAN         BLOCKED          schema, users
    "#);

    let mut asks = unit("schema");
    asks.status = StatusName::NeedsAttention;
    asks.attention_reason = Some("Question: which of the two databases is it?".into());
    let list = WorkUnits::new(vec![asks, blocked]);
    insta::assert_snapshot!(table(&list, &Look::plain()), @r#"
    CHUNK                          PHASE        STATUS           REASON                           BLOCKED BY
    --------------------------------------------------------------------------------------------------------------
    schema                         PLAN         NEEDS_ATTENTION  Question: which of the two ...   -
    login                          PLAN         BLOCKED          -                                schema, users
    "#);
    insta::assert_snapshot!(table(&list, &Look { width: Some(70), ..Look::plain() }), @r#"
    CHUNK   PHASE  STATUS          REASON                         BLOCKED BY
    ----------------------------------------------------------------------
    schema  PLAN   NEEDS_ATTENTION Question: which of the two ... -
    login   PLAN   BLOCKED         -                              schema, users
    "#);
    assert_eq!(table(&WorkUnits::new(vec![]), &Look::plain()), "No work units");
}

#[test]
fn a_unit_in_full() {
    insta::assert_snapshot!(sheet(&unit("login"), &Look::plain()), @r#"
    Chunk:      login
    Phase:      PLAN
    Status:     READY
    Priority:   0
    Created At: 1970-01-01 00:00:00 UTC
    Updated At: 1970-01-01 00:01:30 UTC
    "#);

    let mut busy = unit("login");
    busy.status = StatusName::Running;
    busy.activity = Some("agent".into());
    busy.depends_on = vec!["schema".into()];
    busy.worktree = Some("/state/units/1/worktree".into());
    busy.base_branch = Some("main".into());
    busy.base_commit = Some("a".repeat(40));
    busy.session_id = Some("s-1".into());
    busy.attention_reason = Some("two\nlines".into());
    insta::assert_snapshot!(sheet(&busy, &Look::plain()), @r#"
    Chunk:            login
    Phase:            PLAN
    Status:           RUNNING (agent)
    Priority:         0
    Depends On:       schema
    Worktree:         /state/units/1/worktree
    Base:             main at aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    Session ID:       s-1
    Attention Reason: two lines
    Created At:       1970-01-01 00:00:00 UTC
    Updated At:       1970-01-01 00:01:30 UTC
    "#);
}

#[test]
fn what_the_operator_declared_is_marked() {
    let mut done = unit("login");
    done.done_by = Some("operator".into());
    assert!(sheet(&done, &Look::plain()).contains("declared by the operator, unproven"));
}
