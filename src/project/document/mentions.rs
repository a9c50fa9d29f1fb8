//! The code that prose speaks of: paths with an extension, in back-ticks or bare.

use super::locations;
use crate::domain::chunk::CodePlace;

/// Longest extension, in characters: what is longer is a word after a full stop.
const EXTENSION: usize = 5;

/// Reads the places that a text without comments names. Documents are none: they are not what a chunk changes in the code.
pub(super) fn read(text: &str) -> Vec<CodePlace> {
    let mut places: Vec<CodePlace> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || "`()[],;\"'|".contains(c)) {
        let Some(place) = locations::place(word).filter(is_code) else { continue };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Whether a word is the path of a code file: a directory and a short extension, and no address of the web.
fn is_code(place: &CodePlace) -> bool {
    let Some((stem, extension)) = place.path.rsplit_once('.') else { return false };
    let is_file = !extension.is_empty()
        && extension.chars().count() <= EXTENSION
        && extension.chars().all(|c| c.is_ascii_alphanumeric())
        && extension.starts_with(|c: char| c.is_ascii_alphabetic());
    is_file && stem.contains('/') && !place.path.contains("://") && !matches!(extension, "md" | "rst" | "txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_code_are_mentions() {
        let found = |text: &str| read(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            found("The `src/a.rs#B::c` and src/d/e.py, see (web/app.ts). Again: src/d/e.py."),
            ["src/a.rs#B::c", "src/d/e.py", "web/app.ts"]
        );
        let none: [&str; 0] = [];
        for text in [
            "either/or",
            "docs/trunk/GOAL.md",
            "https://example.org/a.html",
            "/etc/hosts.conf",
            "../x/y.rs",
            "version 1.2/3.4",
            "main.rs alone",
        ] {
            assert_eq!(found(text), none, "{text}");
        }
    }
}
