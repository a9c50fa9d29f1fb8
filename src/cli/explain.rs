//! `explain`: why a unit does not start now.

use super::client::{Client, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::words::moment;
use crate::domain::ids::ChunkName;
use crate::wire::conflicts::Conflict;
use crate::wire::explain::{Dependency, Explanation};
use clap::Args;

/// Say why a unit does not start now
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
}

pub(super) async fn run(args: Explain, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get(&unit_path(&args.chunk, "/explain")).await?;
    console.show(&answer, text)
}

fn text(explanation: &Explanation, look: &Look) -> String {
    let status = explanation.status.as_str();
    let mut lines = vec![format!("{} [{}] {}", explanation.chunk, explanation.phase, look.status(status, status))];
    if let Some(waiting) = &explanation.waiting {
        let until = waiting.until.map_or_else(String::new, |until| format!(", until {}", moment(until, look)));
        lines.push(format!("  Why: {}{until}", waiting.text));
    }
    lines.extend(explanation.conflicts.iter().map(conflict));
    lines.extend(explanation.position.map(|position| format!("  Place in the queue: {position}")));
    lines.push(format!("  Agents at work: {} of {}", explanation.running, explanation.max_agents));
    lines.extend(explanation.depends_on.iter().map(dependency));
    if explanation.blocks_count > 0 {
        lines.push(format!("  Units that wait for it: {}", explanation.blocks_count));
    }
    lines.join("\n")
}

fn conflict(conflict: &Conflict) -> String {
    let Conflict { chunk_b, verdict, analysis_stage, reason, .. } = conflict;
    format!("  Apart from {chunk_b}: {verdict} ({analysis_stage}), {reason}")
}

fn dependency(dependency: &Dependency) -> String {
    match dependency.status {
        Some(status) => format!("  Depends on {}: {status}", dependency.chunk),
        None => format!("  Depends on {}: not a unit, its documents decide", dependency.chunk),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::conflict::evidence::Evidence;
    use crate::domain::conflict::{Judgement, Stage, Verdict};
    use crate::domain::phase::Phase;
    use crate::domain::schedule::Waiting;
    use crate::domain::time::Timestamp;
    use crate::wire::explain::WaitingFor;
    use crate::wire::names::StatusName;

    fn apart() -> Conflict {
        let (a, b) = (ChunkName::parse("login").unwrap(), ChunkName::parse("schema").unwrap());
        let judged = Judgement {
            verdict: Verdict::Serialize,
            own: Verdict::Serialize,
            probability: 75,
            stage: Stage::Plan,
            evidence: vec![Evidence::File { path: "src/a.rs".into(), lines: Vec::new() }],
            shared: Vec::new(),
            by_operator: false,
        };
        Conflict::new(&a, &b, Timestamp(0), &judged)
    }

    #[test]
    fn a_blocked_unit_is_explained() {
        let by = [ChunkName::from_argument("schema")].into_iter().flatten().collect();
        let depends_on = [("schema", Some(StatusName::Running)), ("users", None)];
        let explanation = Explanation {
            chunk: "login".into(),
            phase: Phase::Plan.into(),
            status: StatusName::Blocked,
            position: Some(3),
            waiting: Some(WaitingFor::from(&Waiting::Chunks(by))),
            depends_on: depends_on.map(|(chunk, status)| Dependency { chunk: chunk.into(), status }).into(),
            running: 4,
            max_agents: 4,
            blocks_count: 1,
            conflicts: vec![apart()],
        };
        insta::assert_snapshot!(text(&explanation, &Look::plain()), @r#"
        login [PLAN] BLOCKED
          Why: waits for schema
          Apart from schema: SERIALIZE (PLAN), both mean to change one place; a conflict has a probability of 75 %
          Place in the queue: 3
          Agents at work: 4 of 4
          Depends on schema: RUNNING
          Depends on users: not a unit, its documents decide
          Units that wait for it: 1
        "#);
    }
}
