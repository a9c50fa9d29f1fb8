//! What an event leads to beyond its being saved: some requests wait for it, as long as their client does.

use super::failure::Failure;
use super::units::tell;
use crate::actors::hub::{Change, News, Subscribe};
use crate::actors::supervisor::Handles;
use crate::actors::units::{Target, Tell};
use crate::domain::event::Event;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::who::Who;
use std::time::Duration;
use tokio::sync::mpsc;

/// Clients wait ten seconds for an answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is saved from now on.
pub struct Outcome(mpsc::Receiver<News>);

impl Outcome {
    /// Listens from now on: to be called before what leads to the outcome.
    pub async fn listen(handles: &Handles) -> Result<Self, Failure> {
        Ok(Self(handles.hub.send(Subscribe).await?))
    }

    /// The first change of `unit` that `found` makes something of; none where it takes longer than clients wait.
    pub async fn wait<T>(&mut self, unit: UnitId, found: impl Fn(&Change) -> Option<T>) -> Option<T> {
        let look = async {
            loop {
                let News::Unit(change) = self.0.recv().await? else { continue };
                if let Some(found) =
                    Some(&change).filter(|change| change.unit.id == unit).and_then(|change| found(change))
                {
                    return Some(found);
                }
            }
        };
        tokio::time::timeout(PATIENCE, look).await.ok().flatten()
    }
}

/// What became of a worktree that was given up.
pub enum GivenUp {
    /// It is gone; the ref that keeps what it held beyond what has landed, if it held anything.
    Removed(Option<String>),
    /// It stays, and why.
    Stays(String),
    /// It is still being removed.
    UnderWay,
}

/// Tells a unit that its worktree is given up, and waits until it is gone.
pub async fn give_up(
    handles: &Handles,
    unit: UnitId,
    chunk: Option<&ChunkName>,
    event: Event,
    who: Who,
) -> Result<GivenUp, Failure> {
    let mut outcome = Outcome::listen(handles).await?;
    match chunk {
        Some(chunk) => drop(tell(handles, chunk, event, who).await?),
        // Deleted units have no name any more.
        None => drop(handles.units.send(Tell { to: Target::Unit(unit), event, who }).await??),
    }
    let gone = outcome.wait(unit, |change| match &change.entry.event {
        Some(Event::Removed { preserved }) => Some(GivenUp::Removed(preserved.clone())),
        Some(Event::RemoveFailed { reason }) => Some(GivenUp::Stays(reason.clone())),
        _ => None,
    });
    Ok(gone.await.unwrap_or(GivenUp::UnderWay))
}
