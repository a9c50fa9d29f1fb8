//! A chunk's documents as text → facts. Reads no file: the text may come from a commit or from the working copy.

pub mod edit;
mod frontmatter;
mod goal;
mod locations;
mod markdown;
mod mentions;
mod plan;

use crate::domain::chunk::{ChunkFacts, ChunkStatus, ContentHash};
use crate::domain::ids::ChunkName;
use sha1::{Digest, Sha1};
use std::path::PathBuf;

/// Where the chunks of a project are, from its root.
pub const CHUNKS_DIR: &str = "docs/chunks";

/// The goal document of `chunk`, from the project's root.
pub fn goal_path(chunk: &ChunkName) -> PathBuf {
    PathBuf::from(format!("{CHUNKS_DIR}/{chunk}/GOAL.md"))
}

/// The plan document of `chunk`, from the project's root.
pub fn plan_path(chunk: &ChunkName) -> PathBuf {
    PathBuf::from(format!("{CHUNKS_DIR}/{chunk}/PLAN.md"))
}

/// The reviewer's points for the implementer of `chunk`, from the project's root.
pub fn feedback_path(chunk: &ChunkName) -> PathBuf {
    PathBuf::from(format!("{CHUNKS_DIR}/{chunk}/REVIEW_FEEDBACK.md"))
}

/// Why a document cannot be read or edited. The line is that of the file, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read {}:{line}: {problem}", file.display())]
pub struct DocumentError {
    /// The document, from the project's root.
    pub file: PathBuf,
    /// Where in it.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It does not begin with a line of three hyphens.
    #[error("no frontmatter: the first line must be \"---\"")]
    NoFrontmatter,
    /// The closing line of three hyphens is missing.
    #[error("the frontmatter is not closed by a line \"---\"")]
    Unclosed,
    /// The frontmatter is no valid YAML, or a field has the wrong shape.
    #[error("{0}")]
    Yaml(String),
    /// The frontmatter says nothing about the chunk's status.
    #[error("the frontmatter has no status (one of {})", statuses())]
    NoStatus,
    /// The status is none that we know.
    #[error("unknown status {0:?} (one of {known})", known = statuses())]
    UnknownStatus(String),
    /// A declared dependency cannot be a chunk.
    #[error("depends_on: {0}")]
    Dependency(String),
    /// An edit expected another status than the one it found.
    #[error("the status is {found}, not {expected}")]
    OtherStatus {
        /// What the document says.
        found: String,
        /// What the edit was to replace.
        expected: ChunkStatus,
    },
}

fn statuses() -> String {
    ChunkStatus::ALL.map(ChunkStatus::as_str).join(", ")
}

/// Reads a chunk's documents; `plan` is none when there is no plan document.
pub fn parse(name: &ChunkName, goal: &str, plan: Option<&str>) -> Result<ChunkFacts, DocumentError> {
    let at = |(line, problem)| DocumentError { file: goal_path(name), line, problem };
    let (front, body) = frontmatter::split(goal).map_err(at)?;
    let fields = frontmatter::read(front).map_err(at)?;
    let subject = digest(fields.code_paths.iter().map(String::as_str).chain([body]), plan);
    Ok(ChunkFacts {
        name: name.clone(),
        status: fields.status,
        dependencies: fields.dependencies,
        code_paths: fields.code_paths,
        code_references: fields.code_references,
        subsystems: fields.subsystems,
        parent: fields.parent,
        goal: goal::read(body),
        plan: plan.map(plan::read),
        content: digest([goal], plan),
        subject,
    })
}

/// The repositories of a task that the chunk with this goal document is about, as it names them; none where it does not.
pub fn dependents(name: &ChunkName, goal: &str) -> Result<Vec<String>, DocumentError> {
    let at = |(line, problem)| DocumentError { file: goal_path(name), line, problem };
    let (front, _) = frontmatter::split(goal).map_err(at)?;
    frontmatter::dependents(front).map_err(at)
}

