//! `GET /costs`: tokens and dollars by unit and phase, and all in all.

use super::attempts::{Usage, dollars};
use super::names::PhaseName;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::journal::AttemptRecord;
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

/// What is summed up of attempts.
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
    /// The sums over all attempts there ever were, each with its chunk; `units` are those that are not deleted.
    pub fn new(units: &[WorkUnit], attempts: &[(ChunkName, AttemptRecord)]) -> Self {
        let mut names: BTreeMap<UnitId, (&ChunkName, bool)> =
            attempts.iter().map(|(chunk, record)| (record.unit, (chunk, true))).collect();
        names.extend(units.iter().map(|unit| (unit.id, (&unit.chunk, false))));
        let mut sums: BTreeMap<(UnitId, Phase), Sum> = BTreeMap::new();
        for (_, record) in attempts {
            sums.entry((record.unit, record.phase)).or_default().add(1, record.usage);
        }
        let mut all = Sum::default();
        let mut units: Vec<(u64, UnitCost)> = Vec::new();
        for (unit, (chunk, deleted)) in names {
            let (mut sum, mut phases) = (Sum::default(), Vec::new());
            for phase in Phase::ALL {
                let Some(of_phase) = sums.get(&(unit, phase)) else { continue };
                sum.add(of_phase.attempts, of_phase.used);
                phases.push(PhaseCost {
                    phase: phase.into(),
                    attempts: of_phase.attempts,
                    usage: of_phase.used.into(),
                    cost_usd: dollars(of_phase.used.cost),
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
    use crate::domain::ids::AttemptId;
    use crate::domain::time::Timestamp;

    fn attempt(chunk: &str, unit: i64, phase: Phase, cost: u64) -> (ChunkName, AttemptRecord) {
        let record = AttemptRecord {
            unit: UnitId(unit),
            attempt: AttemptId::parse("0b7f6d6e-58e1-4c5d-9d0e-000000000001").unwrap(),
            number: 1,
            kind: "agent".into(),
            phase,
            agent: None,
            agent_version: None,
            pid: None,
            session: None,
            started_at: Timestamp(0),
            ended_at: None,
            outcome: None,
            error: None,
            usage: report::Usage { input: 10, cost, ..report::Usage::default() },
        };
        (ChunkName::parse(chunk).unwrap(), record)
    }

    #[test]
    fn the_dearest_comes_first_and_phases_add_up() {
        let attempts = [
            attempt("cheap", 1, Phase::Plan, 500_000),
            attempt("dear", 2, Phase::Review, 1_000_000),
            attempt("dear", 2, Phase::Implement, 2_000_000),
            attempt("dear", 2, Phase::Implement, 250_000),
        ];
        let costs = Costs::new(&[], &attempts);
        let names: Vec<(&str, usize)> = costs.units.iter().map(|unit| (unit.chunk.as_str(), unit.attempts)).collect();
        assert_eq!(names, [("dear", 3), ("cheap", 1)]);
        let phases: Vec<_> = costs.units[0].phases.iter().map(|phase| (phase.phase.0, phase.attempts)).collect();
        assert_eq!(phases, [(Phase::Implement, 2), (Phase::Review, 1)]);
        assert!((costs.units[0].phases[0].cost_usd - 2.25).abs() < 1e-9);
        assert!((costs.cost_usd - 3.75).abs() < 1e-9 && costs.usage.input_tokens == 40);
        assert!(costs.units[0].deleted, "nobody has it any more, and it was paid for all the same");
    }
}
