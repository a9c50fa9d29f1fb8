//! What a daemon answers, checked before anybody reads it.

use crate::cli::error::CommandError;
use crate::wire::error::ErrorBody;
use hyper::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How much of a strange answer is shown.
const EXCERPT: usize = 200;

/// A success: valid JSON.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    text: String,
}

impl Answer {
    /// Accepts a success in JSON; everything else is an error.
    pub(super) fn new(status: StatusCode, bytes: &[u8]) -> Result<Self, CommandError> {
        if !status.is_success() {
            return Err(refusal(status, bytes));
        }
        match (std::str::from_utf8(bytes), serde_json::from_slice::<serde::de::IgnoredAny>(bytes)) {
            (Ok(text), Ok(_)) => Ok(Self { text: text.to_owned() }),
            _ => Err(CommandError::InvalidResponse(excerpt(bytes))),
        }
    }

    /// The JSON as it came.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The answer as what it means, fit to be shown on a terminal.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, CommandError> {
        decode(self.text.as_bytes())
    }
}

/// Reads JSON for a terminal: an agent may write control characters into any text, and a terminal obeys them.
pub(crate) fn decode<T: DeserializeOwned>(json: &[u8]) -> Result<T, CommandError> {
    let invalid = |error: serde_json::Error| CommandError::InvalidResponse(error.to_string());
    let mut value: Value = serde_json::from_slice(json).map_err(invalid)?;
    disarm(&mut value);
    serde_json::from_value(value).map_err(invalid)
}

fn disarm(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(is_armed) => {
            *text = text.chars().map(|c| if is_armed(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
        }
        Value::Array(items) => items.iter_mut().for_each(disarm),
        Value::Object(fields) => fields.values_mut().for_each(disarm),
        _ => {}
    }
}

/// Control characters, and those that turn the direction of writing so that text reads as what it is not.
fn is_armed(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && c != '\n' && c != '\t')
}

/// What an answer that is no success means.
pub(super) fn refusal(status: StatusCode, bytes: &[u8]) -> CommandError {
    match decode::<ErrorBody>(bytes) {
        Ok(ErrorBody { error, hint, .. }) => CommandError::Refused { status: status.as_u16(), error, hint },
        Err(_) => CommandError::InvalidResponse(format!("{status}: {}", excerpt(bytes))),
    }
}

fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown: String = text.trim().chars().take(EXCERPT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if shown.is_empty() { "it is empty".to_owned() } else { shown }
}
