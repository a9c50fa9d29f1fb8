//! Moves a target branch, and with it the operator's checkout where the branch is checked out. No byte of theirs is lost: not what
//! they changed, not what git does not track or ignores, not what an editor saves meanwhile.
//!
//! The order is: take the index lock · `check` everything that could be in the way · `stage` new contents and index beside the checkout ·
//! write the `journal` · lock the ref and compare it · `exchange` file by file · put the `index` in place · move the ref. The ref goes last,
//! because `git commit` reads the ref before the index: whoever sees the new ref sees the new index, and whoever saw the old ref cannot move
//! it any more; in any other order, a commit at the wrong moment takes back what has landed. From the journal on, [`resume`] finishes what
//! a crash interrupted. Where files cannot be exchanged, git itself fast-forwards after the same check (`fast_forward`).

pub mod blocker;
mod changes;
mod check;
mod exchange;
mod fast_forward;
mod index;
mod journal;
mod print;
pub mod resume;
mod site;
mod stage;
mod unseen;

use super::error::GitError;
use super::host::Host;
use super::names::branch_ref;
use super::refs::{Expect, Swapped};
use super::worktrees::{self, Checkout, Hold};
use crate::domain::ids::{BranchName, ObjectId};
use blocker::Blocker;
use check::Checked;
use index::IndexLock;
use journal::Journal;
use site::Site;
use stage::Stage;
use std::path::{Path, PathBuf};

/// One move of a branch.
#[derive(Clone, Copy, Debug)]
pub struct Advance<'a> {
    /// The branch.
    pub branch: &'a BranchName,
    /// Where it must be.
    pub from: &'a ObjectId,
    /// Where it goes: a descendant of `from`, or an ancestor of it to take a move back.
    pub to: &'a ObjectId,
    /// For the reflog.
    pub reason: &'a str,
    /// A file of ours, for one move at a time, that a restart hands to [`Host::resume_advance`].
    pub journal: &'a Path,
}

/// What became of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Advanced {
    /// The branch is at the new commit, and a checkout of it too, but for these paths: the operator changed them at that moment, and their
    /// version is what is there, as a local change.
    Moved {
        /// From the top of the checkout.
        kept: Vec<PathBuf>,
    },
    /// The branch was somewhere else. Nothing changed.
    TargetMoved,
    /// The checkout is not free. Nothing changed.
    Blocked(Vec<Blocker>),
}

impl Host {
    /// Moves a branch and the checkout of it.
    pub fn advance(&self, advance: &Advance<'_>) -> Result<Advanced, GitError> {
        self.resume_advance(advance.journal)?;
        match self.tip(advance.branch)? {
            Some(now) if self.has_made(advance, &now)? => return Ok(Advanced::Moved { kept: Vec::new() }),
            Some(now) if now == *advance.from => {}
            _ => return Ok(Advanced::TargetMoved),
        }
        match self.site(advance)? {
            Where::Nowhere => self.advance_unseen(advance),
            Where::At(site) => self.advance_at(&site, advance),
            Where::Blocked(blockers) => Ok(Advanced::Blocked(blockers)),
        }
    }

    /// Whether a branch at `now` has made the move: it contains where it was to go, and where it was to go back, not what it was to leave.
    pub(super) fn has_made(&self, advance: &Advance<'_>, now: &ObjectId) -> Result<bool, GitError> {
        let Advance { from, to, .. } = advance;
        if now == *to {
            return Ok(true);
        }
        Ok(self.is_ancestor(to, now)? && (self.is_ancestor(from, to)? || !self.is_ancestor(from, now)?))
    }

    /// Everything that is in the way of a move now; empty if it can be made. Changes nothing.
    pub fn blockers(&self, advance: &Advance<'_>) -> Result<Vec<Blocker>, GitError> {
        let site = match self.site(advance)? {
            Where::Nowhere => return Ok(Vec::new()),
            Where::Blocked(blockers) => return Ok(blockers),
            Where::At(site) => site,
        };
        let Some(_lock) = IndexLock::take(&site.git_dir, advance.journal)? else {
            return Ok(vec![Blocker::IndexLocked(site.work_dir.clone())]);
        };
        let stage = Stage::begin(&site)?;
        match check::check(self, &site, &stage, advance)? {
            Checked::Free(_) => Ok(Vec::new()),
            Checked::Blocked(blockers) => Ok(blockers),
        }
    }

