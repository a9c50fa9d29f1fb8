//! Public names of phases, statuses and verdicts.

use super::body::BadRequest;
use crate::domain::conflict::Verdict;
use crate::domain::event::Wanted;
use crate::domain::phase::Phase;
use crate::domain::work_unit::Status;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A phase by its public name: upper case; any case is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PhaseName(pub Phase);

impl PhaseName {
    /// The phase that a client calls `text`.
    pub fn parse(text: &str) -> Result<Self, BadRequest> {
        Phase::parse(text).map(Self).ok_or_else(|| BadRequest::Phase(text.to_owned()))
    }

    /// The name, upper case.
    pub fn as_str(self) -> &'static str {
        match self.0 {
            Phase::Goal => "GOAL",
            Phase::Plan => "PLAN",
            Phase::Implement => "IMPLEMENT",
            Phase::Rebase => "REBASE",
            Phase::Review => "REVIEW",
            Phase::Complete => "COMPLETE",
        }
    }
}

impl From<Phase> for PhaseName {
    fn from(phase: Phase) -> Self {
        Self(phase)
    }
}

/// A status by its public name. `COMPLETED` is read as `DONE`, and any case is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusName {
    /// Accepted but not admitted.
    Pending,
    /// May be dispatched.
    Ready,
    /// Has a slot.
    Assigned,
    /// At work.
    Running,
    /// Waits for other chunks.
    Blocked,
    /// Waits for the operator.
    NeedsAttention,
    /// Its work is in the target branch.
    Done,
    /// Gave up.
    Failed,
    /// The operator ended it.
    Canceled,
    /// The operator removed it.
    Deleted,
}

impl StatusName {
    /// Every status that a unit in a list can have.
    pub const LISTED: [StatusName; 9] = [
        StatusName::Pending,
        StatusName::Ready,
        StatusName::Assigned,
        StatusName::Running,
        StatusName::Blocked,
        StatusName::NeedsAttention,
        StatusName::Done,
        StatusName::Failed,
        StatusName::Canceled,
    ];

    /// The status that a client calls `text`.
    pub fn parse(text: &str) -> Result<Self, BadRequest> {
        if text.eq_ignore_ascii_case("COMPLETED") {
            return Ok(Self::Done);
        }
        let mut listed = Self::LISTED.into_iter();
        listed
            .find(|status| status.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| BadRequest::Status(text.to_owned()))
    }

    /// What the operator wants who sets a unit to it; none for a status that only work leads to.
    pub fn wanted(self) -> Option<Wanted> {
        match self {
            StatusName::Ready => Some(Wanted::Ready),
            StatusName::Pending => Some(Wanted::Pending),
            StatusName::Done => Some(Wanted::Done),
            StatusName::Canceled => Some(Wanted::Canceled),
            StatusName::NeedsAttention => Some(Wanted::NeedsAttention),
            _ => None,
        }
    }

    /// The name, upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            StatusName::Pending => "PENDING",
            StatusName::Ready => "READY",
            StatusName::Assigned => "ASSIGNED",
            StatusName::Running => "RUNNING",
            StatusName::Blocked => "BLOCKED",
            StatusName::NeedsAttention => "NEEDS_ATTENTION",
            StatusName::Done => "DONE",
            StatusName::Failed => "FAILED",
            StatusName::Canceled => "CANCELED",
            StatusName::Deleted => "DELETED",
        }
    }
}

impl From<&Status> for StatusName {
    fn from(status: &Status) -> Self {
        match status {
            Status::Pending(_) => Self::Pending,
            Status::Ready { .. } => Self::Ready,
            Status::Assigned => Self::Assigned,
            Status::Running(_) => Self::Running,
            Status::Blocked { .. } => Self::Blocked,
            Status::NeedsAttention(_) => Self::NeedsAttention,
            Status::Done { .. } => Self::Done,
            Status::Failed { .. } => Self::Failed,
            Status::Canceled { .. } => Self::Canceled,
            Status::Deleted { .. } => Self::Deleted,
        }
    }
}

/// What the conflict oracle says about a pair of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictName {
    /// They may run at once.
    Independent,
    /// They may not overlap.
    Serialize,
    /// The operator decides.
    AskOperator,
}

impl VerdictName {
    const ALL: [VerdictName; 3] = [VerdictName::Independent, VerdictName::Serialize, VerdictName::AskOperator];

    /// The verdict that a client calls `text`.
    pub fn parse(text: &str) -> Result<Self, BadRequest> {
        let mut all = Self::ALL.into_iter();
        all.find(|verdict| verdict.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| BadRequest::Verdict(text.to_owned()))
    }

    /// The name, upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            VerdictName::Independent => "INDEPENDENT",
            VerdictName::Serialize => "SERIALIZE",
            VerdictName::AskOperator => "ASK_OPERATOR",
        }
    }
}

impl From<Verdict> for VerdictName {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Independent => Self::Independent,
            Verdict::Serialize => Self::Serialize,
            Verdict::AskOperator => Self::AskOperator,
        }
    }
}

impl StatusName {
    /// What the daemon says, which may be the status of a tombstone: told, but never asked for.
    fn told(text: &str) -> Result<Self, BadRequest> {
        if text == Self::Deleted.as_str() { Ok(Self::Deleted) } else { Self::parse(text) }
    }
}

macro_rules! travels_as_text {
    ($($name:ident read by $read:ident, one of $names:expr;)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::$read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($names)).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}
travels_as_text! {
    PhaseName read by parse, one of Phase::ALL.map(|phase| PhaseName(phase).as_str());
    StatusName read by told, one of StatusName::LISTED.into_iter().chain([StatusName::Deleted]).map(StatusName::as_str);
    VerdictName read by parse, one of VerdictName::ALL.map(VerdictName::as_str);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn any_case_and_the_other_name_are_read() {
        assert_eq!(PhaseName::parse("implement").unwrap(), PhaseName(Phase::Implement));
        assert_eq!(StatusName::parse("needs_attention").unwrap(), StatusName::NeedsAttention);
        assert_eq!(StatusName::parse("Completed").unwrap(), StatusName::Done);
        assert_eq!(VerdictName::parse("serialize").unwrap(), VerdictName::Serialize);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        assert_eq!(
            PhaseName::parse("x").unwrap_err().to_string(),
            "Invalid phase: x. Valid phases: GOAL, PLAN, IMPLEMENT, REBASE, REVIEW, COMPLETE"
        );
        assert_eq!(
            StatusName::parse("deleted").unwrap_err().to_string(),
            "Invalid status: deleted. Valid statuses: PENDING, READY, ASSIGNED, RUNNING, BLOCKED, NEEDS_ATTENTION, DONE, FAILED, \
             CANCELED"
        );
        assert_eq!(
            VerdictName::parse("maybe").unwrap_err().to_string(),
            "Invalid verdict: maybe. Valid verdicts: INDEPENDENT, SERIALIZE, ASK_OPERATOR"
        );
    }

    #[test]
    fn names_are_those_of_the_domain() {
        for phase in Phase::ALL {
            assert_eq!(PhaseName(phase).as_str(), phase.name().to_uppercase());
        }
        assert_eq!(StatusName::from(&Status::Assigned).as_str(), Status::Assigned.name());
    }
}
