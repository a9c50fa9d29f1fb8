//! Group commit: who is refused, who is not, and what a failure leaves.

use super::{Bench, agent, attempt, chunk, create, new_unit, step, unit_of};
use crate::db::error::{Refused, StoreError, Trouble};
use crate::db::store::write::{Write, Written};
use crate::domain::account::{AccountEvent, Halt, HaltReason, Halted, Halts};
use crate::domain::attempt::{AttemptChange, AttemptKind};
use crate::domain::event::Event;
use crate::domain::ids::{SessionId, UnitId};
use crate::domain::journal::{AccountEntry, Line};
use crate::domain::phase::Phase;
use crate::domain::report::Usage;
use crate::domain::time::Timestamp;
use crate::domain::who::Who;
use crate::domain::work_unit::{Leftovers, Status, WorkUnit};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

fn opened(number: u32) -> AttemptChange {
    AttemptChange::Opened {
        attempt: attempt(number),
        kind: AttemptKind::Agent,
        phase: Phase::Plan,
        agent: Some(agent()),
        command: None,
        judges: None,
    }
}

fn closed(number: u32) -> AttemptChange {
    AttemptChange::Closed { attempt: attempt(number), outcome: "failed", error: Some("no".to_owned()) }
}

fn deleted(mut unit: WorkUnit) -> Write {
    unit.status = Status::Deleted { leftovers: Leftovers::Nothing };
    step(unit, vec![], Event::Deleted)
}

#[test]
fn an_accepted_unit_is_told_with_its_first_status() {
    let mut bench = Bench::new();
    let Written::Unit { entry, unit } = bench.one(create("a")).unwrap().unwrap() else { unreachable!() };
    assert_eq!(*unit, new_unit("a").into_unit(UnitId(1), Timestamp(1_000_000)));
    assert_eq!((entry.seq, entry.event.as_ref(), entry.from.as_deref(), entry.to.as_str()), (1, None, None, "READY"));
    assert_eq!(bench.store.events_since(0, 10).unwrap(), [Line::Unit(*entry)]);
    let history = bench.store.history(unit.id).unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].why.as_str(), &history[0].who), ("created", &Who::Peer { uid: 1000 }));
}

#[test]
fn a_chunk_is_unique_among_units_not_deleted_and_an_id_for_ever() {
    let mut bench = Bench::new();
    let first = bench.created("a");
    let second = bench.one(create("a")).unwrap();
    assert_eq!(second.unwrap_err(), Refused::ChunkExists(chunk("a")));
    bench.one(deleted(first.clone())).unwrap().unwrap();
    assert_eq!(bench.store.unit(&chunk("a")).unwrap(), None);
    assert_eq!(bench.store.unsettled().unwrap(), []);

    let mut bench = bench.reopened();
    let again = bench.created("a");
    assert!(again.id > first.id, "{again:?}");
    assert_eq!(bench.store.units().unwrap(), [again]);
    assert_eq!(bench.store.history(first.id).unwrap().len(), 2, "the tombstone keeps its history");
}

#[test]
fn a_refused_write_leaves_its_neighbours_alone() {
    let mut bench = Bench::new();
    let unit = bench.created("a");
    let mut ghost = unit.clone();
    ghost.id = UnitId(99);
    let results = bench.store.commit(vec![
        create("b"),
        create("a"),
        step(ghost, vec![], Event::Held),
        step(unit.clone(), vec![closed(5)], Event::Held),
        create("c"),
        Write::Setting { key: "max_agents".to_owned(), value: Some("2".to_owned()) },
    ]);
    let outcomes: Vec<Option<Refused>> = results.unwrap().into_iter().map(Result::err).collect();
    let unknown = Refused::UnknownAttempt { unit: unit.id, attempt: attempt(5) };
    let refused = [Some(Refused::ChunkExists(chunk("a"))), Some(Refused::UnknownUnit(UnitId(99))), Some(unknown)];
    assert_eq!(outcomes[1..4], refused);
    assert_eq!([&outcomes[0], &outcomes[4], &outcomes[5]], [&None, &None, &None]);
    assert_eq!(bench.chunks(), ["a", "b", "c"]);
    assert_eq!(bench.store.events_since(0, 10).unwrap().len(), 3, "the refused step left nothing");
    assert_eq!(bench.store.settings().unwrap()["max_agents"], "2");
}

#[test]
fn what_belongs_together_is_written_wholly_or_not_at_all() {
    let mut bench = Bench::new();
    bench.created("a");
    let refused = bench.one(Write::All(vec![create("b"), create("a"), create("c")])).unwrap().unwrap_err();
    assert_eq!(refused, Refused::ChunkExists(chunk("a")));
    assert_eq!(bench.chunks(), ["a"]);
    assert_eq!(bench.store.newest_seq().unwrap(), 1, "nothing of it is told");
    let Written::All(written) = bench.one(Write::All(vec![create("b"), create("c")])).unwrap().unwrap() else {
        unreachable!("both were written");
    };
    assert_eq!((written.len(), bench.chunks()), (2, vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]));
}

