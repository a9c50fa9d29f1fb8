//! What the screen knows, and what a key means. Pure: a key changes the state or asks for one thing of the daemon.

use super::output::Output;
use crate::domain::ids::ChunkName;
use crate::wire::answer::Words;
use crate::wire::attention::{QuestionItem, QueueItem};
use crate::wire::names::StatusName;
use crate::wire::requests::Resolution;
use crate::wire::status::Status;
use crate::wire::unit::WorkUnit;
use std::time::Duration;

/// What the daemon last said.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    /// The daemon itself.
    pub(super) status: Option<Status>,
    /// All units.
    pub(super) units: Vec<WorkUnit>,
    /// What waits for the operator, the most urgent first.
    pub(super) items: Vec<QueueItem>,
}

impl Snapshot {
    /// Lets time pass: ages grow between two looks.
    pub(super) fn pass(&mut self, time: Duration) {
        for item in &mut self.items {
            item.time_waiting += time.as_secs_f64();
        }
        if let Some(seconds) = self.status.as_mut().and_then(|status| status.uptime_seconds.as_mut()) {
            *seconds += time.as_secs_f64();
        }
    }
}

/// A key, as far as the screen understands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A character.
    Char(char),
    /// Takes what was typed.
    Enter,
    /// Gives up what was begun.
    Escape,
    /// Takes a character back.
    Backspace,
    /// To the other list.
    Tab,
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// A page of output up.
    PageUp,
    /// A page of output down.
    PageDown,
}

/// What is asked of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Answers a question, or tells a unit how to go on.
    Answer {
        /// Which unit.
        chunk: ChunkName,
        /// Which question, from 1; none for what is no question.
        item: Option<u32>,
        /// What.
        words: Words,
        /// The question as it was shown.
        question: Option<String>,
    },
    /// A verb without words, by its path.
    Verb(ChunkName, &'static str),
    /// Stops an agent, with words for it or to hold it.
    Interrupt(ChunkName, Option<String>),
    /// Sets a priority.
    Prioritize(ChunkName, i32),
    /// Decides about a pair.
    Resolve(ChunkName, ChunkName, Resolution),
    /// Starts the units of an account again.
    Resume(String),
    /// Stops all dispatch, or lets it go on.
    Dispatch(&'static str),
}

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing but another screen.
    Stay,
    /// One thing to be asked of the daemon.
    Ask(Order),
    /// The end.
    Quit,
}

/// Which list the keys are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Focus {
    /// The units.
    #[default]
    Units,
    /// What waits for the operator.
    Items,
}

/// What the keys are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Moving and verbs.
    #[default]
    Browse,
    /// Words are typed.
    Typing {
        /// What for.
        what: Typing,
        /// So far.
        text: String,
    },
    /// Something that cannot be taken back waits for a yes.
    Confirm(Order),
    /// The keys are shown.
    Help,
}

/// What words are typed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typing {
    /// An answer to a question of a unit, or to whatever it waits with.
    Answer {
        /// Which unit.
        chunk: ChunkName,
        /// Which question, with its text.
        question: Option<(u32, String)>,
    },
    /// What an agent is told that is interrupted.
    Interrupt(ChunkName),
}

/// What the bottom line says until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// It was done.
    Done(String),
    /// It was refused, or makes no sense.
    Refused(String),
}

/// The whole screen.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) snapshot: Snapshot,
    pub(super) focus: Focus,
    pub(super) mode: Mode,
    pub(super) message: Option<Message>,
    /// Why the daemon cannot be reached, while it cannot.
    pub(super) away: Option<String>,
    pub(super) output: Output,
    /// The chosen unit, by name: lists change under the cursor.
    unit: Option<String>,
    /// The chosen entry of the queue, by its name.
    item: Option<String>,
}

impl State {
    /// Takes what the daemon says now.
    pub(super) fn update(&mut self, mut snapshot: Snapshot) {
        snapshot.units.sort_by(|a, b| rank(a.status).cmp(&rank(b.status)).then(a.created_at.cmp(&b.created_at)));
        let (unit, item) = (self.unit_place(), self.item_place());
        self.snapshot = snapshot;
        self.away = None;
        // What is gone leaves the cursor where it was.
        if self.unit_place().is_none() {
            self.unit = at(&self.snapshot.units, unit).map(|unit| unit.chunk.clone());
        }
        if self.item_place().is_none() {
            self.item = at(&self.snapshot.items, item).map(name);
        }
        if self.snapshot.items.is_empty() && self.focus == Focus::Items {
            self.focus = Focus::Units;
        }
    }

