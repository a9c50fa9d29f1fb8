//! How the screen looks, in cells.

use super::*;
use crate::cli::top::output::Output;
use crate::cli::top::state::Key;
use crate::cli::top::state::tests::state;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn drawn(state: &State, palette: Palette, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state, palette)).unwrap();
    terminal
}

fn text(state: &State, width: u16, height: u16) -> String {
    let terminal = drawn(state, Palette::Plain, width, height);
    let buffer = terminal.backend().buffer();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn talking() -> State {
    let mut state = state();
    state.output = Output::of(Some("a".into()));
    state.output.push(["=== PLAN phase === (started 10:00:00)", "", "10:00:02 I read the goal"].map(str::to_owned));
    state
}

#[test]
fn units_queue_and_output() {
    insta::assert_snapshot!(text(&talking(), 80, 20), @r#"
    ve orch top
     Units ─────────────────────────────────────────────────────────────────────────
    CHUNK               PHASE     STATUS          PRIO
    a                   PLAN      RUNNING         0
    login               PLAN      NEEDS_ATTENTION 0
    done                PLAN      DONE            0

     Attention (2) ─────────────────────────────────────────────────────────────────
    login  question  5m  frees 2  JWT or session?
    a and b  conflict  5m  nothing says whether a and b may run at once

     Output of a ───────────────────────────────────────────────────────────────────
    === PLAN phase === (started 10:00:00)

    10:00:02 I read the goal




    ?  keys   tab  attention   1-9 a  answer   h r i c t  verbs   q  quit
    "#);
}

#[test]
fn a_question_is_shown_whole() {
    let mut state = talking();
    state.key(Key::Tab);
    insta::assert_snapshot!(text(&state, 80, 24), @r#"
    ve orch top
     Units ─────────────────────────────────────────────────────────────────────────
    CHUNK               PHASE     STATUS          PRIO
    a                   PLAN      RUNNING         0
    login               PLAN      NEEDS_ATTENTION 0
    done                PLAN      DONE            0

     Attention (2) ─────────────────────────────────────────────────────────────────
    login  question  5m  frees 2  JWT or session?
    a and b  conflict  5m  nothing says whether a and b may run at once

     Output of a ───────────────────────────────────────────────────────────────────
    Auth: JWT or session?
      1) JWT: stateless
      2) session
    Possible: answer, retry, cancel

    === PLAN phase === (started 10:00:00)

    10:00:02 I read the goal



    ?  keys   tab  attention   1-9 a  answer   h r i c t  verbs   q  quit
    "#);
}

#[test]
fn the_bottom_line_says_what_is_asked() {
    let mut state = talking();
    let bottom = |state: &State| text(state, 80, 12).lines().last().unwrap_or_default().to_owned();
    state.key(Key::Char('c'));
    assert_eq!(bottom(&state), "cancel a? its work is kept in a ref only [y/N]");
    state.key(Key::Escape);
    assert_eq!(bottom(&state), "nothing was done");
    state.key(Key::Char('i'));
    state.key(Key::Char('x'));
    assert_eq!(bottom(&state), "tell a (nothing: hold it; esc gives up): x");
}

#[test]
fn keys_are_explained() {
    let mut state = talking();
    state.key(Key::Char('?'));
    let text = text(&state, 80, 16);
    assert!(text.contains("choose a line") && text.contains("?          these keys"), "{text}");
}

#[test]
fn a_daemon_that_is_away_is_said_above_what_was_last_known() {
    let mut state = talking();
    state.away = Some("Orchestrator daemon is not running".into());
    let text = text(&state, 80, 16);
    assert!(text.starts_with("the daemon is away, waiting for it: Orchestrator daemon is not running\n"), "{text}");
    assert!(text.contains("login"), "{text}");
}

#[test]
fn no_terminal_is_too_small() {
    for (width, height) in [(1, 1), (5, 3), (20, 6), (300, 4)] {
        let mut state = talking();
        drawn(&state, Palette::Colours, width, height);
        state.key(Key::Char('?'));
        drawn(&state, Palette::Colours, width, height);
    }
    drawn(&State::default(), Palette::Colours, 80, 24);
}

#[test]
fn without_colours_only_emphasis_is_left() {
    let coloured = |palette| {
        let terminal = drawn(&talking(), palette, 80, 20);
        let cells = terminal.backend().buffer().content();
        cells.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(coloured(Palette::Colours) && !coloured(Palette::Plain));
}
