//! Holding a unit, at any time, and letting it go on.
//!
//! What is at work is not torn: a held unit stops before its next step that can wait, and shows until then that it will. Only an agent is stopped on
//! its way, for its conversation is kept.

use super::turn::{Fits, Turn};
use crate::domain::attempt::{Ladder, Stage};
use crate::domain::attention::{About, Ask};
use crate::domain::landing::Landing;
use crate::domain::work_unit::{Activity, Admission, Note, Status};

impl Turn<'_> {
    pub(super) fn held(&mut self) -> Fits {
        match self.unit.status {
            Status::Pending(Admission::Held | Admission::LandingHeld) => {}
            Status::Ready { .. } | Status::Blocked { .. } => self.unit.status = Status::Pending(Admission::Held),
            // Released, it goes on where it was.
            Status::Running(Activity::Agent) => return self.interrupted(None),
            // It may wait for its turn for long; what is being merged in memory is forgotten.
            Status::Running(Activity::Landing(Landing::Merging)) => {
                self.unit.status = Status::Pending(Admission::LandingHeld);
            }
            Status::Pending(Admission::Approval)
            | Status::Assigned
            | Status::Running(_)
            | Status::NeedsAttention(_) => self.unit.hold = true,
            Status::Done { .. } | Status::Failed { .. } | Status::Canceled { .. } | Status::Deleted { .. } => {
                return Err("it has ended");
            }
        }
        Ok(())
    }

    pub(super) fn released(&mut self) -> Fits {
        let was_to_be_held = std::mem::take(&mut self.unit.hold);
        match &self.unit.status {
            Status::Pending(Admission::Held) => {}
            Status::Pending(Admission::LandingHeld) => {
                self.enter_gates();
                return Ok(());
            }
            Status::NeedsAttention(Ask { about: About::Dependency { lost }, .. }) => {
                let lost = lost.clone();
                self.unit.depends_on.retain(|chunk| !lost.contains(chunk));
            }
            Status::NeedsAttention(Ask { about: About::Parked, .. }) => {}
            _ if was_to_be_held => return Ok(()),
            Status::Pending(Admission::Approval) => return Err("its goal waits for approval"),
            _ => return Err("it is not held"),
        }
        self.ready(None);
        Ok(())
    }

    pub(super) fn interrupted(&mut self, message: Option<&str>) -> Fits {
        let Status::Running(Activity::Agent) = self.unit.status else { return Err("no agent is at work") };
        self.stop(Ladder::Suspend);
        match message {
            Some(text) => {
                self.note(Note::Message(text.to_owned()));
                self.ready(None);
            }
            None => {
                self.note(Note::Continue);
                self.unit.status = Status::Pending(Admission::Held);
            }
        }
        Ok(())
    }

    /// Puts the unit into the operator's queue for a reason of their own, or gives what waits there another reason.
    pub(super) fn parked(&mut self, reason: &str) -> Fits {
        if reason.trim().is_empty() {
            return Err("a reason must say something");
        }
        let about = match &mut self.unit.status {
            Status::NeedsAttention(ask) => {
                reason.clone_into(&mut ask.reason);
                return Ok(());
            }
            Status::Pending(Admission::LandingHeld) | Status::Running(Activity::Landing(Landing::Merging)) => {
                About::Landing
            }
            Status::Pending(_) | Status::Ready { .. } | Status::Blocked { .. } => {
                self.suspend_warm();
                About::Parked
            }
            Status::Running(Activity::Agent) => {
                self.interrupted(None)?;
                About::Parked
            }
            Status::Assigned | Status::Running(_) => {
                return Err("something is at work that cannot stop here; hold it, and park it then");
            }
            Status::Done { .. } | Status::Failed { .. } | Status::Canceled { .. } | Status::Deleted { .. } => {
                return Err("it has ended");
            }
        };
        self.ask(about, reason);
        Ok(())
    }

    /// Whether the operator holds the unit, which then stops here, before the next step of its way home.
    pub(super) fn stops_on_its_way_home(&mut self) -> bool {
        let held = std::mem::take(&mut self.unit.hold);
        if held {
            self.unit.status = Status::Pending(Admission::LandingHeld);
        }
        held
    }

    /// The end of every step: what waits can be held, and what is held or has ended need not be remembered to be.
    pub(super) fn hold_what_waits(&mut self) {
        match self.unit.status {
            Status::Ready { .. } | Status::Blocked { .. } if self.unit.hold => {
                self.unit.status = Status::Pending(Admission::Held);
            }
            Status::Pending(Admission::Approval)
            | Status::Assigned
            | Status::Running(_)
            | Status::NeedsAttention(_) => return,
            _ => {}
        }
        self.unit.hold = false;
        // A process that waits for its turn would wait for the operator now.
        if self.unit.status == Status::Pending(Admission::Held) {
            self.suspend_warm();
        }
    }

    fn suspend_warm(&mut self) {
        if self.unit.live.as_ref().is_some_and(|live| live.stage == Stage::Warm) {
            self.stop(Ladder::Suspend);
        }
    }
}
