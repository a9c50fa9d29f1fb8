//! `top`: a screen with units, what waits for the operator, and what the chosen unit says; its keys answer and steer.
//!
//! `state` decides what a key means, `render` how it looks, both without a terminal; this file waits for whatever comes next.

mod orders;
mod output;
mod pending;
mod render;
mod speech;
mod state;
mod terminal;

use super::client::Client;
use super::console::Console;
use super::error::CommandError;
use super::follow::{Follower, News};
use super::tail::WIDTH;
use crate::domain::ids::ChunkName;
use crate::wire::transcript::text::Format;
use output::Output;
use pending::Pending;
use render::Palette;
use speech::Speech;
use state::{Act, Message, Order, Snapshot, State};
use std::time::Duration;
use terminal::{Input, Screen};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often ages are drawn anew though nothing happens.
const TICK: Duration = Duration::from_secs(1);

/// How often the state is read anew though nothing is heard: waits and pauses are no events.
const REFRESH: Duration = Duration::from_secs(5);

/// How long several changes in a row are taken together.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn run(client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    if console.json || !console.look.is_screen {
        return Err(CommandError::Usage {
            message: "top needs a terminal".to_owned(),
            hint: "use: ve orch ps, ve orch attention --watch",
        });
    }
    // The first look says what is wrong where it can be read: on the operator's own screen.
    let first = orders::look(client).await?;
    let palette = if console.look.colour { Palette::Colours } else { Palette::Plain };
    let format = Format { width: console.look.width.unwrap_or(WIDTH), zone: console.look.zone() };
    let mut screen = Screen::take()?;
    Top::new(client, first, format).follow(&mut screen, palette).await
}

/// Everything that is waited for.
struct Top<'a> {
    client: &'a Client<'a>,
    state: State,
    format: Format,
    speech: Speech<'a>,
    looking: Pending<'a, Result<Snapshot, CommandError>>,
    asking: Pending<'a, Result<String, CommandError>>,
    /// Whether something has happened since the last look began.
    is_stale: bool,
}

impl<'a> Top<'a> {
    fn new(client: &'a Client<'a>, first: Snapshot, format: Format) -> Self {
        let mut state = State::default();
        state.update(first);
        let (speech, looking, asking) = (Speech::default(), Pending::default(), Pending::default());
        Self { client, state, format, speech, looking, asking, is_stale: false }
    }

    async fn follow(mut self, screen: &mut Screen, palette: Palette) -> Result<(), CommandError> {
        let mut follower = Follower::new(self.client);
        let mut inputs = terminal::inputs();
        let mut ends = Ends::new()?;
        let mut tick = tokio::time::interval(TICK);
        let mut refresh = tokio::time::interval(REFRESH);
        loop {
            self.turn();
            screen.draw(|frame| render::draw(frame, &self.state, palette))?;
            tokio::select! {
                input = inputs.recv() => match input {
                    Some(Input::Key(key)) => match self.state.key(key) {
                        Act::Stay => {}
                        Act::Ask(order) => self.ask(order),
                        Act::Quit => return Ok(()),
                    },
                    Some(Input::Resized(columns)) => self.format.width = usize::from(columns),
                    Some(Input::Quit) | None => return Ok(()),
                },
                news = follower.next() => match news {
                    News::Changed => self.look(PAUSE),
                    News::Away(error) => self.state.away = Some(error.to_string()),
                },
                snapshot = self.looking.next() => self.seen(snapshot),
                said = self.asking.next() => self.told(said),
                lines = self.speech.next(self.client, &self.format) => self.state.output.push(lines),
                _ = tick.tick() => self.state.snapshot.pass(TICK),
                _ = refresh.tick() => self.look(Duration::ZERO),
                () = ends.next() => return Ok(()),
            }
        }
    }

    /// Follows the unit that is chosen now.
    fn turn(&mut self) {
        let chunk = self.state.unit().and_then(|unit| ChunkName::parse(unit.chunk.clone()).ok());
        let name = chunk.as_ref().map(ToString::to_string);
        if self.speech.turn_to(chunk, self.client) {
            self.state.output = Output::of(name);
        }
    }

    fn look(&mut self, after: Duration) {
        if self.looking.is_busy() {
            self.is_stale = true;
            return;
        }
        let client = self.client;
        self.looking.begin(async move {
            tokio::time::sleep(after).await;
            orders::look(client).await
        });
    }

    /// A look that failed is repeated by the next news, which says why.
    fn seen(&mut self, snapshot: Result<Snapshot, CommandError>) {
        if let Ok(snapshot) = snapshot {
            self.state.update(snapshot);
        }
        if std::mem::take(&mut self.is_stale) {
            self.look(PAUSE);
        }
    }

    fn ask(&mut self, order: Order) {
        if self.asking.is_busy() {
            self.state.message = Some(Message::Refused("the daemon has not answered yet".to_owned()));
            return;
        }
        self.asking.begin(orders::carry_out(order, self.client));
    }

    fn told(&mut self, said: Result<String, CommandError>) {
        self.state.message = Some(match said {
            Ok(text) => Message::Done(text),
            Err(error) => {
                Message::Refused(error.hint().map_or_else(|| error.to_string(), |hint| format!("{error}; {hint}")))
            }
        });
        self.look(Duration::ZERO);
    }
}

/// Signals that end the screen; the terminal is given back then as for a key.
struct Ends {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
}

impl Ends {
    fn new() -> Result<Self, CommandError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
