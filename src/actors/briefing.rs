//! What an agent is told: the unit's notes in words, in front of the prompt of its phase.

use super::settings::Effective;
use crate::domain::agent::AgentKind;
use crate::domain::report::ReviewVerdict;
use crate::domain::work_unit::{Note, Nudge, WorkUnit};
use crate::project::prompts::template::PromptError;
use crate::project::prompts::{self, Conversation, PromptFacts, Speech};
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
    let Some(base) = &unit.base else { return Ok(None) };
    let answer = answers(&unit.notes);
    let reason = reason(unit);
    let message = messages(&unit.notes);
    let facts = PromptFacts {
        chunk: &unit.chunk,
        base_branch: &base.branch,
        base_commit: &base.commit,
        worktree: cwd,
        speech: match kind {
            AgentKind::Command => Speech::Lines,
            AgentKind::Claude => Speech::Tools,
        },
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

fn reason(unit: &WorkUnit) -> Option<String> {
    let base = unit.base.as_ref()?;
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
                "The branch does not contain {} yet: merge it, resolve what conflicts, and commit.",
                base.branch
            )),
            Note::Conflict { paths } => Some(format!(
                "{} and this branch conflict in: {}. Merge {} into the branch and resolve it.",
                base.branch,
                paths.join(", "),
                base.commit
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
