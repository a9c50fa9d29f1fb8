//! Where two works meet: in a file, in a symbol, in a subsystem.

use crate::domain::chunk::CodePlace;
use crate::domain::footprint::{Footprint, Lines, Part};
use crate::domain::ids::ChunkName;
use std::borrow::Cow;
use std::fmt;

/// One place where two chunks would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Both touch the file, and nothing says that they touch different parts of it.
    File {
        /// From the project's root.
        path: String,
        /// Where in it, as far as that is known.
        lines: Vec<Lines>,
    },
    /// Both touch the symbol, or one touches a part of what the other touches.
    Symbol {
        /// The inner one of the two.
        place: CodePlace,
        /// Where in the file, as far as that is known.
        lines: Vec<Lines>,
    },
    /// Both build this subsystem.
    Subsystem(String),
    /// One of the two modifies what the other one, this one, is building.
    Parent(ChunkName),
}

impl Evidence {
    /// The kind as shown to operators.
    pub fn kind(&self) -> &'static str {
        match self {
            Evidence::File { .. } => "FILE",
            Evidence::Symbol { .. } => "SYMBOL",
            Evidence::Subsystem(_) | Evidence::Parent(_) => "SUBSYSTEM",
        }
    }

    /// Where in the file, as far as that is known.
    pub fn lines(&self) -> &[Lines] {
        match self {
            Evidence::File { lines, .. } | Evidence::Symbol { lines, .. } => lines,
            Evidence::Subsystem(_) | Evidence::Parent(_) => &[],
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::File { path, .. } => f.write_str(path),
            Evidence::Symbol { place, .. } => place.fmt(f),
            Evidence::Subsystem(name) => write!(f, "subsystem {name}"),
            Evidence::Parent(chunk) => write!(f, "parent {chunk}"),
        }
    }
}

/// A part of a file that a work touches, or means to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent<'a> {
    /// All of it, as far as one can tell.
    Whole,
    /// A symbol.
    Symbol(&'a str),
    /// What is between symbols.
    Between,
}

/// A place that a work touches, or means to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot<'a> {
    pub path: &'a str,
    pub extent: Extent<'a>,
}

impl<'a> Spot<'a> {
    /// A place as documents name it.
    pub fn named(place: &'a CodePlace) -> Self {
        let extent = place.symbol.as_deref().map_or(Extent::Whole, Extent::Symbol);
        Self { path: &place.path, extent }
    }

    /// A file as a whole.
    pub fn file(path: &'a str) -> Self {
        Self { path, extent: Extent::Whole }
    }

    /// All that a work has touched.
    pub fn touched(footprint: &'a Footprint) -> impl Iterator<Item = Self> {
        footprint.files.iter().flat_map(|file| {
            file.parts.iter().map(|part| {
                let extent = match part {
                    Part::Whole => Extent::Whole,
                    Part::Symbol(name) => Extent::Symbol(name),
                    Part::Between => Extent::Between,
                };
                Spot { path: &file.path, extent }
            })
        })
    }
}

/// Where two works meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meetings {
    pub evidence: Vec<Evidence>,
    /// Files in which both are, each in another part.
    pub shared: Vec<String>,
}

/// Finds out where two works meet.
pub(super) fn meetings(a: &[Spot<'_>], b: &[Spot<'_>]) -> Meetings {
    let mut found = Meetings::default();
    for one in a {
        for other in b.iter().filter(|other| other.path == one.path) {
            let path = one.path.to_owned();
            match inner(one.extent, other.extent) {
                Some(Extent::Symbol(name)) => {
                    let place = CodePlace { path, symbol: Some(name.to_owned()) };
                    add(&mut found.evidence, Evidence::Symbol { place, lines: Vec::new() });
                }
                Some(_) => add(&mut found.evidence, Evidence::File { path, lines: Vec::new() }),
                None => add(&mut found.shared, path),
            }
        }
    }
    let met = |path: &String| {
        found.evidence.iter().any(|evidence| matches!(evidence, Evidence::File { path: met, .. } if met == path))
    };
    found.shared.retain(|path| !met(path));
    found
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// What two parts of one file have in common; none if nothing.
fn inner<'a>(one: Extent<'a>, other: Extent<'a>) -> Option<Extent<'a>> {
    match (one, other) {
        (Extent::Whole, _) | (_, Extent::Whole) => Some(Extent::Whole),
        (Extent::Symbol(x), Extent::Symbol(y)) if within(x, y) => Some(one),
        (Extent::Symbol(x), Extent::Symbol(y)) if within(y, x) => Some(other),
        _ => None,
    }
}

/// Whether `inner` is `outer` or a part of it: `A::b` of `A`. Other languages' spellings of the same count.
fn within(inner: &str, outer: &str) -> bool {
    let (inner, outer) = (spelled(inner), spelled(outer));
    inner.strip_prefix(&*outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// `A::b` for `A.b` and `A::b()`.
fn spelled(symbol: &str) -> Cow<'_, str> {
    let symbol = symbol.trim_end_matches("()");
    if symbol.contains('.') { symbol.replace('.', "::").into() } else { symbol.into() }
}

/// How far apart two changes may be and still be in each other's way, in lines: what git wants to see unchanged around them.
const NEAR: u32 = 3;

/// The changes of the first one that lie at those of the other one.
pub(super) fn near(a: &[Lines], b: &[Lines]) -> Vec<Lines> {
    let meet =
        |x: &&Lines| b.iter().any(|y| x.first <= y.last.saturating_add(NEAR) && y.first <= x.last.saturating_add(NEAR));
    a.iter().filter(meet).copied().collect()
}
