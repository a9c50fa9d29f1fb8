//! How things look on a terminal: tables that fit it, colours where it shows them, times in the operator's zone.

pub(crate) mod json;
pub(crate) mod table;
pub(crate) mod words;

use jiff::tz::TimeZone;
use std::io::IsTerminal;

/// How text is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// Columns of the terminal; none where nothing limits a line.
    pub(crate) width: Option<usize>,
    /// Whether the output is a terminal, on which what was shown can be replaced.
    pub(crate) is_screen: bool,
    /// Whether colours are shown.
    pub(crate) colour: bool,
    /// The zone of the times; none for the system's, which costs more to find than most commands take.
    pub(crate) zone: Option<TimeZone>,
}

impl Look {
    /// The look of the process's standard output.
    pub(crate) fn of_process() -> Self {
        let out = std::io::stdout();
        let is_terminal = out.is_terminal();
        let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let measured = || rustix::termios::tcgetwinsize(&out).ok().map(|size| usize::from(size.ws_col));
        Self {
            width: asked.or_else(|| if is_terminal { measured() } else { None }).filter(|width| *width > 0),
            is_screen: is_terminal,
            colour: is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            zone: None,
        }
    }

    /// No limits, no colours, no zone but UTC.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { width: None, is_screen: false, colour: false, zone: Some(TimeZone::UTC) }
    }

    /// The zone of the times.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or_else(TimeZone::system)
    }

    /// `text` in the colour of a status.
    pub(crate) fn status(&self, status: &str, text: &str) -> String {
        let code = match status.trim_end() {
            "RUNNING" | "ASSIGNED" => "32",
            "NEEDS_ATTENTION" => "33;1",
            "FAILED" => "31",
            "BLOCKED" | "PENDING" => "34",
            "DONE" | "CANCELED" => "2",
            _ => return text.to_owned(),
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// The longest line that a paragraph or a rule may have.
    pub(crate) fn columns(&self, usual: usize) -> usize {
        self.width.map_or(usual, |width| width.min(usual))
    }
}
