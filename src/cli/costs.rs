//! `costs`: tokens and dollars, of all units or of one unit's attempts.

use super::client::{Client, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use super::render::words::tokens;
use crate::domain::ids::ChunkName;
use crate::wire;
use crate::wire::attempts::{Attempt, Attempts, Usage};
use clap::Args;

/// Show what units cost, or what the attempts of one unit cost
#[derive(Debug, Args)]
pub(super) struct Costs {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: Option<ChunkName>,
}

pub(super) async fn run(args: Costs, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let Some(chunk) = args.chunk else {
        let answer = client.get("/costs").await?;
        return console.show(&answer, of_all);
    };
    let answer = client.get(&unit_path(&chunk, "/attempts")).await?;
    console.show(&answer, of_one)
}

const FIGURES: [(&str, usize); 5] = [("INPUT", 8), ("OUTPUT", 8), ("CACHE READ", 10), ("CACHE WRITE", 11), ("COST", 0)];

fn figures(usage: Usage, dollars: f64) -> [String; 5] {
    [
        tokens(usage.input_tokens),
        tokens(usage.output_tokens),
        tokens(usage.cache_read_tokens),
        tokens(usage.cache_write_tokens),
        format!("${dollars:.2}"),
    ]
}

fn of_all(costs: &wire::costs::Costs, look: &Look) -> String {
    if costs.units.is_empty() {
        return "No work units".to_owned();
    }
    let mut table = Table::new(&[&[("CHUNK", 30), ("ATTEMPTS", 8)][..], &FIGURES].concat());
    for unit in &costs.units {
        let name = if unit.deleted { format!("{} (deleted)", unit.chunk) } else { unit.chunk.clone() };
        let cells = [name, unit.attempts.to_string()];
        table.row([&cells[..], &figures(unit.usage, unit.cost_usd)].concat());
        for phase in &unit.phases {
            let cells = [format!("- {}", phase.phase), phase.attempts.to_string()];
            table.row([&cells[..], &figures(phase.usage, phase.cost_usd)].concat());
        }
    }
    let attempts: usize = costs.units.iter().map(|unit| unit.attempts).sum();
    table.row([&["total".to_owned(), attempts.to_string()][..], &figures(costs.usage, costs.cost_usd)].concat());
    table.render(80, look)
}

fn of_one(attempts: &Attempts, look: &Look) -> String {
    if attempts.attempts.is_empty() {
        return format!("No attempts of {} yet", attempts.chunk);
    }
    let columns = [("ATTEMPT", 7), ("PHASE", 10), ("KIND", 0), ("OUTCOME", 11)];
    let mut table = Table::new(&[&columns[..], &FIGURES].concat());
    for attempt in &attempts.attempts {
        let outcome = attempt.outcome.clone().unwrap_or_else(|| attempt.status.clone());
        let kind = who(attempt);
        let cells = [attempt.number.to_string(), attempt.phase.to_string(), kind, outcome];
        table.row([&cells[..], &figures(attempt.usage, attempt.cost_usd)].concat());
    }
    let sum = attempts.attempts.iter().fold(Usage::default(), |sum, attempt| sum.plus(attempt.usage));
    let dollars = attempts.attempts.iter().map(|attempt| attempt.cost_usd).sum();
    let cells = ["total", "-", "-", "-"].map(str::to_owned);
    table.row([&cells[..], &figures(sum, dollars)].concat());
    table.render(80, look)
}

/// The agent with the version of its program, where it says it; else what kind of process it was.
fn who(attempt: &Attempt) -> String {
    match (&attempt.agent, &attempt.agent_version) {
        (Some(agent), Some(version)) => format!("{agent} {version}"),
        (Some(agent), None) => agent.clone(),
        (None, _) => attempt.kind.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;
    use crate::wire::costs::{PhaseCost, UnitCost};

    const USAGE: Usage =
        Usage { input_tokens: 1_200, output_tokens: 345, cache_read_tokens: 2_500_000, cache_write_tokens: 0 };

    #[test]
    fn all_units_and_their_sum() {
        let phase = PhaseCost { phase: Phase::Plan.into(), attempts: 3, usage: USAGE, cost_usd: 1.234 };
        let unit = UnitCost {
            chunk: "login".into(),
            deleted: true,
            attempts: 3,
            usage: USAGE,
            cost_usd: 1.234,
            phases: vec![phase],
        };
        let costs = wire::costs::Costs { units: vec![unit], usage: USAGE, cost_usd: 1.234 };
        insta::assert_snapshot!(of_all(&costs, &Look::plain()), @r#"
        CHUNK                          ATTEMPTS INPUT    OUTPUT   CACHE READ CACHE WRITE COST
        --------------------------------------------------------------------------------------
        login (deleted)                3        1.2k     345      2.5M       0           $1.23
        - PLAN                         3        1.2k     345      2.5M       0           $1.23
        total                          3        1.2k     345      2.5M       0           $1.23
        "#);
    }

    #[test]
    fn one_unit_by_attempts() {
        let attempt = |number: i64, outcome: Option<&str>, agent: Option<&str>| Attempt {
            number,
            id: "u".into(),
            kind: "worker gate".into(),
            phase: Phase::Review.into(),
            agent: agent.map(str::to_owned),
            agent_version: agent.map(|_| "2.1.329".to_owned()),
            status: "running".into(),
            pid: None,
            session_id: None,
            started_at: Timestamp(0).into(),
            ended_at: None,
            outcome: outcome.map(str::to_owned),
            error: None,
            usage: USAGE,
            cost_usd: 0.5,
            command: None,
            judges: None,
            log: None,
        };
        let attempts = vec![attempt(1, Some("finished"), Some("claude")), attempt(2, None, None)];
        insta::assert_snapshot!(of_one(&Attempts { chunk: "login".into(), attempts }, &Look::plain()), @r#"
        ATTEMPT PHASE      KIND           OUTCOME     INPUT    OUTPUT   CACHE READ CACHE WRITE COST
        --------------------------------------------------------------------------------------------
        1       REVIEW     claude 2.1.329 finished    1.2k     345      2.5M       0           $0.50
        2       REVIEW     worker gate    running     1.2k     345      2.5M       0           $0.50
        total   -          -              -           2.4k     690      5.0M       0           $1.00
        "#);
    }
}
