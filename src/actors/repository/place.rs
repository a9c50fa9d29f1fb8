//! One repository that a unit works in: the operator's, the unit's private one borrowed from it, and where the unit stands there.

use super::home::Home;
use super::jail::Jail;
use crate::domain::each::Each;
use crate::domain::ids::{BranchName, ObjectId, RepoName};
use crate::domain::work_unit::WorkUnit;
use crate::domain::workspace::Base;
use crate::git::host::Host;
use crate::git::names::Unit;
use crate::git::private::Private;
use std::path::{Path, PathBuf};

/// An order's failure: text for the operator.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What part of an order led to.
pub(super) type Outcome<T> = Result<T, Failure>;

/// See the module.
pub(super) struct Place {
    /// The operator's repository.
    pub(super) host: Host,
    /// The last of its work that was brought there.
    pub(super) tip: Option<ObjectId>,
    /// See [`Site::landing_journal`](crate::actors::settings::Site::landing_journal).
    pub(super) journal: PathBuf,
    /// See [`Site::unpushed`](crate::actors::settings::Site::unpushed).
    pub(super) unpushed: PathBuf,
    /// See [`Site::merges`](crate::actors::settings::Site::merges).
    pub(super) merges: PathBuf,
    /// Where the unit was cut there.
    base: Option<Base>,
    /// Its directory in the task, where there is one.
    name: Option<RepoName>,
    unit: Unit,
    jail: Jail,
}

impl Home {
    /// The places of a unit; of one that was not cut yet, all that it may be cut in.
    pub(super) fn places_of(&self, unit: &WorkUnit) -> Outcome<Each<Place>> {
        match &unit.base {
            Some(base) => self.places(unit, base),
            None => self.effective().site.repos.try_map(|name, _| self.place(unit, name, None)),
        }
    }

    /// The places of a unit as if it had been cut at `base`.
    pub(super) fn places(&self, unit: &WorkUnit, base: &Each<Base>) -> Outcome<Each<Place>> {
        base.try_map(|name, base| self.place(unit, name, Some(base)))
    }

    fn place(&self, unit: &WorkUnit, name: Option<&RepoName>, base: Option<&Base>) -> Outcome<Place> {
        let site = self.effective().site.clone();
        let gone = || {
            let name = name.map(RepoName::as_str).unwrap_or_default();
            format!("find {name} in the task: put it back into .ve-task.yaml and restart")
        };
        let repo = site.repos.get(name).ok_or_else(gone)?;
        Ok(Place {
            host: self.open(repo)?,
            base: base.cloned(),
            tip: unit.tip.as_ref().and_then(|tip| tip.get(name)).cloned(),
            journal: site.landing_journal(repo),
            unpushed: site.unpushed(repo),
            merges: site.merges(repo),
            unit: Unit {
                id: unit.id,
                chunk: unit.chunk.clone(),
                paths: site.layout.unit(unit.id).seen_from(repo.name.as_ref()),
            },
            name: repo.name.clone(),
            jail: self.jail(),
        })
    }
}

impl Place {
    pub(super) fn private(&self) -> Private<'_> {
        Private { host: &self.host, jail: &self.jail, unit: &self.unit }
    }

    /// Where the unit was cut; an error for one that was not.
    pub(super) fn base(&self) -> Outcome<&Base> {
        Ok(self.base.as_ref().ok_or("go on: the unit has no base yet")?)
    }

    /// The last of its work; an error for a unit that has none.
    pub(super) fn worked(&self) -> Outcome<&ObjectId> {
        Ok(self.tip.as_ref().ok_or("go on: the unit has no work yet")?)
    }

    /// The branch that receives the work.
    pub(super) fn branch(&self) -> Outcome<&BranchName> {
        Ok(&self.base()?.branch)
    }

    /// Where the branch is that receives the work.
    pub(super) fn target(&self) -> Outcome<ObjectId> {
        let branch = self.branch()?;
        Ok(self.host.tip(branch)?.ok_or_else(|| format!("find the branch {branch}{}: it is gone", self.aside()))?)
    }

    /// The paths between two commits that hold what was copied into the worktree, each with the name it was copied from.
    pub(super) fn copies(&self, from: &ObjectId, to: &ObjectId) -> Outcome<Vec<(PathBuf, PathBuf)>> {
        Ok(self.host.included_changes(from, to, &self.unit)?)
    }

    /// Makes the directory for what would land.
    pub(super) fn make_landing(&self) -> std::io::Result<()> {
        std::fs::create_dir_all(self.unit.paths.landing())
    }

    /// Paths of this repository as people and agents of the project name them.
    pub(super) fn shown(&self, paths: impl IntoIterator<Item = PathBuf>) -> Vec<String> {
        let top = self.name.as_ref().map_or(Path::new(""), |name| Path::new(name.as_str()));
        paths.into_iter().map(|path| top.join(path).display().to_string()).collect()
    }

    /// Names the repository in an error, where there are several.
    pub(super) fn named<T>(&self, result: Outcome<T>) -> Outcome<T> {
        result.map_err(|error| if self.name.is_some() { format!("{error}{}", self.aside()).into() } else { error })
    }

    /// Names the repository inside a sentence, where there are several.
    pub(super) fn aside(&self) -> String {
        self.name.as_ref().map(|name| format!(" (in {name})")).unwrap_or_default()
    }
}
