//! One value for each of the repositories that a unit works in. A project of one repository is the case without others.

use super::ids::RepoName;
use std::collections::BTreeMap;

/// A value of the repository that holds the chunk's documents, and one of each other that a task spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Each<T> {
    /// Of the repository with the documents: the project's own, or the one that a task names for them.
    pub lead: T,
    /// Of the others, by name; none outside of tasks.
    pub others: BTreeMap<RepoName, T>,
}

impl<T> Each<T> {
    /// All values, the lead's first; its name is none.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Option<&RepoName>, &T)> {
        std::iter::once((None, &self.lead)).chain(self.others.iter().map(|(name, value)| (Some(name), value)))
    }

    /// All values without their names, the lead's first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }

    /// The value of one repository; of the lead without a name.
    pub fn get(&self, repo: Option<&RepoName>) -> Option<&T> {
        repo.map_or(Some(&self.lead), |name| self.others.get(name))
    }

    /// Makes another value of each.
    pub fn map<U>(&self, mut make: impl FnMut(Option<&RepoName>, &T) -> U) -> Each<U> {
        let lead = make(None, &self.lead);
        let others = self.others.iter().map(|(name, value)| (name.clone(), make(Some(name), value))).collect();
        Each { lead, others }
    }

    /// Makes another value of each, the lead's first, unless one cannot be made.
    pub fn try_map<U, E>(&self, mut make: impl FnMut(Option<&RepoName>, &T) -> Result<U, E>) -> Result<Each<U>, E> {
        let lead = make(None, &self.lead)?;
        let other = |(name, value): (&RepoName, &T)| Ok((name.clone(), make(Some(name), value)?));
        Ok(Each { lead, others: self.others.iter().map(other).collect::<Result<_, E>>()? })
    }
}

/// Of a unit in one repository.
impl<T> From<T> for Each<T> {
    fn from(lead: T) -> Self {
        Self { lead, others: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_lead_comes_first_and_names_stay() {
        let name = |text: &str| RepoName::parse(text).unwrap();
        let each = Each { lead: 1, others: BTreeMap::from([(name("b"), 3), (name("acme/a"), 2)]) };
        assert_eq!(each.values().copied().collect::<Vec<_>>(), [1, 2, 3]);
        let doubled = each.map(|_, value| value * 2);
        assert_eq!(doubled.get(Some(&name("b"))), Some(&6));
        assert_eq!((doubled.get(None), doubled.get(Some(&name("c")))), (Some(&2), None));
        let odd = each.try_map(|repo, value| if value % 2 == 1 { Ok(()) } else { Err(repo.cloned()) });
        assert_eq!(odd, Err(Some(name("acme/a"))));
        assert_eq!(Each::from(7).iter().collect::<Vec<_>>(), [(None, &7)]);
    }
}
