//! What is stored is read back the same, under names that do not change by accident.

use super::samples;
use super::{Bench, chunk};
use crate::db::error::StoreError;
use crate::db::rows::stored::{Stored, from_json, to_json};
use crate::db::rows::words;
use crate::domain::event::Event;
use crate::domain::journal::Line;
use crate::domain::phase::Phase;
use crate::domain::report::Usage;
use diesel::connection::SimpleConnection;
use std::fmt::Debug;

/// The stored forms of `values`, each read back the same.
fn stored<T: Stored + PartialEq + Debug>(values: &[T]) -> String {
    let mut lines = String::new();
    for value in values {
        let json = to_json(value).unwrap();
        assert_eq!(from_json::<T>(&json).unwrap(), *value, "{json}");
        lines.push_str(&json);
        lines.push('\n');
    }
    lines
}

/// A change of this snapshot means that databases of before are not understood: give the mirror the old name (`serde(rename)`), or
/// write a migration.
#[test]
fn stored_names_stay() {
    let all = [
        ("statuses", stored(&samples::statuses())),
        ("notes", stored(&samples::notes())),
        ("processes", stored(&samples::lives())),
        ("events", stored(&samples::events())),
    ];
    let text: String = all.iter().map(|(title, lines)| format!("{title}:\n{lines}\n")).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn of_a_conversation_without_tokens_the_cost_is_kept() {
    let told = r#"{"used":{"attempt":"0b7f6d6e-58e1-4c5d-9d0e-000000000001","usage":{"input":1,"output":2,"cache_read":3,
        "cache_write":4,"cost":5},"session_cost":18446744073709551615}}"#;
    let Event::Used { session, .. } = from_json(told).unwrap() else { unreachable!("another event") };
    assert_eq!(session, Usage { cost: u64::MAX, ..Usage::default() });
}

#[test]
fn words_are_read_back() {
    for who in samples::whos() {
        assert_eq!(words::read_who(&words::who(&who)).unwrap(), who);
    }
    for phase in Phase::ALL {
        assert_eq!(words::read_phase(words::phase(phase)).unwrap(), phase);
    }
    for nobody in ["", "root", "uid", "uid x", "uid -1", "attempt 1", "scheduler 1"] {
        assert!(words::read_who(nobody).is_err(), "{nobody:?}");
    }
}

#[test]
fn units_are_read_back_whole() {
    let mut bench = Bench::new();
    let mut unit = bench.created("a");
    unit.base = Some(samples::bases());
    unit.tip = unit.base.as_ref().map(|base| base.map(|_, base| base.commit.clone()));
    unit.approved = unit.tip.as_ref().map(|tip| tip.lead.clone());
    unit.session_used = Usage { input: u64::MAX, cost: 7, ..Usage::default() };
    unit.counters.rebases = 7;
    unit.notes = samples::notes();
    for live in samples::lives() {
        unit.live = Some(live);
        unit = bench.stepped(unit, Event::Held);
        assert_eq!(bench.store.unit(&unit.chunk).unwrap().unwrap(), unit);
    }
    for status in samples::statuses() {
        // A chunk may come again once it is deleted, so that the tombstone is not found by it.
        let deleted = status.name() == "DELETED";
        unit.status = status;
        unit = bench.stepped(unit, Event::Held);
        assert_eq!(bench.store.unit(&unit.chunk).unwrap(), (!deleted).then(|| unit.clone()));
        assert_eq!(bench.store.unsettled().unwrap(), [unit.clone()], "its process is still there");
    }
}

#[test]
fn events_are_read_back_in_order() {
    let mut bench = Bench::new();
    let unit = bench.created("a");
    for event in samples::events() {
        bench.stepped(unit.clone(), event);
    }
    let entries = bench.store.events_since(1, usize::MAX).unwrap();
    let event = |line| match line {
        Line::Unit(entry) => entry.event.unwrap(),
        Line::Account(entry) => unreachable!("{entry:?}"),
    };
    let events: Vec<Event> = entries.into_iter().map(event).collect();
    assert_eq!(events, samples::events());
}

#[test]
fn what_makes_no_sense_is_an_error_that_names_the_unit() {
    let mut bench = Bench::new();
    bench.created("a");
    bench.created("b");
    bench
        .store
        .connection
        .batch_execute("UPDATE work_units SET data = replace(data, 'ready', 'flying') WHERE unit_id = 2")
        .unwrap();
    assert!(bench.store.unit(&chunk("a")).unwrap().is_some(), "the other one is still read");
    let error = bench.store.units().unwrap_err();
    let StoreError::Unreadable(unreadable) = &error else { unreachable!("{error}") };
    assert_eq!(unreadable.unit, Some(crate::domain::ids::UnitId(2)));
    assert!(error.to_string().contains("unit 2") && error.to_string().contains("flying"), "{error}");
}