    fn site(&self, advance: &Advance<'_>) -> Result<Where, GitError> {
        let holders = worktrees::holding(self, &branch_ref(advance.branch))?;
        Ok(match holders.as_slice() {
            [] => Where::Nowhere,
            [one] if one.hold == Hold::Head => Where::At(Site::new(self, one)),
            several => Where::Blocked(several.iter().map(why_not).collect()),
        })
    }

    fn advance_at(&self, site: &Site, advance: &Advance<'_>) -> Result<Advanced, GitError> {
        match self.begin(site, advance)? {
            Begun::Over(advanced) => Ok(advanced),
            Begun::Ready(ready) => self.carry_out(site, advance, ready),
        }
    }

    /// Brings the checkout up to date and then the ref. Doing it again does no harm.
    fn carry_out(&self, site: &Site, advance: &Advance<'_>, ready: Ready) -> Result<Advanced, GitError> {
        let (mut is_visible, mut kept) = (false, Vec::new());
        let bring = || {
            is_visible = true;
            kept = ready.bring(site)?;
            Ok(())
        };
        let name = branch_ref(advance.branch);
        match self.swap_after(&name, Expect::At(advance.from), advance.to, advance.reason, bring) {
            Err(error) if !is_visible => {
                Journal::remove(advance.journal)?;
                Err(error)
            }
            moved => Ok(match ready.settle(advance.journal, moved)? {
                Swapped::Moved => Advanced::Moved { kept },
                Swapped::Stale(_) => Advanced::TargetMoved,
            }),
        }
    }

    /// Everything up to where it becomes visible.
    fn begin(&self, site: &Site, advance: &Advance<'_>) -> Result<Begun, GitError> {
        let blocked = |blockers| Ok(Begun::Over(Advanced::Blocked(blockers)));
        let Some(lock) = IndexLock::take(&site.git_dir, advance.journal)? else {
            return blocked(vec![Blocker::IndexLocked(site.work_dir.clone())]);
        };
        let stage = Stage::begin(site)?;
        let plan = match check::check(self, site, &stage, advance)? {
            Checked::Free(plan) => plan,
            Checked::Blocked(blockers) => return blocked(blockers),
        };
        if !stage.can_exchange(site, &plan)? {
            drop(lock);
            return fast_forward::advance(self, site, advance).map(Begun::Over);
        }
        let steps = match stage.fill(site, plan, advance)? {
            Ok(steps) => steps,
            Err(refused) => return blocked(vec![refused]),
        };
        let journal = Journal::new(site, advance, steps)?;
        journal.write(advance.journal)?;
        Ok(Begun::Ready(Ready { stage, journal, lock }))
    }

    /// Stops as a kill would, before or after the checkout was brought up to date.
    #[cfg(test)]
    pub(super) fn advance_and_die(&self, advance: &Advance<'_>, at: Death) -> Result<(), GitError> {
        if let Where::At(site) = self.site(advance)?
            && let Begun::Ready(ready) = self.begin(&site, advance)?
        {
            if at == Death::BeforeTheRef {
                ready.bring(&site)?;
            }
            ready.lock.leave();
        }
        Ok(())
    }
}

/// Where a branch is checked out.
enum Where {
    Nowhere,
    At(Site),
    Blocked(Vec<Blocker>),
}

/// How far a move got.
enum Begun {
    /// It is settled.
    Over(Advanced),
    /// All is prepared, and nothing is visible yet.
    Ready(Ready),
}

/// When a test dies.
#[cfg(test)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    BeforeTheFiles,
    BeforeTheRef,
}

/// A move that only has to be carried out.
struct Ready {
    stage: Stage,
    journal: Journal,
    lock: IndexLock,
}

impl Ready {
    /// Brings files and index up to date. Returns the paths where the operator's version stays.
    fn bring(&self, site: &Site) -> Result<Vec<PathBuf>, GitError> {
        let kept = exchange::exchange(site, &self.stage, &self.journal.steps)?;
        index::put_in_place(site, &self.stage, &self.journal)?;
        Ok(kept)
    }

    /// Forgets the move, or keeps all of it for the next try if it failed.
    fn settle<T>(self, journal: &Path, done: Result<T, GitError>) -> Result<T, GitError> {
        let settled = done.and_then(|done| Journal::remove(journal).map(|()| done));
        match settled {
            Ok(_) => index::linger(),
            Err(_) => self.lock.leave(),
        }
        settled
    }
}

fn why_not(checkout: &Checkout) -> Blocker {
    let work_dir = checkout.work_dir.clone();
    match checkout.hold {
        Hold::Head => Blocker::CheckedOutTwice(work_dir),
        Hold::Busy => Blocker::InProgress(work_dir),
        Hold::Absent => Blocker::Unreachable(work_dir),
    }
}
