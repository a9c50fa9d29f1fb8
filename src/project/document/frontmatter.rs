//! The YAML block on top of a goal document. Tolerant of what real projects hold: comments, unknown keys, older spellings.

use super::Problem;
use crate::domain::chunk::{ChunkStatus, CodePlace, Declared, SubsystemLink, SubsystemRelation};
use crate::domain::ids::ChunkName;
use serde::Deserialize;

/// The fields of the frontmatter that mean something to `ve`.
#[derive(Debug)]
pub(super) struct Fields {
    pub status: ChunkStatus,
    pub dependencies: Declared,
    pub code_paths: Vec<String>,
    pub code_references: Vec<CodePlace>,
    pub subsystems: Vec<SubsystemLink>,
    pub parent: Option<ChunkName>,
}

/// The text between the two lines of hyphens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Front<'a> {
    pub text: &'a str,
    /// Line of the file on which `text` begins, from 1.
    pub line: usize,
    /// Byte of the file at which `text` begins.
    pub start: usize,
}

#[derive(Deserialize)]
struct Raw {
    status: Option<String>,
    depends_on: Option<OneOrMany<String>>,
    code_paths: Option<Vec<String>>,
    code_references: Option<Vec<RawReference>>,
    subsystems: Option<Vec<RawSubsystem>>,
    parent_chunk: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a list of chunk names")]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a place such as src/a.rs#Symbol, or a mapping with ref")]
