//! What a chunk's documents say, as facts: the input of scheduling, of the conflict oracle and of the first phase.
//!
//! How the documents are read is the business of `project`.

use super::ids::ChunkName;
use std::fmt;

/// Where a chunk stands in its own life, as its frontmatter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChunkStatus {
    /// Queued; nobody works on it yet.
    Future,
    /// Somebody works on it: at most one per checkout.
    Implementing,
    /// Describes work that has landed.
    Active,
    /// Landed, and governs its code together with other chunks.
    Composite,
    /// Another chunk governs its code now.
    Superseded,
    /// Kept for archaeology only.
    Historical,
}

impl ChunkStatus {
    /// Every status, in the order of a chunk's life.
    pub const ALL: [ChunkStatus; 6] = [
        ChunkStatus::Future,
        ChunkStatus::Implementing,
        ChunkStatus::Active,
        ChunkStatus::Composite,
        ChunkStatus::Superseded,
        ChunkStatus::Historical,
    ];

    /// The status as frontmatter writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            ChunkStatus::Future => "FUTURE",
            ChunkStatus::Implementing => "IMPLEMENTING",
            ChunkStatus::Active => "ACTIVE",
            ChunkStatus::Composite => "COMPOSITE",
            ChunkStatus::Superseded => "SUPERSEDED",
            ChunkStatus::Historical => "HISTORICAL",
        }
    }

    /// The status that frontmatter calls `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether COMPLETE may leave a chunk so: its work is done and described.
    pub fn is_completed(self) -> bool {
        !matches!(self, ChunkStatus::Future | ChunkStatus::Implementing)
    }
}

impl fmt::Display for ChunkStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a chunk declares about the chunks it depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Declared {
    /// Nothing (absent or null): the oracle decides.
    #[default]
    Unknown,
    /// An empty list: its author says that it depends on none.
    Independent,
    /// These, without repetition, in the order written.
    On(Vec<ChunkName>),
}

/// A place in the code: a file, or a symbol in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodePlace {
    /// Path from the project's root, `/` between its parts.
    pub path: String,
    /// Symbol inside it, nested by `::`; none means the whole file.
    pub symbol: Option<String>,
}

impl CodePlace {
    /// Reads `path` or `path#symbol`; nothing if the path is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, symbol) = match text.trim().split_once('#') {
            Some((path, symbol)) => (path.trim(), Some(symbol.trim()).filter(|symbol| !symbol.is_empty())),
            None => (text.trim(), None),
        };
        let path = path.strip_prefix("./").unwrap_or(path);
        (!path.is_empty()).then(|| Self { path: path.to_owned(), symbol: symbol.map(str::to_owned) })
    }
}

impl fmt::Display for CodePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        self.symbol.as_ref().map_or(Ok(()), |symbol| write!(f, "#{symbol}"))
    }
}

/// How a chunk relates to a subsystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubsystemRelation {
    /// It builds part of it: two chunks that do are likely to meet.
    Implements,
    /// It only depends on it.
    Uses,
}

/// A subsystem that a chunk names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubsystemLink {
    /// Directory name under `docs/subsystems/`.
    pub subsystem: String,
    /// How the chunk relates to it.
    pub relation: SubsystemRelation,
}

/// Identity of a chunk's documents: equal exactly when their bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 20]);

impl ContentHash {
    /// Reads what [`Display`](fmt::Display) writes; nothing if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 20];
        if text.len() != 40 || !text.is_ascii() {
            return None;
        }
        for (place, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the goal document says beside its frontmatter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goal {
    /// Its first heading; empty if it has none.
    pub title: String,
    /// The start of its minor goal on one line, at most 200 characters.
    pub summary: String,
    /// Its text without frontmatter and comments.
    pub body: String,
    /// The code that this text speaks of by its path, without repetition, in the order written.
    pub mentions: Vec<CodePlace>,
}

/// What the plan document says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whether its approach says anything: a plan that was only laid out from a template does not.
    pub has_content: bool,
    /// The places it means to change, without repetition, in the order written.
    pub locations: Vec<CodePlace>,
}

/// All that `ve` reads from a chunk's documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkFacts {
    /// The chunk.
    pub name: ChunkName,
    /// Where it stands.
    pub status: ChunkStatus,
    /// What it depends on.
    pub dependencies: Declared,
    /// Files it expects to touch.
    pub code_paths: Vec<String>,
    /// Code it governs; filled in when its work is done.
    pub code_references: Vec<CodePlace>,
    /// Subsystems it names.
    pub subsystems: Vec<SubsystemLink>,
    /// The chunk it corrects or modifies.
    pub parent: Option<ChunkName>,
    /// What it is to reach.
    pub goal: Goal,
    /// How; none if the document is missing.
    pub plan: Option<Plan>,
    /// Identity of the documents all of this was read from.
    pub content: ContentHash,
    /// Identity of what they say about the work itself: expected paths, goal and plan. Status and code references, which move on while the work
    /// goes on, do not count.
    pub subject: ContentHash,
}

