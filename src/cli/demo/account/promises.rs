//! What the orchestrator promises, each checked against the records.

use super::Promise;
use super::timeline::{dispatches, life};
use crate::cli::demo::records::{Records, UnitRecord};
use crate::cli::demo::script::{PAIR, TASKS, Task, Turn};
use crate::wire::attempts::Attempt;
use crate::wire::names::StatusName;

/// From the end of an agent to the knowledge of the scheduler, in microseconds: what was under way then is under way.
const TELLING: i64 = 300_000;

/// All promises, kept or not.
pub(super) fn all(records: &Records) -> Vec<Promise> {
    let promise = |promise, broken: Vec<String>| Promise { promise, broken };
    vec![
        promise("every chunk is done", undone(records)),
        promise("every landed commit is on the branch, once", unlanded(records)),
        promise("every landed commit contains the work", without_work(records)),
        promise("what depends on a chunk starts after it has landed, and from it", too_early(records)),
        promise("chunks that change the same file never overlap", overlapping(records)),
        promise("independent chunks run side by side", alone(records)),
        promise("a question waits for the operator, whose answer reaches the agent", unanswered(records)),
        promise("a crashed agent is started again and goes on with what it left", unrecovered(records)),
        promise(
            "when an account's allowance is used up, all wait until it is back, and go on by themselves",
            impatient(records),
        ),
        promise("nothing lands that a review sent back and did not approve", unreviewed(records)),
        promise(
            "the worktree of a landed chunk is removed",
            records.worktrees.iter().map(|path| format!("{path} is still there")).collect(),
        ),
        promise("the operator's checkout is clean and up to date", lines(&records.dirt)),
        promise(
            "no process is left",
            records.processes.iter().map(|process| format!("process {process} is still there")).collect(),
        ),
    ]
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn find<'a>(records: &'a Records, chunk: &str) -> Option<&'a UnitRecord> {
    records.units.iter().find(|record| record.unit.chunk == chunk)
}

/// The units whose script has this turn.
fn turned(records: &Records, turn: Turn) -> impl Iterator<Item = &UnitRecord> {
    records.units.iter().filter(move |record| Task::of(&record.unit.chunk).is_some_and(|task| task.turn == turn))
}

fn undone(records: &Records) -> Vec<String> {
    let complaint = |task: &Task| {
        let Some(UnitRecord { unit, .. }) = find(records, task.chunk) else {
            return Some(format!("{} is not known to the daemon", task.chunk));
        };
        if unit.status == StatusName::Done && unit.done_by.as_deref() == Some("landing") {
            return None;
        }
        let why = [&unit.attention_reason, &unit.failure, &unit.waiting].into_iter().flatten().next();
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        Some(format!("{} is {} in {}{why}", task.chunk, unit.status, unit.phase))
    };
    TASKS.iter().filter_map(complaint).collect()
}

fn unlanded(records: &Records) -> Vec<String> {
    let mut broken = Vec::new();
    for UnitRecord { unit, .. } in &records.units {
        let Some(commit) = &unit.landed_commit else { continue };
        match records.log.iter().filter(|entry| entry.id == *commit).count() {
            1 => {}
            count => broken.push(format!("{commit} of {} is {count} times in the log", unit.chunk)),
        }
    }
    for entry in &records.log {
        if !records.units.iter().any(|record| record.unit.landed_commit.as_ref() == Some(&entry.id)) {
            broken.push(format!("nobody landed {} {:?}", entry.id, entry.subject));
        }
    }
    broken
}

fn without_work(records: &Records) -> Vec<String> {
    let complaint = |record: &UnitRecord| {
        let task = Task::of(&record.unit.chunk)?;
        let commit = record.unit.landed_commit.as_ref()?;
        let wanted = task.lines(records.answer.as_deref().unwrap_or_default());
        let there = record.landed_file.as_deref().unwrap_or_default();
        (!there.contains(&wanted))
            .then(|| format!("{} of commit {commit} has not what {} was to add", task.file, task.chunk))
    };
    records.units.iter().filter_map(complaint).collect()
}

fn too_early(records: &Records) -> Vec<String> {
    let complaint = |record: &UnitRecord| {
        let (chunk, after) = (&record.unit.chunk, Task::of(&record.unit.chunk)?.after?);
        let dispatched = record.history.iter().find(|entry| entry.new_status == StatusName::Assigned.as_str())?;
        let Some(landed) = find(records, after).and_then(life) else {
            return Some(format!("{chunk} started although {after} never landed"));
        };
        if dispatched.timestamp.0.0 < landed.to {
            return Some(format!("{chunk} started before {after} had landed"));
        }
        let contains = record.base_contains.iter().any(|name| name == after);
        (!contains).then(|| format!("{chunk} was cut from a commit without the work of {after}"))
    };
    records.units.iter().filter_map(complaint).collect()
}

