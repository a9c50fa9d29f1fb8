//! The terminal: taken over, and given back however the screen ends.

use super::state::Key;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use std::io::{self, Stdout};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long the reader waits for a key before it looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(200);

/// The terminal while the screen has it. Dropping it gives the terminal back.
pub(super) struct Screen {
    terminal: ratatui::Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over. A panic gives it back before it is reported.
    pub(super) fn take() -> io::Result<Self> {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            report(panic);
        }));
        enable_raw_mode()?;
        // From here on, whatever fails, this value gives the terminal back.
        let screen = ratatui::Terminal::new(CrosstermBackend::new(io::stdout()));
        let screen = screen.inspect_err(|_| give_back())?;
        let screen = Self { terminal: screen };
        execute!(io::stdout(), EnterAlternateScreen)?;
        Ok(screen)
    }

    /// Shows what `draw` draws.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Makes the terminal what it was. Nobody is left to tell when that fails.
fn give_back() {
    execute!(io::stdout(), LeaveAlternateScreen, Show).ok();
    disable_raw_mode().ok();
}

/// What the terminal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A key was pressed.
    Key(Key),
    /// Ctrl-C: raw mode makes a key of it.
    Quit,
    /// The terminal has so many columns now.
    Resized(u16),
}

/// Reads the terminal for as long as somebody listens. A thread, because a terminal cannot be waited for otherwise.
pub(super) fn inputs() -> mpsc::Receiver<Input> {
    let (sender, receiver) = mpsc::channel(64);
    std::thread::spawn(move || {
        while !sender.is_closed() {
            match event::poll(LOOK).and_then(|ready| if ready { event::read().map(Some) } else { Ok(None) }) {
                Ok(event) => {
                    if let Some(input) = event.and_then(input)
                        && sender.blocking_send(input).is_err()
                    {
                        return;
                    }
                }
                // The terminal is gone, and with the sender the screen ends.
                Err(_) => return,
            }
        }
    });
    receiver
}

fn input(event: Event) -> Option<Input> {
    let key = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key,
        Event::Resize(columns, _) => return Some(Input::Resized(columns)),
        _ => return None,
    };
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Input::Quit);
    }
    let key = match key.code {
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Tab | KeyCode::BackTab => Key::Tab,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => return None,
    };
    Some(Input::Key(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::KeyEvent;

    #[test]
    fn keys_mean_what_they_are() {
        let pressed = |code, modifiers| input(Event::Key(KeyEvent::new(code, modifiers)));
        let plain = KeyModifiers::NONE;
        assert_eq!(pressed(KeyCode::Char('A'), KeyModifiers::SHIFT), Some(Input::Key(Key::Char('A'))));
        assert_eq!(pressed(KeyCode::Esc, plain), Some(Input::Key(Key::Escape)));
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Input::Quit));
        assert_eq!(pressed(KeyCode::Char('z'), KeyModifiers::CONTROL), None);
        assert_eq!(pressed(KeyCode::F(1), plain), None);
        assert_eq!(input(Event::Resize(80, 24)), Some(Input::Resized(80)));
        assert_eq!(input(Event::FocusGained), None);
    }
}
