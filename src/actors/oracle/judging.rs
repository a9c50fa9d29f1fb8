//! What follows for whom: judges pairs, and tells when a relation changes.

use super::looks::UnitPair;
use super::resolutions::Pair;
use super::{OracleActor, Seen, Undecided};
use crate::actors::clock;
use crate::domain::conflict::{self, Between, Judgement, Side, Verdict};
use crate::domain::footprint::Trial;
use crate::domain::ids::UnitId;
use crate::domain::policy::OracleMode;
use crate::domain::prediction;
use actix::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl OracleActor {
    /// Judges the pairs of some units anew, or all of them; tells what changed, and remembers what matters.
    pub(super) fn publish(&mut self, of: Option<&BTreeSet<UnitId>>, ctx: &mut Context<Self>) {
        let fresh: Vec<UnitPair> = match of {
            Some(of) => of.iter().flat_map(|id| self.pairs_of(*id, of)).collect(),
            None => self.all_pairs().collect(),
        };
        let now = clock::now();
        let (mut apart, mut said) = (BTreeMap::new(), Vec::new());
        for pair in fresh {
            let Some((a, b, judged)) = self.pair(pair) else { continue };
            let keeps_apart = self.keeps_apart(a, b, &judged);
            let matter = prediction::matters(&a.unit, &b.unit, &judged).then(|| (a.unit.clone(), b.unit.clone()));
            said.extend(matter.and_then(|(a, b)| self.ledger.note(&a, &b, &judged, now)));
            if keeps_apart {
                apart.insert(pair, judged);
            }
        }
        self.predict(said, ctx);
        let seen = &self.seen;
        self.relations.send_if_modified(|relations| {
            let touched = |pair: &UnitPair| of.is_none_or(|of| of.contains(&pair.0) || of.contains(&pair.1));
            let same_units = match of {
                Some(of) => of.iter().all(|id| relations.known.contains(id) == seen.contains_key(id)),
                None => relations.known.iter().eq(seen.keys()),
            };
            if same_units && relations.apart.iter().filter(|(pair, _)| touched(pair)).eq(&apart) {
                return false;
            }
            let now = Arc::make_mut(relations);
            match of {
                Some(of) => {
                    now.known.retain(|id| !of.contains(id));
                    now.known.extend(of.iter().filter(|id| seen.contains_key(id)));
                }
                None => now.known = seen.keys().copied().collect(),
            }
            now.apart.retain(|pair, _| !touched(pair));
            now.apart.extend(apart);
            true
        });
    }

    fn keeps_apart(&self, a: &Seen, b: &Seen, judged: &Judgement) -> bool {
        self.settings.now().rules.policy.conflicts.mode != OracleMode::Advise
            && judged.keeps_apart(a.unit.explicit_deps || b.unit.explicit_deps)
    }

    fn all_pairs(&self) -> impl Iterator<Item = UnitPair> {
        self.seen.keys().flat_map(|id| self.seen.range(UnitId(id.0 + 1)..).map(|(other, _)| (*id, *other)))
    }

    /// The pairs of one of the units `among`, without those that an earlier one of them has. What has no documents makes no pair.
    fn pairs_of(&self, id: UnitId, among: &BTreeSet<UnitId>) -> impl Iterator<Item = UnitPair> {
        let documented = self.seen.get(&id).is_some_and(|seen| seen.facts.is_some());
        let others = documented.then(|| self.seen.keys()).into_iter().flatten();
        let is_new = move |other: &&UnitId| **other != id && !(**other < id && among.contains(other));
        others.filter(is_new).map(move |other| ordered(id, *other))
    }

    /// Every pair of which something is known, judged.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Seen, &Seen, Judgement)> {
        self.all_pairs().filter_map(|pair| self.pair(pair))
    }

    /// The pairs that wait for the operator.
    pub(super) fn undecided(&self) -> Vec<Undecided> {
        let asks = |(a, b, judged): &(&Seen, &Seen, Judgement)| {
            judged.verdict == Verdict::AskOperator && self.keeps_apart(a, b, judged)
        };
        let shown = |(a, b, judged): (&Seen, &Seen, Judgement)| {
            let since = a.unit.created_at.max(b.unit.created_at);
            Undecided { a: a.unit.clone(), b: b.unit.clone(), judged, since }
        };
        self.pairs().filter(asks).map(shown).collect()
    }

    fn pair(&self, (a, b): UnitPair) -> Option<(&Seen, &Seen, Judgement)> {
        let (one, other) = (self.seen.get(&a)?, self.seen.get(&b)?);
        let sides = (one.side(self.looks.footprint(a))?, other.side(self.looks.footprint(b))?);
        Some((one, other, self.judge(sides, self.looks.trial((a, b)))))
    }

    /// Judges two sides by the policy of now and what the operator decided.
    pub(super) fn judge(&self, (a, b): (Side<'_>, Side<'_>), trial: Option<&Trial>) -> Judgement {
        let policy = self.settings.now().rules.policy.conflicts;
        let resolution = self.resolutions.get(&Pair::of(&a.facts.name, &b.facts.name));
        conflict::judge_pair(a, b, Between { trial, resolution }, &policy)
    }
}

/// A pair with the lower id first.
pub(super) fn ordered(a: UnitId, b: UnitId) -> UnitPair {
    (a.min(b), a.max(b))
}
