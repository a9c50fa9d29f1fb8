//! What a worktree on disk is there for, and whether pruning takes it.

use super::work_unit::{Leftovers, Status, WorkUnit};

/// What a worktree is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Kept after landing, because the operator said so.
    Retained,
    /// In use by a unit that has not ended.
    Active,
    /// Of no unit, or of one that was deleted.
    Orphaned,
    /// Of a unit that has ended.
    Completed,
}

/// What the worktree of `unit` is there for.
pub fn purpose(unit: Option<&WorkUnit>) -> Purpose {
    match unit.map(|unit| (&unit.status, unit.retain)) {
        None | Some((Status::Deleted { .. }, _)) => Purpose::Orphaned,
        Some((Status::Done { .. }, true)) => Purpose::Retained,
        Some((Status::Done { .. } | Status::Failed { .. } | Status::Canceled { .. }, _)) => Purpose::Completed,
        Some(_) => Purpose::Active,
    }
}

/// Why pruning passes the unit over, as a fragment; none where it takes its worktree.
pub fn not_prunable(unit: &WorkUnit) -> Option<String> {
    match &unit.status {
        Status::Done { .. } if unit.retain => None,
        // What was to be tidied up already, and could not be.
        Status::Done { leftovers: Leftovers::Directories, .. } => None,
        Status::Done { .. } => Some("its worktree is not retained".to_owned()),
        other => Some(format!("it is not DONE (status: {})", other.name())),
    }
}

/// Whether the unit has a worktree, as far as its row says.
pub fn has_worktree(unit: &WorkUnit) -> bool {
    unit.base.is_some() && (unit.retain || !unit.is_settled())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::ids::{ChunkName, UnitId};
    use crate::domain::new_unit::NewUnit;
    use crate::domain::phase::Phase;
    use crate::domain::time::Timestamp;
    use crate::domain::work_unit::Proof;
    use std::collections::BTreeSet;

    fn unit(phase: Phase) -> WorkUnit {
        let new = NewUnit {
            chunk: ChunkName::parse("a").unwrap(),
            phase,
            status: Status::Ready { wait: None },
            priority: 0,
            depends_on: BTreeSet::new(),
            explicit_deps: true,
            retain: false,
        };
        new.into_unit(UnitId(1), Timestamp(0))
    }

    fn done(leftovers: Leftovers, retain: bool) -> WorkUnit {
        WorkUnit { status: Status::Done { proof: Proof::Operator, leftovers }, retain, ..unit(Phase::Complete) }
    }

    #[test]
    fn only_what_was_kept_or_could_not_be_removed_after_landing_is_pruned() {
        assert_eq!(not_prunable(&done(Leftovers::Nothing, true)), None);
        assert_eq!(not_prunable(&done(Leftovers::Directories, false)), None);
        assert_eq!(not_prunable(&done(Leftovers::Nothing, false)).as_deref(), Some("its worktree is not retained"));
        let ready = not_prunable(&unit(Phase::Plan));
        assert_eq!(ready.as_deref(), Some("it is not DONE (status: READY)"));
    }

    #[test]
    fn a_worktree_is_there_for_what_its_unit_is() {
        let purpose_of = |status| purpose(Some(&WorkUnit { status, ..unit(Phase::Plan) }));
        assert_eq!(purpose(None), Purpose::Orphaned);
        assert_eq!(purpose(Some(&unit(Phase::Plan))), Purpose::Active);
        assert_eq!(purpose(Some(&done(Leftovers::Nothing, true))), Purpose::Retained);
        assert_eq!(purpose(Some(&done(Leftovers::Directories, false))), Purpose::Completed);
        assert_eq!(purpose_of(Status::Deleted { leftovers: Leftovers::Directories }), Purpose::Orphaned);
        assert_eq!(purpose_of(Status::Failed { reason: String::new() }), Purpose::Completed);
    }
}
