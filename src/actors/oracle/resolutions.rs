//! The operator's decisions about pairs of chunks, as they are stored among the settings.

use crate::domain::chunk::ContentHash;
use crate::domain::conflict::{Resolution, Verdict};
use crate::domain::ids::ChunkName;
use std::collections::BTreeMap;

/// Two chunks, the lower name first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair(ChunkName, ChunkName);

impl Pair {
    /// These two, in whatever order they come.
    pub(super) fn of(a: &ChunkName, b: &ChunkName) -> Self {
        if a <= b { Self(a.clone(), b.clone()) } else { Self(b.clone(), a.clone()) }
    }

    /// The key of what was decided about them.
    pub(super) fn key(&self) -> String {
        format!("{KEY} {} {}", self.0, self.1)
    }
}

/// First word of the keys.
const KEY: &str = "resolution";

/// A decision as it is stored.
pub(super) fn text(resolution: &Resolution) -> String {
    let [first, second] = &resolution.subjects;
    format!("{} {first} {second}", resolution.verdict.name())
}

/// All decisions among the stored settings.
pub(super) fn read(settings: &BTreeMap<String, String>) -> BTreeMap<Pair, Resolution> {
    settings.iter().filter_map(|(key, value)| Some((pair(key)?, resolution(value)?))).collect()
}

fn pair(key: &str) -> Option<Pair> {
    let (a, b) = key.strip_prefix(KEY)?.strip_prefix(' ')?.split_once(' ')?;
    Some(Pair::of(&ChunkName::parse(a).ok()?, &ChunkName::parse(b).ok()?))
}

fn resolution(value: &str) -> Option<Resolution> {
    let mut words = value.split(' ');
    let name = words.next()?;
    let verdict = [Verdict::Independent, Verdict::Serialize].into_iter().find(|verdict| verdict.name() == name)?;
    Some(Resolution { verdict, subjects: [ContentHash::parse(words.next()?)?, ContentHash::parse(words.next()?)?] })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_stored_is_read_again() {
        let (a, b) = (ChunkName::parse("a").unwrap(), ChunkName::parse("b").unwrap());
        let decided =
            Resolution { verdict: Verdict::Serialize, subjects: [ContentHash([0xab; 20]), ContentHash([7; 20])] };
        let pair = Pair::of(&b, &a);
        assert_eq!(pair, Pair::of(&a, &b));
        let mut settings = BTreeMap::from([(pair.key(), text(&decided))]);
        settings.insert("paused".to_owned(), "true".to_owned());
        settings.insert("resolution a".to_owned(), "SERIALIZE".to_owned());
        assert_eq!(read(&settings), BTreeMap::from([(pair, decided)]));
    }
}
