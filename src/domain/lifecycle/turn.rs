//! The working copy of one transition: the unit as it will be, and what is to be done.

use crate::domain::account::{Halt, HaltReason, Halted};
use crate::domain::attempt::{AttemptChange, AttemptKind, Ladder, Live, Stage};
use crate::domain::attention::{About, Ask};
use crate::domain::event::{Effect, Moment, Step};
use crate::domain::ids::{AgentName, AttemptId, ObjectId};
use crate::domain::rules::Rules;
use crate::domain::work_unit::{Activity, Leftovers, Note, Status, Wait, WorkUnit};

/// Why an event does not fit, as a fragment.
pub(super) type Fits = Result<(), &'static str>;

pub(super) struct Turn<'a> {
    pub(super) unit: WorkUnit,
    pub(super) rules: &'a Rules,
    pub(super) moment: &'a Moment,
    was_landing: bool,
    attempts: Vec<AttemptChange>,
    halted: Option<Halted>,
    effects: Vec<Effect>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(unit: &WorkUnit, rules: &'a Rules, moment: &'a Moment) -> Self {
        Self {
            unit: unit.clone(),
            rules,
            moment,
            was_landing: is_landing(unit),
            attempts: Vec::new(),
            halted: None,
            effects: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> Step {
        self.unit.updated_at = self.moment.now;
        self.hold_what_waits();
        self.settle_answer();
        if self.was_landing && !is_landing(&self.unit) {
            self.effects.insert(0, Effect::LeaveTurn);
        }
        Step { unit: self.unit, attempts: self.attempts, halted: self.halted, effects: self.effects }
    }

    pub(super) fn perform(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn record(&mut self, change: AttemptChange) {
        self.attempts.push(change);
    }

    /// Nobody is started on the account of `agent` until what was met is over.
    pub(super) fn halt(&mut self, agent: &AgentName, why: HaltReason, message: &str) {
        let account = self.rules.account_of(agent).clone();
        self.halted = Some(Halted { account, halt: Halt { since: self.moment.now, why, message: message.to_owned() } });
    }

    pub(super) fn ready(&mut self, wait: Option<Wait>) {
        self.unit.status = Status::Ready { wait };
    }

    pub(super) fn run(&mut self, activity: Activity) {
        self.unit.status = Status::Running(activity);
    }

    pub(super) fn ask(&mut self, about: About, reason: impl Into<String>) {
        let said: String = reason.into();
        // An agent may fail without a word; the operator is told at least that.
        let reason = if said.trim().is_empty() { format!("{}: no reason was given", about.kind()) } else { said };
        self.unit.status = Status::NeedsAttention(Ask { since: self.moment.now, reason, about });
    }

    /// Adds a note, replacing one of the same kind that says less.
    pub(super) fn note(&mut self, note: Note) {
        let same = |old: &Note| std::mem::discriminant(old) == std::mem::discriminant(&note);
        match &note {
            Note::Message(_) | Note::Answers { .. } => {}
            _ => self.unit.notes.retain(|old| !same(old)),
        }
        self.unit.notes.push(note);
    }

    /// Opens a fresh attempt of an agent; the caller orders it to be run when it may.
    pub(super) fn open_agent(&mut self, agent: &AgentName) {
        let attempt = self.open(AttemptKind::Agent, Some(agent.clone()), None, None);
        if let Some(session) = self.unit.session.clone() {
            // It resumes a conversation whose name is known: the agent has no need to say it again.
            self.record(AttemptChange::Named { attempt, session, version: None });
        }
    }

    /// Opens a fresh attempt of a shell command; the caller orders it to be run when it may.
    pub(super) fn open_command(&mut self, kind: AttemptKind, command: String, judges: Option<ObjectId>) -> AttemptId {
        self.open(kind, None, Some(command), judges)
    }

    fn open(
        &mut self,
        kind: AttemptKind,
        agent: Option<AgentName>,
        command: Option<String>,
        judges: Option<ObjectId>,
    ) -> AttemptId {
        let (attempt, phase) = (self.moment.fresh.clone(), self.unit.phase);
        let live = Live { attempt, kind, agent, command, stage: Stage::Working };
        self.unit.live = Some(live.clone());
        let Live { attempt, kind, agent, command, stage: _ } = live;
        self.record(AttemptChange::Opened { attempt: attempt.clone(), kind, phase, agent, command, judges });
        attempt
    }

    /// The live process, if it is this attempt and has not ended.
    pub(super) fn live(&mut self, attempt: &AttemptId) -> Result<&mut Live, &'static str> {
        match &mut self.unit.live {
            Some(live) if live.attempt == *attempt && live.stage == Stage::Gathering => Err("its attempt has ended"),
            Some(live) if live.attempt == *attempt => Ok(live),
            _ => Err("it speaks of another attempt"),
        }
    }

    /// Orders a process that still exists to stop. One that is being gathered, or is not there, needs nothing.
    pub(super) fn stop(&mut self, ladder: Ladder) {
        let Some(live) = &mut self.unit.live else { return };
        if live.stage == Stage::Gathering {
            return;
        }
        live.stage = Stage::Stopping(ladder);
        let attempt = live.attempt.clone();
        self.perform(Effect::Stop(attempt, ladder));
    }

    /// What an ending unit leaves behind, and the order to tidy it up, unless something of it has to end first.
    pub(super) fn leftovers(&mut self) -> Leftovers {
        self.stop(Ladder::End);
        let preparing = self.unit.status == Status::Assigned;
        if self.unit.live.is_none() && !preparing {
            if self.unit.base.is_none() && self.unit.leftovers() != Some(Leftovers::Directories) {
                return Leftovers::Nothing;
            }
            self.perform(Effect::Remove);
        }
        Leftovers::Directories
    }

    /// Something of an ended unit has come to its end: orders its directories to be removed, if that was what it waited for.
    pub(super) fn tidy_up(&mut self) {
        if self.unit.live.is_none() && self.unit.leftovers() == Some(Leftovers::Directories) {
            self.perform(Effect::Remove);
        }
    }
}

/// Whether a unit is on its way home, and may hold the turn on its target branch.
fn is_landing(unit: &WorkUnit) -> bool {
    matches!(unit.status, Status::Running(Activity::Landing(_)))
}
