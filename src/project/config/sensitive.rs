//! The part of the committed configuration that could do harm: it counts only as the operator accepted it.

use super::layers::merge;
use crate::domain::phase::Phase;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::fmt;
use toml::{Table, Value};

/// Keys of `ve.toml` that choose what runs, with which rights, where it writes, what leaves the machine and who can reach it.
const SENSITIVE: [&[&str]; 7] =
    [&["agents"], &["gates"], &["host"], &["push"], &["sandbox"], &["state_dir"], &["worktree", "setup"]];

/// The name of the list of ignored files that worktrees get.
const INCLUDE: &str = ".worktreeinclude";

/// The sensitive part of what is committed: text by the name under which the operator is shown it. Accepted means: equal to what was
/// accepted. Serialised, it can be stored and read again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SensitiveContent {
    texts: BTreeMap<String, String>,
}

/// One text that differs from what was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is: `ve.toml agents`, `prompt review`, `.worktreeinclude`.
    pub name: String,
    /// As accepted; none if it is new.
    pub accepted: Option<String>,
    /// As it is now; none if it is gone.
    pub current: Option<String>,
}

impl SensitiveContent {
    /// Collects it from the committed `ve.toml`, prompts by phase, and `.worktreeinclude`.
    ///
    /// A file that is no TOML has no sensitive part: nothing of it counts anyway.
    pub fn of(ve_toml: Option<&str>, prompts: &BTreeMap<Phase, String>, worktreeinclude: Option<&str>) -> Self {
        let mut texts = BTreeMap::new();
        let table: Table = ve_toml.and_then(|text| text.parse().ok()).unwrap_or_default();
        for path in SENSITIVE {
            texts.extend(only(&table, path).map(|table| (toml_name(path), table.to_string())));
        }
        texts.extend(prompts.iter().map(|(phase, text)| (prompt_name(*phase), text.clone())));
        texts.extend(worktreeinclude.map(|text| (INCLUDE.to_owned(), text.to_owned())));
        Self { texts }
    }

    /// Whether there is nothing to accept.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The project's own prompt of a phase.
    pub fn prompt(&self, phase: Phase) -> Option<&str> {
        self.texts.get(&prompt_name(phase)).map(String::as_str)
    }

    /// The list of ignored files that worktrees get.
    pub fn worktreeinclude(&self) -> Option<&str> {
        self.texts.get(INCLUDE).map(String::as_str)
    }

    /// A short name of this content, for logs and displays; what decides is equality.
    pub fn digest(&self) -> String {
        let mut hash = Sha1::new();
        for part in self.texts.iter().flat_map(|(name, text)| [name, text]) {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What differs in `current` from this, the accepted content.
    pub fn differences(&self, current: &Self) -> Vec<Difference> {
        let mut names: Vec<&String> = self.texts.keys().chain(current.texts.keys()).collect();
        names.sort();
        names.dedup();
        let of = |content: &Self, name: &String| content.texts.get(name).cloned();
        let changed = names.into_iter().filter(|name| self.texts.get(*name) != current.texts.get(*name));
        let difference =
            |name: &String| Difference { name: name.clone(), accepted: of(self, name), current: of(current, name) };
        changed.map(difference).collect()
    }
}

impl fmt::Display for Difference {
    /// The name, then the lines that went and the lines that came, without those that both begin or end with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let old: Vec<&str> = self.accepted.as_deref().unwrap_or_default().lines().collect();
        let new: Vec<&str> = self.current.as_deref().unwrap_or_default().lines().collect();
        let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
        writeln!(f, "{}", self.name)?;
        old[head..old.len() - tail].iter().try_for_each(|line| writeln!(f, "- {line}"))?;
        new[head..new.len() - tail].iter().try_for_each(|line| writeln!(f, "+ {line}"))
    }
}

/// Puts the accepted sensitive part in the place of the one in `table`.
pub(super) fn replace(table: &mut Table, accepted: Option<&SensitiveContent>) {
    for path in SENSITIVE {
        remove(table, path);
        let text = accepted.and_then(|accepted| accepted.texts.get(&toml_name(path)));
        let part = text.and_then(|text| text.parse::<Table>().ok());
        merge(table, part.unwrap_or_default());
    }
}

fn toml_name(path: &[&str]) -> String {
    format!("ve.toml {}", path.join("."))
}

fn prompt_name(phase: Phase) -> String {
    format!("prompt {}", phase.name())
}

/// A table with only the value at `path`, if there is one.
fn only(table: &Table, path: &[&str]) -> Option<Table> {
    let (first, rest) = path.split_first()?;
    let value = match (table.get(*first)?, rest) {
        (value, []) => value.clone(),
        (Value::Table(inner), rest) => Value::Table(only(inner, rest)?),
        _ => return None,
    };
    Some(Table::from_iter([((*first).to_owned(), value)]))
}

fn remove(table: &mut Table, path: &[&str]) {
    match path {
        [last] => drop(table.remove(*last)),
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(*first) {
                remove(inner, rest);
            }
        }
        [] => {}
    }
}
