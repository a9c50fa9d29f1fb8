//! What becomes of a unit's worktree: kept, given up by the operator, or tidied up at the end.

use super::turn::{Fits, Turn};
use crate::domain::attention::About;
use crate::domain::event::Effect;
use crate::domain::work_unit::{Admission, Leftovers, Status};

impl Turn<'_> {
    /// The operator wants the worktree kept after landing, or no longer; of a unit that has landed the latter gives it up.
    pub(super) fn retained(&mut self, retain: bool) -> Fits {
        match self.unit.status {
            Status::Done { .. } if self.unit.retain && !retain => self.pruned(),
            _ => self.edited(|unit| unit.retain = retain),
        }
    }

    pub(super) fn pruned(&mut self) -> Fits {
        match self.unit.status {
            Status::Done { .. } | Status::Deleted { .. } => self.give_up(Effect::Remove),
            // The branch of a unit that has not landed is where its work is.
            _ => self.give_up(Effect::Clear),
        }
    }

    pub(super) fn cleared(&mut self) -> Fits {
        self.give_up(Effect::Clear)
    }

    fn give_up(&mut self, effect: Effect) -> Fits {
        if self.unit.live.is_some() {
            return Err("its process has not ended yet");
        }
        if self.unit.base.is_none() {
            return Err("it has no worktree yet");
        }
        match &mut self.unit.status {
            Status::Assigned | Status::Running(_) => return Err("something is at work in its worktree"),
            Status::Pending(Admission::LandingHeld) => return Err("its landing goes on in its worktree"),
            Status::NeedsAttention(ask) if matches!(ask.about, About::Landing | About::Trust { .. }) => {
                return Err("its landing goes on in its worktree");
            }
            Status::Done { leftovers, .. } if self.unit.retain => {
                *leftovers = Leftovers::Directories;
                self.unit.retain = false;
            }
            Status::Done { leftovers: Leftovers::Nothing, .. }
            | Status::Canceled { leftovers: Leftovers::Nothing }
            | Status::Deleted { leftovers: Leftovers::Nothing } => return Err("its worktree is gone already"),
            _ => {}
        }
        self.unit.set_up = false;
        self.perform(effect);
        Ok(())
    }

    pub(super) fn removed(&mut self) -> Fits {
        if self.unit.is_terminal() && self.unit.live.is_some() {
            return Err("its process has not ended yet");
        }
        match &mut self.unit.status {
            Status::Done { leftovers, .. } | Status::Canceled { leftovers } | Status::Deleted { leftovers } => {
                *leftovers = Leftovers::Nothing;
                self.unit.set_up = false;
            }
            // Its worktree was given up; the next dispatch, which may have come already, makes another one.
            _ => {}
        }
        Ok(())
    }
}
