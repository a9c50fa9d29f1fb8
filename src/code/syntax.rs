//! The symbols of a file by its grammar.

use super::language::{self, Inside, Language, Naming};
use super::outline::Symbol;
use crate::domain::footprint::Lines;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tree_sitter::{Node, ParseOptions, Parser};

/// A file that takes longer to read has no symbols.
const TIME: Duration = Duration::from_millis(500);

/// Nodes deeper than this are looked at no more: no program that people read is nested so.
const DEPTH: usize = 64;

/// The symbols of a text in a language; none when it cannot be read in time.
pub(super) fn symbols(language: Language, text: &str) -> Vec<Symbol> {
    let mut parser = Parser::new();
    if parser.set_language(&language.grammar()).is_err() {
        return Vec::new();
    }
    let until = Instant::now() + TIME;
    let mut in_time = |_: &tree_sitter::ParseState| {
        if Instant::now() < until { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut in_time);
    let bytes = text.as_bytes();
    let tree = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
    let Some(tree) = tree else { return Vec::new() };
    let mut walk = Walk { language, text: bytes, found: Vec::new() };
    walk.children(tree.root_node(), &Place { within: String::new(), begun: None, depth: 0 });
    walk.found
}

/// Where in the tree the walk is.
struct Place {
    /// The symbol around it.
    within: String,
    /// The row on which a wrapper around it began.
    begun: Option<usize>,
    depth: usize,
}

struct Walk<'t> {
    language: Language,
    text: &'t [u8],
    found: Vec<Symbol>,
}

impl Walk<'_> {
    fn children(&mut self, parent: Node<'_>, place: &Place) {
        if place.depth > DEPTH {
            return;
        }
        // The row on which what leads to the next symbol begins.
        let mut lead: Option<usize> = None;
        let mut before = None;
        for node in parent.named_children(&mut parent.walk()) {
            let begins = node.start_position().row;
            if language::leads(node.kind()) {
                // A comment behind something belongs to that.
                let trails = before == Some(begins);
                lead = if trails { None } else { lead.or(Some(begins)) };
            } else {
                let begins = place.begun.unwrap_or(lead.take().unwrap_or(begins));
                self.node(node, begins, place);
            }
            before = Some(last_row(node));
        }
    }

    fn node(&mut self, node: Node<'_>, begins: usize, place: &Place) {
        let named =
            self.language.symbol(node.kind()).and_then(|(naming, inside)| Some((self.name(node, naming)?, inside)));
        let Some((name, inside)) = named else {
            let begun = language::wraps(node.kind()).then_some(begins);
            return self.children(node, &Place { within: place.within.clone(), begun, depth: place.depth + 1 });
        };
        let name = if place.within.is_empty() { name } else { format!("{}::{name}", place.within) };
        let lines = Lines { first: line(begins), last: line(last_row(node)) };
        self.found.push(Symbol { name: name.clone(), lines });
        if inside == Inside::Symbols {
            self.children(node, &Place { within: name, begun: None, depth: place.depth + 1 });
        }
    }

    fn name(&self, node: Node<'_>, naming: Naming) -> Option<String> {
        match naming {
            Naming::Field(field) => {
                // A type that is only named is not defined here.
                let is_mention = node.kind().ends_with("_specifier") && node.child_by_field_name("body").is_none();
                if is_mention { None } else { self.plain(node.child_by_field_name(field)?) }
            }
            Naming::Type(field) => self.type_name(node.child_by_field_name(field)?),
            Naming::Declarator => {
                let mut at = node.child_by_field_name("declarator")?;
                while let Some(inner) = at.child_by_field_name("declarator") {
                    at = inner;
                }
                self.plain(at.child_by_field_name("name").filter(|_| at.kind() == "variable_declarator").unwrap_or(at))
            }
            Naming::Receiver => {
                let name = self.plain(node.child_by_field_name("name")?)?;
                let receiver = node.child_by_field_name("receiver")?.named_child(0)?.child_by_field_name("type")?;
                Some(format!("{}::{name}", self.type_name(receiver)?))
            }
        }
    }

    /// A name as it stands; patterns and other expressions are none.
    fn plain(&self, node: Node<'_>) -> Option<String> {
        let text = node.utf8_text(self.text).ok()?.trim();
        let is_name = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "{[(,".contains(c));
        is_name.then(|| text.to_owned())
    }

    /// `Reader` of `&crate::io::Reader<'_, T>` and of `*Reader`.
    fn type_name(&self, node: Node<'_>) -> Option<String> {
        let text = node.utf8_text(self.text).ok()?;
        let name = text.split(['<', '[', '(']).next()?;
        let name = name.rsplit([':', '.', ' ', '*', '&']).find(|part| !part.is_empty())?;
        Some(name.to_owned())
    }
}

/// The last row on which a node has text: some end with the line break.
fn last_row(node: Node<'_>) -> usize {
    let end = node.end_position();
    if end.column == 0 && end.row > node.start_position().row { end.row - 1 } else { end.row }
}

fn line(row: usize) -> u32 {
    u32::try_from(row + 1).unwrap_or(u32::MAX)
}
