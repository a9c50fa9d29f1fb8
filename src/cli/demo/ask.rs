//! Asks the newcomer what the agent wants to know: on a terminal, and not for ever.

use super::run::DEFAULT;
use super::script::{CHOICES, QUESTION};
use crate::cli::console::Console;
use crate::cli::error::CommandError;
use crate::wire::answer::Words;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, BufRead, IsTerminal};
use std::time::{Duration, Instant};

/// How long the newcomer may think. What does not depend on the answer goes on meanwhile, and takes about as long.
const PATIENCE: Duration = Duration::from_secs(12);

/// Who is asked.
pub(super) enum Newcomer {
    /// Nobody is there.
    Absent,
    /// Somebody sits at the terminal.
    Present,
    /// Somebody was asked.
    Asked { until: Instant },
}

impl Newcomer {
    /// Somebody, if input and output are a terminal's and the output is for people.
    pub(super) fn new(json: bool) -> Self {
        let both = io::stdin().is_terminal() && io::stdout().is_terminal();
        if both && !json { Self::Present } else { Self::Absent }
    }

    /// The answer, once there is one. Asks when called first, and gives the default when the time is over.
    pub(super) fn answer(&mut self, console: &mut Console) -> Result<Option<Words>, CommandError> {
        match self {
            Self::Absent => Ok(Some(DEFAULT)),
            Self::Present => {
                console.text(&question())?;
                *self = Self::Asked { until: Instant::now() + PATIENCE };
                Ok(None)
            }
            Self::Asked { until, .. } if Instant::now() >= *until => {
                console.text("(no answer: the first one it is)")?;
                Ok(Some(DEFAULT))
            }
            Self::Asked { .. } if !has_line()? => Ok(None),
            Self::Asked { .. } => {
                let mut line = String::new();
                io::stdin().lock().read_line(&mut line)?;
                Ok(Some(words(&line)))
            }
        }
    }
}

/// Whether reading a line does not wait: a terminal gives whole lines.
fn has_line() -> Result<bool, CommandError> {
    let input = io::stdin();
    let mut waiting = [PollFd::new(&input, PollFlags::IN)];
    let ready = poll(&mut waiting, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).map_err(io::Error::from)?;
    Ok(ready > 0)
}

fn question() -> String {
    let choices: Vec<String> =
        CHOICES.iter().enumerate().map(|(index, label)| format!("    {}. {label}", index + 1)).collect();
    format!(
        "\n  An agent asks you: {QUESTION}\n{}\n  A number or your own words (Enter: 1, {} s): ",
        choices.join("\n"),
        PATIENCE.as_secs()
    )
}

/// What was typed: the number of a choice, words, or nothing.
fn words(line: &str) -> Words {
    let line = line.trim();
    match line.parse::<u32>() {
        Ok(number) if (1..=CHOICES.len()).contains(&usize::try_from(number).unwrap_or(0)) => Words::Choice(number),
        _ if line.is_empty() => DEFAULT,
        _ => Words::Text(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_choose_and_words_are_words() {
        assert_eq!(words("2\n"), Words::Choice(2));
        assert_eq!(words("\n"), Words::Choice(1));
        assert_eq!(words("9"), Words::Text("9".into()), "there is no ninth choice");
        assert_eq!(words(" So long \n"), Words::Text("So long".into()));
    }
}
