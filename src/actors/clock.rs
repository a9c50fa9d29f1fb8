//! The only place where actors read the clock and draw lots.

use crate::domain::ids::AttemptId;
use crate::domain::time::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time.
pub fn now() -> Timestamp {
    at(SystemTime::now())
}

/// The moment that the system calls so.
pub fn at(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// An id that no attempt has had.
pub fn fresh_id() -> AttemptId {
    #[expect(clippy::expect_used, reason = "a UUID in hyphenated form is what the type asks for")]
    AttemptId::parse(uuid::Uuid::new_v4().hyphenated().to_string()).expect("a UUID")
}
