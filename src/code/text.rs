//! The symbols of a file without a grammar, by what its lines look like: headings, sections, keys, and definitions that begin a line.

use super::outline::Symbol;
use crate::domain::footprint::Lines;
use std::path::Path;

/// Longest name, in characters.
const NAME: usize = 60;

/// The parts of a text: each reaches from the line that names it to the next one.
pub(super) fn symbols(path: &Path, text: &str) -> Vec<Symbol> {
    let names: fn(&str) -> Option<&str> = match path.extension().and_then(|extension| extension.to_str()) {
        Some("md" | "markdown") => heading,
        Some("toml" | "ini" | "cfg" | "conf") => section,
        Some("yaml" | "yml") => key,
        // Prose, data and tables have lines, not parts.
        Some("txt" | "rst" | "json" | "csv" | "lock" | "svg" | "xml" | "html") | None => return Vec::new(),
        Some(_) => definition,
    };
    let mut found: Vec<Symbol> = Vec::new();
    let mut last = 0;
    for (line, text) in (1_u32..).zip(text.lines()) {
        last = line;
        let Some(name) = names(text) else { continue };
        if let Some(before) = found.last_mut() {
            before.lines.last = line - 1;
        }
        let name = name.trim().chars().take(NAME).collect();
        found.push(Symbol { name, lines: Lines { first: line, last: line } });
    }
    if let Some(symbol) = found.last_mut() {
        symbol.lines.last = last;
    }
    found
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    (title.len() < line.len() && title.starts_with(' ')).then(|| title.trim())
}

fn section(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.trim_start_matches('[').split(']').next()
}

fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(':')?;
    key.starts_with(|c: char| c.is_alphanumeric() || c == '"').then_some(key)
}

/// What begins a line, opens something and is no closing word: `sub a {`, `def b`, `function c() {`.
fn definition(line: &str) -> Option<&str> {
    if !line.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    let opens = line.trim_end().ends_with(['{', ':', '(']);
    let words = ["def ", "function ", "func ", "fun ", "fn ", "sub ", "class ", "module ", "interface ", "object "];
    let defines = words.iter().any(|word| line.starts_with(word));
    if !opens && !defines {
        return None;
    }
    line.split(['(', '{', ':', '=']).next().filter(|name| !name.trim().is_empty())
}
