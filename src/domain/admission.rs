//! Which chunks may become units, in which order, and how they start.

use super::chunk::{self, ChunkFacts, Declared, InjectRefusal};
use super::dependency::{self, Cycle, Graph};
use super::ids::ChunkName;
use super::new_unit::NewUnit;
use super::phase::Phase;
use super::work_unit::{Admission, Status, WorkUnit};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What the operator says about one chunk of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The chunk.
    pub chunk: ChunkName,
    /// Where to start; from its documents when not given.
    pub phase: Option<Phase>,
    /// Higher goes first.
    pub priority: i32,
    /// What it depends on; from its documents when not given.
    pub depends_on: Option<BTreeSet<ChunkName>>,
    /// Whether dependencies were declared, where the operator says so.
    pub explicit_deps: Option<bool>,
    /// Whether its worktree stays after landing.
    pub retain: bool,
    /// Whether it waits for the operator's word before it starts.
    pub hold: bool,
}

/// A chunk that may become a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Acceptance {
    /// The unit.
    pub unit: NewUnit,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// Why a batch is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Chunks cannot be worked on: each with the reason.
    Unfit(Vec<(ChunkName, String)>),
    /// A chunk is a unit already.
    Exists {
        /// Which one.
        chunk: ChunkName,
        /// The unit's status.
        status: &'static str,
    },
    /// Chunks wait for each other.
    Cycle(Cycle),
    /// A dependency is neither in the batch, nor a unit, nor ACTIVE on the base.
    UnknownDependency {
        /// Who depends.
        chunk: ChunkName,
        /// On what.
        on: ChunkName,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unfit(reasons) => {
                let texts: Vec<String> = reasons.iter().map(|(chunk, why)| format!("Chunk '{chunk}': {why}")).collect();
                f.write_str(&texts.join("; "))
            }
            Refusal::Exists { chunk, status } => {
                write!(f, "Work unit for chunk '{chunk}' already exists (status: {status})")
            }
            Refusal::Cycle(cycle) => cycle.fmt(f),
            Refusal::UnknownDependency { chunk, on } => {
                write!(f, "Chunk '{chunk}' depends on '{on}', which is neither in this batch nor a work unit")
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Refusal::Unfit(_) => "commit the chunk's GOAL.md and PLAN.md on the base branch, then inject it again",
            Refusal::Exists { .. } => "see it with: ve orch ps; start it anew with: ve orch retry",
            Refusal::Cycle(_) => "remove one of these from depends_on in the chunk's GOAL.md",
            Refusal::UnknownDependency { .. } => "inject it in the same command, or remove it from depends_on",
        }
    }
}

/// Whether `chunk` may depend on `on`, given what all units depend on: nobody may come to wait for itself.
pub fn may_depend(units: &[WorkUnit], chunk: &ChunkName, on: &BTreeSet<ChunkName>) -> Result<(), Refusal> {
    let mut graph: Graph = units.iter().map(|unit| (unit.chunk.clone(), unit.depends_on.clone())).collect();
    graph.insert(chunk.clone(), on.clone());
    dependency::order(&graph).map(drop).map_err(Refusal::Cycle)
}

/// Dependencies of the batch that lie outside it.
pub fn outside(requests: &[Request], found: &[ChunkFacts]) -> Vec<ChunkName> {
    let inside: BTreeSet<&ChunkName> = requests.iter().map(|request| &request.chunk).collect();
    let needs: BTreeSet<ChunkName> = requests
        .iter()
        .flat_map(|request| needs(request, found.iter().find(|facts| facts.name == request.chunk)))
        .filter(|chunk| !inside.contains(chunk))
        .collect();
    needs.into_iter().collect()
}

/// Admits a batch: all of it, in the order of dependencies, or nothing. `elsewhere` are the documents of dependencies outside it.
pub fn admit(
    requests: &[Request],
    found: &[ChunkFacts],
    elsewhere: &[ChunkFacts],
    units: &[WorkUnit],
    base: &str,
) -> Result<Vec<Acceptance>, Refusal> {
    let facts: BTreeMap<&ChunkName, &ChunkFacts> = found.iter().map(|facts| (&facts.name, facts)).collect();
    let unit_of = |chunk: &ChunkName| units.iter().find(|unit| unit.answers_to(chunk));
    let unfit: Vec<(ChunkName, String)> = requests
        .iter()
        .filter_map(|request| {
            let why = match facts.get(&request.chunk) {
                None => format!("docs/chunks/{}/GOAL.md is not committed on {base}", request.chunk),
                Some(facts) => chunk::injectable(facts).err().map(|refusal: InjectRefusal| refusal.to_string())?,
            };
            Some((request.chunk.clone(), why))
        })
        .collect();
    if !unfit.is_empty() {
        return Err(Refusal::Unfit(unfit));
    }
    for request in requests {
        if let Some(unit) = unit_of(&request.chunk) {
            return Err(Refusal::Exists { chunk: request.chunk.clone(), status: unit.status.name() });
        }
    }
    let graph: Graph = requests
        .iter()
        .map(|request| (request.chunk.clone(), needs(request, facts.get(&request.chunk).copied())))
        .collect();
    let order = dependency::order(&graph).map_err(Refusal::Cycle)?;
    let by_request: BTreeMap<&ChunkName, &Request> = requests.iter().map(|request| (&request.chunk, request)).collect();
    let mut accepted = Vec::with_capacity(order.len());
    for chunk in &order {
        let (Some(request), Some(facts)) = (by_request.get(chunk), facts.get(chunk)) else { continue };
        let mut waits = BTreeSet::new();
        for need in graph.get(chunk).into_iter().flatten() {
            let landed = elsewhere.iter().any(|other| other.name == *need && other.status.is_completed());
            match unit_of(need) {
                Some(unit) if matches!(unit.status, Status::Done { .. }) || (landed && unit.is_terminal()) => {}
                Some(_) => drop(waits.insert(need.clone())),
                None if graph.contains_key(need) => drop(waits.insert(need.clone())),
                None if landed => {}
                None => return Err(Refusal::UnknownDependency { chunk: chunk.clone(), on: need.clone() }),
            }
        }
        accepted.push(accept(request, facts, waits));
    }
    Ok(accepted)
}

fn accept(request: &Request, facts: &ChunkFacts, waits: BTreeSet<ChunkName>) -> Acceptance {
    let warnings = chunk::injectable(facts).unwrap_or_default();
    let status = match waits.is_empty() {
        _ if request.hold => Status::Pending(Admission::Held),
        true => Status::Ready { wait: None },
        false => Status::Blocked { by: waits.clone() },
    };
    let declared = request.depends_on.is_some() || facts.dependencies != Declared::Unknown;
    let unit = NewUnit {
        chunk: request.chunk.clone(),
        phase: request.phase.unwrap_or_else(|| first_phase(facts)),
        status,
        priority: request.priority,
        depends_on: waits,
        explicit_deps: request.explicit_deps.unwrap_or(declared),
        retain: request.retain,
    };
    Acceptance { unit, warnings: warnings.iter().map(ToString::to_string).collect() }
}

/// The first phase whose document is missing.
fn first_phase(facts: &ChunkFacts) -> Phase {
    if facts.has_plan() { Phase::Implement } else { Phase::Plan }
}

/// What a chunk depends on: the request's word, else its documents'.
fn needs(request: &Request, facts: Option<&ChunkFacts>) -> BTreeSet<ChunkName> {
    if let Some(depends_on) = &request.depends_on {
        return depends_on.clone();
    }
    match facts.map(|facts| &facts.dependencies) {
        Some(Declared::On(chunks)) => chunks.iter().cloned().collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests;
