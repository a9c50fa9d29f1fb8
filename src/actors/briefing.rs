//! What an agent is told: the unit's notes in words, in front of the prompt of its phase.

use super::settings::{Effective, Site};
use crate::domain::agent::AgentKind;
use crate::domain::ids::RepoName;
use crate::domain::report::ReviewVerdict;
use crate::domain::work_unit::{Note, Nudge, WorkUnit};
use crate::domain::workspace::Base;
use crate::project::prompts::template::PromptError;
use crate::project::prompts::{self, Conversation, PromptFacts, Speech, TaskFacts};
use std::path::Path;

/// A prompt, and the parts that some agents take apart from it.
pub(super) struct Briefing {
    /// All of it.
    pub prompt: String,
    /// The operator's answers.
    pub answer: Option<String>,
    /// Why the phase is entered again.
    pub reason: Option<String>,
}

/// Writes the briefing for the unit's next agent, of this kind, in this directory.
pub(super) fn write(
    unit: &WorkUnit,
    effective: &Effective,
    kind: AgentKind,
    cwd: &Path,
) -> Result<Option<Briefing>, PromptError> {
    let Some(base) = unit.base.as_ref().map(|base| &base.lead) else { return Ok(None) };
    let answer = answers(&unit.notes);
    let reason = reason(unit, &effective.site);
    let message = messages(&unit.notes);
    let facts = PromptFacts {
        chunk: &unit.chunk,
        base_branch: &base.branch,
        base_commit: &base.commit,
        worktree: cwd,
        task: task_facts(unit, &effective.site),
        speech: if kind.has_tools() { Speech::Tools } else { Speech::Lines },
        conversation: if unit.session.is_some() { Conversation::Resumed } else { Conversation::New },
        answer: answer.as_deref(),
        message: message.as_deref(),
        nudge: nudge(&unit.notes),
        reentry: reason.as_deref(),
        feedback: None,
    };
    let template = effective.own_prompt(unit.phase).unwrap_or_else(|| prompts::builtin(unit.phase));
    Ok(Some(Briefing { prompt: prompts::render(template, &facts)?, answer, reason }))
}

fn task_facts<'a>(unit: &'a WorkUnit, site: &'a Site) -> Option<TaskFacts<'a>> {
    Some(TaskFacts { lead: &site.task.as_ref()?.repos.lead, bases: unit.base.as_ref()? })
}

/// What the next agent is to merge, and where.
fn merges(unit: &WorkUnit, site: &Site) -> Option<String> {
    let base = unit.base.as_ref()?;
    let Some(task) = &site.task else {
        return Some(format!("Merge {} into the branch and resolve what conflicts.", base.lead.commit));
    };
    let line = |(name, base): (Option<&RepoName>, &Base)| {
        format!("{}: {} ({})", name.unwrap_or(&task.repos.lead), base.commit, base.branch)
    };
    let each = base.iter().map(line).collect::<Vec<_>>().join(", ");
    Some(format!(
        "In each repository whose branch does not contain its base yet, merge it and resolve what conflicts: {each}."
    ))
}

fn answers(notes: &[Note]) -> Option<String> {
    let mut texts = Vec::new();
    for note in notes {
        let Note::Answers { set, answers } = note else { continue };
        match set.items.as_slice() {
            [_] => texts.extend(answers.iter().cloned()),
            items => texts.extend(items.iter().zip(answers).map(|(item, answer)| format!("{}\n{answer}", item.text))),
        }
    }
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

fn messages(notes: &[Note]) -> Option<String> {
    let texts: Vec<&str> = notes
        .iter()
        .filter_map(|note| match note {
            Note::Message(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

fn nudge(notes: &[Note]) -> Option<prompts::Nudge> {
    notes.iter().find_map(|note| match note {
        Note::Nudge(Nudge::Decision) => Some(prompts::Nudge::Decide),
        Note::Nudge(Nudge::ChunkStatus) => Some(prompts::Nudge::SetStatus),
        _ => None,
    })
}

fn reason(unit: &WorkUnit, site: &Site) -> Option<String> {
    let base = &unit.base.as_ref()?.lead;
    let merges = merges(unit, site)?;
    let texts: Vec<String> = unit
        .notes
        .iter()
        .filter_map(|note| match note {
            Note::Feedback(decision) => {
                debug_assert_eq!(decision.verdict, ReviewVerdict::Feedback);
                Some(format!("A review sent the work back: {}", decision.summary))
            }
            Note::Nudge(Nudge::Feedback) => Some(
                "REVIEW_FEEDBACK.md is still there: deal with every point of it, then delete it and commit.".to_owned(),
            ),
            Note::Nudge(Nudge::Merge) => Some(format!(
                "The branch does not contain {} yet. {merges} Commit the result.",
                base.branch
            )),
            Note::Conflict { paths } => Some(format!(
                "{} and this branch conflict in: {}. {merges}",
                base.branch,
                paths.join(", ")
            )),
            Note::SessionLost => Some(
                "An earlier conversation about this phase is lost. Its work is in this worktree: look at git log and git status first."
                    .to_owned(),
            ),
            _ => None,
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}
