//! One order at a time per unit: what is being prepared must not be removed, or prepared again, meanwhile.
//!
//! Outlives the actor: work that has begun goes on when its actor falls over, and the next actor's orders wait for it.

use crate::domain::ids::UnitId;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, Weak};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The turns of all units.
#[derive(Debug, Default)]
pub struct Turns(std::sync::Mutex<BTreeMap<UnitId, Weak<Mutex<()>>>>);

impl Turns {
    /// Waits until nobody works on the unit's directories; until the guard is dropped nobody else does.
    pub(super) async fn take(&self, unit: UnitId) -> OwnedMutexGuard<()> {
        let turn = self.of(unit);
        turn.lock_owned().await
    }

    /// The turn, if nobody has it now.
    pub(super) fn take_if_free(&self, unit: UnitId) -> Option<OwnedMutexGuard<()>> {
        self.of(unit).try_lock_owned().ok()
    }

    fn of(&self, unit: UnitId) -> Arc<Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = turns.get(&unit).and_then(Weak::upgrade).unwrap_or_default();
        turns.insert(unit, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_one_turn_as_long_as_somebody_has_it() {
        let turns = Turns::default();
        let held = turns.of(UnitId(1)).try_lock_owned();
        assert!(held.is_ok());
        assert!(turns.of(UnitId(1)).try_lock().is_err(), "also for an actor that came later");
        assert!(turns.of(UnitId(2)).try_lock().is_ok());
        drop(held);
        assert!(turns.of(UnitId(1)).try_lock().is_ok());
    }
}
