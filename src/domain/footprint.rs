//! What a unit's work has really touched so far: files, the symbols in them, and what a merge of two such works says.

use std::collections::BTreeSet;

/// Lines of a file, from 1, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lines {
    /// The first one.
    pub first: u32,
    /// The last one.
    pub last: u32,
}

/// A part of a file that was touched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of it, as far as one can tell: it came, went, or is no text.
    Whole,
    /// A symbol, nested by `::`.
    Symbol(String),
    /// What is between the symbols: imports, comments, blank lines.
    Between,
}

/// A file that was touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedFile {
    /// From the project's root, `/` between its parts.
    pub path: String,
    /// What of it.
    pub parts: BTreeSet<Part>,
    /// The lines that changed, as the base has them.
    pub lines: Vec<Lines>,
}

/// All that a unit's work has touched, uncommitted work included, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// The files.
    pub files: Vec<TouchedFile>,
}

/// What merging the works of two units, as they are, leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// The files in which they do not fit together; none when they do.
    pub conflicts: Vec<String>,
}

impl Footprint {
    /// Whether anything was touched.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file at `path`, if it was touched.
    pub fn file(&self, path: &str) -> Option<&TouchedFile> {
        self.files.iter().find(|file| file.path == path)
    }
}
