//! The symbols of one file by their lines.

use crate::domain::footprint::Lines;

/// A named part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name, after the names of what it is in, joined by `::`.
    pub name: String,
    /// Its lines, with the comments and attributes that belong to it.
    pub lines: Lines,
}

/// What a file consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// In the order in which they begin; one that holds another comes before it.
    symbols: Vec<Symbol>,
}

impl Outline {
    pub(super) fn new(mut symbols: Vec<Symbol>) -> Self {
        symbols.sort_by_key(|symbol| (symbol.lines.first, std::cmp::Reverse(symbol.lines.last)));
        Self { symbols }
    }

    /// All of them, in the order in which they begin.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The innermost symbol around a line; none between them.
    pub fn enclosing(&self, line: u32) -> Option<&Symbol> {
        let until = self.symbols.partition_point(|symbol| symbol.lines.first <= line);
        self.symbols[..until].iter().rev().find(|symbol| symbol.lines.last >= line)
    }
}