fn digest<'a>(parts: impl IntoIterator<Item = &'a str>, plan: Option<&str>) -> ContentHash {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.update([u8::from(plan.is_some())]);
    hash.update(plan.unwrap_or_default());
    ContentHash(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::chunk::Declared;

    const GOAL: &str = include_str!("../../tests/fixtures/chunks/orch_foundation/GOAL.md");
    const PLAN: &str = include_str!("../../tests/fixtures/chunks/orch_foundation/PLAN.md");

    fn name(text: &str) -> ChunkName {
        ChunkName::parse(text).unwrap()
    }

    #[test]
    fn a_real_chunk_is_understood() {
        let facts = parse(&name("orch_foundation"), GOAL, Some(PLAN)).unwrap();
        assert_eq!(facts.status, ChunkStatus::Implementing);
        assert_eq!(facts.dependencies, Declared::Unknown);
        assert_eq!(facts.code_paths.len(), 12);
        assert_eq!(facts.code_references.len(), 24);
        assert_eq!(facts.code_references[2].to_string(), "src/orchestrator/models.py#WorkUnitStatus");
        assert_eq!(facts.parent, None);
        assert_eq!(facts.goal.title, "Chunk Goal");
        assert!(
            facts.goal.summary.starts_with("Establish the foundation of the parallel agent orchestrator - a daemon")
        );
        assert_eq!(facts.goal.summary.chars().count(), 200);
        assert!(facts.goal.summary.ends_with("..."));
        assert!(!facts.goal.body.contains("code_references") && !facts.goal.body.contains("DO NOT DELETE"));
        assert!(facts.has_plan());
        assert_eq!(facts.planned().len(), 11);
        assert_eq!(facts.planned()[8].to_string(), "src/ve.py");
    }

    #[test]
    fn content_is_known_by_every_byte_of_both_documents() {
        let hash = |goal, plan| parse(&name("a"), goal, plan).unwrap().content;
        let goal = "---\nstatus: FUTURE\n---\n";
        assert_eq!(hash(goal, None), hash(goal, None));
        assert_ne!(hash(goal, None), hash(goal, Some("")));
        assert_ne!(hash(goal, Some("a")), hash("---\nstatus: FUTURE\n---\na", Some("")));
    }

    #[test]
    fn the_subject_stays_while_the_work_goes_on() {
        let subject = |goal, plan| parse(&name("a"), goal, plan).unwrap().subject;
        let before = "---\nstatus: FUTURE\ncode_paths: [a.rs]\n---\n# A\n";
        let after = "---\nstatus: ACTIVE\ncode_paths: [a.rs]\ncode_references:\n  - ref: a.rs#A\n    implements: it\n---\n# A\n";
        assert_eq!(subject(before, None), subject(after, None));
        assert_ne!(subject(before, None), subject(before, Some("plan")));
        assert_ne!(subject(before, None), subject("---\nstatus: FUTURE\ncode_paths: [b.rs]\n---\n# A\n", None));
        assert_ne!(subject(before, None), subject("---\nstatus: FUTURE\ncode_paths: [a.rs]\n---\n# B\n", None));
    }

    #[test]
    fn a_chunk_of_a_task_names_the_repositories_it_is_about() {
        let named = |field: &str| dependents(&name("a"), &format!("---\nstatus: FUTURE\n{field}---\n"));
        let text = "dependents:\n- artifact_type: chunk\n  artifact_id: a\n  repo: acme/web\n- repo: acme/api\n";
        assert_eq!(named(text).unwrap(), ["acme/web", "acme/api"]);
        assert!(named("").unwrap().is_empty() && named("dependents: []\n").unwrap().is_empty());
        let error = named("dependents: [{artifact_id: a}]\n").unwrap_err().to_string();
        assert!(error.contains("GOAL.md:3") && error.contains("repo"), "{error}");
    }

    #[test]
    fn errors_name_file_and_line() {
        let error = parse(&name("a"), "---\n# comment\nstatus: DONE\n---\n", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "read docs/chunks/a/GOAL.md:3: unknown status \"DONE\" \
             (one of FUTURE, IMPLEMENTING, ACTIVE, COMPOSITE, SUPERSEDED, HISTORICAL)"
        );
    }
}
