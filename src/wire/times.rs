//! Moments as text: ISO-8601 in UTC, always with microseconds and `+00:00`.

use crate::domain::time::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A moment on the wire: `2026-11-20T14:00:00.000000+00:00`. Any offset is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl Moment {
    /// Reads ISO-8601 text with an offset.
    pub fn parse(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.parse().ok()?;
        Some(Self(Timestamp(at.as_microsecond())))
    }

    /// The moment for a calendar. One that no calendar holds becomes the nearest that one does.
    pub fn to_jiff(self) -> jiff::Timestamp {
        let limit = if self.0.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_microsecond(self.0.0).unwrap_or(limit)
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format_args!("{text:?} is no moment")))
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
    }
}

impl ToSchema for Moment {}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn microseconds_and_offset_are_always_there() {
        assert_eq!(Moment(Timestamp(0)).to_string(), "1970-01-01T00:00:00.000000+00:00");
        assert_eq!(Moment(Timestamp(1_763_647_200_000_042)).to_string(), "2025-11-20T14:00:00.000042+00:00");
    }

    #[test]
    fn any_offset_is_read() {
        let at = Moment(Timestamp(1_763_647_200_000_042));
        for text in
            ["2025-11-20T14:00:00.000042+00:00", "2025-11-20T15:00:00.000042+01:00", "2025-11-20T14:00:00.000042Z"]
        {
            assert_eq!(Moment::parse(text).unwrap(), at, "{text}");
        }
        assert_eq!(Moment::parse("yesterday"), None);
        assert_eq!(Moment::parse("2025-11-20T14:00:00"), None, "a moment without an offset is a guess");
    }

    #[test]
    fn moments_beyond_the_calendar_are_clamped() {
        assert_eq!(Moment(Timestamp(i64::MAX)).to_jiff(), jiff::Timestamp::MAX);
        assert_eq!(Moment(Timestamp(i64::MIN)).to_jiff(), jiff::Timestamp::MIN);
    }
}