fn overlapping(records: &Records) -> Vec<String> {
    let [one, other] = PAIR.map(|chunk| find(records, chunk).and_then(life));
    match (one, other) {
        (Some(one), Some(other)) if one.overlaps(other) => {
            vec![format!("{} and {} were at work at the same time", PAIR[0], PAIR[1])]
        }
        _ => Vec::new(),
    }
}

fn alone(records: &Records) -> Vec<String> {
    let lives: Vec<_> = records.units.iter().filter_map(life).collect();
    let side_by_side =
        lives.iter().enumerate().any(|(index, one)| lives.iter().skip(index + 1).any(|other| one.overlaps(*other)));
    if side_by_side { Vec::new() } else { vec!["no two chunks were at work at the same time".to_owned()] }
}

fn unanswered(records: &Records) -> Vec<String> {
    let mut broken = Vec::new();
    for record in turned(records, Turn::Asks) {
        let chunk = &record.unit.chunk;
        let Some(asked) = with_outcome(record, "suspended") else {
            broken.push(format!("{chunk} never asked"));
            continue;
        };
        let left = record
            .history
            .iter()
            .find(|entry| entry.old_status.as_deref() == Some(StatusName::NeedsAttention.as_str()));
        match left.and_then(|entry| entry.who.as_deref()) {
            Some(who) if who.starts_with("uid ") => {}
            who => broken.push(format!("{chunk} went on by the word of {}", who.unwrap_or("nobody"))),
        }
        if !record.attempts.iter().any(|next| next.number > asked.number && next.session_id == asked.session_id) {
            broken.push(format!("{chunk} was not resumed in the session that asked"));
        }
    }
    broken
}

fn unrecovered(records: &Records) -> Vec<String> {
    let complaint = |record: &UnitRecord| {
        let chunk = &record.unit.chunk;
        let Some(crashed) = with_outcome(record, "crashed") else { return Some(format!("{chunk} never crashed")) };
        let again = |next: &Attempt| {
            next.number > crashed.number && next.phase == crashed.phase && next.outcome.as_deref() == Some("finished")
        };
        (!record.attempts.iter().any(again)).then(|| format!("{chunk} was not finished after its crash"))
    };
    turned(records, Turn::Crashes).filter_map(complaint).collect()
}

fn impatient(records: &Records) -> Vec<String> {
    let mut broken = Vec::new();
    for record in turned(records, Turn::Limited) {
        let chunk = &record.unit.chunk;
        let Some(limited) = with_outcome(record, "failed") else {
            broken.push(format!("{chunk} never met a limit"));
            continue;
        };
        let Some(back) = limited.error.as_deref().and_then(when_back) else {
            broken.push(format!("{chunk} was not told when its allowance is back"));
            continue;
        };
        let told = limited.ended_at.map_or(0, |at| at.0.0) + TELLING;
        for other in &records.units {
            let early = dispatches(other).filter(|at| (told..back).contains(at)).count();
            if early > 0 {
                broken.push(format!("{} was started although the allowance was used up", other.unit.chunk));
            }
        }
        if !record.attempts.iter().any(|next| next.number > limited.number) {
            broken.push(format!("{chunk} did not go on by itself"));
        }
    }
    broken
}

/// The moment at the end of what the agent said, in microseconds.
fn when_back(error: &str) -> Option<i64> {
    let (_, moment) = error.rsplit_once(' ')?;
    moment.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

fn unreviewed(records: &Records) -> Vec<String> {
    let complaint = |record: &UnitRecord| {
        let in_phase = |phase: &str| {
            record.attempts.iter().filter(|attempt| attempt.phase.as_str() == phase && attempt.kind == "agent").count()
        };
        let (implemented, reviewed) = (in_phase("IMPLEMENT"), in_phase("REVIEW"));
        let enough = implemented >= 2 && reviewed >= 2;
        (!enough)
            .then(|| format!("{} was implemented {implemented} times and reviewed {reviewed} times", record.unit.chunk))
    };
    turned(records, Turn::SentBack).filter_map(complaint).collect()
}

fn with_outcome<'a>(record: &'a UnitRecord, outcome: &str) -> Option<&'a Attempt> {
    record.attempts.iter().find(|attempt| attempt.outcome.as_deref() == Some(outcome))
}
