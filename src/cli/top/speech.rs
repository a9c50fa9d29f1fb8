//! The stream of what one unit's agents say.

use super::pending::Pending;
use crate::cli::client::answer::decode;
use crate::cli::client::{Client, Pieces, unit_path};
use crate::cli::error::CommandError;
use crate::cli::tail::Lines;
use crate::domain::ids::ChunkName;
use crate::wire::transcript::TranscriptLine;
use crate::wire::transcript::text::Format;
use std::time::Duration;

/// After a stream has ended, before it is asked for again: the daemon, or the unit, has to come back first.
const AGAIN: Duration = Duration::from_secs(1);

/// Follows one unit at a time.
#[derive(Default)]
pub(super) struct Speech<'a> {
    chunk: Option<ChunkName>,
    opening: Pending<'a, Result<Pieces, CommandError>>,
    pieces: Option<Pieces>,
    lines: Lines,
    /// Lines of this stream that were given out; a stream asked for again begins at the beginning.
    given: usize,
    skip: usize,
}

impl<'a> Speech<'a> {
    /// Follows `chunk` from now on; says whether that is another one than before.
    pub(super) fn turn_to(&mut self, chunk: Option<ChunkName>, client: &'a Client<'a>) -> bool {
        if chunk == self.chunk {
            return false;
        }
        *self = Self { chunk, ..Self::default() };
        self.open(client, Duration::ZERO);
        true
    }

    fn open(&mut self, client: &'a Client<'a>, after: Duration) {
        let Some(chunk) = self.chunk.clone() else { return };
        self.opening.begin(async move {
            tokio::time::sleep(after).await;
            client.stream(&unit_path(&chunk, "/transcript?follow=true")).await
        });
    }

    /// The next lines as text; waits for ever where there is nothing to follow. May be dropped and asked for again.
    pub(super) async fn next(&mut self, client: &'a Client<'a>, format: &Format) -> Vec<String> {
        loop {
            let Some(pieces) = &mut self.pieces else {
                match self.opening.next().await {
                    Ok(pieces) => {
                        self.pieces = Some(pieces);
                        self.lines = Lines::default();
                        (self.skip, self.given) = (self.given, 0);
                    }
                    Err(_) => self.open(client, AGAIN),
                }
                continue;
            };
            let Ok(Some(piece)) = pieces.next().await else {
                self.pieces = None;
                self.open(client, AGAIN);
                continue;
            };
            let mut shown = Vec::new();
            for line in self.lines.push(&piece) {
                self.given += 1;
                if self.given > self.skip {
                    shown.extend(text(&line, format));
                }
            }
            if !shown.is_empty() {
                return shown;
            }
        }
    }
}

/// A line that is not understood is left out: it is of another version.
fn text(line: &[u8], format: &Format) -> Vec<String> {
    decode::<TranscriptLine>(line).map_or_else(|_| Vec::new(), |line| line.to_text(format))
}
