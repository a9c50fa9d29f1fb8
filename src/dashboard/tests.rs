//! What is embedded is what is there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dashboard/assets")
}

fn below(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<String> = entries
        .flat_map(|path| match path.is_dir() {
            true => below(&path),
            false => vec![path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()],
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_file_is_served_and_every_served_file_is_there() {
    let listed: Vec<String> = files::FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(listed, below(&root()), "src/dashboard/files.rs lists the files by name");
}

#[test]
fn a_file_has_a_type_and_a_name_for_its_content() {
    let page = asset("index.html").unwrap();
    assert_eq!(page.kind, "text/html; charset=utf-8");
    assert_eq!(page.tag.len(), 40);
    assert_ne!(page.tag, asset("main.js").unwrap().tag);
    assert!(asset("../mod.rs").is_none() && asset("").is_none());
}

#[test]
fn modules_import_what_is_there() {
    for (path, bytes) in files::FILES.iter().filter(|(path, _)| path.ends_with(".js") && !path.starts_with("vendor/")) {
        let text = std::str::from_utf8(bytes).unwrap();
        for import in
            text.lines().filter_map(|line| line.strip_prefix("import ")?.split_once(" from \"")?.1.split_once('"'))
        {
            let at = root().join(path).parent().unwrap().join(import.0);
            assert!(at.is_file(), "{path} imports {}", import.0);
        }
    }
}

#[test]
fn the_page_has_neither_scripts_nor_styles_in_its_text() {
    let page = std::str::from_utf8(asset("index.html").unwrap().bytes).unwrap();
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains(" on"), "{page}");
    assert_eq!(page.matches("<script").count(), page.matches("<script type=\"module\" src=").count());
    for (path, bytes) in files::FILES.iter().filter(|(path, _)| path.ends_with(".js") && !path.starts_with("vendor/")) {
        let text = std::str::from_utf8(bytes).unwrap();
        for risky in ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function", "document.write"] {
            assert!(!text.contains(risky), "{path}: {risky}");
        }
    }
}

#[test]
fn the_library_is_the_one_that_was_reviewed() {
    let known = fs::read_to_string(root().join("vendor/CHECKSUMS")).unwrap();
    for line in known.lines() {
        let (sum, path) = line.split_once("  ").unwrap();
        assert_eq!(asset(&format!("vendor/{path}")).unwrap().tag, sum, "{path}: see scripts/vendor-dashboard");
    }
}
