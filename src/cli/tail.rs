//! `tail`: what a unit's agents said and did, as it reads best.

use super::client::answer::decode;
use super::client::{Client, Pieces, unit_path};
use super::console::Console;
use super::error::CommandError;
use crate::domain::ids::ChunkName;
use crate::wire::transcript::TranscriptLine;
use crate::wire::transcript::text::Format;
use clap::Args;

/// Where text is wrapped when nothing says how wide a line may be.
pub(super) const WIDTH: usize = 100;

/// Show what a unit's agents say and do
#[derive(Debug, Args)]
pub(super) struct Tail {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// Go on with what comes, until the unit has ended
    #[arg(long, short)]
    follow: bool,
    /// Only this attempt
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,
}

pub(super) async fn run(args: Tail, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let attempt = args.attempt.map_or_else(String::new, |number| format!("&attempt={number}"));
    let path = unit_path(&args.chunk, &format!("/transcript?follow={}{attempt}", args.follow));
    let mut pieces = client.stream(&path).await?;
    let shown = tokio::select! {
        shown = show(&mut pieces, console) => shown?,
        // The operator has seen enough: that is how following ends.
        _ = tokio::signal::ctrl_c() => return Ok(()),
    };
    if shown == 0 && !args.follow {
        return Err(CommandError::Nothing {
            message: format!("No logs yet for chunk '{}'", args.chunk),
            hint: "wait for its first line with: ve orch tail -f",
        });
    }
    Ok(())
}

/// Writes line by line; returns how many there were.
async fn show(pieces: &mut Pieces, console: &mut Console) -> Result<usize, CommandError> {
    let format = Format { width: console.look.width.unwrap_or(WIDTH), zone: console.look.zone() };
    let mut lines = Lines::default();
    let mut shown = 0;
    while let Some(piece) = pieces.next().await? {
        for line in lines.push(&piece) {
            write(&line, shown, &format, console)?;
            shown += 1;
        }
    }
    if let Some(last) = lines.rest() {
        write(&last, shown, &format, console)?;
        shown += 1;
    }
    Ok(shown)
}

fn write(line: &[u8], before: usize, format: &Format, console: &mut Console) -> Result<(), CommandError> {
    if console.json {
        console.raw(line)?;
        return console.raw(b"\n");
    }
    let text = text(&decode(line)?, before, format);
    console.raw(text.as_bytes())
}

/// A line as text; a header stands between blank lines.
fn text(line: &TranscriptLine, before: usize, format: &Format) -> String {
    let mut text = line.to_text(format).join("\n");
    text.push('\n');
    match (line.is_header(), before) {
        (true, 0) => format!("{text}\n"),
        (true, _) => format!("\n{text}\n"),
        (false, _) => text,
    }
}

/// Bytes that come in pieces, cut at line breaks. Blank lines are passed over: they only keep the connection alive.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// The lines that end in this piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> Vec<Vec<u8>> {
        self.rest.extend_from_slice(piece);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
        let rest = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, rest);
        whole.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).map(<[u8]>::to_vec).collect()
    }

    fn rest(self) -> Option<Vec<u8>> {
        (!self.rest.trim_ascii().is_empty()).then_some(self.rest)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn lines_are_found_in_any_pieces() {
        let mut lines = Lines::default();
        assert!(lines.push(b"{\"a\"").is_empty());
        assert_eq!(lines.push(b":1}\n\n{\"b\":2}\n{\"c"), [b"{\"a\":1}".to_vec(), b"{\"b\":2}".to_vec()]);
        assert_eq!(lines.rest(), Some(b"{\"c".to_vec()));
    }

    #[test]
    fn headers_stand_alone() {
        let line = |kind: &str| -> TranscriptLine {
            decode(
                format!(r#"{{"at":"1970-01-01T00:00:00Z","attempt":"u","number":1,"phase":"GOAL",{kind}}}"#).as_bytes(),
            )
            .unwrap()
        };
        let header = line(r#""kind":"header","role":"agent","agent":"claude""#);
        let speech = line(r#""kind":"text","text":"evil \u001b[2J text""#);
        let format = Format { width: 80, zone: TimeZone::UTC };
        let shown = text(&header, 0, &format) + &text(&speech, 1, &format) + &text(&header, 2, &format);
        insta::assert_snapshot!(shown, @r#"
        === GOAL phase === (started 00:00:00)

        00:00:00 💬 evil �[2J text

        === GOAL phase === (started 00:00:00)
        "#);
    }
}
