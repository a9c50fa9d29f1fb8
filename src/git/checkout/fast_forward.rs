//! The way for checkouts whose files cannot be exchanged: git's own fast-forward, or its reset that keeps local changes, after the same check. A save by an editor at the very moment of
//! the update can be overwritten here.

use super::blocker::Blocker;
use super::site::Site;
use super::{Advance, Advanced};
use crate::git::command::tail;
use crate::git::error::GitError;
use crate::git::host::Host;

/// Moves the checked-out branch. The index lock must be free.
pub(super) fn advance(host: &Host, site: &Site, advance: &Advance<'_>) -> Result<Advanced, GitError> {
    let order: &[&str] = if host.is_ancestor(advance.to, advance.from)? {
        &["reset", "-q", "--keep"]
    } else {
        &["merge", "-q", "--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-stat"]
    };
    let done = site
        .own_git()
        .env("GIT_REFLOG_ACTION", advance.reason)
        .env("GIT_COMMITTER_NAME", "ve")
        .env("GIT_COMMITTER_EMAIL", "ve@localhost")
        .args(order)
        .arg(advance.to.as_str())
        .finish()?;
    match host.tip(advance.branch)? {
        Some(now) if now == *advance.to => Ok(Advanced::Moved { kept: Vec::new() }),
        Some(now) if now == *advance.from => Ok(Advanced::Blocked(vec![Blocker::Refused(tail(&done.stderr))])),
        _ => Ok(Advanced::TargetMoved),
    }
}
