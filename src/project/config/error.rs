//! Why a configuration is refused: file, line, column, key and what is allowed.

use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read {file}{}: {}{problem}", place(*.position), key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default())]
pub struct ConfigError {
    /// The file as operators know it.
    pub file: String,
    /// Line and column, from 1, where they are known.
    pub position: Option<(usize, usize)>,
    /// The dotted key, where it is known.
    pub key: Option<String>,
    /// What is wrong and what is allowed.
    pub problem: String,
}

fn place(position: Option<(usize, usize)>) -> String {
    position.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default()
}

/// A value that has the right shape and no valid meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invalid {
    /// Its key, part by part.
    pub key: Vec<String>,
    /// What is wrong and what is allowed.
    pub problem: String,
}

impl Invalid {
    pub(super) fn new(key: &[&str], problem: impl Into<String>) -> Self {
        Self { key: key.iter().map(|part| (*part).to_owned()).collect(), problem: problem.into() }
    }
}

impl ConfigError {
    /// The parser's or the deserialiser's error about `text`.
    pub(super) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map(|span| span.start);
        let table = DeTable::parse(text).ok();
        let key = table.as_ref().zip(start).and_then(|(table, start)| key_at(table.get_ref(), start));
        Self {
            file: file.to_owned(),
            position: start.map(|start| position(text, start)),
            key: key.map(|key| key.join(".")),
            problem: readable(error.message()),
        }
    }

    /// An invalid value of `text`, at the deepest part of its key that is written there.
    pub(super) fn from_invalid(file: &str, text: Option<&str>, invalid: Invalid) -> Self {
        let table = text.and_then(|text| DeTable::parse(text).ok());
        let start = table.as_ref().and_then(|table| offset_of(table.get_ref(), &invalid.key));
        Self {
            file: file.to_owned(),
            position: text.zip(start).map(|(text, start)| position(text, start)),
            key: Some(invalid.key.join(".")),
            problem: invalid.problem,
        }
    }
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The key whose name or value stands at `offset`.
fn key_at(table: &DeTable<'_>, offset: usize) -> Option<Vec<String>> {
    let holds = |span: Range<usize>| span.contains(&offset);
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref().to_string();
        let inner = match value.get_ref() {
            DeValue::Table(inner) => key_at(inner, offset),
            _ => None,
        };
        match inner {
            Some(mut path) => {
                path.insert(0, name);
                Some(path)
            }
            None => (holds(key.span()) || holds(value.span())).then(|| vec![name]),
        }
    })
}

fn offset_of(table: &DeTable<'_>, path: &[String]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| *key.get_ref() == *first)?;
    let inner = match value.get_ref() {
        DeValue::Table(inner) => offset_of(inner, rest),
        _ => None,
    };
    inner.or(Some(key.span().start))
}

/// The message on one line, and with the name that was probably meant.
fn readable(message: &str) -> String {
    let message = message.split('\n').map(str::trim).collect::<Vec<_>>().join(", ");
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return message;
    };
    let Some((unknown, expected)) = rest.split_once('`') else {
        return message;
    };
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    unknown_name("unknown key", unknown, &known)
}

/// Says that `name` is unknown, which one was probably meant, and which ones there are.
pub(super) fn unknown_name(what: &str, name: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|candidate| (distance(name, candidate), candidate)).min();
    let guess = match nearest {
        Some((distance, candidate)) if distance <= 2 => format!("; did you mean {candidate:?}?"),
        _ => String::new(),
    };
    format!("{what} {name:?}{guess} (known: {})", known.join(", "))
}

/// Edit distance: insertions, deletions and replacements.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("max_agent", "max_agents"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_far_name_is_not_guessed() {
        assert_eq!(unknown_name("unknown key", "zzzzzz", &["a", "b"]), "unknown key \"zzzzzz\" (known: a, b)");
    }
}
