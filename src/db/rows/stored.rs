//! How domain values become the text of `data` columns. The domain knows no serde, so each of its types has a mirror in this folder
//! (serde's `remote`), and [`Stored`] joins mirrors, options and lists.
//!
//! A mirror names every variant and field, so a new one does not compile until it is mirrored; the stored names are pinned by a test.

use crate::domain::each::Each;
use crate::domain::ids::{AgentName, AttemptId, BranchName, ChunkName, ObjectId, RepoName, SessionId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// A value with a stored form.
pub(crate) trait Stored: Sized {
    /// Writes the stored form.
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// Reads the stored form.
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

/// For `#[serde(with = "stored")]`.
pub(crate) fn serialize<T: Stored, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    value.write(to)
}

/// For `#[serde(with = "stored")]`.
pub(crate) fn deserialize<'de, T: Stored, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    T::read(from)
}

/// The JSON of a value.
pub(crate) fn to_json<T: Stored>(value: &T) -> serde_json::Result<String> {
    serde_json::to_string(&Out(value))
}

/// The value of a JSON text.
pub(crate) fn from_json<T: Stored>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text).map(|In(value)| value)
}

struct Out<'a, T>(&'a T);

impl<T: Stored> Serialize for Out<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

struct In<T>(T);

impl<'de, T: Stored> Deserialize<'de> for In<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read(from).map(In)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Out).serialize(to)
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::<In<T>>::deserialize(from).map(|value| value.map(|In(value)| value))
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Out))
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<In<T>>::deserialize(from).map(|values| values.into_iter().map(|In(value)| value).collect())
    }
}

impl<T: Stored + Ord> Stored for BTreeSet<T> {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Out))
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<T>::read(from).map(|values| values.into_iter().collect())
    }
}

/// Of one repository: the value itself, as every record has it that is older than tasks.
impl<T: Stored> Stored for Each<T> {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.others.is_empty() {
            return self.lead.write(to);
        }
        let others = self.others.iter().map(|(name, value)| (name.as_str(), Out(value))).collect();
        Several { lead: Out(&self.lead), others }.serialize(to)
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        if value.get(LEAD).is_none() {
            return T::read(value).map(Each::from).map_err(D::Error::custom);
        }
        let Several { lead: In(lead), others } =
            Several::<String, In<T>>::deserialize(value).map_err(D::Error::custom)?;
        let named = |(name, In(value)): (String, In<T>)| Ok((RepoName::parse(name).map_err(D::Error::custom)?, value));
        Ok(Each { lead, others: others.into_iter().map(named).collect::<Result<_, D::Error>>()? })
    }
}

/// The field by which values of several repositories are told from one.
const LEAD: &str = "lead";

#[derive(Serialize, Deserialize)]
struct Several<K: Ord, V> {
    lead: V,
    others: BTreeMap<K, V>,
}

/// Gives domain types the stored form of their mirrors.
macro_rules! mirrored {
    ($($domain:ty => $mirror:ty),+ $(,)?) => { $(
        impl $crate::db::rows::stored::Stored for $domain {
            fn write<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                <$mirror>::serialize(self, to)
            }

            fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <$mirror>::deserialize(from)
            }
        }
    )+ };
}
pub(crate) use mirrored;

/// Gives names their text, checked again when it is read.
macro_rules! names {
    ($($name:ty),+ $(,)?) => { $(
        impl Stored for $name {
            fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }

            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <$name>::parse(String::deserialize(from)?).map_err(D::Error::custom)
            }
        }
    )+ };
}

names!(AgentName, AttemptId, BranchName, ChunkName, ObjectId, SessionId);