#[test]
fn a_failed_transaction_writes_nothing_and_the_next_one_goes_on() {
    let mut bench = Bench::new();
    let unit = bench.created("a");
    // The same as a full disk: SQLite may take no further page.
    bench.store.connection.batch_execute("PRAGMA max_page_count = 1").unwrap();
    let mut large = unit.clone();
    large.status = Status::Failed { reason: "x".repeat(1_000_000) };
    let error = bench.store.commit(vec![create("b"), step(large, vec![opened(1)], Event::Held)]).unwrap_err();
    let StoreError::Sqlite { trouble, .. } = &error else { unreachable!("{error}") };
    assert_eq!(*trouble, Trouble::Full, "{error}");
    assert_eq!(bench.store.units().unwrap(), [unit]);
    assert_eq!(bench.store.newest_seq().unwrap(), 1);
    assert_eq!(bench.store.open_attempts().unwrap(), []);

    bench.store.connection.batch_execute("PRAGMA max_page_count = 1000000").unwrap();
    bench.created("b");
    assert_eq!(bench.reopened().chunks(), ["a", "b"]);
}

#[test]
fn one_attempt_of_a_unit_is_open_and_numbers_go_on() {
    let mut bench = Bench::new();
    let unit = bench.created("a");
    let step_with = |attempts| step(unit.clone(), attempts, Event::Held);
    bench.one(step_with(vec![opened(1)])).unwrap().unwrap();
    let refused = bench.one(step_with(vec![opened(2)])).unwrap().unwrap_err();
    assert_eq!(refused, Refused::AttemptOpen { unit: unit.id, attempt: attempt(2) });

    let session = SessionId::parse("s-1").unwrap();
    let usage = Usage { input: 1, output: u64::MAX, cache_read: 3, cache_write: 4, cost: 5 };
    for change in [
        AttemptChange::Started { attempt: attempt(1), pid: u32::MAX },
        AttemptChange::Named { attempt: attempt(1), session: session.clone(), version: Some("2.0".to_owned()) },
        AttemptChange::Named { attempt: attempt(1), session: session.clone(), version: None },
        AttemptChange::Used { attempt: attempt(1), usage },
    ] {
        bench.one(step_with(vec![change])).unwrap().unwrap();
    }
    assert_eq!(bench.store.open_attempts().unwrap().len(), 1);
    bench.one(step_with(vec![closed(1), opened(2)])).unwrap().unwrap();

    let attempts = bench.store.attempts(unit.id).unwrap();
    assert_eq!(attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2]);
    let first = &attempts[0];
    assert_eq!((first.pid, first.session.as_ref(), first.usage), (Some(u32::MAX), Some(&session), usage));
    assert_eq!((first.agent_version.as_deref(), first.outcome.as_deref()), (Some("2.0"), Some("failed")));
    assert_eq!((first.kind.as_str(), first.agent.as_ref()), ("agent", Some(&agent())));
    assert!(first.ended_at.is_some() && first.error.is_some());
    let open = bench.store.open_attempts().unwrap();
    assert_eq!(open.iter().map(|open| &open.attempt).collect::<Vec<_>>(), [&attempt(2)]);
    let other = bench.created("b");
    bench.one(step(other, vec![opened(3)], Event::Held)).unwrap().unwrap();
    assert_eq!(bench.store.open_attempts().unwrap().len(), 2, "each unit has its own");
}

#[test]
fn what_attempts_used_adds_up_by_unit_and_phase_whatever_an_agent_counts() {
    let mut bench = Bench::new();
    let (one, other) = (bench.created("a"), bench.created("b"));
    let used = |id, usage| AttemptChange::Used { attempt: attempt(id), usage };
    let usage = Usage { input: 1, output: u64::MAX, cache_read: 3, cache_write: 4, cost: 5 };
    for (unit, changes) in [
        (&one, vec![opened(1), used(1, usage), closed(1)]),
        (&one, vec![opened(2), used(2, usage)]),
        (&other, vec![opened(3)]),
    ] {
        bench.one(step(unit.clone(), changes, Event::Held)).unwrap().unwrap();
    }
    let spent = bench.store.spending().unwrap();
    let seen: Vec<_> = spent.iter().map(|spent| (spent.chunk.as_str(), spent.phase, spent.attempts)).collect();
    assert_eq!(seen, [("a", one.phase, 2), ("b", other.phase, 1)]);
    assert_eq!(spent[0].usage, Usage { input: 2, output: u64::MAX, cache_read: 6, cache_write: 8, cost: 10 });
    assert_eq!(spent[1].usage, Usage::default());
}

