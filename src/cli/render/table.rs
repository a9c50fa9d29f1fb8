//! Tables: columns as wide as what is in them, cut where the terminal is too narrow.

use super::Look;
use super::words::line;

/// Between two columns.
const GAP: usize = 1;
/// No column is cut below this.
const LEAST: usize = 6;

/// A table under construction.
pub(crate) struct Table {
    titles: Vec<&'static str>,
    least: Vec<usize>,
    rows: Vec<Vec<String>>,
    /// Index of the column that holds a status.
    status: Option<usize>,
}

impl Table {
    /// A table with these columns: title, and the width it has at least while there is room.
    pub(crate) fn new(columns: &[(&'static str, usize)]) -> Self {
        Self {
            titles: columns.iter().map(|(title, _)| *title).collect(),
            least: columns.iter().map(|(_, least)| *least).collect(),
            rows: Vec::new(),
            status: columns.iter().position(|(title, _)| *title == "STATUS"),
        }
    }

    /// Adds a row, one cell per column.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.into_iter().map(|cell| line(&cell, usize::MAX)).collect());
    }

    /// Titles, a rule of at least `rule` characters, and the rows.
    pub(crate) fn render(&self, rule: usize, look: &Look) -> String {
        let widths = self.widths(look.width);
        let total: usize = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let titles: Vec<String> = self.titles.iter().map(|title| (*title).to_owned()).collect();
        let plain = Look { colour: false, ..look.clone() };
        let mut lines = vec![self.line(&titles, &widths, &plain), "-".repeat(look.columns(rule.max(total)))];
        lines.extend(self.rows.iter().map(|row| self.line(row, &widths, look)));
        lines.join("\n")
    }

    fn line(&self, cells: &[String], widths: &[usize], look: &Look) -> String {
        let cell = |(index, (cell, width)): (usize, (&String, &usize))| {
            let padded = format!("{:<1$}", line(cell, *width), *width);
            if self.status == Some(index) { look.status(cell, &padded) } else { padded }
        };
        let cells: Vec<String> = cells.iter().zip(widths).enumerate().map(cell).collect();
        cells.join(&" ".repeat(GAP)).trim_end().to_owned()
    }

    /// The width of each column; while all of them together are too wide, the widest gives way.
    fn widths(&self, room: Option<usize>) -> Vec<usize> {
        let longest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([self.titles[column].chars().count()]).max().unwrap_or(0)
        };
        let natural: Vec<usize> = (0..self.titles.len()).map(longest).collect();
        let mut widths: Vec<usize> =
            natural.iter().zip(&self.least).map(|(natural, least)| *natural.max(least)).collect();
        let Some(room) = room else { return widths };
        let room = room.saturating_sub(GAP * widths.len().saturating_sub(1));
        // Air goes before words.
        while widths.iter().sum::<usize>() > room {
            let airy =
                (0..widths.len()).filter(|at| widths[*at] > natural[*at]).max_by_key(|at| widths[*at] - natural[*at]);
            let Some(at) = airy.or_else(|| (0..widths.len()).max_by_key(|at| widths[*at])) else { break };
            if widths[at] <= LEAST {
                break;
            }
            widths[at] -= 1;
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("CHUNK", 12), ("STATUS", 10), ("BLOCKED BY", 0)]);
        table.row(vec!["login".into(), "RUNNING".into(), "-".into()]);
        table.row(vec!["a_chunk_with_a_long_name".into(), "BLOCKED".into(), "login,\nschema".into()]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_their_words() {
        insta::assert_snapshot!(table().render(40, &Look::plain()), @r#"
        CHUNK                    STATUS     BLOCKED BY
        -------------------------------------------------
        login                    RUNNING    -
        a_chunk_with_a_long_name BLOCKED    login, schema
        "#);
    }

    #[test]
    fn a_narrow_terminal_takes_the_air_first_and_then_the_longest_words() {
        insta::assert_snapshot!(table().render(40, &Look { width: Some(34), ..Look::plain() }), @r#"
        CHUNK         STATUS  BLOCKED BY
        ----------------------------------
        login         RUNNING -
        a_chunk_wi... BLOCKED login, sc...
        "#);
    }

    #[test]
    fn only_the_status_is_coloured() {
        let look = Look { colour: true, ..Look::plain() };
        let shown = table().render(40, &look);
        assert!(shown.contains("\u{1b}[32mRUNNING   \u{1b}[0m"), "{shown:?}");
        assert!(shown.starts_with("CHUNK"), "{shown:?}");
    }
}
