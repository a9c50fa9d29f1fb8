//! `GET /costs`: tokens and dollars by unit and phase, and all in all.

use super::attempts::{Usage, dollars};
use super::names::PhaseName;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::journal::Spent;
use crate::domain::phase::Phase;
use crate::domain::report;
use crate::domain::work_unit::WorkUnit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// All units, the dearest first; deleted ones count, too: what they used is spent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Costs {
    /// One entry per unit.
    pub units: Vec<UnitCost>,
    /// Tokens of all.
    pub usage: Usage,
    /// Dollars of all.
    pub cost_usd: f64,
}

/// What one unit cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnitCost {
    /// The chunk.
    pub chunk: String,
    /// Whether the unit was deleted.
    pub deleted: bool,
    /// How many attempts there were.
    pub attempts: usize,
    /// Tokens.
    pub usage: Usage,
    /// Dollars.
    pub cost_usd: f64,
    /// The same by phase, in the order of phases; phases without attempts are left out.
    pub phases: Vec<PhaseCost>,
}

/// What one phase of a unit cost, over all its attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PhaseCost {
    /// The phase.
    pub phase: PhaseName,
    /// How many attempts there were.
    pub attempts: usize,
    /// Tokens.
    pub usage: Usage,
    /// Dollars.
    pub cost_usd: f64,
}

/// What is summed up over phases and units.
#[derive(Clone, Copy, Default)]
struct Sum {
    attempts: usize,
    used: report::Usage,
}

impl Sum {
    fn add(&mut self, attempts: usize, used: report::Usage) {
        self.attempts += attempts;
        self.used = self.used.plus(used);
    }
}

impl Costs {
    /// The sums over all that was ever spent; `units` are those that are not deleted.
    pub fn new(units: &[WorkUnit], spent: &[Spent]) -> Self {
        let mut names: BTreeMap<UnitId, (&ChunkName, bool)> =
            spent.iter().map(|spent| (spent.unit, (&spent.chunk, true))).collect();
        names.extend(units.iter().map(|unit| (unit.id, (&unit.chunk, false))));
        let by_phase: BTreeMap<(UnitId, Phase), &Spent> =
            spent.iter().map(|spent| ((spent.unit, spent.phase), spent)).collect();
        let mut all = Sum::default();
        let mut units: Vec<(u64, UnitCost)> = Vec::new();
        for (unit, (chunk, deleted)) in names {
            let (mut sum, mut phases) = (Sum::default(), Vec::new());
            for phase in Phase::ALL {
                let Some(of_phase) = by_phase.get(&(unit, phase)) else { continue };
                sum.add(of_phase.attempts, of_phase.usage);
                phases.push(PhaseCost {
                    phase: phase.into(),
                    attempts: of_phase.attempts,
                    usage: of_phase.usage.into(),
                    cost_usd: dollars(of_phase.usage.cost),
                });
            }
            all.add(sum.attempts, sum.used);
            let cost = UnitCost {
                chunk: chunk.to_string(),
                deleted,
                attempts: sum.attempts,
                usage: sum.used.into(),
                cost_usd: dollars(sum.used.cost),
                phases,
            };
            units.push((sum.used.cost, cost));
        }
        units.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
        let units = units.into_iter().map(|(_, unit)| unit).collect();
        Self { units, usage: all.used.into(), cost_usd: dollars(all.used.cost) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn spent(chunk: &str, unit: i64, phase: Phase, (attempts, cost): (usize, u64)) -> Spent {
        let usage = report::Usage { input: 10, cost, ..report::Usage::default() };
        Spent { unit: UnitId(unit), chunk: ChunkName::parse(chunk).unwrap(), phase, attempts, usage }
    }

    #[test]
    fn the_dearest_comes_first_and_phases_add_up() {
        let spent = [
            spent("cheap", 1, Phase::Plan, (1, 500_000)),
            spent("dear", 2, Phase::Review, (1, 1_000_000)),
            spent("dear", 2, Phase::Implement, (2, 2_250_000)),
        ];
        let costs = Costs::new(&[], &spent);
        let names: Vec<(&str, usize)> = costs.units.iter().map(|unit| (unit.chunk.as_str(), unit.attempts)).collect();
        assert_eq!(names, [("dear", 3), ("cheap", 1)]);
        let phases: Vec<_> = costs.units[0].phases.iter().map(|phase| (phase.phase.0, phase.attempts)).collect();
        assert_eq!(phases, [(Phase::Implement, 2), (Phase::Review, 1)]);
        assert!((costs.units[0].phases[0].cost_usd - 2.25).abs() < 1e-9);
        assert!((costs.cost_usd - 3.75).abs() < 1e-9 && costs.usage.input_tokens == 30);
        assert!(costs.units[0].deleted, "nobody has it any more, and it was paid for all the same");
    }
}
