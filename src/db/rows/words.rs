//! Stored words: phases, and who caused a change.

use super::stored::Stored;
use crate::domain::ids::AttemptId;
use crate::domain::phase::Phase;
use crate::domain::who::Who;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// The stored name of a phase.
pub(crate) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Goal => "GOAL",
        Phase::Plan => "PLAN",
        Phase::Implement => "IMPLEMENT",
        Phase::Rebase => "REBASE",
        Phase::Review => "REVIEW",
        Phase::Complete => "COMPLETE",
    }
}

/// The phase stored as `text`; otherwise what is wrong with it.
pub(crate) fn read_phase(text: &str) -> Result<Phase, String> {
    Phase::ALL
        .into_iter()
        .find(|candidate| phase(*candidate) == text)
        .ok_or_else(|| format!("there is no phase {text:?}"))
}

impl Stored for Phase {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(phase(*self))
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_phase(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// The stored form of who caused a change: a kind, and for some a blank and a name.
pub(crate) fn who(who: &Who) -> String {
    match who {
        Who::Peer { uid } => format!("uid {uid}"),
        Who::Token { label } => format!("token {label}"),
        Who::Attempt(attempt) => format!("attempt {attempt}"),
        Who::Scheduler => "scheduler".to_owned(),
        Who::Daemon => "daemon".to_owned(),
    }
}

/// Who is stored as `text`; otherwise what is wrong with it.
pub(crate) fn read_who(text: &str) -> Result<Who, String> {
    let unknown = || format!("nobody is called {text:?}");
    match text.split_once(' ') {
        None if text == "scheduler" => Ok(Who::Scheduler),
        None if text == "daemon" => Ok(Who::Daemon),
        Some(("uid", uid)) => uid.parse().map(|uid| Who::Peer { uid }).map_err(|_not_a_number| unknown()),
        Some(("token", label)) => Ok(Who::Token { label: label.to_owned() }),
        Some(("attempt", id)) => AttemptId::parse(id).map(Who::Attempt).map_err(|invalid| invalid.to_string()),
        _ => Err(unknown()),
    }
}
