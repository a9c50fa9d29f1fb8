//! The predictions whose outcome is open, and the units they are about.

use super::looks::UnitPair;
use crate::domain::conflict::{Judgement, Stage, Verdict};
use crate::domain::ids::UnitId;
use crate::domain::prediction::{self, Prediction, Settlement};
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use std::collections::BTreeMap;

/// What was said last about a pair.
type Said = (Stage, Verdict, u8);

#[derive(Debug, Default)]
pub(super) struct Ledger {
    open: BTreeMap<UnitPair, Said>,
    /// The units of open pairs as they are now, ended ones included; none for one that was deleted.
    units: BTreeMap<UnitId, Option<WorkUnit>>,
}

impl Ledger {
    /// What is open at a start, with all units there are.
    pub(super) fn read(predictions: &[Prediction], units: &[WorkUnit]) -> Self {
        let mut ledger = Self::default();
        for said in predictions {
            ledger.open.insert(said.units, (said.stage, said.verdict, said.probability));
            for id in [said.units.0, said.units.1] {
                ledger.units.insert(id, units.iter().find(|unit| unit.id == id).cloned());
            }
        }
        ledger
    }

    /// Notes what is said about a pair that it matters for. Returns it if it was not said before.
    pub(super) fn note(&mut self, a: &WorkUnit, b: &WorkUnit, judged: &Judgement, at: Timestamp) -> Option<Prediction> {
        let pair = (a.id, b.id);
        let said = (judged.stage, judged.own, judged.probability);
        if self.open.get(&pair) == Some(&said) {
            return None;
        }
        self.open.insert(pair, said);
        for unit in [a, b] {
            self.units.insert(unit.id, Some(unit.clone()));
        }
        Some(Prediction {
            units: pair,
            chunks: (a.chunk.clone(), b.chunk.clone()),
            stage: judged.stage,
            verdict: judged.own,
            probability: judged.probability,
            at,
            outcome: None,
        })
    }

    /// Sees how a unit is now.
    pub(super) fn saw(&mut self, unit: &WorkUnit) {
        if let Some(known) = self.units.get_mut(&unit.id) {
            *known = Some(unit.clone());
        }
    }

    /// The open pairs that can be settled now, of one unit or of all.
    pub(super) fn due(&self, of: Option<UnitId>) -> Vec<(UnitPair, Settlement)> {
        let unit = |id: &UnitId| self.units.get(id).and_then(Option::as_ref);
        let pairs = self.open.keys().filter(|pair| of.is_none_or(|id| pair.0 == id || pair.1 == id));
        let all = pairs.map(|pair| (*pair, prediction::settlement(unit(&pair.0), unit(&pair.1))));
        all.filter(|(_, settlement)| *settlement != Settlement::Open).collect()
    }

    /// The units that have an open pair with this one, as they are now.
    pub(super) fn partners(&self, of: UnitId) -> impl Iterator<Item = (UnitPair, &WorkUnit)> {
        self.open.keys().filter_map(move |pair| {
            let partner = match *pair {
                (one, other) if one == of => other,
                (one, other) if other == of => one,
                _ => return None,
            };
            Some((*pair, self.units.get(&partner)?.as_ref()?))
        })
    }

    /// Forgets a pair whose outcome is known.
    pub(super) fn close(&mut self, pair: UnitPair) {
        self.open.remove(&pair);
        let open = &self.open;
        self.units.retain(|id, _| open.keys().any(|pair| pair.0 == *id || pair.1 == *id));
    }
}
