//! What every order needs: the operator's repositories, opened anew for each.

use super::facts::Read;
use super::jail::Jail;
use crate::actors::settings::{Effective, Settings};
use crate::domain::ids::{InvalidName, RepoName};
use crate::git::host::{Host, Refusal};
use crate::git::names::ProjectRefs;
use crate::project::task::Repo;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The surroundings of all orders.
pub(super) struct Home {
    settings: Settings,
    read: Mutex<Read>,
    notes: Mutex<()>,
}

/// Why the operator's repository cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is in no fit state.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The task has it no more.
    #[error("{0} is not in the task any more")]
    Gone(String),
    /// The project's id is no name for refs.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl OpenError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            OpenError::Refused(refusal) => refusal.hint(),
            OpenError::Gone(_) => "put it back into .ve-task.yaml and restart",
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
        Self { settings, read: Mutex::default(), notes: Mutex::default() }
    }

    /// The documents that were read before.
    pub(super) fn read(&self) -> MutexGuard<'_, Read> {
        // Whoever fell over while reading left whole entries.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held by whoever changes what is noted to be pushed.
    pub(super) fn notes(&self) -> &Mutex<()> {
        &self.notes
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

    /// One repository of the project; of the one with the documents without a name.
    pub(super) fn host_of(&self, name: Option<&RepoName>) -> Result<Host, OpenError> {
        self.open(&self.repo(name)?)
    }

    fn repo(&self, name: Option<&RepoName>) -> Result<Repo, OpenError> {
        let gone = || OpenError::Gone(name.map_or_else(String::new, RepoName::to_string));
        self.effective().site.repos.get(name).cloned().ok_or_else(gone)
    }

    /// Where work in progress is looked at, in one repository.
    pub(super) fn lookout(&self, name: Option<&RepoName>) -> Result<PathBuf, OpenError> {
        Ok(self.effective().site.kept_of(&self.repo(name)?).join("look.git"))
    }

    /// The project's directory inside one repository.
    pub(super) fn prefix_in(&self, name: Option<&RepoName>) -> PathBuf {
        name.map_or_else(|| self.effective().site.prefix.clone(), |_| PathBuf::new())
    }

    /// A path of one repository as the project names it: that of another one than the one with the documents begins with that one's directory.
    pub(super) fn named_in(&self, name: Option<&RepoName>, path: &str) -> String {
        name.map_or_else(|| path.to_owned(), |name| format!("{name}/{path}"))
    }
}
