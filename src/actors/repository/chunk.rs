//! What a unit's attempt finds of the project's chunks in its worktree, and what becomes of that when the attempt is over.
//!
//! Its own chunk is the one that is worked on; another that the operator works on is set aside, for as long as the attempt lives and only
//! there. A reviewer finds the settings of the base, not those that it judges.

use super::docs;
use super::place::{Outcome, Place};
use crate::domain::chunk::ChunkStatus;
use crate::domain::ids::{ChunkName, ObjectId};
use crate::domain::phase::Phase;
use crate::domain::work_unit::WorkUnit;
use crate::git::files::FileText;
use crate::git::sensitive::Why;
use crate::project::document::{self, edit};
use std::path::{Path, PathBuf};

/// The longest document that is put back.
const LIMIT: usize = 4 * 1024 * 1024;

/// A unit's worktree, and where the project is in it.
pub(super) struct Chunks<'a> {
    /// The repository that holds the documents.
    pub(super) lead: &'a Place,
    /// The unit, as saved.
    pub(super) unit: &'a WorkUnit,
    /// The project's directory inside the repository.
    pub(super) prefix: &'a Path,
    /// How the worktree is written.
    pub(super) hands: Hands,
}

/// Whose hands a worktree was in, and so, how it is written.
#[derive(Clone, Copy)]
pub(super) enum Hands {
    /// Only ours: it was made by this order.
    Ours,
    /// Perhaps an agent's: by confined helpers.
    Confined,
}

/// Another chunk that is being worked on.
struct Other {
    chunk: ChunkName,
    path: PathBuf,
    /// Its goal document.
    text: String,
    /// The same while it is set aside.
    aside: String,
}

impl Chunks<'_> {
    /// A chunk that waits in the project becomes the one that is worked on.
    pub(super) fn activate(&self, start: &ObjectId) -> Outcome<()> {
        let chunk = &self.unit.chunk;
        let Some(facts) = docs::facts_at(&self.lead.host.contents(start)?, self.prefix, chunk)? else {
            return Err(
                format!("start {chunk}: docs/chunks/{chunk}/GOAL.md is not in {start}; commit it and retry").into()
            );
        };
        match facts.status {
            ChunkStatus::Future => self.set_status(start, ChunkStatus::Implementing),
            ChunkStatus::Implementing | ChunkStatus::Active => Ok(()),
            over => Err(format!("start {chunk}: its status is {over} now, so there is no work left to do").into()),
        }
    }

    /// Changes the status that the unit's chunk has at `at` in the worktree, and nothing else of the document.
    pub(super) fn set_status(&self, at: &ObjectId, to: ChunkStatus) -> Outcome<()> {
        let (chunk, path) = (&self.unit.chunk, self.goal(&self.unit.chunk));
        let Some(text) = docs::text_at(&self.lead.host.contents(at)?, &path)? else {
            return Err(format!("set the status of {chunk}: its GOAL.md is gone").into());
        };
        let from = document::parse(chunk, &text, None)?.status;
        let edited = edit::set_status(chunk, &text, from, to)?;
        match self.hands {
            Hands::Ours => self.lead.private().fresh().write_file(&path, edited.as_bytes())?,
            Hands::Confined => self.lead.private().write_file(&path, edited.as_bytes())?,
        }
        Ok(())
    }

    /// Sets aside what would lead the agent astray: the operator's own chunk, and in a review the settings that are judged.
    pub(super) fn set_aside(&self, at: &ObjectId, base: &ObjectId) -> Outcome<()> {
        let mut aside = Vec::new();
        let base_contents = self.lead.host.contents(base)?;
        for other in self.others_at_work(at)? {
            // What the base has changed of it comes with the merge; git would refuse to write over it.
            let changed = || docs::text_at(&base_contents, &other.path).map(|now| now.as_ref() != Some(&other.text));
            if self.unit.phase != Phase::Rebase || !changed()? {
                aside.push((other.path, other.aside));
            }
        }
        match self.hands {
            Hands::Ours => self.lead.private().fresh().show_otherwise(&aside)?,
            Hands::Confined => self.lead.private().show_otherwise(&aside)?,
        }
        Ok(self.lead.private().show_of(base, &self.judged_settings(at, base)?)?)
    }

    /// Takes back what [`set_aside`](Self::set_aside) did, whatever the agent made of it meanwhile.
    pub(super) fn put_back(&self, at: &ObjectId, base: &ObjectId) -> Outcome<()> {
        let others = self.others_at_work(at)?;
        let aside: Vec<_> = others.iter().map(|other| (other.path.clone(), other.aside.clone())).collect();
        if self.lead.private().hold(&aside)? {
            let back: Vec<_> = others.into_iter().map(|other| (other.path, other.text)).collect();
            self.lead.private().write_files(&back)?;
        } else {
            for other in others {
                let FileText::Whole(now) = self.lead.private().read_file(&other.path, LIMIT)? else { continue };
                let (now, from, to) = (String::from_utf8_lossy(&now), ChunkStatus::Future, ChunkStatus::Implementing);
                // An agent that wrote another status there meant it; it is shown with the work.
                let Ok(back) = edit::set_status(&other.chunk, &now, from, to) else { continue };
                self.lead.private().write_file(&other.path, back.as_bytes())?;
            }
        }
        Ok(self.lead.private().restore(at, &self.judged_settings(at, base)?)?)
    }

    /// The other chunks that are being worked on.
    fn others_at_work(&self, at: &ObjectId) -> Outcome<Vec<Other>> {
        let mut found = Vec::new();
        let contents = self.lead.host.contents(at)?;
        for chunk in docs::all(&contents, self.prefix)?.into_iter().filter(|chunk| *chunk != self.unit.chunk) {
            let path = self.goal(&chunk);
            let Some(text) = docs::text_at(&contents, &path)? else { continue };
            // Only one with this status can be edited so.
            if let Ok(aside) = edit::set_status(&chunk, &text, ChunkStatus::Implementing, ChunkStatus::Future) {
                found.push(Other { chunk, path, text, aside });
            }
        }
        Ok(found)
    }

    /// Files that instruct or configure agents and are not what they are on the base. Only a review is kept from them.
    fn judged_settings(&self, at: &ObjectId, base: &ObjectId) -> Outcome<Vec<PathBuf>> {
        if self.unit.phase != Phase::Review {
            return Ok(Vec::new());
        }
        let changed = self.lead.host.sensitive_changes(base, at)?.into_iter();
        Ok(changed.filter(|(_, why)| *why == Why::AgentSettings).map(|(path, _)| path).collect())
    }

    /// Where the unit's chunk may have gone, if its documents are not at `tip` any more: chunks that are new there since it was cut.
    pub(super) fn successors(&self, tip: &ObjectId) -> Outcome<Vec<ChunkName>> {
        let (host, base) = (&self.lead.host, &self.lead.base()?.commit);
        let start = host.merge_base(base, tip)?.unwrap_or_else(|| base.clone());
        let before = docs::all(&host.contents(&start)?, self.prefix)?;
        let mut new = Vec::new();
        let contents = host.contents(tip)?;
        for chunk in docs::all(&contents, self.prefix)? {
            if !before.contains(&chunk) && docs::text_at(&contents, &self.goal(&chunk))?.is_some() {
                new.push(chunk);
            }
        }
        Ok(new)
    }

    fn goal(&self, chunk: &ChunkName) -> PathBuf {
        self.prefix.join(document::goal_path(chunk))
    }
}
