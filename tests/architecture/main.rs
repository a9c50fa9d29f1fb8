//! The layers, the fences and the manners of the house, held against every file of `src`; and files that break each rule, which must be
//! found out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rules;
mod scan;

use scan::offences;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let (dirs, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
    let mut found: Vec<PathBuf> =
        files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect();
    found.extend(dirs.iter().flat_map(|dir| self::files(dir)));
    found.sort();
    found
}

#[test]
fn the_house_is_kept() {
    let mut complaints = Vec::new();
    for file in files(&root().join("src")) {
        let path = file.strip_prefix(root()).unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        complaints.extend(offences(path, &text).into_iter().map(|(rule, what)| format!("{path}: {rule}: {what}")));
    }
    assert!(complaints.is_empty(), "{}\n{} offences", complaints.join("\n"), complaints.len());
}

/// A fixture names on its first lines the file it pretends to be and every offence that must be found in it:
/// `// src/db/x.rs` and `// layer: db names git`.
#[test]
fn every_rule_is_broken_by_a_fixture_that_is_found_out() {
    let mut proven = BTreeSet::new();
    for file in files(&root().join("tests/fixtures/architecture")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut heads = text.lines().map_while(|line| line.strip_prefix("// "));
        let pretends = heads.next().unwrap().to_owned();
        let expected: BTreeSet<String> = heads.map(str::to_owned).collect();
        let body = text.lines().skip(expected.len() + 1).collect::<Vec<_>>().join("\n");
        let found: BTreeSet<String> =
            offences(&pretends, &body).into_iter().map(|(rule, what)| format!("{rule}: {what}")).collect();
        assert_eq!(found, expected, "{}", file.display());
        proven.extend(found.iter().filter_map(|offence| Some(offence.split_once(':')?.0.to_owned())));
    }
    let rules = ["allow", "doc", "domain", "fence", "layer", "length", "module", "start", "syntax", "unsafe"];
    assert_eq!(proven, rules.map(str::to_owned).into(), "a rule without a fixture proves nothing");
}

#[test]
fn every_exception_is_still_needed() {
    for (path, granted, why) in rules::EXCEPTIONS {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        let named = text.contains(&format!("{granted}::"));
        assert!(named, "{path} does not name {granted} any more, which it might because {why}");
    }
}
