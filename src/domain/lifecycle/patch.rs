//! Several changes by hand in one step.

use super::turn::{Fits, Turn};
use crate::domain::event::{Patch, Wanted};
use crate::domain::work_unit::Status;
use std::collections::BTreeSet;

const ONLY_WITH_ATTENTION: &str = "only what waits for you has a reason: set its status to NEEDS_ATTENTION with it";

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
        match (patch.status, &patch.reason) {
            (Some(wanted), reason) => self.brought_to(wanted, reason.as_deref()),
            (None, Some(reason)) if self.unit.ask().is_some() => self.parked(reason),
            (None, Some(_)) => Err(ONLY_WITH_ATTENTION),
            (None, None) => Ok(()),
        }
    }

    fn brought_to(&mut self, wanted: Wanted, reason: Option<&str>) -> Fits {
        match (wanted, &self.unit.status) {
            (Wanted::NeedsAttention, Status::NeedsAttention(_)) if reason.is_none() => Ok(()),
            (Wanted::NeedsAttention, _) => self.parked(reason.unwrap_or("parked by the operator")),
            _ if reason.is_some() => Err(ONLY_WITH_ATTENTION),
            (Wanted::Ready, Status::Ready { .. })
            | (Wanted::Done, Status::Done { .. })
            | (Wanted::Canceled, Status::Canceled { .. }) => Ok(()),
            (Wanted::Ready, Status::Pending(_)) => self.released(),
            (Wanted::Ready, Status::Blocked { .. }) => self.dependencies_set(&BTreeSet::new()),
            (Wanted::Ready, _) if self.unit.hold => self.released(),
            (Wanted::Ready, _) => self.retried(),
            (Wanted::Pending, _) => self.held(),
            (Wanted::Done, _) => self.declared_done(),
            (Wanted::Canceled, _) => self.canceled(),
        }
    }
}
