//! `board`: all units by status, and the chunks that could become units.

use super::client::Client;
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::words::line;
use crate::wire::board::{BacklogChunk, Board};
use crate::wire::unit::WorkUnit;

/// Characters of a line beside the name of a chunk.
const TEXT: usize = 60;

pub(super) async fn run(client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get("/board").await?;
    console.show(&answer, text)
}

/// One column after the other; empty ones are left out.
fn text(board: &Board, look: &Look) -> String {
    let chunks = board.backlog.iter().map(|chunk| &chunk.chunk);
    let units = board.columns.iter().flat_map(|column| &column.work_units).map(|unit| &unit.chunk);
    let column = chunks.chain(units).map(|name| name.chars().count()).max().unwrap_or(0);
    let room = look.columns(column + TEXT + 4).saturating_sub(column + 4).max(16);
    let card = |name: &str, text: &str| format!("  {name:column$}  {}", line(text, room)).trim_end().to_owned();
    let mut parts = Vec::new();
    if !board.backlog.is_empty() {
        let cards = board.backlog.iter().map(|chunk| card(&chunk.chunk, &planned(chunk)));
        parts.push(part(&format!("BACKLOG ({})", board.backlog.len()), cards));
    }
    for column in board.columns.iter().filter(|column| !column.work_units.is_empty()) {
        let name = column.status.as_str();
        let head = look.status(name, &format!("{name} ({})", column.work_units.len()));
        parts.push(part(&head, column.work_units.iter().map(|unit| card(&unit.chunk, &standing(unit)))));
    }
    parts.extend(board.warnings.iter().map(|warning| format!("Warning: {warning}")));
    if parts.is_empty() { "No work units, and no FUTURE chunks".to_owned() } else { parts.join("\n\n") }
}

fn part(head: &str, cards: impl Iterator<Item = String>) -> String {
    [head.to_owned()].into_iter().chain(cards).collect::<Vec<_>>().join("\n")
}

fn planned(chunk: &BacklogChunk) -> String {
    match chunk.depends_on.as_slice() {
        [] => chunk.summary.clone(),
        needs => format!("{} (after {})", chunk.summary, needs.join(", ")),
    }
}

/// The phase, and whatever says most about where a unit stands.
fn standing(unit: &WorkUnit) -> String {
    let said = [&unit.attention_reason, &unit.failure, &unit.activity, &unit.waiting].into_iter().flatten().next();
    match said {
        Some(said) => format!("{}  {said}", unit.phase),
        None => unit.phase.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::units::tests::unit;
    use crate::wire::board::Column;
    use crate::wire::names::StatusName;

    #[test]
    fn columns_stand_below_each_other() {
        let mut asks = unit("login");
        asks.attention_reason = Some("Question: JWT or session?".into());
        let chunk = |name: &str, needs: &[&str]| BacklogChunk {
            chunk: name.into(),
            summary: "Users can reset\ntheir password".into(),
            depends_on: needs.iter().map(|need| (*need).to_owned()).collect(),
        };
        let board = Board {
            backlog: vec![chunk("reset", &["login"]), chunk("other", &[])],
            columns: vec![
                Column { status: StatusName::Ready, work_units: vec![] },
                Column { status: StatusName::NeedsAttention, work_units: vec![asks] },
                Column { status: StatusName::Done, work_units: vec![unit("schema")] },
            ],
            warnings: vec!["docs/chunks/x/GOAL.md:2: no status".into()],
        };
        insta::assert_snapshot!(text(&board, &Look::plain()), @r#"
        BACKLOG (2)
          reset   Users can reset their password (after login)
          other   Users can reset their password

        NEEDS_ATTENTION (1)
          login   PLAN Question: JWT or session?

        DONE (1)
          schema  PLAN

        Warning: docs/chunks/x/GOAL.md:2: no status
        "#);
        let empty = Board { backlog: vec![], columns: vec![], warnings: vec![] };
        assert_eq!(text(&empty, &Look::plain()), "No work units, and no FUTURE chunks");
    }
}
