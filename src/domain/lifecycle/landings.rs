//! The way home: worker gates, merge, integration gates, and the move of the branch.

use super::attempts::complaint;
use super::turn::{Fits, Turn};
use crate::domain::attempt::{AttemptKind, Ladder};
use crate::domain::attention::About;
use crate::domain::each::Each;
use crate::domain::event::Effect;
use crate::domain::landing::{Landing, Merge, MergeResult, MoveResult};
use crate::domain::phase::Phase;
use crate::domain::report::Outcome;
use crate::domain::work_unit::{Activity, Leftovers, Note, Proof, Status};

impl Turn<'_> {
    /// Starts the first worker gate, or the landing where there is none.
    pub(super) fn enter_gates(&mut self) {
        self.unit.green.clear();
        self.next_worker_gate();
    }

    pub(super) fn land(&mut self) {
        if self.stops_on_its_way_home() {
            return;
        }
        self.run(Activity::Landing(Landing::Merging));
        self.perform(Effect::Land);
    }

    /// Starts the first worker gate that was not green yet, or the landing where there is none. The list counts as it is now: what is new in it runs,
    /// wherever it stands.
    fn next_worker_gate(&mut self) {
        let Some((gate, command)) = self.next_of(&self.rules.gates.worker) else { return self.land() };
        if self.stops_on_its_way_home() {
            return;
        }
        let tip = self.unit.tip.as_ref().map(|tip| tip.lead.clone());
        let attempt = self.open_command(AttemptKind::WorkerGate(gate), command, tip);
        self.run(Activity::WorkerGate(gate));
        self.perform(Effect::Run(attempt));
    }

    /// The same for integration gates and the move of the branch.
    fn next_integration_gate(&mut self, merge: Each<Merge>) {
        let Some((gate, command)) = self.next_of(&self.rules.gates.integration) else { return self.move_branch(merge) };
        if self.stops_on_its_way_home() {
            return;
        }
        let judges = Some(merge.lead.commit.clone());
        let attempt = self.open_command(AttemptKind::IntegrationGate(gate), command, judges);
        self.run(Activity::Landing(Landing::Gating { merge, gate }));
        self.perform(Effect::Run(attempt));
    }

    fn next_of(&self, commands: &[String]) -> Option<(usize, String)> {
        let mut open = commands.iter().enumerate().filter(|(_, command)| !self.unit.green.contains(command));
        open.next().map(|(gate, command)| (gate, command.clone()))
    }

    fn move_branch(&mut self, merge: Each<Merge>) {
        if self.stops_on_its_way_home() {
            return;
        }
        self.run(Activity::Landing(Landing::Moving { merge }));
        self.perform(Effect::Land);
    }

    pub(super) fn gate_ended(&mut self, kind: AttemptKind, outcome: &Outcome) {
        let command = self.unit.live.take().and_then(|live| live.command);
        let green = *outcome == Outcome::Finished;
        self.unit.green.extend(command.filter(|_| green));
        match (self.unit.status.clone(), kind) {
            // Cut short by a stop of the daemon: nothing is known, so it runs again.
            (Status::Running(Activity::WorkerGate(_)), _) if *outcome == Outcome::Interrupted => {
                self.next_worker_gate()
            }
            (Status::Running(Activity::Landing(_)), _) if *outcome == Outcome::Interrupted => self.land(),
            (Status::Running(Activity::WorkerGate(_)), AttemptKind::WorkerGate(_)) if green => self.next_worker_gate(),
            (Status::Running(Activity::Landing(Landing::Gating { merge, .. })), AttemptKind::IntegrationGate(_))
                if green =>
            {
                self.next_integration_gate(merge);
            }
            (Status::Running(_), _) => {
                self.ask(About::Landing, format!("{} {} is red: {}", kind.name(), number(kind), complaint(outcome)));
            }
            _ => {}
        }
    }

    pub(super) fn merged(&mut self, result: &MergeResult) -> Fits {
        let Status::Running(Activity::Landing(Landing::Merging)) = self.unit.status else {
            return Err("nothing was being merged");
        };
        match result {
            MergeResult::Clean { merge, sensitive, needs_trust } => {
                if *needs_trust && self.unit.approved.as_ref() != Some(&merge.lead.tip) {
                    let reason = format!("the work changes what the project trusts: {}", sensitive.join(", "));
                    self.ask(About::Trust { tip: merge.lead.tip.clone(), paths: sensitive.clone() }, reason);
                } else {
                    self.unit.green.clear();
                    self.next_integration_gate(merge.clone());
                }
            }
            MergeResult::NothingToLand { tip } => self.done(Proof::Contained { tip: tip.clone() }),
            MergeResult::Conflict { paths } => self.back_to_rebase(paths),
            MergeResult::Markers { paths } => {
                self.ask(About::Landing, format!("conflict markers are left in {}", paths.join(", ")));
            }
            MergeResult::Failed(reason) => self.ask(About::Landing, reason.clone()),
        }
        Ok(())
    }

    fn back_to_rebase(&mut self, paths: &[String]) {
        let rebases = self.rules.phases.as_slice().contains(&Phase::Rebase);
        if !rebases || self.unit.counters.rebases >= self.rules.policy.rebase_retries {
            let times = self.unit.counters.rebases;
            return self.ask(
                About::Landing,
                format!("conflict with the target after {times} rebases in {}", paths.join(", ")),
            );
        }
        self.unit.counters.rebases += 1;
        self.unit.phase = Phase::Rebase;
        self.unit.session = None;
        self.unit.notes.clear();
        self.ready(None);
    }

    pub(super) fn moved(&mut self, result: &MoveResult) -> Fits {
        let Status::Running(Activity::Landing(Landing::Moving { merge })) = self.unit.status.clone() else {
            return Err("no branch was being moved");
        };
        match result {
            MoveResult::Moved { kept } => {
                self.done(Proof::Landed { merge, gates: self.unit.green.len(), kept: kept.clone() });
            }
            MoveResult::TargetMoved => self.land(),
            MoveResult::Blocked { reasons } => {
                self.ask(
                    About::Landing,
                    format!("your checkout is in the way, nothing has moved: {}", reasons.join("; ")),
                );
            }
            MoveResult::Failed(reason) => self.ask(About::Landing, reason.clone()),
        }
        Ok(())
    }

    fn done(&mut self, proof: Proof) {
        let leftovers = self.kept_or_leftovers();
        self.unit.notes = Vec::<Note>::new();
        self.unit.session = None;
        self.unit.status = Status::Done { proof, leftovers };
    }

    /// What a unit that is done leaves behind: nothing to tidy up where the operator wants its worktree kept.
    pub(super) fn kept_or_leftovers(&mut self) -> Leftovers {
        if self.unit.retain {
            self.stop(Ladder::End);
            return Leftovers::Nothing;
        }
        self.leftovers()
    }
}

/// Gates count from 1 for people.
fn number(kind: AttemptKind) -> usize {
    match kind {
        AttemptKind::WorkerGate(gate) | AttemptKind::IntegrationGate(gate) => gate + 1,
        AttemptKind::Agent | AttemptKind::Setup => 1,
    }
}
