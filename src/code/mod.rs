//! What symbols a source file has, and which of them encloses a line.
//!
//! Reading order: `outline` is the answer, `language` knows the grammars and what in them is a symbol, `syntax` reads a file by its grammar,
//! `text` by its looks where there is none.
//!
//! *Architecture invariants:* a file is bytes that an agent wrote. It is bounded in size, in time and in depth, and one that cannot be read has
//! no symbols: that is no error. Nothing in here opens a file.

mod language;
pub mod outline;
mod syntax;
mod text;

use language::Language;
use outline::Outline;
use std::path::Path;

/// Longer files are generated ones, in which nobody looks for a symbol. Bytes.
const LONGEST: usize = 1024 * 1024;

/// The symbols of a file; none where it is no text, too long, or says nothing that looks like one.
pub fn outline(path: &Path, source: &[u8]) -> Outline {
    let Some(text) = str::from_utf8(source).ok().filter(|text| text.len() <= LONGEST && !text.contains('\0')) else {
        return Outline::default();
    };
    let symbols = match Language::of(path) {
        Some(language) => syntax::symbols(language, text),
        None => text::symbols(path, text),
    };
    Outline::new(symbols)
}

#[cfg(test)]
mod tests;
