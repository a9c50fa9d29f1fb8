#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use crate::cli::demo::records::UnitRecord;
use crate::cli::demo::script::{TASKS, Task, Turn};
use crate::cli::render::Look;
use crate::domain::time::Timestamp;
use crate::wire::attempts::{Attempt, Usage};
use crate::wire::lists::HistoryEntry;
use crate::wire::names::{PhaseName, StatusName};
use crate::wire::unit::WorkUnit;
use serde_json::json;

const ANSWER: &str = "Goodbye";

/// Seconds of the demo in which a chunk lives: those of the script that depend on each other one after the other, the pair too.
fn life(chunk: &str) -> (i64, i64) {
    match chunk {
        "greet" => (10, 20),
        "usage" => (20, 30),
        "shout" => (12, 22),
        _ => (0, 10),
    }
}

fn unit(task: &Task) -> WorkUnit {
    serde_json::from_value(json!({
        "chunk": task.chunk, "phase": "COMPLETE", "status": "DONE", "done_by": "landing",
        "landed_commit": format!("commit-of-{}", task.chunk),
        "blocked_by": [], "priority": 0, "completion_retries": 0, "conflict_verdicts": {}, "explicit_deps": false,
        "review_iterations": 0, "review_nudge_count": 0, "retain_worktree": false, "api_retry_count": 0,
        "merge_conflict_retries": 0, "implement_iterations": 1, "baseline_implementing": [], "unit_id": 1, "depends_on": [],
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    }))
    .unwrap()
}

fn entry(old: Option<StatusName>, new: StatusName, second: i64, who: &str) -> HistoryEntry {
    HistoryEntry {
        old_status: old.map(|status| status.as_str().to_owned()),
        new_status: new.as_str().to_owned(),
        timestamp: Timestamp::from_seconds(second).into(),
        phase: None,
        who: Some(who.to_owned()),
        why: None,
    }
}

fn attempt(number: i64, phase: &str, from: i64, outcome: &str) -> Attempt {
    Attempt {
        number,
        id: format!("id-{number}"),
        kind: "agent".into(),
        phase: PhaseName::parse(phase).unwrap(),
        agent: None,
        agent_version: None,
        status: "ended".into(),
        pid: None,
        session_id: Some(phase.into()),
        started_at: Timestamp::from_seconds(from).into(),
        ended_at: Some(Timestamp::from_seconds(from + 2).into()),
        outcome: Some(outcome.into()),
        error: None,
        usage: Usage::default(),
        cost_usd: 0.0,
        command: None,
        judges: None,
        log: None,
    }
}

fn record(task: &Task) -> UnitRecord {
    use StatusName::{Assigned, Done, NeedsAttention, Ready, Running};
    let (from, to) = life(task.chunk);
    let first = match task.turn {
        Turn::Asks => "suspended",
        Turn::Crashes => "crashed",
        Turn::Limited => "failed",
        Turn::Straight | Turn::SentBack => "finished",
    };
    let mut history = vec![entry(None, Ready, 0, "uid 1"), entry(Some(Ready), Assigned, from, "scheduler")];
    if task.turn == Turn::Asks {
        history.push(entry(Some(Running), NeedsAttention, from + 2, "attempt"));
        history.push(entry(Some(NeedsAttention), Ready, from + 4, "uid 1"));
    }
    history.push(entry(Some(Running), Done, to, "landing"));
    let mut begun = attempt(1, "IMPLEMENT", from, first);
    if task.turn == Turn::Limited {
        begun.error = Some(format!("used up until {}", jiff::Timestamp::from_second(from + 4).unwrap()));
    }
    UnitRecord {
        unit: unit(task),
        history,
        attempts: vec![
            begun,
            attempt(2, "REVIEW", from + 2, "finished"),
            attempt(3, "IMPLEMENT", from + 4, "finished"),
            attempt(4, "REVIEW", from + 6, "finished"),
        ],
        landed_file: Some(task.lines(ANSWER)),
        base_contains: task.after.map(str::to_owned).into_iter().collect(),
    }
}

