//! Chunk documents as they are in a commit: the working copy does not count until it is committed.

use super::home::Home;
use super::{Documents, Texts};
use crate::domain::chunk::ChunkFacts;
use crate::domain::ids::{BranchName, ChunkName, ObjectId};
use crate::domain::report::ReviewDecision;
use crate::domain::work_unit::WorkUnit;
use crate::git::error::GitError;
use crate::git::host::Host;
use crate::git::read::{Content, Contents, Kind};
use crate::project::config::BaseSpec;
use crate::project::document::{self, DocumentError};
use std::fmt::Write;
use std::path::Path;

/// Longer documents are not read.
const LIMIT: usize = 4 * 1024 * 1024;

/// Why documents cannot be read, as a fragment.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DocsError {
    /// The repository is in no fit state.
    #[error("{error}")]
    Refused {
        /// What is wrong.
        error: String,
        /// What to do.
        hint: String,
    },
    /// A document does not say what it must.
    #[error("{0}")]
    Document(String),
    /// Something else.
    #[error("{0}")]
    Failed(String),
}

impl From<GitError> for DocsError {
    fn from(error: GitError) -> Self {
        DocsError::Failed(error.to_string())
    }
}

impl From<DocumentError> for DocsError {
    fn from(error: DocumentError) -> Self {
        DocsError::Document(error.to_string())
    }
}

/// Reads the documents of `chunks`, or of all, on the base branch.
pub(super) fn read(home: &Home, chunks: &[ChunkName]) -> Result<Documents, DocsError> {
    let host =
        home.host().map_err(|error| DocsError::Refused { hint: error.hint().to_owned(), error: error.to_string() })?;
    let branch = branch(home, &host)?;
    let commit = host.tip(&branch)?.ok_or_else(|| DocsError::Failed(format!("find the base branch {branch}")))?;
    let site = home.effective().site.clone();
    let contents = host.contents(&commit)?;
    let wanted = if chunks.is_empty() { all(&contents, &site.prefix)? } else { chunks.to_vec() };
    let (mut found, mut warnings) = (Vec::new(), Vec::new());
    for chunk in &wanted {
        match facts_at(&contents, &site.prefix, chunk) {
            Ok(Some(facts)) => {
                if differs(&site.repos.lead.dir, &facts) {
                    warnings.push(format!(
                        "{chunk}: the working copy differs from {branch}; only what is committed counts"
                    ));
                }
                found.push(facts);
            }
            Ok(None) => {}
            // One bad document among all of the project must not hide the others; one that was asked for is an error.
            Err(error) if chunks.is_empty() => warnings.push(format!("{chunk}: {error}")),
            Err(error) => return Err(error),
        }
    }
    Ok(Documents { branch, commit, found, warnings })
}

/// The chunks that have a directory in a commit.
pub(super) fn all(contents: &Contents, prefix: &Path) -> Result<Vec<ChunkName>, DocsError> {
    let entries = contents.list(&prefix.join(document::CHUNKS_DIR))?.unwrap_or_default();
    let dirs = entries.into_iter().filter(|entry| entry.kind == Kind::Directory);
    Ok(dirs.filter_map(|entry| ChunkName::parse(entry.name).ok()).collect())
}

fn differs(root: &Path, facts: &ChunkFacts) -> bool {
    crate::project::chunks::read_chunk(root, &facts.name).is_ok_and(|working| working.content != facts.content)
}

/// What a chunk's documents say in a commit; nothing where it has no goal document there.
pub(super) fn facts_at(contents: &Contents, prefix: &Path, chunk: &ChunkName) -> Result<Option<ChunkFacts>, DocsError> {
    let Some(goal) = text_at(contents, &prefix.join(document::goal_path(chunk)))? else { return Ok(None) };
    let plan = text_at(contents, &prefix.join(document::plan_path(chunk)))?;
    Ok(Some(document::parse(chunk, &goal, plan.as_deref())?))
}

/// What the chunks of `units` say now, as far as it can be read. A commit never changes, so nothing is read twice of one.
pub(super) fn facts_of(home: &Home, units: &[WorkUnit]) -> Vec<Option<ChunkFacts>> {
    let Ok(host) = home.host() else { return vec![None; units.len()] };
    let (base, prefix) = (base_of(home, &host), home.effective().site.prefix.clone());
    let mut read = home.read();
    let facts = units.iter().map(|unit| {
        let commit = unit.tip.as_ref().map(|tip| &tip.lead).or(base.as_ref())?;
        read.or_look(commit, &unit.chunk, || facts_at(&host.contents(commit)?, &prefix, &unit.chunk)).ok()?
    });
    facts.collect()
}

/// What a unit's documents say now, word for word, as far as they can be read.
pub(super) fn texts_of(home: &Home, unit: &WorkUnit) -> Option<Texts> {
    let host = home.host().ok()?;
    let commit = commit_of(home, unit)?;
    let prefix = home.effective().site.prefix.clone();
    let contents = host.contents(&commit).ok()?;
    let text = |path| text_at(&contents, &prefix.join(path)).ok().flatten();
    let (goal, plan) = (text(document::goal_path(&unit.chunk)), text(document::plan_path(&unit.chunk)));
    Some(Texts { commit, goal, plan })
}

/// The commit that a unit's documents are read from.
fn commit_of(home: &Home, unit: &WorkUnit) -> Option<ObjectId> {
    unit.tip.as_ref().map(|tip| tip.lead.clone()).or_else(|| base_commit(home))
}

/// The commit that units would be cut from now.
pub(super) fn base_commit(home: &Home) -> Option<ObjectId> {
    base_of(home, &home.host().ok()?)
}

fn base_of(home: &Home, host: &Host) -> Option<ObjectId> {
    host.tip(&branch(home, host).ok()?).ok()?
}

/// The branch that units are cut from now.
fn branch(home: &Home, host: &Host) -> Result<BranchName, DocsError> {
    match &home.effective().config.base {
        BaseSpec::Branch(branch) | BaseSpec::Origin(branch) => Ok(branch.clone()),
        BaseSpec::Current => host
            .current_branch()
            .map_err(|refusal| DocsError::Refused { hint: refusal.hint().to_owned(), error: refusal.to_string() }),
    }
}

/// The text of a file in a commit; nothing where there is none.
pub(super) fn text_at(contents: &Contents, path: &Path) -> Result<Option<String>, DocsError> {
    match contents.content(path, LIMIT)? {
        Content::File(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Content::TooLarge(size) => Err(DocsError::Document(format!("read {}: it has {size} bytes", path.display()))),
        Content::Missing => Ok(None),
    }
}

/// The review's feedback as the document that the next agent works through and removes.
pub(super) fn feedback(decision: &ReviewDecision, cycle: u32) -> String {
    let mut text =
        format!("# Review feedback\n\nIteration: {cycle}\nDecision: FEEDBACK\n\n## Summary\n\n{}\n", decision.summary);
    if !decision.issues.is_empty() {
        text.push_str("\n## Issues to address\n");
    }
    for (number, issue) in decision.issues.iter().enumerate() {
        // Writing to a String cannot fail.
        write!(text, "\n### Issue {}: {}\n\n{}\n", number + 1, issue.location, issue.concern).ok();
        if let Some(suggestion) = &issue.suggestion {
            write!(text, "\nSuggestion: {suggestion}\n").ok();
        }
    }
    text.push_str("\n---\n\nFix, defer or dispute every point, then delete this file.\n");
    text
}
