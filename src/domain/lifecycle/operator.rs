//! The operator's verbs, and the scheduler's.

use super::turn::{Fits, Turn};
use crate::domain::attempt::{AttemptKind, Ladder, Stage};
use crate::domain::attention::About;
use crate::domain::event::Effect;
use crate::domain::ids::{AgentName, ChunkName};
use crate::domain::landing::Landing;
use crate::domain::phase::Phase;
use crate::domain::report::{ALLOW, Topic};
use crate::domain::work_unit::{Activity, Admission, Counters, Leftovers, Note, Proof, Status, WorkUnit};
use std::collections::BTreeSet;

impl Turn<'_> {
    pub(super) fn approved(&mut self) -> Fits {
        if let Status::NeedsAttention(ask) = &self.unit.status
            && let About::Question { set, .. } = &ask.about
            && set.topic == Topic::Permission
        {
            return self.answered(&[(0, ALLOW.to_owned())], None);
        }
        match &self.unit.status {
            Status::Pending(Admission::Approval) => self.ready(None),
            Status::NeedsAttention(ask) => match &ask.about {
                About::Trust { tip, .. } => {
                    self.unit.approved = Some(tip.clone());
                    self.land();
                }
                About::Completion => {
                    self.run(Activity::MarkingActive);
                    self.perform(Effect::MarkActive);
                }
                _ => return Err("there is nothing to approve"),
            },
            _ => return Err("there is nothing to approve"),
        }
        Ok(())
    }

    pub(super) fn retried(&mut self) -> Fits {
        let lands = match &self.unit.status {
            Status::NeedsAttention(ask) => matches!(ask.about, About::Landing | About::Trust { .. }),
            Status::Canceled { .. } if self.unit.live.is_some() => return Err("its last process has not ended yet"),
            // Directories that are still there are used again.
            Status::Failed { .. } | Status::Canceled { .. } => false,
            _ => return Err("only what waits for the operator, failed or was canceled can be tried again"),
        };
        if lands && self.unit.live.is_some() {
            return Err("its last process has not ended yet");
        }
        self.unit.counters = Counters::default();
        if lands {
            self.enter_gates();
            return Ok(());
        }
        self.unit.session = None;
        self.unit.notes.retain(|note| matches!(note, Note::Message(_) | Note::Feedback(_) | Note::Conflict { .. }));
        self.stop(Ladder::End);
        self.ready(None);
        Ok(())
    }

    pub(super) fn dependencies_set(&mut self, chunks: &BTreeSet<ChunkName>) -> Fits {
        if chunks.contains(&self.unit.chunk) {
            return Err("a unit cannot wait for itself");
        }
        // What is in its way for another reason stays there; which of the new ones are done already, the next plan says.
        let waits_for = match &self.unit.status {
            Status::Ready { .. } => Some(chunks.clone()),
            Status::Blocked { by } => Some(by.difference(&self.unit.depends_on).chain(chunks).cloned().collect()),
            _ => None,
        };
        self.edited(|unit| {
            unit.depends_on = chunks.clone();
            unit.explicit_deps = true;
        })?;
        waits_for.map_or(Ok(()), |by| self.blockers_changed(&by))
    }

    /// A change that any unit takes that has not ended.
    pub(super) fn edited(&mut self, edit: impl FnOnce(&mut WorkUnit)) -> Fits {
        if self.unit.is_terminal() {
            return Err("it has ended");
        }
        edit(&mut self.unit);
        Ok(())
    }

    pub(super) fn phase_set(&mut self, phase: Phase) -> Fits {
        match self.unit.status {
            Status::Pending(Admission::LandingHeld) => self.unit.status = Status::Pending(Admission::Held),
            Status::Ready { .. } | Status::Blocked { .. } | Status::Pending(_) => {}
            Status::NeedsAttention(_) => self.ready(None),
            Status::Assigned | Status::Running(_) => {
                return Err("its phase can be set only while nothing is at work: hold or interrupt it first");
            }
            _ => return Err("it has ended"),
        }
        // A process that is still there belongs to the phase before.
        self.stop(Ladder::End);
        self.unit.phase = phase;
        self.unit.session = None;
        self.unit.answered = None;
        self.unit.counters = Counters::default();
        Ok(())
    }

    pub(super) fn canceled(&mut self) -> Fits {
        if self.unit.is_terminal() {
            return Err("it has ended");
        }
        self.refuse_while_moving()?;
        let leftovers = self.leftovers();
        self.unit.status = Status::Canceled { leftovers };
        Ok(())
    }

    pub(super) fn deleted(&mut self) -> Fits {
        self.refuse_while_moving()?;
        let leftovers = match &self.unit.status {
            Status::Deleted { .. } => return Err("it is deleted already"),
            Status::Canceled { leftovers: Leftovers::Nothing } => Leftovers::Nothing,
            Status::Done { leftovers: Leftovers::Nothing, .. } if !self.unit.retain && self.unit.live.is_none() => {
                Leftovers::Nothing
            }
            _ => self.leftovers(),
        };
        self.unit.status = Status::Deleted { leftovers };
        Ok(())
    }

    pub(super) fn declared_done(&mut self) -> Fits {
        self.refuse_while_moving()?;
        if let Status::Done { .. } | Status::Deleted { .. } = self.unit.status {
            return Err("it has ended");
        }
        let leftovers = self.kept_or_leftovers();
        self.unit.status = Status::Done { proof: Proof::Operator, leftovers };
        Ok(())
    }

    pub(super) fn dispatched(&mut self, agent: &AgentName) -> Fits {
        let Status::Ready { .. } = self.unit.status else { return Err("only what is ready can be dispatched") };
        if let Some(live) = &mut self.unit.live {
            if live.stage != Stage::Warm {
                return Err("its last process has not ended yet");
            }
            live.stage = Stage::Working;
            let attempt = live.attempt.clone();
            self.perform(Effect::Deliver(attempt));
            self.run(Activity::Agent);
            return Ok(());
        }
        self.unit.decision = None;
        self.unit.status = Status::Assigned;
        match &self.rules.setup {
            Some(command) if !self.unit.set_up => {
                self.open_command(AttemptKind::Setup, command.clone(), None);
            }
            _ if self.unit.rebases_mechanically() => {}
            _ => self.open_agent(agent),
        }
        self.perform(Effect::Prepare);
        Ok(())
    }

    pub(super) fn blockers_changed(&mut self, by: &BTreeSet<ChunkName>) -> Fits {
        match self.unit.status {
            // Nothing is in its way; that does not shorten its wait.
            Status::Ready { .. } if by.is_empty() => {}
            Status::Blocked { .. } if by.is_empty() => self.ready(None),
            Status::Ready { .. } | Status::Blocked { .. } => self.unit.status = Status::Blocked { by: by.clone() },
            _ => return Err("it does not wait for other chunks"),
        }
        Ok(())
    }

    pub(super) fn dependency_lost(&mut self, lost: &BTreeSet<ChunkName>) -> Fits {
        let (Status::Ready { .. } | Status::Blocked { .. }) = self.unit.status else {
            return Err("it does not wait for other chunks");
        };
        if lost.is_empty() {
            return Err("no dependency was lost");
        }
        let names: Vec<&str> = lost.iter().map(ChunkName::as_str).collect();
        let reason = format!("it depends on {}, which ended without landing", names.join(", "));
        self.ask(About::Dependency { lost: lost.clone() }, reason);
        Ok(())
    }

    pub(super) fn cooled(&mut self) -> Fits {
        match &self.unit.live {
            Some(live) if live.stage == Stage::Warm => self.stop(Ladder::Suspend),
            _ => return Err("it has no warm process"),
        }
        Ok(())
    }

    pub(super) fn crashed(&mut self, reason: &str) -> Fits {
        if self.unit.is_terminal() {
            return Err("it has ended");
        }
        let about = match self.unit.status {
            Status::Running(Activity::Landing(_) | Activity::WorkerGate(_)) => About::Landing,
            _ => About::Failure,
        };
        self.stop(Ladder::End);
        let reason = format!("the orchestrator fell over this unit: {reason}");
        match &mut self.unit.status {
            // What the operator was asked is still to be answered.
            Status::NeedsAttention(ask) => ask.reason = format!("{}; {reason}", ask.reason),
            _ => self.ask(about, reason),
        }
        Ok(())
    }

    /// From the moment the branch moves there is no way back, only an end within seconds.
    fn refuse_while_moving(&self) -> Fits {
        match self.unit.status {
            Status::Running(Activity::Landing(Landing::Moving { .. })) => Err("its work is landing at this moment"),
            _ => Ok(()),
        }
    }
}
