//! The body of a request: a JSON object, whose fields are asked for one by one so that every error names its field.

use super::names::{StatusName, VerdictName};
use crate::domain::ids::{ChunkName, InvalidName};
use crate::domain::phase::Phase;
use serde_json::{Map, Value};

/// Why a request is refused as it stands: 400 on the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// The body is not JSON.
    #[error("Invalid JSON body")]
    Syntax,
    /// The body is no form.
    #[error("Invalid form body")]
    Form,
    /// The body is JSON, but not an object.
    #[error("JSON body must be an object")]
    NotAnObject,
    /// A field that has to be there is not, or is empty.
    #[error("missing {0}")]
    Missing(&'static str),
    /// A field holds another kind of value.
    #[error("{field} must be {expected}")]
    Type {
        /// Its name.
        field: &'static str,
        /// What it has to be: "an integer".
        expected: &'static str,
    },
    /// No phase is called so.
    #[error("Invalid phase: {0}. Valid phases: {phases}", phases = listed(&Phase::ALL.map(|phase| phase.name().to_uppercase())))]
    Phase(String),
    /// No status is called so.
    #[error("Invalid status: {0}. Valid statuses: {statuses}", statuses = listed(&StatusName::LISTED.map(StatusName::as_str)))]
    Status(String),
    /// A unit cannot be made with this status, only come to it.
    #[error("Invalid status: a work unit cannot be created {0}")]
    NotInitial(StatusName),
    /// No verdict is called so.
    #[error("Invalid verdict: {0}. Valid verdicts: {verdicts}",
        verdicts = listed(&[VerdictName::Independent, VerdictName::Serialize, VerdictName::AskOperator].map(VerdictName::as_str)))]
    Verdict(String),
    /// A pair of chunks can be resolved in two ways only.
    #[error("Invalid verdict: {0}. Must be parallelize or serialize")]
    Resolution(String),
    /// No agent is called so.
    #[error("Unknown backend '{name}'. Available backends: {}", .available.join(", "))]
    Backend {
        /// The name given.
        name: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// A name cannot be a chunk's.
    #[error("{0}")]
    Name(#[from] InvalidName),
    /// A question has no item of this number, counted from 1.
    #[error("there is no question {asked}: the question has {items} items")]
    Item {
        /// The number given; 0 when none was.
        asked: usize,
        /// How many there are.
        items: usize,
    },
    /// Several questions wait, and the answer does not say which it is for.
    #[error("{0} questions wait for an answer: say which one this is for")]
    WhichItem(usize),
    /// The answer is for a question that does not wait any more.
    #[error("another question waits now than the one that was answered")]
    OtherQuestion,
    /// What waits is no question, and has no choices.
    #[error("it waits for words, not for a choice: no question is open")]
    NoChoices,
    /// A question offers no choice of this number, counted from 1.
    #[error("there is no option {asked}: the question offers {options}")]
    Choice {
        /// The number given.
        asked: usize,
        /// How many there are.
        options: usize,
    },
}

impl BadRequest {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            BadRequest::Syntax | BadRequest::NotAnObject => "send a JSON object, as application/json",
            BadRequest::Form => "send fields as a page does, or a JSON object as application/json",
            BadRequest::Missing(_) | BadRequest::Type { .. } => "nothing was changed; correct that field",
            BadRequest::Phase(_)
            | BadRequest::Status(_)
            | BadRequest::NotInitial(_)
            | BadRequest::Verdict(_)
            | BadRequest::Resolution(_)
            | BadRequest::Backend { .. } => "nothing was changed; use one of the valid names",
            BadRequest::Name(_) => "give the name of the chunk's directory under docs/chunks",
            BadRequest::Item { .. }
            | BadRequest::WhichItem(_)
            | BadRequest::OtherQuestion
            | BadRequest::NoChoices
            | BadRequest::Choice { .. } => "see what waits, and the verbs for it, with: ve orch attention",
        }
    }
}

fn listed(names: &[impl AsRef<str>]) -> String {
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// A JSON object. A field that is null counts as absent.
#[derive(Clone, Debug, Default)]
pub struct Body(Map<String, Value>);

impl Body {
    /// Reads the bytes of a request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(BadRequest::NotAnObject),
            Err(_) => Err(BadRequest::Syntax),
        }
    }

    /// Reads the bytes of a request whose body may be missing altogether.
    pub fn parse_optional(bytes: &[u8]) -> Result<Self, BadRequest> {
        if bytes.trim_ascii().is_empty() { Ok(Self::default()) } else { Self::parse(bytes) }
    }

    fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// The text of a field.
    pub fn text(&self, field: &'static str) -> Result<Option<&str>, BadRequest> {
        let expected = BadRequest::Type { field, expected: "a string" };
        self.get(field).map(|value| value.as_str().ok_or(expected)).transpose()
    }

    /// The text of a field that has to be there and not blank.
    pub fn required(&self, field: &'static str) -> Result<&str, BadRequest> {
        self.text(field)?.filter(|text| !text.trim().is_empty()).ok_or(BadRequest::Missing(field))
    }

    /// A chunk's name.
    pub fn chunk(&self, field: &'static str) -> Result<ChunkName, BadRequest> {
        Ok(ChunkName::parse(self.required(field)?)?)
    }

    /// A list of chunk names.
    pub fn chunks(&self, field: &'static str) -> Result<Option<Vec<ChunkName>>, BadRequest> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let items = value.as_array().ok_or(BadRequest::Type { field, expected: "a list" })?;
        let named = |item: &Value| {
            let text = item.as_str().ok_or(BadRequest::Type { field, expected: "a list of chunk names" })?;
            Ok(ChunkName::parse(text)?)
        };
        items.iter().map(named).collect::<Result<_, _>>().map(Some)
    }

    /// A whole number; true and false are none.
    pub fn integer(&self, field: &'static str) -> Result<Option<i32>, BadRequest> {
        let expected = BadRequest::Type { field, expected: "an integer" };
        let whole = |value: &Value| value.as_i64().and_then(|number| i32::try_from(number).ok());
        self.get(field).map(|value| whole(value).ok_or(expected)).transpose()
    }

    /// A whole number from 1.
    pub fn count(&self, field: &'static str) -> Result<Option<u32>, BadRequest> {
        let expected = BadRequest::Type { field, expected: "a positive integer" };
        let whole = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|n| *n > 0);
        self.get(field).map(|value| whole(value).ok_or(expected)).transpose()
    }

    /// A number above 0.
    pub fn positive(&self, field: &'static str) -> Result<Option<f64>, BadRequest> {
        let expected = BadRequest::Type { field, expected: "a positive number" };
        let above = |value: &Value| value.as_f64().filter(|number| number.is_finite() && *number > 0.0);
        self.get(field).map(|value| above(value).ok_or(expected)).transpose()
    }

    /// True or false.
    pub fn boolean(&self, field: &'static str) -> Result<Option<bool>, BadRequest> {
        let expected = BadRequest::Type { field, expected: "a boolean" };
        self.get(field).map(|value| value.as_bool().ok_or(expected)).transpose()
    }
}
