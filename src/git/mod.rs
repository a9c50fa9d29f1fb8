//! Everything about git. The map, in reading order:
//!
//! - `host`: the operator's repository, `base`: where a unit is cut, `names` and `refs`: our refs in it, moved by compare-and-swap
//! - `private`: a unit's own repository and worktree; `confined`: the seam through which an agent's files are touched
//! - `modules`: the submodules of a commit, and where the operator keeps them
//! - `snapshot`, `files`: what a unit's worktree holds, taken and edited confined; `fresh`: edited by us, in the order that makes it
//! - `lfs`: what git LFS keeps of an agent's files, brought to the operator's store
//! - `import`, `mirror`: an agent's commits into the operator's repository, checked
//! - `merge`, `markers`: target and tip merged in memory, conflicts as data
//! - `checkout`: the target branch moves, and with it the operator's checkout, losing no byte
//! - `together`: branches of several repositories move, all or none; `push`: what has landed goes to `origin`
//! - `diff`, `hunks`, `read`, `sensitive`: questions about commits of the host
//! - `lookout`, `edits`: works in progress, looked at without touching them
//! - `preserve`: nothing is deleted before its work is safe
//!
//! Who does what: libgit2 executes nothing and answers quickly, so it reads, prepares and moves refs. The `git` program merges, imports with
//! its own checks, and does all that concerns file contents as the operator's settings have them.
//!
//! *Architecture invariants:* what an agent may have written is touched by confined programs only (`confined::Confinement`). On the host only imported,
//! checked objects are used, and never the operator's hooks, merge drivers or file monitor.

pub mod aside;
pub mod base;
pub mod checkout;
mod command;
pub mod confined;
pub mod diff;
pub mod edits;
pub mod error;
pub mod files;
pub mod fresh;
pub mod host;
pub mod hunks;
pub mod import;
pub mod lfs;
pub mod lookout;
pub mod markers;
pub mod merge;
pub mod mirror;
pub mod modules;
pub mod names;
pub mod preserve;
pub mod private;
pub mod process;
pub mod push;
pub mod read;
pub mod refs;
mod remove;
pub mod sensitive;
pub mod snapshot;
pub mod together;
mod worktrees;

#[cfg(test)]
mod tests;
