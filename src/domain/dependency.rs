//! Who waits for whom: order of a batch, cycles, and how much waits behind a chunk.

use super::ids::ChunkName;
use std::collections::{BTreeMap, BTreeSet};

/// Chunks and what each depends on.
pub type Graph = BTreeMap<ChunkName, BTreeSet<ChunkName>>;

/// A way round: the first chunk is also the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<ChunkName>);

impl std::fmt::Display for Cycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.0.iter().map(ChunkName::as_str).collect();
        write!(f, "Dependency cycle detected: {}", names.join(" -> "))
    }
}

impl std::error::Error for Cycle {}

/// The chunks of `graph` so that each comes after what it depends on, ties in alphabetical order. Dependencies outside the graph are ignored.
pub fn order(graph: &Graph) -> Result<Vec<ChunkName>, Cycle> {
    let mut waiting: BTreeMap<&ChunkName, BTreeSet<&ChunkName>> = graph
        .iter()
        .map(|(chunk, needs)| (chunk, needs.iter().filter(|need| graph.contains_key(*need)).collect()))
        .collect();
    let mut ordered = Vec::with_capacity(graph.len());
    while let Some(next) = waiting.iter().find(|(_, needs)| needs.is_empty()).map(|(chunk, _)| *chunk) {
        waiting.remove(next);
        for needs in waiting.values_mut() {
            needs.remove(next);
        }
        ordered.push(next.clone());
    }
    match waiting.keys().next() {
        None => Ok(ordered),
        Some(start) => Err(cycle_from(start, &waiting)),
    }
}

/// Walks along what is waited for until a chunk comes again: in what is left of a sorted graph every chunk waits for another.
fn cycle_from(start: &ChunkName, waiting: &BTreeMap<&ChunkName, BTreeSet<&ChunkName>>) -> Cycle {
    let mut path: Vec<&ChunkName> = vec![start];
    loop {
        let here = path[path.len() - 1];
        let Some(next) = waiting.get(here).and_then(|needs| needs.iter().next()) else {
            return Cycle(path.into_iter().cloned().collect());
        };
        if let Some(at) = path.iter().position(|seen| seen == next) {
            path.push(next);
            return Cycle(path[at..].iter().copied().cloned().collect());
        }
        path.push(next);
    }
}

/// How much work waits behind each chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// Chunks that wait for it, directly or through others.
    pub count: usize,
    /// Length of the longest chain of waiting chunks behind it.
    pub chain: usize,
}

/// What goes on once some chunks do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    /// Chunks that wait for them, directly or through others.
    pub chunks: BTreeSet<ChunkName>,
    /// Length of the longest chain of waiting chunks behind them.
    pub chain: usize,
}

/// For every chunk named in `graph` as a dependency: what waits behind it.
pub fn behind(graph: &Graph) -> BTreeMap<ChunkName, Behind> {
    let dependents = dependents(graph);
    let measure = |chunk: &ChunkName| {
        let (chunks, chain) = walk(BTreeSet::from([chunk]), &dependents);
        Behind { count: chunks.len(), chain }
    };
    dependents.keys().map(|chunk| ((*chunk).clone(), measure(chunk))).collect()
}

/// What waits behind all of `roots` together, without themselves.
pub fn freed_by(roots: &BTreeSet<ChunkName>, graph: &Graph) -> Freed {
    let (chunks, chain) = walk(roots.iter().collect(), &dependents(graph));
    Freed { chunks: chunks.into_iter().cloned().collect(), chain }
}

type Dependents<'a> = BTreeMap<&'a ChunkName, BTreeSet<&'a ChunkName>>;

fn dependents(graph: &Graph) -> Dependents<'_> {
    let mut dependents = Dependents::new();
    for (chunk, needs) in graph {
        for need in needs {
            dependents.entry(need).or_default().insert(chunk);
        }
    }
    dependents
}

/// All that waits behind `roots`, and the length of the longest chain.
fn walk<'a>(roots: BTreeSet<&'a ChunkName>, dependents: &Dependents<'a>) -> (BTreeSet<&'a ChunkName>, usize) {
    let mut seen: BTreeSet<&ChunkName> = BTreeSet::new();
    let mut level = roots.clone();
    let mut chain = 0;
    loop {
        let next: BTreeSet<&ChunkName> = level
            .iter()
            .filter_map(|here| dependents.get(*here))
            .flatten()
            .copied()
            .filter(|next| !roots.contains(*next))
            .collect();
        // A cycle, which only hand-made dependencies can hold, ends the walk once nothing new is met.
        if next.iter().all(|found| seen.contains(*found)) {
            return (seen, chain);
        }
        chain += 1;
        seen.extend(&next);
        level = next;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> ChunkName {
        ChunkName::parse(text).unwrap()
    }

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        edges.iter().map(|(chunk, needs)| (name(chunk), needs.iter().map(|need| name(need)).collect())).collect()
    }

    fn texts(chunks: &[ChunkName]) -> Vec<&str> {
        chunks.iter().map(ChunkName::as_str).collect()
    }

    #[test]
    fn order_is_by_need_then_alphabet() {
        let diamond = graph(&[("d", &["b", "c"]), ("c", &["a"]), ("b", &["a"]), ("a", &[]), ("x", &["elsewhere"])]);
        assert_eq!(texts(&order(&diamond).unwrap()), ["a", "b", "c", "d", "x"]);
    }

    #[test]
    fn a_cycle_is_named() {
        let error = order(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("z", &[])])).unwrap_err();
        assert_eq!(error.to_string(), "Dependency cycle detected: b -> c -> b");
    }

    #[test]
    fn behind_counts_through_others() {
        let waits = behind(&graph(&[("b", &["a"]), ("c", &["b"]), ("d", &["a"])]));
        assert_eq!(waits[&name("a")], Behind { count: 3, chain: 2 });
        assert_eq!(waits[&name("b")], Behind { count: 1, chain: 1 });
        assert_eq!(waits.get(&name("c")), None);
    }

    #[test]
    fn several_roots_free_what_waits_for_any_of_them() {
        let waits = graph(&[("b", &["a"]), ("c", &["b"]), ("y", &["x"])]);
        let roots = ["a", "x"].map(name).into();
        let freed = Freed { chunks: ["b", "c", "y"].map(name).into(), chain: 2 };
        assert_eq!(freed_by(&roots, &waits), freed);
        assert_eq!(freed_by(&BTreeSet::new(), &waits), Freed::default());
    }

    proptest! {
        #[test]
        fn every_order_is_a_topological_one(edges in prop::collection::vec((0..12_u8, 0..12_u8), 0..30)) {
            let mut made = Graph::new();
            for (from, to) in edges {
                made.entry(name(&format!("c{from}"))).or_default().insert(name(&format!("c{to}")));
                made.entry(name(&format!("c{to}"))).or_default();
            }
            match order(&made) {
                Ok(sorted) => for (chunk, needs) in &made {
                    let place = |wanted: &ChunkName| sorted.iter().position(|at| at == wanted).unwrap();
                    for need in needs { prop_assert!(place(need) < place(chunk)); }
                },
                Err(Cycle(path)) => {
                    prop_assert_eq!(path.first(), path.last());
                    for step in path.windows(2) { prop_assert!(made[&step[0]].contains(&step[1])); }
                }
            }
        }
    }
}
