//! The last lines of what the chosen unit's agents say.

use std::collections::VecDeque;

/// Lines that are kept.
const KEPT: usize = 2000;

/// Lines that a page key moves by.
const PAGE: usize = 10;

/// What one unit has said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Output {
    /// Whose it is.
    pub(super) chunk: Option<String>,
    lines: VecDeque<String>,
    /// Lines below the shown ones; 0 follows what comes.
    back: usize,
}

impl Output {
    /// Nothing yet, of this unit.
    pub(super) fn of(chunk: Option<String>) -> Self {
        Self { chunk, ..Self::default() }
    }

    /// Adds lines at the end. Whoever looks back goes on seeing the same lines.
    pub(super) fn push(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.lines.push_back(line);
            if self.back > 0 {
                self.back += 1;
            }
            if self.lines.len() > KEPT {
                self.lines.pop_front();
            }
        }
        self.back = self.back.min(self.lines.len());
    }

    /// Looks further back.
    pub(super) fn scroll_up(&mut self) {
        self.back = (self.back + PAGE).min(self.lines.len().saturating_sub(1));
    }

    /// Looks less far back.
    pub(super) fn scroll_down(&mut self) {
        self.back = self.back.saturating_sub(PAGE);
    }

    /// Whether it follows what comes.
    pub(super) fn is_followed(&self) -> bool {
        self.back == 0
    }

    /// The lines that fit into `height`.
    pub(super) fn visible(&self, height: usize) -> impl Iterator<Item = &str> {
        let end = self.lines.len() - self.back;
        self.lines.range(end.saturating_sub(height)..end).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(output: &Output) -> Vec<&str> {
        output.visible(2).collect()
    }

    #[test]
    fn it_follows_until_somebody_looks_back() {
        let mut output = Output::of(Some("a".into()));
        assert_eq!(shown(&output), [""; 0]);
        output.push((0..30).map(|line| line.to_string()));
        assert_eq!(shown(&output), ["28", "29"]);
        output.scroll_up();
        output.push(["30".to_owned()]);
        assert_eq!((shown(&output), output.is_followed()), (vec!["18", "19"], false), "it stays where it was");
        output.scroll_down();
        output.scroll_down();
        assert_eq!((shown(&output), output.is_followed()), (vec!["29", "30"], true));
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let mut output = Output::default();
        output.push((0..3 * KEPT).map(|line| line.to_string()));
        assert_eq!(output.visible(9 * KEPT).count(), KEPT);
    }
}
