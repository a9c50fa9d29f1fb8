//! Several changes by hand in one step.

use super::turn::{Fits, Turn};
use crate::domain::event::{Patch, Wanted};
use crate::domain::work_unit::{Admission, Status};
use std::collections::BTreeSet;

impl Turn<'_> {
    /// One change that does not fit refuses all: the turn is then given up as a whole.
    pub(super) fn patched(&mut self, patch: &Patch) -> Fits {
        if let Some(priority) = patch.priority {
            self.edited(|unit| unit.priority = priority)?;
        }
        if let Some(retain) = patch.retain {
            self.retained(retain)?;
        }
        if let Some(chunks) = &patch.depends_on {
            self.dependencies_set(chunks)?;
        }
        if let Some(phase) = patch.phase {
            self.phase_set(phase)?;
        }
        patch.status.map_or(Ok(()), |wanted| self.brought_to(wanted))
    }

    fn brought_to(&mut self, wanted: Wanted) -> Fits {
        match (wanted, &self.unit.status) {
            (Wanted::Ready, Status::Ready { .. })
            | (Wanted::Pending, Status::Pending(Admission::Held))
            | (Wanted::Done, Status::Done { .. })
            | (Wanted::Canceled, Status::Canceled { .. }) => Ok(()),
            (Wanted::Ready, Status::Pending(_)) => self.released(),
            (Wanted::Ready, Status::Blocked { .. }) => self.dependencies_set(&BTreeSet::new()),
            (Wanted::Ready, _) => self.retried(),
            (Wanted::Pending, _) => self.held(),
            (Wanted::Done, _) => self.declared_done(),
            (Wanted::Canceled, _) => self.canceled(),
        }
    }
}
