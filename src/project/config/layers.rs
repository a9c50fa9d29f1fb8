//! The layers of the configuration and how they are merged: later ones win, key by key; lists are replaced as a whole.

use super::error::{ConfigError, Invalid};
use super::model::Raw;
use super::sensitive::{self, SensitiveContent};
use super::{Config, build, permissions, settings, words};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// What the configuration is made from.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// `ve.toml`, as committed.
    pub committed: Option<&'a str>,
    /// The content whose sensitive part the operator accepted; without it that part of `committed` does not count.
    pub accepted: Option<&'a SensitiveContent>,
    /// `.ve/config.toml`, the operator's own.
    pub local: Option<&'a str>,
    /// Settings made by command, by their wire keys; keys that are none are passed over.
    pub stored: &'a BTreeMap<String, String>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Built in.
    Default,
    /// `ve.toml`.
    Committed,
    /// `.ve/config.toml`.
    Local,
    /// Set by command.
    Stored,
}

impl Origin {
    /// The origin as operators know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Default => "default",
            Origin::Committed => "ve.toml",
            Origin::Local => ".ve/config.toml",
            Origin::Stored => "stored settings",
        }
    }
}

/// Checks and merges all layers. `env` looks up variables of the daemon's environment.
pub fn load(texts: Texts<'_>, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let mut merged = Table::new();
    let mut origins = BTreeMap::new();
    for (origin, text) in [(Origin::Committed, texts.committed), (Origin::Local, texts.local)] {
        let mut table = text.map_or_else(|| Ok(Table::new()), |text| checked(origin, text))?;
        if origin == Origin::Committed {
            sensitive::replace(&mut table, texts.accepted);
        }
        note(&table, "", origin, &mut origins);
        merge(&mut merged, table);
    }
    let raw = Raw::deserialize(Value::Table(merged)).map_err(|error| ConfigError {
        file: "the accepted part of ve.toml".to_owned(),
        position: None,
        key: None,
        problem: error.message().to_owned(),
    })?;
    let mut config = build::config(raw, env).map_err(|invalid| blame(invalid, &origins, texts))?;
    settings::apply(texts.stored, &mut config, &mut origins)
        .map_err(|invalid| ConfigError::from_invalid(Origin::Stored.as_str(), None, invalid))?;
    words::check(&config.sandbox)
        .and_then(|()| permissions::check(&config.agents, &config.phases, &config.sandbox))
        .map_err(|invalid| blame(invalid, &origins, texts))?;
    config.origins = origins;
    Ok(config)
}

/// The table of a file whose every key and value has the right shape.
fn checked(origin: Origin, text: &str) -> Result<Table, ConfigError> {
    let failed = |error: &toml::de::Error| ConfigError::from_toml(origin.as_str(), text, error);
    toml::from_str::<Raw>(text).map_err(|error| failed(&error))?;
    text.parse().map_err(|error| failed(&error))
}

/// Puts `over` over `under`; tables are merged, all else is replaced.
pub(super) fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => drop(under.insert(key, value)),
        }
    }
}

/// Notes the origin of every value in `table`.
fn note(table: &Table, prefix: &str, origin: Origin, origins: &mut BTreeMap<String, Origin>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => note(inner, &key, origin, origins),
            _ => drop(origins.insert(key, origin)),
        }
    }
}

/// Names the file that an invalid value comes from: the one that wrote the key, or the nearest part of it.
fn blame(invalid: Invalid, origins: &BTreeMap<String, Origin>, texts: Texts<'_>) -> ConfigError {
    let written = |length: usize| origin_of(origins, &invalid.key[..length].join("."));
    let origin = (1..=invalid.key.len()).rev().find_map(written).unwrap_or(Origin::Default);
    let text = match origin {
        Origin::Committed => texts.committed,
        Origin::Local => texts.local,
        Origin::Default | Origin::Stored => None,
    };
    ConfigError::from_invalid(origin.as_str(), text, invalid)
}

/// The origin of a key or, for a key with parts, the latest of theirs.
pub(super) fn origin_of(origins: &BTreeMap<String, Origin>, key: &str) -> Option<Origin> {
    let at_or_below =
        |known: &str| known.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    origins.iter().filter(|(known, _)| at_or_below(known)).map(|(_, origin)| *origin).max()
}
