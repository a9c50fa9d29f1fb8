//! `GET /events?since=`: the journal as server-sent events, one JSON object each, with `seq` as the event's id.

use super::times::Moment;
use crate::domain::account::{AccountEvent, HaltReason};
use crate::domain::event;
use crate::domain::ids::ChunkName;
use crate::domain::journal::{AccountEntry, Entry, Line};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Grows from entry to entry.
    pub seq: i64,
    /// When.
    pub at: Moment,
    /// Who: the operator's user, a token's label, an attempt, or a rule.
    pub who: String,
    /// About which chunk; none for events of accounts.
    pub chunk: Option<String>,
    /// What, in the past tense: `dispatched`, `answered`, `ended`.
    pub kind: String,
    /// More, by kind.
    pub data: Value,
    /// The status before, where it changed.
    pub old_status: Option<String>,
    /// The status after, where it changed.
    pub new_status: Option<String>,
}

impl From<&Line> for Event {
    fn from(line: &Line) -> Self {
        match line {
            Line::Unit(entry) => entry.into(),
            Line::Account(entry) => entry.into(),
        }
    }
}

impl From<&AccountEntry> for Event {
    fn from(entry: &AccountEntry) -> Self {
        let (AccountEvent::Halted(halt) | AccountEvent::Opened(halt)) = &entry.event;
        let until = match halt.why {
            HaltReason::Limit { until } => Some(Moment::from(until)),
            HaltReason::Login => None,
        };
        Self {
            seq: entry.seq,
            at: entry.at.into(),
            who: entry.who.to_string(),
            chunk: None,
            kind: entry.event.name().to_owned(),
            data: json!({ "account": entry.account.as_str(), "reason": halt.message, "until": until }),
            old_status: None,
            new_status: None,
        }
    }
}

impl From<&Entry> for Event {
    fn from(entry: &Entry) -> Self {
        let changed = entry.from.as_deref() != Some(entry.to.as_str());
        let mut data = entry.event.as_ref().map_or_else(|| json!({}), details);
        data["unit_id"] = json!(entry.unit.0);
        data["phase"] = json!(super::names::PhaseName(entry.phase));
        Self {
            seq: entry.seq,
            at: entry.at.into(),
            who: entry.who.to_string(),
            chunk: Some(entry.chunk.to_string()),
            kind: entry.event.as_ref().map_or("accepted", event::Event::name).to_owned(),
            data,
            old_status: entry.from.clone().filter(|_| changed),
            new_status: changed.then(|| entry.to.clone()),
        }
    }
}

/// What an event says beside its name, as far as an operator asks for it.
fn details(event: &event::Event) -> Value {
    use event::Event as E;
    match event {
        E::Answered { answers, .. } => json!({ "answers": answers.iter().map(|(_, text)| text).collect::<Vec<_>>() }),
        E::Retracted { item } => json!({ "item": item.map(|item| item + 1) }),
        E::Prioritized(priority) => json!({ "priority": priority }),
        E::Retained(retain) => json!({ "retain_worktree": retain }),
        E::Patched(patch) => patched(patch),
        E::Interrupted { message } => json!({ "message": message }),
        E::Dispatched { agent } => json!({ "agent": agent.as_str() }),
        E::Asked { attempt, set } => {
            let questions: Vec<&str> = set.items.iter().map(|item| item.text.as_str()).collect();
            json!({ "attempt": attempt.as_str(), "questions": questions })
        }
        E::Started { attempt, .. }
        | E::Named { attempt, .. }
        | E::Decided { attempt, .. }
        | E::Used { attempt, .. }
        | E::Ended { attempt, .. } => json!({ "attempt": attempt.as_str() }),
        E::PreparationFailed { reason }
        | E::GatherFailed { reason }
        | E::RemoveFailed { reason }
        | E::Crashed { reason } => json!({ "reason": reason }),
        E::Prepared { remarks, .. } => json!({ "remarks": remarks }),
        E::Removed { preserved } => json!({ "preserved": preserved }),
        _ => json!({}),
    }
}

/// What a change by hand was to bring about; what it left alone is not in it.
fn patched(patch: &event::Patch) -> Value {
    let mut data = serde_json::Map::new();
    let mut say = |key: &str, value: Option<Value>| data.extend(value.map(|value| (key.to_owned(), value)));
    say("priority", patch.priority.map(Value::from));
    say("retain_worktree", patch.retain.map(Value::from));
    let names = |chunks: &BTreeSet<ChunkName>| chunks.iter().map(ChunkName::to_string).collect::<Vec<_>>().into();
    say("blocked_by", patch.depends_on.as_ref().map(names));
    say("set_phase", patch.phase.map(|phase| json!(super::names::PhaseName(phase))));
    Value::Object(data)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::ids::{AttemptId, UnitId};
    use crate::domain::phase::Phase;
    use crate::domain::report::{Question, QuestionSet};
    use crate::domain::time::Timestamp;
    use crate::domain::who::Who;

    #[test]
    fn an_entry_tells_who_did_what() {
        let entry = Entry {
            seq: 9,
            at: Timestamp(0),
            who: Who::Peer { uid: 1000 },
            unit: UnitId(7),
            chunk: ChunkName::parse("login").unwrap(),
            event: Some(event::Event::Answered { answers: vec![(0, "JWT".into())], until: None }),
            fresh: AttemptId::parse("0b7f6d6e-58e1-4c5d-9d0e-000000000001").unwrap(),
            from: Some("NEEDS_ATTENTION".into()),
            to: "READY".into(),
            phase: Phase::Plan,
        };
        assert_eq!(
            serde_json::to_string(&Event::from(&entry)).unwrap(),
            r#"{"seq":9,"at":"1970-01-01T00:00:00.000000+00:00","who":"uid 1000","chunk":"login","kind":"answered","data":{"answers":["JWT"],"unit_id":7,"phase":"PLAN"},"old_status":"NEEDS_ATTENTION","new_status":"READY"}"#
        );
        let asked = event::Event::Asked {
            attempt: entry.fresh.clone(),
            set: QuestionSet::permission(
                "p-1",
                Question { header: "Permission".into(), text: "May it use Bash?".into(), options: vec![], many: false },
            ),
        };
        let asked = Event::from(&Entry { event: Some(asked), ..entry.clone() });
        assert_eq!(asked.data["questions"], json!(["May it use Bash?"]));
        let same = Event::from(&Entry { from: Some("READY".into()), event: None, ..entry });
        assert_eq!((same.old_status, same.new_status, same.kind.as_str()), (None, None, "accepted"));
    }
}
