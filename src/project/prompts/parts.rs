//! The parts of a prompt that are not the template: what is new, where the agent works, how it asks and decides.

use super::{Nudge, PromptFacts, Speech, TaskFacts};
use crate::domain::ids::RepoName;
use crate::domain::workspace::Base;
use crate::project::document::{feedback_path, goal_path, plan_path};
use std::path::{Path, PathBuf};

/// For a resumed session to which nothing new is to be said.
pub(super) const CONTINUE: &str = "You were interrupted. Go on where you stopped, and finish this phase.";

/// The names that templates may use.
pub(super) const PLACEHOLDERS: [&str; 9] =
    ["chunk", "goal", "plan", "feedback", "base_branch", "base_commit", "worktree", "ask", "review_decision"];

/// The values of all placeholders.
pub(super) fn values(facts: &PromptFacts<'_>) -> [(&'static str, String); 9] {
    let value = |name| match name {
        "chunk" => facts.chunk.to_string(),
        "goal" => document(facts, goal_path(facts.chunk)),
        "plan" => document(facts, plan_path(facts.chunk)),
        "feedback" => document(facts, feedback_path(facts.chunk)),
        "base_branch" => facts.base_branch.to_string(),
        "base_commit" => facts.base_commit.to_string(),
        "worktree" => facts.worktree.display().to_string(),
        "ask" => ask(facts.speech).to_owned(),
        _ => decide(facts.speech).to_owned(),
    };
    PLACEHOLDERS.map(|name| (name, value(name)))
}

/// What the agent does not know yet, the most urgent first.
pub(super) fn news(facts: &PromptFacts<'_>) -> Vec<String> {
    let part = |title: &str, text: Option<&str>| text.map(|text| format!("## {title}\n\n{}", text.trim_end()));
    let nudge = facts.nudge.map(|nudge| nudge_text(nudge, facts));
    let feedback = facts.feedback.map(|text| {
        let file = document(facts, feedback_path(facts.chunk));
        format!(
            "## Review feedback to deal with\n\nThis is `{file}`. Fix, defer or dispute every point of it, then delete the file.\n\n{}\n\n---",
            text.trim_end()
        )
    });
    let news = [
        part("The operator answers", facts.answer),
        part("The operator says", facts.message),
        nudge,
        part("Why you are called again", facts.reentry),
        feedback,
    ];
    news.into_iter().flatten().collect()
}

/// A document of the chunk, from the agent's working directory.
fn document(facts: &PromptFacts<'_>, path: PathBuf) -> String {
    let top = facts.task.map_or(Path::new(""), |task| Path::new(task.lead.as_str()));
    top.join(path).display().to_string()
}

/// Where the agent works: agents make up absolute paths unless they are told.
pub(super) fn place(facts: &PromptFacts<'_>) -> String {
    facts.task.map_or_else(|| one_worktree(facts.worktree), |task| several_worktrees(facts.worktree, task))
}

fn several_worktrees(dir: &Path, TaskFacts { lead, bases }: TaskFacts<'_>) -> String {
    let line = |(name, base): (Option<&RepoName>, &Base)| {
        let role = if name.is_none() { ", with the chunk's documents" } else { "" };
        format!("- `{}`{role}: cut from `{}` at `{}`\n", name.unwrap_or(lead), base.branch, base.commit)
    };
    let worktrees: String = bases.iter().map(line).collect();
    format!(
        "## Where you work\n\nYour working directory is `{}`. It is not a repository and cannot be written: it holds git worktrees made for this \
         work alone, one of each repository that the work spans, each on a branch of its own:\n\n{worktrees}\n\
         Use paths relative to your working directory; every path below is. Run git inside the repository you mean, as in `git -C {lead} status`, \
         with paths from there. Where the text below names the base or gives a command of git, it speaks of `{lead}`; do the same in every other \
         repository that you change, with its own base. Nothing outside of these worktrees belongs to this work. Commit your work in each of \
         them: only commits count.",
        dir.display()
    )
}

fn one_worktree(worktree: &Path) -> String {
    format!(
        "## Where you work\n\nYour working directory is `{}`. It is a git worktree made for this work alone, on a branch of its own. \
         Use paths relative to it; every path below is. Nothing outside of it belongs to this work. Commit your work: only commits count.",
        worktree.display()
    )
}

fn ask(speech: Speech) -> &'static str {
    match speech {
        Speech::Tools => {
            "If a decision is needed that only the operator can make, ask with the `ask_operator` tool (or your own tool for questions) and wait: \
             the answer comes. Do not guess in its place, and do not ask what the project itself can tell you."
        }
        Speech::Lines => {
            "If a decision is needed that only the operator can make, print one line of JSON like this and exit with code 0; you are started \
             again with the answer:\n\n    \
             {\"ve\":\"question\",\"header\":\"Storage\",\"question\":\"Files or a database?\",\"options\":[{\"label\":\"files\"},{\"label\":\"database\"}]}"
        }
    }
}

fn decide(speech: Speech) -> &'static str {
    match speech {
        Speech::Tools => {
            "Make the decision by calling the `review_decision` tool with `decision` (APPROVE, FEEDBACK or ESCALATE), `summary`, for FEEDBACK the \
             list `issues` (each with `location`, `concern`, `suggestion`), for ESCALATE the `reason`."
        }
        Speech::Lines => {
            "Make the decision by printing one line of JSON like this:\n\n    \
             {\"ve\":\"review\",\"decision\":\"FEEDBACK\",\"summary\":\"…\",\"issues\":[{\"location\":\"…\",\"concern\":\"…\",\"suggestion\":\"…\"}]}\n\n\
             with `decision` one of APPROVE, FEEDBACK, ESCALATE; `issues` only for FEEDBACK; for ESCALATE a `reason`."
        }
    }
}

fn nudge_text(nudge: Nudge, facts: &PromptFacts<'_>) -> String {
    match nudge {
        Nudge::Decide => {
            format!(
                "## Your decision is missing\n\nThe review ended without a decision, so it does not count yet. {}",
                decide(facts.speech)
            )
        }
        Nudge::SetStatus => {
            let goal = document(facts, goal_path(facts.chunk));
            format!(
                "## The status is not changed yet\n\nThe frontmatter of `{goal}` still has the line `status: IMPLEMENTING`. Open the file, change that \
                 line to `status: ACTIVE`, remove the template's comment block if it is still there, and commit. Nothing else is missing."
            )
        }
    }
}