    /// The place of the chosen unit.
    pub(super) fn unit_place(&self) -> Option<usize> {
        self.snapshot.units.iter().position(|unit| Some(&unit.chunk) == self.unit.as_ref())
    }

    /// The place of the chosen entry of the queue.
    pub(super) fn item_place(&self) -> Option<usize> {
        self.snapshot.items.iter().position(|item| Some(name(item)) == self.item)
    }

    /// The entry that keys are for: the chosen one, or that of the chosen unit.
    pub(super) fn item(&self) -> Option<&QueueItem> {
        match self.focus {
            Focus::Items => self.snapshot.items.get(self.item_place()?),
            Focus::Units => self.snapshot.items.iter().find(|item| item.chunk.is_some() && item.chunk == self.unit),
        }
    }

    /// The unit that keys are for.
    pub(super) fn unit(&self) -> Option<&WorkUnit> {
        let chunk = match self.focus {
            Focus::Units => self.unit.as_ref(),
            Focus::Items => self.snapshot.items.get(self.item_place()?)?.chunk.as_ref(),
        };
        self.snapshot.units.iter().find(|unit| Some(&unit.chunk) == chunk)
    }

    /// The first question that waits for an answer, with its number from 1.
    pub(super) fn question(&self) -> Option<(u32, &QuestionItem)> {
        let questions = &self.item()?.attention.questions;
        (1..).zip(questions).find(|(_, question)| question.answer.is_none())
    }

    /// What a key means.
    pub(super) fn key(&mut self, key: Key) -> Act {
        self.message = None;
        match std::mem::take(&mut self.mode) {
            Mode::Browse => self.browse(key),
            Mode::Typing { what, text } => self.type_on(what, text, key),
            Mode::Confirm(order) if matches!(key, Key::Char('y' | 'Y')) => Act::Ask(order),
            Mode::Confirm(_) => self.refuse("nothing was done"),
            Mode::Help => Act::Stay,
        }
    }

    fn browse(&mut self, key: Key) -> Act {
        match key {
            Key::Up | Key::Char('k') => self.step(-1),
            Key::Down | Key::Char('j') => self.step(1),
            Key::Tab if self.focus == Focus::Units && !self.snapshot.items.is_empty() => self.focus = Focus::Items,
            Key::Tab => self.focus = Focus::Units,
            Key::PageUp => self.output.scroll_up(),
            Key::PageDown => self.output.scroll_down(),
            Key::Char('q') => return Act::Quit,
            Key::Char('?') => self.mode = Mode::Help,
            Key::Char('P') => return self.dispatch(),
            Key::Char(digit @ '1'..='9') => return self.choose(digit),
            Key::Char(verb) => return self.verb(verb),
            Key::Enter | Key::Escape | Key::Backspace => {}
        }
        Act::Stay
    }

    fn step(&mut self, by: isize) {
        match self.focus {
            Focus::Units => {
                let place = moved(self.unit_place(), by);
                self.unit = at(&self.snapshot.units, place).map(|unit| unit.chunk.clone());
            }
            Focus::Items => {
                let place = moved(self.item_place(), by);
                self.item = at(&self.snapshot.items, place).map(name);
            }
        }
    }

    fn dispatch(&self) -> Act {
        let paused = self.snapshot.status.as_ref().is_some_and(|status| status.paused.is_some());
        Act::Ask(Order::Dispatch(if paused { "resume" } else { "pause" }))
    }

    /// A digit answers with the option of that number, and decides about a pair.
    fn choose(&mut self, digit: char) -> Act {
        let Some(number) = digit.to_digit(10) else { return Act::Stay };
        let Some(item) = self.item() else { return self.refuse("nothing waits for an answer here") };
        if let [a, b] = item.attention.pair.as_slice()
            && let (Ok(a), Ok(b)) = (ChunkName::parse(a), ChunkName::parse(b))
        {
            return match number {
                1 => Act::Ask(Order::Resolve(a, b, Resolution::Parallelize)),
                2 => Act::Ask(Order::Resolve(a, b, Resolution::Serialize)),
                _ => self.refuse("choose 1, at once, or 2, one after the other"),
            };
        }
        let Some((chunk, (item, question))) = self.chunk().zip(self.question()) else {
            return self.refuse("no question waits here; a says something in your own words");
        };
        let options = question.options.len();
        if usize::try_from(number).is_ok_and(|number| number > options) {
            return self.refuse(&format!("the question offers {options} options; a answers in your own words"));
        }
        let question = guard(question);
        Act::Ask(Order::Answer { chunk, item: Some(item), words: Words::Choice(number), question })
    }

