//! What chunks said in the commits that were looked at, kept: a commit never changes.

use crate::domain::chunk::ChunkFacts;
use crate::domain::ids::{ChunkName, ObjectId};
use std::collections::BTreeMap;

/// Of more documents than this everything is forgotten; what is needed is read again.
const LIMIT: usize = 512;

/// Documents that were read; none for a chunk that has none there.
#[derive(Default)]
pub(super) struct Read(BTreeMap<(ObjectId, ChunkName), Option<ChunkFacts>>);

impl Read {
    /// What the chunk says in `commit`, looked at if it was not before.
    pub(super) fn or_look<E>(
        &mut self,
        commit: &ObjectId,
        chunk: &ChunkName,
        look: impl FnOnce() -> Result<Option<ChunkFacts>, E>,
    ) -> Result<Option<ChunkFacts>, E> {
        let place = (commit.clone(), chunk.clone());
        if let Some(known) = self.0.get(&place) {
            return Ok(known.clone());
        }
        let found = look()?;
        if self.0.len() >= LIMIT {
            self.0.clear();
        }
        self.0.insert(place, found.clone());
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_was_read_of_a_commit_is_known_and_what_failed_is_tried_again() {
        let mut read = Read::default();
        let [one, other] = ["a", "b"].map(|digit| ObjectId::parse(digit.repeat(40)).unwrap());
        let chunk = ChunkName::parse("a").unwrap();
        assert!(read.or_look(&one, &chunk, || Err("the disk is away")).is_err());
        assert_eq!(read.or_look::<()>(&one, &chunk, || Ok(None)), Ok(None));
        assert_eq!(read.or_look::<()>(&one, &chunk, || panic!("it is known that there is nothing")), Ok(None));
        assert!(read.or_look(&other, &chunk, || Err("another commit is looked at")).is_err());
    }
}
