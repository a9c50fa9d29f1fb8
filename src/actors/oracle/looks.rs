//! What was seen of works in progress, and of their merges.

use crate::actors::repository::live::View;
use crate::domain::each::Each;
use crate::domain::footprint::{Footprint, Trial};
use crate::domain::ids::{ObjectId, UnitId};
use std::collections::BTreeMap;

/// Two units, the lower id first.
pub(super) type UnitPair = (UnitId, UnitId);

/// The latest view of each unit at work, and the merge of each pair of views.
#[derive(Debug, Default)]
pub(super) struct Looks {
    views: BTreeMap<UnitId, View>,
    trials: BTreeMap<UnitPair, (Views, Trial)>,
}

/// The two views that were merged, in each repository.
pub(super) type Views = (Each<ObjectId>, Each<ObjectId>);

impl Looks {
    /// What a unit has touched by now.
    pub(super) fn footprint(&self, unit: UnitId) -> Option<&Footprint> {
        self.views.get(&unit).map(|view| &view.footprint)
    }

    /// The mark of the latest view.
    pub(super) fn mark(&self, unit: UnitId) -> Option<String> {
        self.views.get(&unit).map(|view| view.mark.clone())
    }

    /// What merging the latest views gives; none as long as it was not tried.
    pub(super) fn trial(&self, pair: UnitPair) -> Option<&Trial> {
        let (of, trial) = self.trials.get(&pair)?;
        (self.views_of(pair).as_ref() == Some(of)).then_some(trial)
    }

    pub(super) fn saw(&mut self, unit: UnitId, view: View) {
        self.views.insert(unit, view);
    }

    pub(super) fn tried(&mut self, pair: UnitPair, of: Views, trial: Trial) {
        self.trials.insert(pair, (of, trial));
    }

    /// Forgets a unit whose work has ended, or whose view cannot be found any more.
    pub(super) fn forget(&mut self, unit: UnitId) {
        self.views.remove(&unit);
        self.trials.retain(|pair, _| pair.0 != unit && pair.1 != unit);
    }

    /// The pairs whose latest views were not merged yet. Those without a file in common need no merge to be known to fit.
    pub(super) fn untried(&mut self) -> Vec<(UnitPair, Views)> {
        let units: Vec<UnitId> = self.views.keys().copied().collect();
        let mut untried = Vec::new();
        for (place, one) in units.iter().enumerate() {
            for other in &units[place + 1..] {
                let pair = (*one, *other);
                let Some(views) = self.views_of(pair) else { continue };
                if self.trial(pair).is_some() {
                    continue;
                }
                if self.share_a_file(pair) {
                    untried.push((pair, views));
                } else {
                    self.tried(pair, views, Trial::default());
                }
            }
        }
        untried
    }

    fn views_of(&self, (one, other): UnitPair) -> Option<Views> {
        Some((self.views.get(&one)?.commit.clone(), self.views.get(&other)?.commit.clone()))
    }

    fn share_a_file(&self, (one, other): UnitPair) -> bool {
        let (Some(one), Some(other)) = (self.footprint(one), self.footprint(other)) else { return false };
        one.files.iter().any(|file| other.file(&file.path).is_some())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::footprint::{Part, TouchedFile};

    fn view(commit: char, path: &str) -> View {
        let file = TouchedFile { path: path.to_owned(), parts: [Part::Whole].into(), lines: Vec::new() };
        View {
            mark: commit.to_string(),
            commit: ObjectId::parse(commit.to_string().repeat(40)).unwrap().into(),
            footprint: Footprint { files: vec![file] },
        }
    }

    #[test]
    fn a_merge_counts_for_the_views_it_was_made_of() {
        let (one, other) = (UnitId(1), UnitId(2));
        let mut looks = Looks::default();
        looks.saw(one, view('a', "x"));
        looks.saw(other, view('b', "x"));
        let untried = looks.untried();
        assert_eq!(untried.len(), 1);
        let (pair, views) = untried[0].clone();
        let collision = Trial { conflicts: vec!["x".to_owned()] };
        looks.tried(pair, views, collision.clone());
        assert_eq!(looks.untried().len(), 0);
        assert_eq!(looks.trial(pair), Some(&collision));
        looks.saw(other, view('c', "x"));
        assert_eq!(looks.trial(pair), None);
        assert_eq!(looks.untried().len(), 1);
        looks.saw(other, view('d', "y"));
        assert_eq!(looks.untried().len(), 0, "no file in common");
        assert_eq!(looks.trial(pair), Some(&Trial::default()));
        looks.forget(one);
        assert_eq!(looks.untried().len(), 0);
        assert_eq!(looks.trial(pair), None);
    }
}