    fn chunk(&self) -> Option<ChunkName> {
        ChunkName::parse(self.unit()?.chunk.clone()).ok()
    }

    fn verb(&mut self, key: char) -> Act {
        let account = self.item().and_then(|item| item.attention.account.clone());
        if let (Some(account), 'r') = (account, key) {
            return Act::Ask(Order::Resume(account));
        }
        let Some(chunk) = self.chunk() else { return self.refuse("choose a unit first") };
        let priority = self.unit().map_or(0, |unit| unit.priority);
        match key {
            'a' => {
                let question = self.question().map(|(number, question)| (number, question.question.clone()));
                let what = Typing::Answer { chunk, question };
                self.mode = Mode::Typing { what, text: String::new() };
            }
            'i' => self.mode = Mode::Typing { what: Typing::Interrupt(chunk), text: String::new() },
            'h' => return Act::Ask(Order::Verb(chunk, "hold")),
            'r' => return Act::Ask(Order::Verb(chunk, "release")),
            'y' => return Act::Ask(Order::Verb(chunk, "approve")),
            't' => self.mode = Mode::Confirm(Order::Verb(chunk, "retry")),
            's' => self.mode = Mode::Confirm(Order::Verb(chunk, "skip")),
            'c' => self.mode = Mode::Confirm(Order::Verb(chunk, "cancel")),
            '+' => return Act::Ask(Order::Prioritize(chunk, priority.saturating_add(1))),
            '-' => return Act::Ask(Order::Prioritize(chunk, priority.saturating_sub(1))),
            _ => return self.refuse(&format!("{key} means nothing here; ? shows the keys")),
        }
        Act::Stay
    }

    fn type_on(&mut self, what: Typing, mut text: String, key: Key) -> Act {
        match key {
            Key::Escape => return self.refuse("nothing was said"),
            Key::Enter => return self.said(what, text.trim()),
            Key::Char(letter) => text.push(letter),
            Key::Backspace => drop(text.pop()),
            Key::Tab | Key::Up | Key::Down | Key::PageUp | Key::PageDown => {}
        }
        self.mode = Mode::Typing { what, text };
        Act::Stay
    }

    fn said(&mut self, what: Typing, text: &str) -> Act {
        match what {
            Typing::Interrupt(chunk) => Act::Ask(Order::Interrupt(chunk, (!text.is_empty()).then(|| text.to_owned()))),
            Typing::Answer { .. } if text.is_empty() => self.refuse("an empty answer is none"),
            Typing::Answer { chunk, question } => {
                let (item, question) = question.unzip();
                let question = question.filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
                Act::Ask(Order::Answer { chunk, item, words: Words::Text(text.to_owned()), question })
            }
        }
    }

    fn refuse(&mut self, why: &str) -> Act {
        self.message = Some(Message::Refused(why.to_owned()));
        Act::Stay
    }
}

/// The question as the daemon wrote it; none where characters were replaced that a terminal must not see.
fn guard(question: &QuestionItem) -> Option<String> {
    (!question.question.contains(char::REPLACEMENT_CHARACTER)).then(|| question.question.clone())
}

/// What makes an entry of the queue the same one later.
fn name(item: &QueueItem) -> String {
    let attention = &item.attention;
    match &item.chunk {
        Some(chunk) => chunk.clone(),
        None => {
            format!("{} {} {}", attention.kind, attention.pair.join(" "), attention.account.as_deref().unwrap_or(""))
        }
    }
}

/// The entry at a place, or the nearest there is.
fn at<T>(list: &[T], place: Option<usize>) -> Option<&T> {
    list.get(place.unwrap_or(0).min(list.len().saturating_sub(1)))
}

fn moved(place: Option<usize>, by: isize) -> Option<usize> {
    Some(place.map_or(0, |place| place.saturating_add_signed(by)))
}

/// What is at work first, what has ended last.
fn rank(status: StatusName) -> u8 {
    match status {
        StatusName::Running | StatusName::Assigned => 0,
        StatusName::NeedsAttention => 1,
        StatusName::Ready => 2,
        StatusName::Blocked => 3,
        StatusName::Pending => 4,
        StatusName::Failed => 5,
        StatusName::Canceled | StatusName::Done | StatusName::Deleted => 6,
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
pub(super) mod tests;
