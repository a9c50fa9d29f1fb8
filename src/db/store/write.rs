//! What can be written, and what a write gives back.

use crate::domain::account::{AccountEvent, Halted};
use crate::domain::attempt::AttemptChange;
use crate::domain::event::{Event, Moment};
use crate::domain::ids::{AgentName, UnitId};
use crate::domain::journal::{AccountEntry, Entry};
use crate::domain::new_unit::NewUnit;
use crate::domain::prediction::{Outcome, Prediction};
use crate::domain::time::Timestamp;
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
        /// What was met that halts an account.
        halted: Option<Halted>,
        /// What happened.
        event: Box<Event>,
        /// The moment the transition was decided with.
        moment: Moment,
        /// Whose doing.
        who: Who,
    },
    /// All of these, in this order, or none.
    All(Vec<Write>),
    /// Something happens to an account beside the attempts of its units.
    Account {
        /// Which account.
        account: AgentName,
        /// What.
        event: AccountEvent,
        /// When.
        at: Timestamp,
        /// Whose doing.
        who: Who,
    },
    /// A setting is stored, or forgotten.
    Setting {
        /// Its name.
        key: String,
        /// Its value; none to forget it.
        value: Option<String>,
    },
    /// The oracle said something.
    Predict(Box<Prediction>),
    /// What became of a pair: the outcome of all that was said about it and has none yet.
    Settle {
        /// The units, the lower id first.
        units: (UnitId, UnitId),
        /// What happened.
        outcome: Outcome,
        /// When that was found out.
        at: Timestamp,
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
    /// Something happened to an account: the journal's entry.
    Account(AccountEntry),
    /// A setting was stored or forgotten.
    Setting,
    /// A prediction was stored, or settled.
    Prediction,
}