fn good() -> Records {
    let commit = |task: &Task| Commit { id: format!("commit-of-{}", task.chunk), subject: "Merge".into() };
    Records {
        units: TASKS.iter().map(record).collect(),
        log: TASKS.iter().map(commit).collect(),
        answer: Some(ANSWER.into()),
        ..Records::default()
    }
}

/// The promises that are broken, with how.
fn broken(change: impl FnOnce(&mut Records)) -> Vec<String> {
    let mut records = good();
    change(&mut records);
    let account = Account::of(&records);
    assert_eq!(account.kept, verdict(&account).is_ok());
    account.promises.into_iter().flat_map(|promise| promise.broken).collect()
}

fn of<'a>(records: &'a mut Records, chunk: &str) -> &'a mut UnitRecord {
    records.units.iter_mut().find(|record| record.unit.chunk == chunk).unwrap()
}

#[test]
fn all_went_well() {
    assert_eq!(broken(|_| ()), [""; 0]);
}

#[test]
fn a_chunk_that_is_not_done_is_told_with_its_reason() {
    let stuck = broken(|records| {
        let unit = &mut of(records, "version").unit;
        unit.status = StatusName::NeedsAttention;
        unit.attention_reason = Some("it gave up".into());
        unit.landed_commit = None;
    });
    assert_eq!(stuck[0], "version is NEEDS_ATTENTION in COMPLETE: it gave up");
    let declared = broken(|records| of(records, "version").unit.done_by = Some("operator".into()));
    assert_eq!(declared, ["version is DONE in COMPLETE"], "what is only declared done is not proven");
    let lost = broken(|records| records.units.retain(|record| record.unit.chunk != "version"));
    assert_eq!(lost[0], "version is not known to the daemon");
}

#[test]
fn the_log_and_the_landed_commits_have_to_agree() {
    let missing = broken(|records| records.log.retain(|commit| commit.id != "commit-of-words"));
    assert_eq!(missing, ["commit-of-words of words is 0 times in the log"]);
    let foreign = broken(|records| records.log.push(Commit { id: "x".into(), subject: "?".into() }));
    assert_eq!(foreign, ["nobody landed x \"?\""]);
    let empty = broken(|records| of(records, "words").landed_file = None);
    assert_eq!(empty, ["src/words.sh of commit commit-of-words has not what words was to add"]);
    let other = broken(|records| records.answer = Some("Hello".into()));
    assert_eq!(other, ["src/farewell.txt of commit commit-of-farewell has not what farewell was to add"]);
}

#[test]
fn order_is_kept_between_dispatch_and_landing() {
    let early = broken(|records| of(records, "usage").history[1].timestamp = Timestamp::from_seconds(19).into());
    assert_eq!(early, ["usage started before greet had landed"]);
    let without = broken(|records| of(records, "usage").base_contains.clear());
    assert_eq!(without, ["usage was cut from a commit without the work of greet"]);
    let both = broken(|records| of(records, "shout").history[1].timestamp = Timestamp::from_seconds(9).into());
    assert_eq!(both, ["colour and shout were at work at the same time"]);
    let in_turn = broken(|records| {
        for (index, record) in records.units.iter_mut().enumerate() {
            let (from, to) = (100 * index as i64, 100 * index as i64 + 10);
            record.history[1].timestamp = Timestamp::from_seconds(from).into();
            record.history.last_mut().unwrap().timestamp = Timestamp::from_seconds(to).into();
        }
    });
    assert_eq!(in_turn, ["no two chunks were at work at the same time"]);
}

#[test]
fn nobody_but_the_operator_answers() {
    let by_rule = broken(|records| of(records, "farewell").history[3].who = Some("scheduler".into()));
    assert_eq!(by_rule, ["farewell went on by the word of scheduler"]);
    let forgotten = broken(|records| {
        let attempts = &mut of(records, "farewell").attempts;
        attempts[2].session_id = Some("another".into());
    });
    assert_eq!(forgotten, ["farewell was not resumed in the session that asked"]);
    let silent = broken(|records| of(records, "farewell").attempts[0].outcome = Some("finished".into()));
    assert_eq!(silent, ["farewell never asked"]);
}

