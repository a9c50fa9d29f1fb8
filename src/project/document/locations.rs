//! The places a plan means to change, in the spellings that planners use.

use crate::domain::chunk::CodePlace;

/// Reads every `Location:` line of a plan without comments: plain, as a list item, emphasised, in back-ticks, several on a line, or as
/// a list below it.
pub(super) fn read(plan: &str) -> Vec<CodePlace> {
    let mut places: Vec<CodePlace> = Vec::new();
    let mut in_list = false;
    for line in plan.lines() {
        let found = match (value(line), item(line)) {
            (Some(rest), _) => {
                in_list = rest.is_empty();
                split(rest)
            }
            (None, Some(rest)) if in_list => split(rest).into_iter().take(1).collect(),
            (None, _) => {
                in_list = in_list && line.trim().is_empty();
                Vec::new()
            }
        };
        for place in found.iter().filter_map(|text| place(text)) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places
}

/// What follows `Location:` on a line that is one.
fn value(line: &str) -> Option<&str> {
    let text = item(line).unwrap_or_else(|| line.trim()).trim_start_matches(['*', '_']);
    let label = text.split(':').next()?;
    let word = label.trim_end_matches(['*', '_', ' ']).to_ascii_lowercase();
    if !matches!(word.as_str(), "location" | "locations") {
        return None;
    }
    Some(text.get(label.len() + 1..)?.trim_start_matches(['*', '_']).trim())
}

/// What follows the marker of a list item.
fn item(line: &str) -> Option<&str> {
    let line = line.trim();
    let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = match numbered.strip_prefix(['.', ')']) {
        Some(rest) if numbered.len() < line.len() => rest,
        _ => line.strip_prefix(['-', '*', '+'])?,
    };
    rest.starts_with([' ', '\t']).then(|| rest.trim())
}

/// The paths of one line: what stands in back-ticks, else what commas and "and" separate.
fn split(text: &str) -> Vec<String> {
    if text.contains('`') {
        let quoted = text.split('`').skip(1).step_by(2).map(str::trim);
        // What stands in back-ticks after the first path is often a symbol or a command.
        return quoted
            .enumerate()
            .filter(|(at, text)| *at == 0 || looks_like_path(text))
            .map(|(_, text)| text.to_owned())
            .collect();
    }
    let plain = text.split('(').next().unwrap_or_default().replace(" and ", ",");
    plain.split(',').filter_map(|part| part.split_whitespace().next()).map(str::to_owned).collect()
}

fn looks_like_path(text: &str) -> bool {
    !text.contains(char::is_whitespace) && (text.contains('/') || text.contains('.') || text.contains('#'))
}

/// One place of the project; paths that cannot be inside it are none.
pub(super) fn place(text: &str) -> Option<CodePlace> {
    let text = text.trim_matches(['*', '"', '\'', '<', '>']).trim_end_matches(['.', ',', ';', ':']);
    let text = without_line_number(text);
    let place = CodePlace::parse(&symbol_after_colons(text))?;
    let outside = place.path.starts_with(['/', '~']) || place.path.split('/').any(|part| part == "..");
    (!outside).then_some(place)
}

/// `src/a.rs:12` and `src/a.rs:12-20` are `src/a.rs`.
fn without_line_number(text: &str) -> &str {
    match text.rsplit_once(':') {
        Some((path, lines)) if !path.is_empty() && !lines.is_empty() => {
            let is_number = lines.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            if is_number { path } else { text }
        }
        _ => text,
    }
}

/// `tests/test_a.py::TestB` is how test runners write `tests/test_a.py#TestB`.
fn symbol_after_colons(text: &str) -> String {
    match text.split_once("::") {
        Some((path, symbol)) if !path.contains('#') && path.contains('.') => format!("{path}#{symbol}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places(plan: &str) -> Vec<String> {
        read(plan).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_usual_spelling_is_read() {
        for line in [
            "Location: src/a.rs",
            "  Location: src/a.rs",
            "- Location: src/a.rs",
            "* location: `src/a.rs`",
            "1. Location: src/a.rs",
            "**Location:** src/a.rs",
            "**Location**: src/a.rs",
            "- **Location:** `src/a.rs` (the `main` function)",
            "_Location:_ src/a.rs",
            "Location: ./src/a.rs.",
            "Location: src/a.rs (add a command)",
            "Location: src/a.rs:12-40",
            "Location: `src/a.rs:12`",
            "Locations:\n\n- src/a.rs\n",
            "**Locations:**\n- `src/a.rs` - new `b.c`\n",
            "Location: src/a.rs\r\n",
        ] {
            assert_eq!(places(line), ["src/a.rs"], "{line:?}");
        }
    }

    #[test]
    fn symbols_and_several_places_are_read() {
        assert_eq!(places("Location: src/a.rs#B::c"), ["src/a.rs#B::c"]);
        assert_eq!(places("Location: `tests/t.py::TestA::test_b`"), ["tests/t.py#TestA::test_b"]);
        assert_eq!(places("Location: src/a.rs, src/b.rs and Makefile"), ["src/a.rs", "src/b.rs", "Makefile"]);
        assert_eq!(places("Location: `src/a.rs` and `src/b.rs`"), ["src/a.rs", "src/b.rs"]);
        assert_eq!(places("Location: src/a.rs\nLocation: src/a.rs\n"), ["src/a.rs"]);
    }

    #[test]
    fn what_is_no_place_of_the_project_is_left_out() {
        let none: [&str; 0] = [];
        for line in [
            "Location: /home/me/a.rs",
            "Location: ../x.rs",
            "Allocation: x.rs",
            "PID file location is x.rs",
            "Location:",
            "- a.rs",
        ] {
            assert_eq!(places(line), none, "{line:?}");
        }
        assert_eq!(places("Location: a.rs\n- b.rs\n"), ["a.rs"]);
    }

    proptest! {
        #[test]
        fn places_are_always_paths_inside_the_project(plan in "((- |\\*\\*|1\\. )?Locations?:?[-*` a-z/:.#(),~é]{0,40}\n?){0,6}") {
            for place in read(&plan) {
                prop_assert!(!place.path.is_empty() && !place.path.starts_with(['/', '~']), "{place:?}");
                prop_assert!(place.path.split('/').all(|part| part != ".."), "{place:?}");
            }
        }
    }
}
