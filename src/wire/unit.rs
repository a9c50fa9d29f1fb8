//! A work unit as clients see it: the keys of the reference in its order, all of them always there, then ours.

use super::attention::Attention;
use super::names::{PhaseName, StatusName};
use super::repository::{self, Repository};
use super::times::Moment;
use crate::domain::ids::{ChunkName, ObjectId, SessionId};
use crate::domain::landing::Landing;
use crate::domain::phase::Phase;
use crate::domain::schedule::Waiting;
use crate::domain::work_unit::{self, Activity, Note, Proof, Status, Wait};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use utoipa::ToSchema;

/// One unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkUnit {
    /// Directory name of the chunk.
    pub chunk: String,
    /// Where in the life of the chunk it stands.
    pub phase: PhaseName,
    /// Where the unit stands now.
    pub status: StatusName,
    /// Chunks in the way.
    pub blocked_by: Vec<String>,
    /// Path of its worktree, while there is one.
    pub worktree: Option<String>,
    /// Higher goes first.
    pub priority: i32,
    /// The conversation the next attempt resumes.
    pub session_id: Option<String>,
    /// Reminders to move the chunk's status on.
    pub completion_retries: u32,
    /// Why it waits for the operator.
    pub attention_reason: Option<String>,
    /// Always null: a displaced chunk is set aside in the worktree only.
    pub displaced_chunk: Option<String>,
    /// Words of the operator that the next attempt is told.
    pub pending_answer: Option<String>,
    /// Of the unit that was asked for: the verdicts that keep it apart from other chunks, by chunk. Lists leave them out.
    pub conflict_verdicts: BTreeMap<String, String>,
    /// Always null; kept for clients of the reference.
    pub conflict_override: Option<String>,
    /// Whether its dependencies are declared, so that guesses do not serialise.
    pub explicit_deps: bool,
    /// FEEDBACK cycles so far.
    pub review_iterations: u32,
    /// Reminders to decide.
    pub review_nudge_count: u32,
    /// Whether its worktree stays after landing.
    pub retain_worktree: bool,
    /// Failures in a row that were tried again.
    pub api_retry_count: u32,
    /// From when it may be dispatched.
    pub next_retry_at: Option<Moment>,
    /// Landings that went back to REBASE for a conflict.
    pub merge_conflict_retries: u32,
    /// Rounds of IMPLEMENT since it was accepted or tried again, the one at hand included.
    pub implement_iterations: u32,
    /// The review feedback that the next attempt is told.
    pub reentry_context: Option<String>,
    /// Always empty; kept for clients of the reference.
    pub baseline_implementing: Vec<String>,
    /// When it was accepted.
    pub created_at: Moment,
    /// When it last changed.
    pub updated_at: Moment,
    /// Never reused.
    pub unit_id: i64,
    /// What is at work, while it is running.
    pub activity: Option<String>,
    /// Chunks whose units must be done before.
    pub depends_on: Vec<String>,
    /// The branch it lands on.
    pub base_branch: Option<String>,
    /// The commit its worktree was cut from.
    pub base_commit: Option<String>,
    /// The last commit of its work on the host.
    pub tip: Option<String>,
    /// The commit of the target branch that contains the work, once it is done.
    pub landed_commit: Option<String>,
    /// Of a unit of a task: the repositories beside the one with its documents, which the fields before speak of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub repositories: BTreeMap<String, Repository>,
    /// What makes it done: `landing`, `contained` (it was in the branch already) or `operator` (unproven).
    pub done_by: Option<String>,
    /// Why it does not start now.
    pub waiting: Option<String>,
    /// Until when its account or its back-off makes it wait.
    pub resume_at: Option<Moment>,
    /// Why it gave up.
    pub failure: Option<String>,
    /// Its entry in the operator's queue.
    pub attention: Option<Attention>,
    /// When it is held, as the operator wants, though it cannot stop at once.
    pub hold: Option<String>,
    /// Whether its last answer can be taken back: no agent has it yet. Left out when not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retractable: bool,
}

/// What clients see of a unit that is not in its record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// Where its worktree is, if it is there.
    pub worktree: Option<PathBuf>,
    /// Why the last plan did not start it.
    pub waiting: Option<Waiting>,
}