#[test]
fn what_the_script_has_in_store_has_to_happen() {
    let silent = broken(|records| of(records, "daytime").attempts[0].error = None);
    assert_eq!(silent, ["daytime was not told when its allowance is back"]);
    let endless = broken(|records| of(records, "daytime").attempts[0].outcome = Some("finished".into()));
    assert_eq!(endless, ["daytime never met a limit"]);
    let hasty = broken(|records| {
        let at = of(records, "daytime").attempts[0].ended_at.unwrap().0.0 + 1_000_000;
        of(records, "words").history[1].timestamp = Timestamp(at).into();
    });
    assert_eq!(hasty, ["words was started although the allowance was used up"]);
    let healthy = broken(|records| of(records, "checks").attempts[0].outcome = Some("finished".into()));
    assert_eq!(healthy, ["checks never crashed"]);
    let dead = broken(|records| of(records, "checks").attempts.truncate(1));
    assert_eq!(dead, ["checks was not finished after its crash"]);
    let waved = broken(|records| of(records, "version").attempts.truncate(2));
    assert_eq!(waved, ["version was implemented 1 times and reviewed 1 times"]);
}

#[test]
fn leftovers_are_told() {
    let left = broken(|records| {
        records.worktrees = vec!["/w".into()];
        records.dirt = "?? x\n M y".into();
        records.processes = vec!["7 git".into()];
    });
    assert_eq!(left, ["/w is still there", "?? x", " M y", "process 7 git is still there"]);
}

#[test]
fn nothing_at_all_is_no_success() {
    assert!(!Account::of(&Records::default()).kept);
}

#[test]
fn the_account_reads_well() {
    let mut records = good();
    records.processes = vec!["7 git".into()];
    insta::assert_snapshot!(render::text(&Account::of(&records), &Look::plain()), @r#"
    What happened (30.0 s, one column is 0.47 s)

      words     IIIIIRRRRIIIIRRRRR---L
      greet     .....................IIIIIRRRRIIIIIRRRR---L
      usage     ..........................................IIIIIRRRRRIIIIRRRR---L
      colour    IIIIIRRRRIIIIRRRRR---L
      shout     .........................IIIIIRRRRRIIIIRRRR---L
      farewell  IIII?RRRRIIIIRRRRR...L
      checks    IIIIxRRRRIIIIRRRRR---L
      version   IIIIIRRRRIIIIRRRRR---L
      daytime   IIIIIRRRRIIIIRRRRR---L

      P I R C  an agent plans, implements, reviews, completes     T  tests what would land     L  landed
      .  waits     -  worktree, rebase, commit     ?  waits for you     x  its agent died

      * 36 agents worked 72.0 s in 30.0 s, up to 6 at once: words, colour, farewell, checks, version, daytime.
      * greet and usage started only after what each depends on had landed.
      * The plans of colour and shout both change src/style.sh, so shout began 2.0 s after colour had landed.
      * farewell asked you in attempt 1; your answer, "Goodbye", is what landed.
      * The agent of checks died half-way (it crashed); attempt 2 found its half-written file and finished it.
      * A review sent version back; review 2 approved it.
      * The allowance of the agents' account was used up half-way through daytime; all waited, and 0.0 s later it went on.

    Landed, as git log tells it

      commit-o words     Merge
      commit-o greet     Merge
      commit-o usage     Merge
      commit-o colour    Merge
      commit-o shout     Merge
      commit-o farewell  Merge
      commit-o checks    Merge
      commit-o version   Merge
      commit-o daytime   Merge

    Promises

      kept    every chunk is done
      kept    every landed commit is on the branch, once
      kept    every landed commit contains the work
      kept    what depends on a chunk starts after it has landed, and from it
      kept    chunks that change the same file never overlap
      kept    independent chunks run side by side
      kept    a question waits for the operator, whose answer reaches the agent
      kept    a crashed agent is started again and goes on with what it left
      kept    when an account's allowance is used up, all wait until it is back, and go on by themselves
      kept    nothing lands that a review sent back and did not approve
      kept    the worktree of a landed chunk is removed
      kept    the operator's checkout is clean and up to date
      BROKEN  no process is left
                process 7 git is still there
    "#);
}
