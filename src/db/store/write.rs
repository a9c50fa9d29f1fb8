//! What can be written, and what a write gives back.

use crate::domain::attempt::AttemptChange;
use crate::domain::event::{Event, Moment};
use crate::domain::journal::Entry;
use crate::domain::new_unit::NewUnit;
use crate::domain::who::Who;
use crate::domain::work_unit::WorkUnit;

/// One write. It happens wholly or not at all.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// A unit is accepted.
    Create {
        /// The unit.
        unit: Box<NewUnit>,
        /// When.
        moment: Moment,
        /// By whom.
        who: Who,
    },
    /// A transition is saved.
    Step {
        /// The unit as it is from now on.
        unit: Box<WorkUnit>,
        /// What the step says about records of attempts, in this order.
        attempts: Vec<AttemptChange>,
        /// What happened.
        event: Box<Event>,
        /// The moment the transition was decided with.
        moment: Moment,
        /// Whose doing.
        who: Who,
    },
    /// All of these, in this order, or none.
    All(Vec<Write>),
    /// A setting is stored, or forgotten.
    Setting {
        /// Its name.
        key: String,
        /// Its value; none to forget it.
        value: Option<String>,
    },
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// A unit was created or stepped on.
    Unit {
        /// The journal's entry.
        entry: Box<Entry>,
        /// The unit as saved.
        unit: Box<WorkUnit>,
    },
    /// All were written, in the order of their writes.
    All(Vec<Written>),
    /// A setting was stored or forgotten.
    Setting,
}
