//! Asks the operator for a yes.

use super::console::Console;
use super::error::CommandError;
use std::io::{self, BufRead, IsTerminal};

/// Asks on the terminal; without one, or with JSON as the answer, nobody agrees.
pub(super) fn agrees(question: &str, console: &mut Console) -> Result<bool, CommandError> {
    let input = io::stdin();
    if console.json || !input.is_terminal() {
        return Ok(false);
    }
    console.note(&format!("{question} [y/N]"))?;
    let mut reply = String::new();
    input.lock().read_line(&mut reply)?;
    Ok(matches!(reply.trim(), "y" | "Y" | "yes"))
}
