//! Several branches in several repositories move, all of them or none. git has no transaction over repositories: what would be in the way is
//! looked for everywhere before the first moves, and what a later one refuses, the earlier ones take back.

use super::checkout::blocker::Blocker;
use super::checkout::{Advance, Advanced};
use super::error::GitError;
use super::host::Host;
use std::path::PathBuf;

/// One of the branches. Where it goes nowhere, `to` is `from`.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its repository.
    pub host: &'a Host,
    /// Its move.
    pub advance: Advance<'a>,
}

/// What became of all moves. Indexes are those of the parts.
#[derive(Debug)]
#[must_use]
pub enum Together {
    /// Every branch is where it was to go, or has moved on from there.
    Moved {
        /// Paths of each checkout where the operator's version stays.
        kept: Vec<(usize, PathBuf)>,
    },
    /// One did not move, and none has.
    Refused {
        /// Which.
        part: usize,
        /// Why.
        why: Refusal,
    },
    /// One did not move, and others that had could not be taken back: their work is there to stay.
    Torn {
        /// Which did not.
        part: usize,
        /// Why.
        why: Refusal,
        /// Which have, and why they stay.
        stay: Vec<(usize, Stays)>,
    },
}

/// Why a branch did not move.
#[derive(Debug)]
pub enum Refusal {
    /// It was somewhere else.
    TargetMoved,
    /// Its checkout is not free.
    Blocked(Vec<Blocker>),
    /// It could not be tried.
    Failed(GitError),
}

/// Why a branch that has moved is not taken back.
#[derive(Debug)]
pub enum Stays {
    /// Somebody has built on it.
    BuiltOn,
    /// Its checkout is not free.
    Blocked(Vec<Blocker>),
    /// It could not be tried.
    Failed(GitError),
}

/// Moves all of `parts`, in this order. May be repeated after a crash: a branch that has moved counts as moved.
pub fn advance_all(parts: &[Part<'_>]) -> Together {
    for (index, part) in parts.iter().enumerate().skip(1) {
        if let Err(why) = part.is_free() {
            return give_up(parts, index, why);
        }
    }
    let mut kept = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        match part.host.advance(&part.advance) {
            Ok(Advanced::Moved { kept: paths }) => kept.extend(paths.into_iter().map(|path| (index, path))),
            Ok(Advanced::TargetMoved) => return give_up(parts, index, Refusal::TargetMoved),
            Ok(Advanced::Blocked(blockers)) => return give_up(parts, index, Refusal::Blocked(blockers)),
            Err(error) => return give_up(parts, index, Refusal::Failed(error)),
        }
    }
    Together::Moved { kept }
}

impl Part<'_> {
    /// Changes nothing but what a crash left half done.
    fn is_free(&self) -> Result<(), Refusal> {
        let Part { host, advance } = self;
        host.resume_advance(advance.journal).map_err(Refusal::Failed)?;
        let now = host.tip(advance.branch).map_err(Refusal::Failed)?.ok_or(Refusal::TargetMoved)?;
        if host.has_made(advance, &now).map_err(Refusal::Failed)? {
            return Ok(());
        }
        if now != *advance.from {
            return Err(Refusal::TargetMoved);
        }
        match host.blockers(advance).map_err(Refusal::Failed)? {
            blockers if blockers.is_empty() => Ok(()),
            blockers => Err(Refusal::Blocked(blockers)),
        }
    }

    /// Moves the branch back, if it has moved.
    fn take_back(&self) -> Result<(), Stays> {
        let Part { host, advance } = self;
        host.resume_advance(advance.journal).map_err(Stays::Failed)?;
        let now = host.tip(advance.branch).map_err(Stays::Failed)?;
        let moved = match &now {
            Some(now) if advance.from != advance.to => host.has_made(advance, now).map_err(Stays::Failed)?,
            _ => false,
        };
        if !moved {
            return Ok(());
        }
        let back = Advance {
            from: advance.to,
            to: advance.from,
            reason: "ve: take back, another repository refused",
            ..*advance
        };
        match host.advance(&back).map_err(Stays::Failed)? {
            Advanced::Moved { .. } => Ok(()),
            Advanced::TargetMoved => Err(Stays::BuiltOn),
            Advanced::Blocked(blockers) => Err(Stays::Blocked(blockers)),
        }
    }
}

/// Takes back the others, and the one that refused if it may have moved before it failed. A lone one has nobody to stand back for.
fn give_up(parts: &[Part<'_>], part: usize, why: Refusal) -> Together {
    let uncertain = parts.len() > 1 && matches!(why, Refusal::Failed(_));
    let moved = parts.iter().enumerate().rev().filter(|(index, _)| *index != part || uncertain);
    let stay: Vec<_> = moved.filter_map(|(index, other)| Some((index, other.take_back().err()?))).collect();
    if stay.is_empty() { Together::Refused { part, why } } else { Together::Torn { part, why, stay } }
}