enum RawReference {
    Text(String),
    Entry {
        // `file` is how documents older than symbolic references say it.
        #[serde(rename = "ref", alias = "file")]
        place: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a mapping with subsystem_id and relationship")]
enum RawSubsystem {
    Text(String),
    Entry { subsystem_id: String, relationship: Option<String> },
}

#[derive(Deserialize)]
struct RawDependents {
    dependents: Option<Vec<RawDependent>>,
}

#[derive(Deserialize)]
struct RawDependent {
    repo: String,
}

/// The repositories of a task that a chunk is about, as its `dependents` name them; none where it has no such field.
pub(super) fn dependents(front: Front<'_>) -> Result<Vec<String>, (usize, Problem)> {
    let raw: RawDependents = serde_saphyr::from_str(front.text).map_err(|error| yaml_problem(front, &error))?;
    Ok(raw.dependents.unwrap_or_default().into_iter().map(|dependent| dependent.repo).collect())
}

/// Splits a document into its frontmatter and what follows.
pub(super) fn split(document: &str) -> Result<(Front<'_>, &str), (usize, Problem)> {
    let mut start = None;
    let mut at = 0;
    for (index, line) in document.split_inclusive('\n').enumerate() {
        let from = at;
        at += line.len();
        let text = if index == 0 { line.trim_start_matches('\u{feff}') } else { line };
        let is_fence = text.trim_end() == "---";
        match start {
            None if is_fence => start = Some((at, index + 2)),
            None if text.trim().is_empty() => {}
            None => return Err((index + 1, Problem::NoFrontmatter)),
            Some((start, line)) if is_fence => {
                return Ok((Front { text: &document[start..from], line, start }, &document[at..]));
            }
            Some(_) => {}
        }
    }
    Err((1, if start.is_some() { Problem::Unclosed } else { Problem::NoFrontmatter }))
}

/// Reads the fields; errors carry the line of the file.
pub(super) fn read(front: Front<'_>) -> Result<Fields, (usize, Problem)> {
    let raw: Raw = if front.text.lines().all(|line| line.trim().is_empty() || line.starts_with('#')) {
        return Err((front.line, Problem::NoStatus));
    } else {
        serde_saphyr::from_str(front.text).map_err(|error| yaml_problem(front, &error))?
    };
    let status = raw.status.ok_or((front.line, Problem::NoStatus))?;
    let status = ChunkStatus::parse(&status)
        .ok_or_else(|| (line_of(front, "status"), Problem::UnknownStatus(status.clone())))?;
    let dependencies = declared(raw.depends_on).map_err(|problem| (line_of(front, "depends_on"), problem))?;
    Ok(Fields {
        status,
        dependencies,
        code_paths: raw.code_paths.unwrap_or_default(),
        code_references: raw.code_references.unwrap_or_default().into_iter().filter_map(place).collect(),
        subsystems: raw.subsystems.unwrap_or_default().into_iter().map(link).collect(),
        // A parent in another project is written with its project's name: none of our chunks.
        parent: raw.parent_chunk.and_then(|parent| ChunkName::parse(parent).ok()),
    })
}

fn declared(raw: Option<OneOrMany<String>>) -> Result<Declared, Problem> {
    let names = match raw {
        None => return Ok(Declared::Unknown),
        Some(OneOrMany::One(name)) => vec![name],
        Some(OneOrMany::Many(names)) => names,
    };
    let mut on = Vec::new();
    for name in names {
        let name = ChunkName::parse(name).map_err(|error| Problem::Dependency(error.to_string()))?;
        if !on.contains(&name) {
            on.push(name);
        }
    }
    Ok(if on.is_empty() { Declared::Independent } else { Declared::On(on) })
}

fn place(raw: RawReference) -> Option<CodePlace> {
    match raw {
        RawReference::Text(text) => CodePlace::parse(&text),
        RawReference::Entry { place } => place.as_deref().and_then(CodePlace::parse),
    }
}

fn link(raw: RawSubsystem) -> SubsystemLink {
    match raw {
        RawSubsystem::Text(subsystem) => SubsystemLink { subsystem, relation: SubsystemRelation::Uses },
        RawSubsystem::Entry { subsystem_id, relationship } => {
            let implements = relationship.is_some_and(|text| text.eq_ignore_ascii_case("implements"));
            let relation = if implements { SubsystemRelation::Implements } else { SubsystemRelation::Uses };
            SubsystemLink { subsystem: subsystem_id, relation }
        }
    }
}

fn line_of(front: Front<'_>, key: &str) -> usize {
    let found = front.text.lines().position(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    front.line + found.unwrap_or(0)
}

fn yaml_problem(front: Front<'_>, error: &serde_saphyr::Error) -> (usize, Problem) {
    let line = error.location().and_then(|location| usize::try_from(location.line()).ok()).unwrap_or(1);
    let text = error.without_snippet().to_string();
    // The parser counts from the frontmatter's first line and speaks of its own options: we say the line of the file, and no options.
    let text = text.split(" at line ").next().unwrap_or_default();
    let text = text.split(", set ").next().unwrap_or_default();
    (front.line + line.saturating_sub(1), Problem::Yaml(text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn fields(yaml: &str) -> Result<Fields, (usize, Problem)> {
        let text = format!("---\n{yaml}---\n");
        let (front, _) = split(&text)?;
        read(front)
    }

    #[test]
    fn dependencies_are_unknown_none_or_some() {
        let declared = |line: &str| fields(&format!("status: FUTURE\n{line}")).unwrap().dependencies;
        assert_eq!(declared(""), Declared::Unknown);
        assert_eq!(declared("depends_on: null\n"), Declared::Unknown);
        assert_eq!(declared("depends_on:\n"), Declared::Unknown);
        assert_eq!(declared("depends_on: []\n"), Declared::Independent);
        let on = |names: &[&str]| Declared::On(names.iter().map(|name| ChunkName::parse(*name).unwrap()).collect());
        assert_eq!(declared("depends_on: [a, b, a]\n"), on(&["a", "b"]));
        assert_eq!(declared("depends_on:\n- a  # first\n- \"b\"\n"), on(&["a", "b"]));
        assert_eq!(declared("depends_on: a\n"), on(&["a"]));
    }

    #[test]
    fn a_dependency_that_cannot_be_a_chunk_is_named() {
        let (line, problem) = fields("status: FUTURE\n# why\ndepends_on: [../x]\n").unwrap_err();
        assert_eq!(line, 4);
        assert_eq!(problem.to_string(), "depends_on: invalid chunk name \"../x\": it holds a slash");
    }

    #[test]
    fn comments_unknown_keys_and_older_spellings_pass() {
        let fields = fields(
            "# a comment\nstatus: ACTIVE # another\nticket: 7\nparent_chunk: 0001-a\ncode_references:\n- ref: src/a.rs#B::c\n  \
             implements: \"x: y\"\n- file: src/old.py\n  ranges: []\n- src/plain.rs\nsubsystems:\n- subsystem_id: s\n  \
             relationship: implements\n- subsystem_id: t\n  relationship: uses\n- u\n",
        )
        .unwrap();
        assert_eq!(fields.status, ChunkStatus::Active);
        assert_eq!(fields.parent.unwrap().as_str(), "0001-a");
        let places: Vec<String> = fields.code_references.iter().map(ToString::to_string).collect();
        assert_eq!(places, ["src/a.rs#B::c", "src/old.py", "src/plain.rs"]);
        let implements: Vec<bool> =
            fields.subsystems.iter().map(|link| link.relation == SubsystemRelation::Implements).collect();
        assert_eq!(implements, [true, false, false]);
    }

    #[test]
    fn broken_frontmatter_is_an_error_with_its_line() {
        assert_eq!(split("# no\n").unwrap_err(), (1, Problem::NoFrontmatter));
        assert_eq!(split("").unwrap_err(), (1, Problem::NoFrontmatter));
        assert_eq!(split("---\nstatus: FUTURE\n").unwrap_err(), (1, Problem::Unclosed));
        assert_eq!(fields("").unwrap_err(), (2, Problem::NoStatus));
        assert_eq!(fields("ticket: null\n").unwrap_err(), (2, Problem::NoStatus));
        let (line, problem) = fields("status: FUTURE\ncode_paths: {a: 1}\n").unwrap_err();
        assert_eq!(line, 3, "{problem}");
        for (yaml, line, text) in [
            ("status: FUTURE\nticket: [\n", 3, "unclosed bracket '['"),
            ("status: FUTURE\nstatus: ACTIVE\n", 3, "duplicate mapping key: status"),
            ("status: FUTURE\ndepends_on: {a: b}\n", 3, "expected a list of chunk names"),
        ] {
            assert_eq!(fields(yaml).unwrap_err(), (line, Problem::Yaml(text.to_owned())), "{yaml:?}");
        }
    }

    #[test]
    fn byte_order_mark_and_windows_line_ends_pass() {
        let (front, body) = split("\u{feff}---\r\nstatus: FUTURE\r\n---\r\nbody\r\n").unwrap();
        assert_eq!(body, "body\r\n");
        assert_eq!(read(front).unwrap().status, ChunkStatus::Future);
    }
}
