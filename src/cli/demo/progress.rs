//! What is seen while the demo runs: a line per change, with the seconds since its start.

use super::script::{PAIR, Task};
use crate::cli::console::Console;
use crate::cli::error::CommandError;
use crate::domain::phase::Phase;
use crate::wire::names::StatusName;
use crate::wire::unit::WorkUnit;
use std::collections::BTreeMap;
use std::time::Instant;

/// What was shown so far.
pub(super) struct Progress {
    started: Instant,
    shown: BTreeMap<String, String>,
}

impl Progress {
    /// Nothing yet.
    pub(super) fn new(started: Instant) -> Self {
        Self { started, shown: BTreeMap::new() }
    }

    /// Shows what is new about the units.
    pub(super) fn show(&mut self, units: &[WorkUnit], console: &mut Console) -> Result<(), CommandError> {
        for unit in units {
            let Some(text) = describe(unit) else { continue };
            if self.shown.get(&unit.chunk) != Some(&text) {
                let line = format!("{:9} {}", unit.chunk, console.look.status(unit.status.as_str(), &text));
                self.say(&line, console)?;
                self.shown.insert(unit.chunk.clone(), text);
            }
        }
        Ok(())
    }

    /// Shows a line. With JSON as the answer, progress is for whoever watches.
    pub(super) fn say(&self, text: &str, console: &mut Console) -> Result<(), CommandError> {
        let line = format!("{:5.1}s  {text}", self.started.elapsed().as_secs_f64());
        if console.json { console.note(&line) } else { console.text(&line) }
    }
}

/// How a unit stands, in a few words; nothing for what passes in a moment.
fn describe(unit: &WorkUnit) -> Option<String> {
    Some(match unit.status {
        StatusName::Blocked => waiting(unit)?,
        StatusName::Running => match unit.activity.as_deref() {
            Some("agent") => working(unit).to_owned(),
            Some("gating") => "what would land is tested".to_owned(),
            _ => return None,
        },
        StatusName::NeedsAttention => {
            format!("needs you. {}", unit.attention_reason.as_deref().unwrap_or("It does not say why"))
        }
        StatusName::Done => match &unit.landed_commit {
            Some(commit) => format!("landed as {}", commit.get(..8).unwrap_or(commit)),
            None => "done, without a commit".to_owned(),
        },
        StatusName::Failed | StatusName::Canceled | StatusName::Deleted => unit.status.as_str().to_lowercase(),
        // Without an error to be tried again, a moment to wait for is the account's.
        StatusName::Ready if unit.resume_at.is_some() && unit.api_retry_count == 0 => {
            format!("waits: {}", unit.waiting.as_deref()?)
        }
        StatusName::Pending | StatusName::Ready | StatusName::Assigned => return None,
    })
}

/// What its agent does.
fn working(unit: &WorkUnit) -> &'static str {
    match unit.phase.0 {
        Phase::Goal => "an agent writes the goal",
        Phase::Plan => "an agent writes the plan",
        Phase::Implement if unit.api_retry_count > 0 => "its agent died; another one goes on",
        Phase::Implement if unit.review_iterations > 0 => "the review sent it back; an agent deals with that",
        Phase::Implement => "an agent implements",
        Phase::Rebase => "an agent resolves a conflict",
        Phase::Review => "an agent reviews",
        Phase::Complete => "an agent completes",
    }
}

/// Why it waits for other chunks, as far as that lasts: until every pair is judged, all wait for each other.
fn waiting(unit: &WorkUnit) -> Option<String> {
    let [by] = unit.blocked_by.as_slice() else { return None };
    if Task::of(&unit.chunk)?.after == Some(by.as_str()) {
        return Some(format!("waits for {by}, on which it depends"));
    }
    let are_rivals = PAIR.contains(&unit.chunk.as_str()) && PAIR.contains(&by.as_str());
    are_rivals.then(|| format!("waits for {by}: both plans change the same file"))
}