#[test]
fn only_changes_of_the_status_are_history() {
    let mut bench = Bench::new();
    let unit = bench.created("a");
    let unit = bench.stepped(unit, Event::Prioritized(1));
    let failed = WorkUnit { status: Status::Failed { reason: "gave up".to_owned() }, ..unit };
    let failed = bench.stepped(failed, Event::Cooled);
    let history = bench.store.history(failed.id).unwrap();
    let told: Vec<_> =
        history.iter().map(|change| (change.from.as_deref(), change.to.as_str(), change.why.as_str())).collect();
    assert_eq!(told, [(None, "READY", "created"), (Some("READY"), "FAILED", "cooled: gave up")]);
}

#[test]
fn settings_are_replaced_and_forgotten() {
    let mut bench = Bench::new();
    let set = |value: Option<&str>| Write::Setting { key: "paused".to_owned(), value: value.map(str::to_owned) };
    for value in [Some("no"), Some("yes"), None, None] {
        assert_eq!(bench.one(set(value)).unwrap(), Ok(Written::Setting));
        assert_eq!(bench.store.settings().unwrap().get("paused").map(String::as_str), value);
    }
}

#[test]
fn events_go_with_units_that_ended_long_ago_and_numbers_go_on() {
    let mut bench = Bench::new();
    assert_eq!((bench.store.oldest_event().unwrap(), bench.store.newest_seq().unwrap()), (None, 0));
    let gone = bench.created("a");
    bench.created("b");
    let mut write = deleted(gone.clone());
    if let Write::Step { unit, .. } = &mut write {
        unit.updated_at = Timestamp(500);
    }
    unit_of(bench.one(write).unwrap().unwrap());
    assert_eq!(bench.store.prune_events(Timestamp(500)).unwrap(), 0, "not before its time");
    assert_eq!(bench.store.prune_events(Timestamp(i64::MAX)).unwrap(), 2, "the other unit lives");
    let bounds = (bench.store.oldest_event().unwrap(), bench.store.newest_seq().unwrap());
    assert_eq!(bounds, (Some(4), 3), "a journal with a gap is none");
    assert_eq!(bench.store.journal(gone.id).unwrap(), None);
    assert_eq!(bench.store.events_since(0, 1).unwrap()[0].seq(), 2);
}

#[test]
fn an_attempt_needs_its_unit() {
    let mut bench = Bench::new();
    bench.created("a");
    let orphan = "INSERT INTO attempts (attempt_id, unit_id, number, kind, phase, started_at) VALUES ('x', 99, 1, 'agent', 'PLAN', 0)";
    let error = diesel::sql_query(orphan).execute(&mut bench.store.connection).unwrap_err();
    assert!(error.to_string().contains("FOREIGN KEY"), "{error}");
}

#[test]
fn an_account_stays_halted_as_long_as_what_was_met_last_longest() {
    let mut bench = Bench::new();
    let unit = unit_of(bench.one(create("a")).unwrap().unwrap());
    let claude = agent();
    let halt = |why| Halt { since: Timestamp(1), why, message: "no".to_owned() };
    let (soon, late) = (HaltReason::Limit { until: Timestamp(5) }, HaltReason::Limit { until: Timestamp(9) });
    for why in [late, soon] {
        let Write::Step { unit, attempts, event, moment, who, .. } = step(unit.clone(), vec![], Event::Held) else {
            unreachable!("a step is a step")
        };
        let halted = Some(Halted { account: claude.clone(), halt: halt(why) });
        bench.one(Write::Step { unit, attempts, halted, event, moment, who }).unwrap().unwrap();
    }
    assert_eq!(bench.store.halts().unwrap(), Halts::from([(claude.clone(), halt(late))]));
    let (at, who) = (Timestamp(7), Who::Peer { uid: 1000 });
    let opened = AccountEvent::Opened(halt(late));
    let open = Write::Account { account: claude.clone(), event: opened.clone(), at, who: who.clone() };
    let Written::Account(entry) = bench.one(open).unwrap().unwrap() else { unreachable!("it is an account's") };
    assert_eq!(bench.store.halts().unwrap(), Halts::new());
    let told: Vec<Line> = bench.store.events_since(0, 99).unwrap();
    assert_eq!(told.last(), Some(&Line::Account(AccountEntry { seq: 6, at, who, account: claude, event: opened })));
    assert_eq!(told.last(), Some(&Line::Account(entry)));
    let halted = AccountEvent::Halted(halt(late));
    let of_account = |line: &&Line| matches!(line, Line::Account(entry) if entry.event == halted);
    assert_eq!(told.iter().filter(of_account).count(), 2, "what was met before counts on");
    assert_eq!(bench.store.prune_events(Timestamp(8)).unwrap(), 1, "entries of accounts go by age");
}
