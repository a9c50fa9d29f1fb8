//! What keys mean.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::cli::attention::tests::{attention, item, question};
use crate::cli::units::tests::unit;

pub(in crate::cli::top) fn standing(chunk: &str, status: StatusName) -> WorkUnit {
    let mut unit = unit(chunk);
    unit.status = status;
    unit
}

pub(in crate::cli::top) fn asking(chunk: &str) -> QueueItem {
    let mut entry = attention("question", "Question: JWT or session?", &["answer", "retry", "cancel"]);
    entry.questions = vec![question("JWT or session?", &[("JWT", "stateless"), ("session", "")], None)];
    QueueItem { blocks_count: 2, ..item(Some(chunk), entry) }
}

fn pair() -> QueueItem {
    let mut entry = attention("conflict", "nothing says whether a and b may run at once", &["resolve"]);
    entry.pair = vec!["a".into(), "b".into()];
    item(None, entry)
}

pub(in crate::cli::top) fn state() -> State {
    let mut state = State::default();
    state.update(Snapshot {
        status: None,
        units: vec![
            standing("done", StatusName::Done),
            standing("login", StatusName::NeedsAttention),
            standing("a", StatusName::Running),
        ],
        items: vec![asking("login"), pair()],
    });
    state
}

fn name(chunk: &str) -> ChunkName {
    ChunkName::parse(chunk).unwrap()
}

fn keys(state: &mut State, keys: &[Key]) -> Act {
    keys.iter().map(|key| state.key(*key)).last().unwrap_or(Act::Stay)
}

fn chosen(state: &State) -> &str {
    state.unit().map_or("-", |unit| &unit.chunk)
}

#[test]
fn what_is_at_work_comes_first_and_the_cursor_stays_with_its_unit() {
    let mut state = state();
    assert_eq!(chosen(&state), "a");
    keys(&mut state, &[Key::Down]);
    assert_eq!(chosen(&state), "login");
    keys(&mut state, &[Key::Down, Key::Down, Key::Down]);
    assert_eq!(chosen(&state), "done", "the end is the end");
    keys(&mut state, &[Key::Up]);
    let units = vec![standing("x", StatusName::Running), standing("login", StatusName::Ready)];
    state.update(Snapshot { units, ..Snapshot::default() });
    assert_eq!(chosen(&state), "login");
    state.update(Snapshot { units: vec![standing("x", StatusName::Running)], ..Snapshot::default() });
    assert_eq!(chosen(&state), "x", "what is gone leaves the cursor where something is");
    state.update(Snapshot::default());
    assert_eq!(chosen(&state), "-");
    assert_eq!(keys(&mut state, &[Key::Down, Key::Char('h')]), Act::Stay);
}

#[test]
fn digits_answer_with_the_option_that_is_shown() {
    let mut state = state();
    assert_eq!(keys(&mut state, &[Key::Char('1')]), Act::Stay, "the running unit asks nothing");
    let expected = Act::Ask(Order::Answer {
        chunk: name("login"),
        item: Some(1),
        words: Words::Choice(2),
        question: Some("JWT or session?".into()),
    });
    assert_eq!(keys(&mut state, &[Key::Down, Key::Char('2')]), expected);
    assert_eq!(keys(&mut state, &[Key::Tab, Key::Char('2')]), expected, "from the other list too");
    assert_eq!(keys(&mut state, &[Key::Char('3')]), Act::Stay);
    let text = "the question offers 2 options; a answers in your own words";
    assert_eq!(state.message, Some(Message::Refused(text.into())));
}

#[test]
fn digits_decide_about_a_pair() {
    let mut state = state();
    let verdict = |resolution| Act::Ask(Order::Resolve(name("a"), name("b"), resolution));
    assert_eq!(keys(&mut state, &[Key::Tab, Key::Down, Key::Char('1')]), verdict(Resolution::Parallelize));
    assert_eq!(keys(&mut state, &[Key::Char('2')]), verdict(Resolution::Serialize));
    assert_eq!(keys(&mut state, &[Key::Char('9')]), Act::Stay);
    assert_eq!(keys(&mut state, &[Key::Char('c')]), Act::Stay, "a pair is no unit");
}

#[test]
fn words_are_typed_and_can_be_taken_back() {
    let mut state = state();
    let typed = [Key::Down, Key::Char('a'), Key::Char('q'), Key::Backspace, Key::Char('J'), Key::Char('?'), Key::Enter];
    let answer = Order::Answer {
        chunk: name("login"),
        item: Some(1),
        words: Words::Text("J?".into()),
        question: Some("JWT or session?".into()),
    };
    assert_eq!(keys(&mut state, &typed), Act::Ask(answer));
    assert_eq!(keys(&mut state, &[Key::Char('a'), Key::Enter]), Act::Stay, "an empty answer is none");
    assert_eq!(keys(&mut state, &[Key::Char('a'), Key::Char('x'), Key::Escape]), Act::Stay);
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn an_interrupt_has_words_or_holds() {
    let mut state = state();
    let held = Act::Ask(Order::Interrupt(name("a"), None));
    assert_eq!(keys(&mut state, &[Key::Char('i'), Key::Enter]), held);
    let told = Act::Ask(Order::Interrupt(name("a"), Some("no".into())));
    assert_eq!(keys(&mut state, &[Key::Char('i'), Key::Char('n'), Key::Char('o'), Key::Enter]), told);
}

#[test]
fn what_destroys_asks_first() {
    for (key, verb) in [('c', "cancel"), ('t', "retry"), ('s', "skip")] {
        let mut state = state();
        assert_eq!(keys(&mut state, &[Key::Char(key)]), Act::Stay);
        assert_eq!(keys(&mut state, &[Key::Enter]), Act::Stay, "only a yes is a yes");
        assert_eq!(state.message, Some(Message::Refused("nothing was done".into())));
        let order = Act::Ask(Order::Verb(name("a"), verb));
        assert_eq!(keys(&mut state, &[Key::Char(key), Key::Char('y')]), order);
    }
    let mut state = state();
    for (key, verb) in [('h', "hold"), ('r', "release"), ('y', "approve")] {
        assert_eq!(keys(&mut state, &[Key::Char(key)]), Act::Ask(Order::Verb(name("a"), verb)));
    }
    assert_eq!(keys(&mut state, &[Key::Char('+')]), Act::Ask(Order::Prioritize(name("a"), 1)));
    assert_eq!(keys(&mut state, &[Key::Char('-')]), Act::Ask(Order::Prioritize(name("a"), -1)));
}

#[test]
fn the_rest_of_the_keys() {
    let mut state = state();
    assert_eq!(keys(&mut state, &[Key::Char('?')]), Act::Stay);
    assert_eq!(state.mode, Mode::Help);
    assert_eq!(keys(&mut state, &[Key::Char('q')]), Act::Stay, "any key closes the help");
    assert_eq!(keys(&mut state, &[Key::Char('P')]), Act::Ask(Order::Dispatch("pause")));
    assert_eq!(keys(&mut state, &[Key::Char('Z')]), Act::Stay);
    assert_eq!(state.message, Some(Message::Refused("Z means nothing here; ? shows the keys".into())));
    assert_eq!(keys(&mut state, &[Key::Char('q')]), Act::Quit);
    keys(&mut state, &[Key::Tab]);
    state.update(Snapshot { units: vec![standing("a", StatusName::Running)], ..Snapshot::default() });
    assert_eq!(state.focus, Focus::Units, "an empty list has no cursor");
}
