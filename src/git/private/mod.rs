//! A unit's private repository: bare, borrowing the host's objects, with one linked worktree on `orch/<chunk>`. Prepared by us,
//! from then on wholly the agent's and not to be trusted.

mod borrow;
mod config;
pub mod heal;
mod include;
mod landing;
mod layout;
pub mod lent;
mod modules;
pub mod prepare;
mod refresh;

use super::confined::{Confined, Confinement};
use super::host::Host;
use super::names::Unit;

/// A unit's repository and worktree, and what is needed to work on them.
#[derive(Clone, Copy)]
pub struct Private<'a> {
    /// Where its objects come from and its work goes to.
    pub host: &'a Host,
    /// Runs what touches its files.
    pub jail: &'a dyn Confinement,
    /// Whose it is.
    pub unit: &'a Unit,
}

impl<'a> Private<'a> {
    pub(crate) fn confined(self) -> Confined<'a> {
        Confined { jail: self.jail, unit: &self.unit.paths, index: None }
    }
}
