//! The documents, held against the program they describe.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use ve::project::config::layers::{self, Texts};

const BOUND: Duration = Duration::from_secs(120);

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Rows of the table below `head`, as cells without their code marks.
fn table(text: &str, head: &str) -> Vec<Vec<String>> {
    let (_, rows) = text.split_once(head).unwrap();
    let rows = rows.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

fn sorted<T: Ord + Clone>(items: &[T]) -> BTreeSet<T> {
    items.iter().cloned().collect()
}

#[test]
fn the_table_of_keys_is_the_configuration() {
    let rows = table(&read("docs/OPERATIONS.md"), "| key | default | meaning |");
    let documented: Vec<(String, String)> = rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    // What has no default is there only when it is set.
    let local = "state_dir = \"/s\"\n[worktree]\nsetup = \"true\"\n[agents]\nplan = \"claude\"\n";
    let shown = |local| {
        let texts = Texts { committed: None, accepted: None, local: Some(local), stored: &BTreeMap::new() };
        layers::load(texts, &|_| None).unwrap().sources()
    };
    let general =
        |key: String| key.replace("agents.claude.", "agents.<name>.").replace("agents.plan", "agents.<phase>");
    let defaults: BTreeMap<String, String> = shown("")
        .into_iter()
        .filter(|setting| !setting.key.starts_with("agents.claude."))
        .map(|setting| (setting.key, setting.value))
        .collect();
    let expected: Vec<(String, String)> = shown(local)
        .into_iter()
        .map(|setting| (general(setting.key.clone()), defaults.get(&setting.key).cloned().unwrap_or_default()))
        .collect();
    assert_eq!(sorted(&documented), sorted(&expected));
    assert_eq!(documented.len(), expected.len(), "a key stands twice");
}

/// The text of the files of the module that a test's path names, at `place`: `domain/failure.rs` and what is below `domain/failure/`.
fn module(place: &Path) -> String {
    let file = fs::read_to_string(place.with_extension("rs")).unwrap_or_default();
    let below = if place.is_dir() { sources(place).concat() } else { String::new() };
    file + &below
}

#[test]
fn what_failed_before_has_a_test_that_exists() {
    let failures = read("docs/FAILURES.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rows = failures.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| failure |"));
    for row in rows {
        let (_, tests) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test: {row}");
        for test in tests {
            let (path, name) = test.rsplit_once("::").unwrap();
            let path = path.strip_suffix("::tests").unwrap_or(path);
            let (kind, path) = path.split_once("::").unwrap_or((path, ""));
            let place = match kind {
                "it" => root.join("tests/it").join(path.replace("::", "/")),
                "architecture" | "lifecycle" => root.join("tests").join(kind),
                "bench" => root.join("benches"),
                _ => root.join("src").join(kind).join(path.replace("::", "/")),
            };
            assert!(module(&place).contains(&format!("fn {name}(")), "{test} is not there: {row}");
        }
    }
}

#[test]
fn the_types_of_the_interface_exist() {
    let wire: String = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire")).concat();
    let api = read("docs/API.md");
    let words = api.split('`').skip(1).step_by(2).filter(|word| {
        word.starts_with(|first: char| first.is_ascii_uppercase()) && word.chars().all(|c| c.is_ascii_alphanumeric())
    });
    // A header's name looks like a type's.
    for word in words.filter(|word| !matches!(*word, "Host" | "Origin")) {
        let is_there = ["struct", "enum"].iter().any(|kind| wire.contains(&format!("pub {kind} {word} ")));
        assert!(is_there, "{word}");
    }
}

fn sources(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: PathBuf| if path.is_dir() { sources(&path).concat() } else { fs::read_to_string(path).unwrap() };
    entries.map(text).collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["README.md", "docs/OPERATIONS.md", "docs/API.md", "docs/STYLE.md"] {
        let text = read(name);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
            let (file, anchor) = link.0.split_once('#').unwrap_or((link.0, ""));
            let path = root.join(name).parent().unwrap().join(file);
            assert!(path.exists(), "{name}: {}", link.0);
            let titles = |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            let is_there = || {
                let target = if file.is_empty() { text.clone() } else { fs::read_to_string(&path).unwrap() };
                target.lines().filter(|line| line.starts_with('#')).any(|line| titles(line) == anchor)
            };
            assert!(anchor.is_empty() || is_there(), "{name}: {}", link.0);
        }
    }
}

/// A reader who types what the README says.
struct Reader {
    dir: tempfile::TempDir,
}

impl Reader {
    fn new() -> Self {
        let reader = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir_all(reader.dir.path().join("project/.ve")).unwrap();
        fs::create_dir(reader.dir.path().join("bin")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ve"), reader.dir.path().join("bin/ve")).unwrap();
        reader.types("git config --global user.name reader; git config --global user.email reader@localhost");
        reader.types("git init -q -b main; git commit -q --allow-empty -m begin");
        reader
    }

    fn run(&self, script: &str) -> Output {
        let home = self.dir.path();
        let mut shell = Command::new("sh");
        shell.args(["-euc", script]).current_dir(home.join("project")).env_clear();
        shell.env("HOME", home).env("PATH", format!("{}/bin:/usr/local/bin:/usr/bin:/bin", home.display()));
        shell.output().unwrap()
    }

    #[track_caller]
    fn types(&self, script: &str) -> String {
        let output = self.run(script);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{script}\n{text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// Types `script` until it shows `wanted`.
    #[track_caller]
    fn waits(&self, script: &str, wanted: &str) {
        let deadline = Instant::now() + BOUND;
        loop {
            let shown = self.types(script);
            if shown.contains(wanted) {
                return;
            }
            assert!(Instant::now() < deadline, "{shown}");
            rustix::event::poll(&mut [], Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 50_000_000 })).ok();
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Stopped already where all went well.
        drop(self.run("ve orch stop"));
    }
}

#[test]
fn the_readme_works_as_it_is_written() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("## A project of your own\n").unwrap();
    let (section, _) = section.split_once("\n## Agents\n").unwrap();
    let blocks: Vec<&str> = section.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    let [files, start, answer, read] = blocks[..] else { panic!("{} blocks", blocks.len()) };
    let reader = Reader::new();
    reader.types(files);
    reader.types(start);
    reader.waits("ve orch attention", "Which greeting?");
    reader.types(answer);
    let read = reader.types(read);
    assert!(read.contains("Merge chunk greeting") && read.contains("\nMoin\n"), "{read}");
}
