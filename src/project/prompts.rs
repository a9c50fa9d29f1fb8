//! What agents are told: one prompt per phase, shipped in the binary, replaceable by the project.
//!
//! The text of a phase is a template with `{placeholders}`. What is new for the agent (an answer, the reason why it is called again,
//! a reviewer's points) comes before it, and is never itself read as a template.

mod parts;
pub mod template;

use crate::domain::each::Each;
use crate::domain::ids::{BranchName, ChunkName, ObjectId, RepoName};
use crate::domain::phase::Phase;
use crate::domain::workspace::Base;
use std::path::{Path, PathBuf};
use template::PromptError;

/// Where a project's own prompt of `phase` may lie, from its root; the first that exists counts.
pub fn override_paths(phase: Phase) -> [PathBuf; 2] {
    [".ve/prompts", "docs/trunk/prompts"].map(|dir| PathBuf::from(format!("{dir}/{}.md", phase.name())))
}

/// The prompt of `phase` that ships with `ve`.
pub fn builtin(phase: Phase) -> &'static str {
    match phase {
        Phase::Goal => include_str!("prompts/goal.md"),
        Phase::Plan => include_str!("prompts/plan.md"),
        Phase::Implement => include_str!("prompts/implement.md"),
        Phase::Rebase => include_str!("prompts/rebase.md"),
        Phase::Review => include_str!("prompts/review.md"),
        Phase::Complete => include_str!("prompts/complete.md"),
    }
}

/// What a prompt is made from.
#[derive(Clone, Copy, Debug)]
pub struct PromptFacts<'a> {
    /// The chunk to work on.
    pub chunk: &'a ChunkName,
    /// The branch that receives the work.
    pub base_branch: &'a BranchName,
    /// The commit of that branch which this phase is about.
    pub base_commit: &'a ObjectId,
    /// The agent's working directory, absolute.
    pub worktree: &'a Path,
    /// What the working directory holds, where it is one of a task.
    pub task: Option<TaskFacts<'a>>,
    /// How the agent reaches the operator.
    pub speech: Speech,
    /// Whether the agent knows the text of the phase already.
    pub conversation: Conversation,
    /// The operator's answer to its question.
    pub answer: Option<&'a str>,
    /// What the operator says without having been asked.
    pub message: Option<&'a str>,
    /// A duty that the agent left undone.
    pub nudge: Option<Nudge>,
    /// Why the phase is entered again.
    pub reentry: Option<&'a str>,
    /// The text of the reviewer's feedback document.
    pub feedback: Option<&'a str>,
}

/// The repositories of a unit of a task.
#[derive(Clone, Copy, Debug)]
pub struct TaskFacts<'a> {
    /// Directory of the one with the documents, in the working directory.
    pub lead: &'a RepoName,
    /// Where each was cut.
    pub bases: &'a Each<Base>,
}

/// How an agent asks and decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// It calls tools.
    Tools,
    /// It prints report lines, as the `command` protocol has them.
    Lines,
}

/// Whether an agent begins or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// It knows nothing yet.
    New,
    /// Its session is resumed: it gets what is new and no repetition.
    Resumed,
}

/// A duty that an agent left undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudge {
    /// A review ended without a decision.
    Decide,
    /// COMPLETE left the chunk's status as it was.
    SetStatus,
}

/// The whole text for an agent: what is new first, then where it works, then the phase's `template` (from [`builtin`] or the project).
pub fn render(template: &str, facts: &PromptFacts<'_>) -> Result<String, PromptError> {
    let mut text = parts::news(facts);
    match facts.conversation {
        Conversation::New => {
            text.push(parts::place(facts));
            text.push(template::expand(template, &parts::values(facts))?);
        }
        Conversation::Resumed if text.is_empty() => text.push(parts::CONTINUE.to_owned()),
        Conversation::Resumed => {}
    }
    Ok(text.join("\n\n"))
}

/// Checks a project's own prompt without rendering it.
pub fn check(template: &str) -> Result<(), PromptError> {
    let values = parts::PLACEHOLDERS.map(|name| (name, String::new()));
    template::expand(template, &values).map(drop)
}

#[cfg(test)]
#[path = "prompts/tests.rs"]
mod tests;
