//! What every order needs: the operator's repository, opened anew for each, and the unit as git sees it.

use super::jail::Jail;
use crate::actors::settings::{Effective, Settings, Site};
use crate::domain::ids::InvalidName;
use crate::domain::work_unit::WorkUnit;
use crate::git::host::{Host, Refusal};
use crate::git::names::{ProjectRefs, Unit};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The surroundings of all orders.
pub(super) struct Home {
    settings: Settings,
}

/// Why the operator's repository cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is in no fit state.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The project's id is no name for refs.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl OpenError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            OpenError::Refused(refusal) => refusal.hint(),
            OpenError::Name(_) => "remove .ve/ so that the project gets a new id",
        }
    }
}

/// Opens the repository of the project at `root`.
pub fn open(root: &Path, project: &str, operator_home: &Path) -> Result<Host, OpenError> {
    Ok(Host::open(root, ProjectRefs::new(project)?, operator_home)?)
}

impl Home {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings }
    }

    pub(super) fn effective(&self) -> Arc<Effective> {
        self.settings.now()
    }

    /// A handle of its own for each order: libgit2's are not to be shared between threads.
    pub(super) fn host(&self) -> Result<Host, OpenError> {
        let site: &Site = &self.settings.now().site;
        open(site.layout.root(), site.layout.id().as_str(), &site.operator.home)
    }

    pub(super) fn unit(&self, unit: &WorkUnit) -> Unit {
        Unit { id: unit.id, chunk: unit.chunk.clone(), paths: self.settings.now().site.layout.unit(unit.id) }
    }

    pub(super) fn jail(&self) -> Jail {
        Jail::new(self.settings.clone())
    }

    /// Kept while the operator's checkout is updated, for a restart to finish or undo.
    pub(super) fn journal(&self) -> PathBuf {
        self.settings.now().site.layout.state().join("landing.json")
    }

    /// The daemon's git directory for merges in memory.
    pub(super) fn shadow(&self) -> PathBuf {
        self.settings.now().site.layout.state().join("merge.git")
    }
}
