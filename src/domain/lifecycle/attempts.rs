//! What the processes of a unit do, from the preparation of their worktree to the gathering of what they left.

use super::turn::{Fits, Turn};
use crate::domain::account::HaltReason;
use crate::domain::attempt::{AttemptChange, AttemptKind, Ladder, Stage};
use crate::domain::attention::About;
use crate::domain::each::Each;
use crate::domain::event::{Effect, Gathered, RebaseResult};
use crate::domain::failure::{self, Remedy};
use crate::domain::ids::{AgentName, AttemptId, SessionId};
use crate::domain::report::{AgentError, Outcome, QuestionSet, ReviewDecision, Usage};
use crate::domain::work_unit::{Activity, Leftovers, Note, Status};
use crate::domain::workspace::Base;

impl Turn<'_> {
    pub(super) fn prepared(&mut self, base: &Each<Base>) -> Fits {
        if self.unit.leftovers() == Some(Leftovers::Directories) {
            self.unit.base = Some(base.clone());
            self.tidy_up();
            return Ok(());
        }
        let Status::Assigned = self.unit.status else { return Err("nothing was being prepared") };
        self.unit.base = Some(base.clone());
        match &self.unit.live {
            _ if self.unit.hold => {
                // What has not been started never is; what has, for this may be said twice, is stopped.
                self.stop(Ladder::Suspend);
                self.ready(None);
            }
            Some(live) => {
                let attempt = live.attempt.clone();
                self.perform(Effect::Run(attempt));
            }
            None => {
                self.run(Activity::Rebasing);
                self.perform(Effect::Rebase);
            }
        }
        Ok(())
    }

    pub(super) fn preparation_failed(&mut self, reason: &str) -> Fits {
        if self.unit.leftovers() == Some(Leftovers::Directories) {
            self.tidy_up();
            return Ok(());
        }
        let Status::Assigned = self.unit.status else { return Err("nothing was being prepared") };
        if let Some(live) = self.unit.live.take() {
            let error = Some(reason.to_owned());
            self.record(AttemptChange::Closed { attempt: live.attempt, outcome: "failed", error });
        }
        self.ask(About::Failure, reason);
        Ok(())
    }

    pub(super) fn started(&mut self, attempt: &AttemptId, pid: u32) -> Fits {
        let kind = self.live(attempt)?.kind;
        if let Status::Assigned = self.unit.status {
            self.run(if kind == AttemptKind::Setup { Activity::Setup } else { Activity::Agent });
        }
        self.record(AttemptChange::Started { attempt: attempt.clone(), pid });
        if self.unit.hold && self.unit.status == Status::Running(Activity::Agent) {
            return self.interrupted(None);
        }
        Ok(())
    }

    pub(super) fn named(&mut self, attempt: &AttemptId, session: &SessionId, version: Option<&str>) -> Fits {
        // A process that is ended for good takes its conversation with it: what comes next is a fresh one.
        let counts = self.live(attempt)?.stage != Stage::Stopping(Ladder::End);
        if counts && self.unit.session.as_ref() != Some(session) {
            self.unit.session = Some(session.clone());
            self.unit.session_used = Usage::default();
        }
        self.record(AttemptChange::Named {
            attempt: attempt.clone(),
            session: session.clone(),
            version: version.map(str::to_owned),
        });
        Ok(())
    }

    pub(super) fn asked(&mut self, attempt: &AttemptId, set: &QuestionSet) -> Fits {
        let live = self.live(attempt)?;
        if live.kind != AttemptKind::Agent {
            return Err("only an agent may ask");
        }
        if live.stage != Stage::Working {
            return Err("its attempt waits for another answer or is being stopped");
        }
        live.stage = Stage::Warm;
        let reason = set.items.first().map_or_else(String::new, |item| item.text.clone());
        let answers = vec![None; set.items.len()];
        self.ask(About::Question { set: set.clone(), answers }, format!("Question: {reason}"));
        Ok(())
    }

    pub(super) fn decided(&mut self, attempt: &AttemptId, decision: &ReviewDecision) -> Fits {
        self.live(attempt)?;
        // The first decision of a review counts: what follows it is an afterthought.
        self.unit.decision.get_or_insert_with(|| decision.clone());
        Ok(())
    }

    pub(super) fn used(&mut self, attempt: &AttemptId, usage: Usage, session: Usage) -> Fits {
        self.live(attempt)?;
        self.unit.session_used = session;
        self.record(AttemptChange::Used { attempt: attempt.clone(), usage });
        Ok(())
    }

    pub(super) fn ended(&mut self, attempt: &AttemptId, outcome: &Outcome) -> Fits {
        let live = self.live(attempt)?;
        let (kind, agent) = (live.kind, live.agent.clone());
        live.stage = Stage::Gathering;
        let (word, error) = describe(outcome);
        self.record(AttemptChange::Closed { attempt: attempt.clone(), outcome: word, error });
        if let (Some(agent), Outcome::Failed(error)) = (agent, outcome) {
            self.halt_account(&agent, error);
        }
        if self.unit.is_terminal() {
            self.unit.live = None;
            self.tidy_up();
            return Ok(());
        }
        match kind {
            AttemptKind::Agent => self.agent_ended(outcome),
            AttemptKind::Setup => self.setup_ended(outcome),
            AttemptKind::WorkerGate(_) | AttemptKind::IntegrationGate(_) => self.gate_ended(kind, outcome),
        }
        Ok(())
    }

    /// A limit or a missing login is not this unit's alone, whatever became of the unit meanwhile.
    fn halt_account(&mut self, agent: &AgentName, error: &AgentError) {
        let (unit, counters, now) = (self.unit.id, self.unit.counters, self.moment.now);
        match failure::remedy(error, unit, counters, &self.rules.policy, now) {
            Remedy::WaitForAccount { until } => self.halt(agent, HaltReason::Limit { until }, &error.message),
            Remedy::LogIn => self.halt(agent, HaltReason::Login, &error.message),
            Remedy::Resume { .. } | Remedy::StartOver | Remedy::AskOperator | Remedy::GiveUp => {}
        }
    }

    fn agent_ended(&mut self, outcome: &Outcome) {
        if let Status::Assigned | Status::Running(Activity::Agent) = self.unit.status {
            self.run(Activity::Gathering { outcome: outcome.clone() });
        }
        self.perform(Effect::Gather);
    }

    fn setup_ended(&mut self, outcome: &Outcome) {
        self.unit.live = None;
        self.unit.set_up = *outcome == Outcome::Finished;
        let (Status::Assigned | Status::Running(_)) = self.unit.status else { return };
        if self.unit.set_up {
            self.ready(None);
        } else {
            self.ask(About::Failure, format!("the setup command failed: {}", complaint(outcome)));
        }
    }

    pub(super) fn gathered(&mut self, found: &Gathered) -> Fits {
        self.gathers()?;
        self.unit.live = None;
        self.unit.tip = Some(found.tip.clone());
        match self.unit.status.clone() {
            Status::Running(Activity::Gathering { outcome }) => self.conclude(outcome, found),
            Status::Running(Activity::MarkingActive) => self.phase_finished(found),
            _ => self.tidy_up(),
        }
        Ok(())
    }

    fn gathers(&self) -> Fits {
        let ended = self.unit.live.as_ref().is_some_and(|live| live.stage == Stage::Gathering);
        let marks = self.unit.status == Status::Running(Activity::MarkingActive);
        if ended || marks { Ok(()) } else { Err("nothing was being gathered") }
    }

    pub(super) fn gather_failed(&mut self, reason: &str) -> Fits {
        self.gathers()?;
        self.unit.live = None;
        let reason = format!("what the attempt left stays in its worktree: {reason}");
        if self.unit.is_terminal() {
            self.tidy_up();
        } else if let Status::NeedsAttention(ask) = &mut self.unit.status {
            // What the operator was asked is still to be answered.
            ask.reason = format!("{}; {reason}", ask.reason);
        } else {
            self.ask(About::Failure, reason);
        }
        Ok(())
    }

    pub(super) fn rebased(&mut self, result: &RebaseResult) -> Fits {
        let Status::Running(Activity::Rebasing) = self.unit.status else { return Err("no rebase was under way") };
        match result {
            RebaseResult::Clean { base, tip } => {
                self.unit.base = Some(base.clone());
                self.unit.tip = Some(tip.clone());
                self.advance();
            }
            RebaseResult::Conflict { base, paths } => {
                self.unit.base = Some(base.clone());
                self.note(Note::Conflict { paths: paths.clone() });
                self.ready(None);
            }
            RebaseResult::Failed(reason) => self.ask(About::Failure, reason.clone()),
        }
        Ok(())
    }
}

/// One word for the record, and the error where there is one.
fn describe(outcome: &Outcome) -> (&'static str, Option<String>) {
    match outcome {
        Outcome::Finished => ("finished", None),
        Outcome::Suspended => ("suspended", None),
        Outcome::Interrupted => ("interrupted", None),
        Outcome::Failed(AgentError { message, .. }) => ("failed", Some(message.clone())),
        Outcome::Crashed { exit, stderr } => ("crashed", Some(failure::describe_crash(*exit, stderr))),
    }
}

/// The line for the operator about an outcome that is not success.
pub(super) fn complaint(outcome: &Outcome) -> String {
    let (word, error) = describe(outcome);
    error.unwrap_or_else(|| format!("the attempt was {word}"))
}