impl ChunkFacts {
    /// Whether there is a plan that says something.
    pub fn has_plan(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.has_content)
    }

    /// The places the plan means to change; none without a plan.
    pub fn planned(&self) -> &[CodePlace] {
        self.plan.as_ref().map_or(&[], |plan| &plan.locations)
    }
}

/// What an operator should know about a chunk that is accepted all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectWarning {
    /// A queued chunk without a plan: planning comes first.
    NoPlan,
}

impl fmt::Display for InjectWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InjectWarning::NoPlan => f.write_str("the plan has no content yet, so work starts with planning"),
        }
    }
}

/// Why a chunk cannot be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectRefusal {
    /// Its status says that work is going on or done, and there is no plan to follow.
    NoPlan(ChunkStatus),
    /// Its life is over.
    Terminal(ChunkStatus),
}

impl fmt::Display for InjectRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InjectRefusal::NoPlan(status) => {
                write!(
                    f,
                    "status is {status} but PLAN.md has no content: write its Approach, or set the status to FUTURE"
                )
            }
            InjectRefusal::Terminal(status) => write!(f, "status {status} is terminal: there is no work left to do"),
        }
    }
}

impl std::error::Error for InjectRefusal {}

/// Whether a chunk may become a work unit, and what to tell the operator if so.
pub fn injectable(facts: &ChunkFacts) -> Result<Vec<InjectWarning>, InjectRefusal> {
    match facts.status {
        ChunkStatus::Future if facts.has_plan() => Ok(Vec::new()),
        ChunkStatus::Future => Ok(vec![InjectWarning::NoPlan]),
        ChunkStatus::Implementing | ChunkStatus::Active if facts.has_plan() => Ok(Vec::new()),
        ChunkStatus::Implementing | ChunkStatus::Active => Err(InjectRefusal::NoPlan(facts.status)),
        ChunkStatus::Composite | ChunkStatus::Superseded | ChunkStatus::Historical => {
            Err(InjectRefusal::Terminal(facts.status))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn facts(status: ChunkStatus, has_content: bool) -> ChunkFacts {
        ChunkFacts {
            name: ChunkName::parse("a").unwrap(),
            status,
            dependencies: Declared::Unknown,
            code_paths: Vec::new(),
            code_references: Vec::new(),
            subsystems: Vec::new(),
            parent: None,
            goal: Goal::default(),
            plan: Some(Plan { has_content, locations: Vec::new() }),
            content: ContentHash([0; 20]),
            subject: ContentHash([0; 20]),
        }
    }

    #[test]
    fn every_status_survives_its_own_text() {
        for status in ChunkStatus::ALL {
            assert_eq!(ChunkStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(ChunkStatus::parse("active"), None);
    }

    #[test]
    fn only_chunks_with_work_left_can_be_injected() {
        use ChunkStatus::{Active, Composite, Future, Historical, Implementing, Superseded};
        assert_eq!(injectable(&facts(Future, true)), Ok(vec![]));
        assert_eq!(injectable(&facts(Future, false)), Ok(vec![InjectWarning::NoPlan]));
        for status in [Implementing, Active] {
            assert_eq!(injectable(&facts(status, true)), Ok(vec![]));
            assert_eq!(injectable(&facts(status, false)), Err(InjectRefusal::NoPlan(status)));
        }
        for status in [Composite, Superseded, Historical] {
            assert_eq!(injectable(&facts(status, true)), Err(InjectRefusal::Terminal(status)));
        }
    }

    #[test]
    fn places_are_files_or_symbols() {
        let place = CodePlace::parse("./src/a.rs#Writer::sync").unwrap();
        assert_eq!((place.path.as_str(), place.symbol.as_deref()), ("src/a.rs", Some("Writer::sync")));
        assert_eq!(place.to_string(), "src/a.rs#Writer::sync");
        assert_eq!(CodePlace::parse("src/a.rs#").unwrap().symbol, None);
        assert_eq!(CodePlace::parse(" #x "), None);
    }
}
