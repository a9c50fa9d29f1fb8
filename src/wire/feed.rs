//! Messages of the WebSockets: `/ws`, the dashboard's feed, and `/ws/log/{chunk}`, the log of one unit.

use super::attention::AttentionItem;
use super::names::{PhaseName, StatusName};
use super::times::Moment;
use super::unit::WorkUnit;
use crate::domain::work_unit::{self, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A message of `/ws`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FeedMessage {
    /// The first one: everything as it stands.
    InitialState {
        /// The state.
        data: InitialState,
        /// The last event that it contains.
        seq: i64,
    },
    /// A unit changed.
    WorkUnitUpdate {
        /// How it stands now.
        data: UnitUpdate,
        /// When.
        timestamp: Moment,
        /// Grows from message to message; what is missing can be asked for with `?since=`.
        seq: i64,
    },
    /// The operator's queue changed.
    AttentionUpdate {
        /// How.
        data: AttentionUpdate,
        /// When.
        timestamp: Moment,
        /// As above.
        seq: i64,
    },
}

/// Everything as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InitialState {
    /// All units by age.
    pub work_units: Vec<WorkUnit>,
    /// The operator's queue, without the goals.
    pub attention_items: Vec<AttentionItem>,
}

/// How a unit stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitUpdate {
    /// The chunk.
    pub chunk: String,
    /// Its status; `DELETED` when it is gone.
    pub status: StatusName,
    /// Its phase.
    pub phase: PhaseName,
    /// Why it waits for the operator.
    pub attention_reason: Option<String>,
}

impl From<&WorkUnit> for UnitUpdate {
    fn from(unit: &WorkUnit) -> Self {
        Self {
            chunk: unit.chunk.clone(),
            status: unit.status,
            phase: unit.phase,
            attention_reason: unit.attention_reason.clone(),
        }
    }
}

/// How the queue changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttentionUpdate {
    /// What happened to the entry.
    pub action: AttentionAction,
    /// The chunk.
    pub chunk: String,
    /// Why it waits for the operator.
    pub attention_reason: Option<String>,
}

/// What happened to an entry of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionAction {
    /// It is new.
    Added,
    /// It is gone.
    Resolved,
}

/// A message of `/ws/log/{chunk}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LogMessage {
    /// The stream cannot go on; it closes.
    Error {
        /// Why.
        content: String,
    },
    /// About the stream itself.
    Info {
        /// What.
        content: String,
    },
    /// One line of the log, safe to put into a page.
    LogLine {
        /// HTML-escaped text.
        content: String,
        /// True for the header of a phase, absent otherwise.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_header: bool,
        /// Grows from line to line, from 1; `?since=` leaves out what the client has.
        seq: u64,
    },
    /// The unit is done; the stream closes.
    Completed {
        /// Says so.
        content: String,
    },
}

impl LogMessage {
    /// A line, escaped.
    pub fn line(text: &str, seq: u64, is_header: bool) -> Self {
        Self::LogLine { content: escape_html(text), is_header, seq }
    }

    /// No unit bears this name.
    pub fn unknown(chunk: &str) -> Self {
        Self::Error { content: format!("Chunk '{chunk}' not found") }
    }

    /// There is no log yet.
    pub fn waiting() -> Self {
        Self::Info { content: "Waiting for log output...".to_owned() }
    }

    /// Why the stream is over, given the unit as it is now: done, deleted, ended without its work, or not to be followed on.
    pub fn end(unit: Option<&work_unit::WorkUnit>) -> Self {
        match unit.map(|unit| &unit.status) {
            None | Some(Status::Deleted { .. }) => Self::Info { content: "Work unit removed".to_owned() },
            Some(Status::Done { .. }) => Self::Completed { content: "Work unit completed".to_owned() },
            Some(status @ (Status::Failed { .. } | Status::Canceled { .. })) => {
                Self::Info { content: format!("Work unit {}", StatusName::from(status)) }
            }
            Some(_) => Self::Error { content: "Stream error: a part of the daemon is being restarted".to_owned() },
        }
    }
}

fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn the_feed_is_what_clients_of_the_reference_read() {
        let update = UnitUpdate {
            chunk: "a".into(),
            status: StatusName::Running,
            phase: PhaseName(Phase::Plan),
            attention_reason: None,
        };
        let message = FeedMessage::WorkUnitUpdate { data: update, timestamp: Moment(Timestamp(0)), seq: 7 };
        assert_eq!(
            json(&message),
            r#"{"type":"work_unit_update","data":{"chunk":"a","status":"RUNNING","phase":"PLAN","attention_reason":null},"timestamp":"1970-01-01T00:00:00.000000+00:00","seq":7}"#
        );
        assert_eq!(serde_json::from_str::<FeedMessage>(&json(&message)).unwrap(), message);
        let data = AttentionUpdate { action: AttentionAction::Added, chunk: "a".into(), attention_reason: None };
        assert!(json(&data).starts_with(r#"{"action":"added","chunk":"a""#));
        let state = InitialState { work_units: vec![], attention_items: vec![] };
        assert_eq!(
            json(&FeedMessage::InitialState { data: state, seq: 0 }),
            r#"{"type":"initial_state","data":{"work_units":[],"attention_items":[]},"seq":0}"#
        );
    }

    #[test]
    fn log_lines_are_safe_in_a_page() {
        assert_eq!(
            json(&LogMessage::line("<b onclick='x'>\"&", 2, false)),
            r#"{"type":"log_line","content":"&lt;b onclick=&#x27;x&#x27;&gt;&quot;&amp;","seq":2}"#
        );
        assert_eq!(
            json(&LogMessage::line("=== GOAL phase ===", 1, true)),
            r#"{"type":"log_line","content":"=== GOAL phase ===","is_header":true,"seq":1}"#
        );
        assert_eq!(json(&LogMessage::unknown("x")), r#"{"type":"error","content":"Chunk 'x' not found"}"#);
    }
}
