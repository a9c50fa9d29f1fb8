//! Follows the daemon: says when something has happened, and comes back to one that was restarted.

use super::client::{Client, Pieces};
use super::error::CommandError;
use std::time::Duration;

/// Between two tries to reach a daemon that is away.
const AGAIN: Duration = Duration::from_secs(1);

/// What is heard of the daemon.
#[derive(Debug)]
pub(super) enum News {
    /// Something has happened, or may have while nobody listened.
    Changed,
    /// It cannot be reached. Said once; the next news is that it is back.
    Away(CommandError),
}

/// The daemon's journal, as far as it says that it is worth to look again.
pub(super) struct Follower<'a> {
    client: &'a Client<'a>,
    pieces: Option<Pieces>,
    away: bool,
}

impl<'a> Follower<'a> {
    /// Listens from the first [`Follower::next`] on.
    pub(super) fn new(client: &'a Client<'a>) -> Self {
        Self { client, pieces: None, away: false }
    }

    /// The next news. May be dropped and asked for again: nothing is lost but repetition.
    pub(super) async fn next(&mut self) -> News {
        loop {
            let Some(pieces) = &mut self.pieces else {
                match self.connect().await {
                    Some(news) => return news,
                    None => continue,
                }
            };
            match pieces.next().await {
                Ok(Some(piece)) if tells(&piece) => return News::Changed,
                Ok(Some(_alive)) => {}
                Ok(None) | Err(_) => self.pieces = None,
            }
        }
    }

    async fn connect(&mut self) -> Option<News> {
        if self.away {
            tokio::time::sleep(AGAIN).await;
        }
        match self.client.stream("/events").await {
            Ok(pieces) => {
                self.pieces = Some(pieces);
                self.away = false;
                Some(News::Changed)
            }
            Err(error) => (!std::mem::replace(&mut self.away, true)).then_some(News::Away(error)),
        }
    }
}

/// Whether a piece of the stream holds more than a sign of life.
fn tells(piece: &[u8]) -> bool {
    piece.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"id:") || line.starts_with(b"data:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_of_life_is_no_news() {
        assert!(!tells(b": alive\n\n"));
        assert!(tells(b": alive\n\nid: 7\nevent: answered\ndata: {}\n\n"));
    }
}
