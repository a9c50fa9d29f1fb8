//! Where a command's output goes, and how it may look there.

use super::client::answer::Answer;
use super::error::CommandError;
use super::render::{self, Look};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};

/// Output and look of one command.
pub(crate) struct Console {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// Whether answers are shown as JSON.
    pub(crate) json: bool,
    /// How text is laid out.
    pub(crate) look: Look,
}

impl Console {
    /// The process's own streams.
    pub(crate) fn of_process(json: bool) -> Self {
        Self { out: Box::new(io::stdout()), err: Box::new(io::stderr()), json, look: Look::of_process() }
    }

    /// Any other streams.
    #[cfg(test)]
    pub(crate) fn to(out: Box<dyn Write>, err: Box<dyn Write>, json: bool, look: Look) -> Self {
        Self { out, err, json, look }
    }

    /// Shows an answer: as it came, indented, or as the text that `render` makes of it.
    pub(crate) fn show<T: DeserializeOwned>(
        &mut self,
        answer: &Answer,
        render: impl FnOnce(&T, &Look) -> String,
    ) -> Result<(), CommandError> {
        if self.json {
            return self.text(&render::json::pretty(answer.text()));
        }
        let value = answer.read()?;
        let text = render(&value, &self.look);
        self.text(&text)
    }

    /// Shows what we know ourselves, as JSON.
    pub(crate) fn value(&mut self, value: &impl Serialize) -> Result<(), CommandError> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
        self.text(&text)
    }

    /// Writes text that ends with one line break.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), CommandError> {
        self.raw(format!("{}\n", text.trim_end_matches('\n')).as_bytes())
    }

    /// Writes bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        self.out.write_all(bytes)?;
        Ok(self.out.flush()?)
    }

    /// Tells the operator something that is not the answer.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), CommandError> {
        Ok(writeln!(self.err, "{text}")?)
    }
}