impl WorkUnit {
    /// The unit as clients see it.
    pub fn new(unit: &work_unit::WorkUnit, extras: &Extras) -> Self {
        let wait = own_wait(&unit.status);
        let nudges_in = |phase| if unit.phase == phase { unit.counters.nudges } else { 0 };
        Self {
            chunk: unit.chunk.to_string(),
            phase: unit.phase.into(),
            status: (&unit.status).into(),
            blocked_by: match &unit.status {
                Status::Blocked { by } => by.iter().map(ChunkName::to_string).collect(),
                _ => Vec::new(),
            },
            worktree: extras.worktree.as_ref().map(|path| path.display().to_string()),
            priority: unit.priority,
            session_id: unit.session.as_ref().map(SessionId::to_string),
            completion_retries: nudges_in(Phase::Complete),
            attention_reason: unit.ask().map(|ask| ask.reason.clone()),
            displaced_chunk: None,
            pending_answer: pending_answer(&unit.notes),
            conflict_verdicts: BTreeMap::new(),
            conflict_override: None,
            explicit_deps: unit.explicit_deps,
            review_iterations: unit.counters.review_cycles,
            review_nudge_count: nudges_in(Phase::Review),
            retain_worktree: unit.retain,
            api_retry_count: unit.counters.errors,
            next_retry_at: resume_at(extras.waiting.as_ref()).or_else(|| wait.map(|wait| wait.until.into())),
            merge_conflict_retries: unit.counters.rebases,
            implement_iterations: if unit.phase < Phase::Implement { 0 } else { unit.counters.review_cycles + 1 },
            reentry_context: feedback(&unit.notes),
            baseline_implementing: Vec::new(),
            created_at: unit.created_at.into(),
            updated_at: unit.updated_at.into(),
            unit_id: unit.id.0,
            activity: activity(&unit.status),
            depends_on: unit.depends_on.iter().map(ChunkName::to_string).collect(),
            base_branch: unit.base.as_ref().map(|base| base.lead.branch.to_string()),
            base_commit: unit.base.as_ref().map(|base| base.lead.commit.to_string()),
            tip: unit.tip.as_ref().map(|tip| tip.lead.to_string()),
            landed_commit: proof(&unit.status).and_then(landed).map(ObjectId::to_string),
            repositories: repository::others(unit),
            done_by: proof(&unit.status).map(|proof| done_by(proof).to_owned()),
            waiting: extras.waiting.as_ref().map(super::explain::describe).or_else(|| wait.map(describe_wait)),
            resume_at: resume_at(extras.waiting.as_ref()).or_else(|| wait.map(|wait| wait.until.into())),
            failure: match &unit.status {
                Status::Failed { reason } => Some(reason.clone()),
                _ => None,
            },
            attention: unit.ask().map(Attention::new),
            hold: unit.hold.then(|| comes_to_hold(&unit.status).to_owned()),
            retractable: unit.answered.is_some(),
        }
    }
}

/// When a unit is held that the operator holds, but cannot stop here.
fn comes_to_hold(status: &Status) -> &'static str {
    match status {
        Status::Pending(_) => "once its goal is approved",
        Status::NeedsAttention(_) => "once you have decided what it waits for",
        Status::Assigned => "once its worktree is ready, before its agent starts",
        Status::Running(Activity::Landing(Landing::Moving { .. })) => {
            "only if its branch does not move: its work is landing at this moment"
        }
        Status::Running(Activity::WorkerGate(_) | Activity::Landing(_)) => "after this gate",
        _ => "after this step",
    }
}

/// The operator's line about a wait on the wall clock.
pub(super) fn describe_wait(wait: &Wait) -> String {
    match &wait.error {
        Some(error) => format!("tries again after an error of the provider: {error}"),
        None => "its answer can still be taken back".to_owned(),
    }
}

fn own_wait(status: &Status) -> Option<&Wait> {
    match status {
        Status::Ready { wait } => wait.as_ref(),
        _ => None,
    }
}

fn resume_at(waiting: Option<&Waiting>) -> Option<Moment> {
    match waiting? {
        Waiting::Until(wait) => Some(wait.until.into()),
        Waiting::Account { until, .. } => Some((*until).into()),
        _ => None,
    }
}

fn pending_answer(notes: &[Note]) -> Option<String> {
    let words: Vec<&str> = notes
        .iter()
        .flat_map(|note| match note {
            Note::Answers { answers, .. } => answers.iter().map(String::as_str).collect(),
            Note::Message(text) => vec![text.as_str()],
            _ => Vec::new(),
        })
        .collect();
    (!words.is_empty()).then(|| words.join("\n"))
}

fn feedback(notes: &[Note]) -> Option<String> {
    notes.iter().find_map(|note| match note {
        Note::Feedback(decision) => Some(decision.summary.clone()),
        _ => None,
    })
}

fn activity(status: &Status) -> Option<String> {
    match status {
        Status::Running(activity) => Some(activity.name().to_owned()),
        _ => None,
    }
}

fn proof(status: &Status) -> Option<&Proof> {
    match status {
        Status::Done { proof, .. } => Some(proof),
        _ => None,
    }
}

fn landed(proof: &Proof) -> Option<&ObjectId> {
    match proof {
        Proof::Landed { merge, .. } => Some(&merge.lead.commit),
        Proof::Contained { tip } => Some(tip),
        Proof::Operator => None,
    }
}

fn done_by(proof: &Proof) -> &'static str {
    match proof {
        Proof::Landed { .. } => "landing",
        Proof::Contained { .. } => "contained",
        Proof::Operator => "operator",
    }
}

#[cfg(test)]
#[path = "unit_tests.rs"]
mod tests;
