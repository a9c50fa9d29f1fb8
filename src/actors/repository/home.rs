//! What every order needs: the operator's repositories, opened anew for each.

use super::jail::Jail;
use crate::actors::settings::{Effective, Settings};
use crate::domain::ids::InvalidName;
use crate::git::host::{Host, Refusal};
use crate::git::names::ProjectRefs;
use crate::project::task::Repo;
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

    /// The repository with the documents. A handle of its own for each order: libgit2's are not to be shared between threads.
    pub(super) fn host(&self) -> Result<Host, OpenError> {
        self.open(&self.effective().site.repos.lead)
    }

    pub(super) fn open(&self, repo: &Repo) -> Result<Host, OpenError> {
        let site = &self.effective().site;
        open(&repo.dir, site.layout.id().as_str(), &site.operator.home)
    }

    pub(super) fn jail(&self) -> Jail {
        Jail::new(self.settings.clone())
    }

    /// Where work in progress is looked at.
    pub(super) fn lookout(&self) -> PathBuf {
        self.settings.now().site.layout.state().join("look.git")
    }
}
