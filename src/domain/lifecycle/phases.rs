//! What the end of an agent means for its phase.

use super::attempts::complaint;
use super::turn::Turn;
use crate::domain::attention::About;
use crate::domain::chunk::ChunkStatus;
use crate::domain::event::Gathered;
use crate::domain::failure::{self, Remedy};
use crate::domain::ids::ChunkName;
use crate::domain::phase::Phase;
use crate::domain::report::Outcome;
use crate::domain::review::{self, ReviewEnd};
use crate::domain::work_unit::{Admission, Counters, Note, Nudge, Status, Wait};

impl Turn<'_> {
    /// Decides where the unit goes after an attempt that ended so.
    pub(super) fn conclude(&mut self, outcome: Outcome, found: &Gathered) {
        let (unit, counters, now) = (self.unit.id, self.unit.counters, self.moment.now);
        let policy = &self.rules.policy;
        let remedy = match &outcome {
            Outcome::Finished => return self.phase_finished(found),
            Outcome::Interrupted => {
                self.note(Note::Continue);
                return self.ready(None);
            }
            Outcome::Suspended if counters.errors >= policy.crash_retries => {
                return self.ask(About::Failure, "it ended to wait for an answer, again and again, and asked nothing");
            }
            Outcome::Suspended => {
                self.unit.counters.errors += 1;
                self.note(Note::Continue);
                return self.ready(None);
            }
            Outcome::Failed(error) => failure::remedy(error, unit, counters, policy, now),
            Outcome::Crashed { .. } => failure::remedy_for_crash(unit, counters, policy, now),
        };
        let reason = complaint(&outcome);
        match remedy {
            Remedy::Resume { until } => {
                self.unit.counters.errors += 1;
                self.note(Note::Continue);
                self.ready(Some(Wait { until, error: Some(reason) }));
            }
            Remedy::StartOver => {
                self.unit.counters.errors += 1;
                self.unit.session = None;
                self.note(Note::SessionLost);
                self.ready(None);
            }
            // Its account was halted when the attempt ended; the unit itself is ready.
            Remedy::WaitForAccount { .. } | Remedy::LogIn => {
                self.note(Note::Continue);
                self.ready(None);
            }
            Remedy::AskOperator => self.ask(About::Failure, reason),
            Remedy::GiveUp => {
                let reason = format!("{reason} (tried again {} times)", counters.errors);
                self.unit.status = Status::Failed { reason };
            }
        }
    }

    /// Decides where the unit goes after its phase's agent said that it is finished.
    pub(super) fn phase_finished(&mut self, found: &Gathered) {
        self.unit.counters.errors = 0;
        // It has read what it was told; a resumed reminder adds its own note.
        self.unit.notes.clear();
        if found.chunk.is_none() && !self.follows_its_chunk(found) {
            return;
        }
        match self.unit.phase {
            Phase::Goal if self.rules.policy.approve_goals => {
                self.advance();
                self.unit.status = Status::Pending(Admission::Approval);
            }
            Phase::Goal | Phase::Plan => self.advance(),
            Phase::Implement if found.feedback_open => {
                self.nudge(
                    Nudge::Feedback,
                    About::Review,
                    "the review's feedback was not dealt with: REVIEW_FEEDBACK.md is still there",
                );
            }
            Phase::Implement => self.advance(),
            Phase::Rebase if !found.contains_base => {
                self.nudge(Nudge::Merge, About::Failure, "the agent ended without merging the base into its branch");
            }
            Phase::Rebase => self.advance(),
            Phase::Review => self.review_finished(),
            Phase::Complete => self.complete_finished(found),
        }
    }

    /// The chunk's documents are not where they were. An agent that writes goal or plan may rename the chunk, and COMPLETE may remove it;
    /// anything else is for the operator. Returns whether the phase counts as finished.
    fn follows_its_chunk(&mut self, found: &Gathered) -> bool {
        match (self.unit.phase, found.successors.as_slice()) {
            (Phase::Complete, _) => return true,
            (Phase::Goal | Phase::Plan, [name]) => {
                let old = std::mem::replace(&mut self.unit.chunk, name.clone());
                self.unit.formerly.insert(old);
                self.unit.formerly.remove(name);
                return true;
            }
            _ => {}
        }
        let names: Vec<&str> = found.successors.iter().map(ChunkName::as_str).collect();
        let instead = match names.as_slice() {
            [] => "and no other has come in its place".to_owned(),
            names => format!("and it is not clear whether one of these is meant to be it now: {}", names.join(", ")),
        };
        let gone = format!("docs/chunks/{}/GOAL.md is gone from its branch, {instead}", self.unit.chunk);
        self.ask(About::Failure, gone);
        false
    }

    fn review_finished(&mut self) {
        match review::conclude(self.unit.decision.take(), self.unit.counters, &self.rules.policy) {
            ReviewEnd::Approved => self.advance(),
            ReviewEnd::SentBack(decision) => {
                self.unit.counters =
                    Counters { review_cycles: self.unit.counters.review_cycles + 1, ..Counters::default() };
                self.unit.phase = Phase::Implement;
                self.unit.session = None;
                self.note(Note::Feedback(decision));
                self.ready(None);
            }
            ReviewEnd::Nudge => {
                self.unit.counters.nudges += 1;
                self.note(Note::Nudge(Nudge::Decision));
                self.ready(None);
            }
            ReviewEnd::Escalated(reason) => self.ask(About::Review, reason),
        }
    }

    fn complete_finished(&mut self, found: &Gathered) {
        // A chunk whose directory is gone was removed as its prompt allows; its code lands all the same.
        if !found.chunk.is_none_or(ChunkStatus::is_completed) {
            let reason = "the chunk's status has not moved on from IMPLEMENTING";
            return self.nudge(Nudge::ChunkStatus, About::Completion, reason);
        }
        if !found.changes_code {
            return self.ask(About::NoChange, "the work changes nothing outside docs/");
        }
        self.unit.counters.nudges = 0;
        self.enter_gates();
    }

    /// Reminds the agent in the same session, or asks the operator once that was done often enough.
    fn nudge(&mut self, nudge: Nudge, about: About, reason: &str) {
        if self.unit.counters.nudges >= self.rules.policy.completion_retries {
            return self.ask(about, format!("{reason} after {} reminders", self.unit.counters.nudges));
        }
        self.unit.counters.nudges += 1;
        self.note(Note::Nudge(nudge));
        self.ready(None);
    }

    /// On to the next phase with a fresh agent.
    pub(super) fn advance(&mut self) {
        self.unit.session = None;
        self.unit.counters.errors = 0;
        self.unit.counters.nudges = 0;
        match self.rules.phases.after(self.unit.phase) {
            Some(next) => {
                self.unit.phase = next;
                self.ready(None);
            }
            None => self.enter_gates(),
        }
    }

    /// Leaves the phase undone, as the operator said.
    pub(super) fn skipped(&mut self) -> super::turn::Fits {
        match self.unit.status {
            Status::Ready { .. } | Status::Blocked { .. } | Status::Pending(_) | Status::NeedsAttention(_) => {}
            Status::Assigned | Status::Running(_) => {
                return Err("a phase can be skipped only while nothing is at work: hold or interrupt it first");
            }
            _ => return Err("it has ended"),
        }
        if self.unit.phase == Phase::Complete {
            return Err("the last phase cannot be skipped");
        }
        self.stop(crate::domain::attempt::Ladder::End);
        self.unit.notes.clear();
        self.unit.answered = None;
        let held = self.unit.status == Status::Pending(Admission::Held);
        self.advance();
        if held {
            self.unit.status = Status::Pending(Admission::Held);
        }
        Ok(())
    }
}
