//! Where everything of a project lives: `.ve/` in the checkout, which may vanish at any time, and the state directory outside of it.

pub mod error;
pub mod home;
mod make;

use super::host;
use super::identity::{self, ProjectId, Recognised};
use super::network::network_file_system;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::workspace::UnitPaths;
use error::{LayoutError, failed};
use make::{directory, link, private_directory};
use rustix::fs::FlockOperation;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The paths of one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
    id: ProjectId,
    state: PathBuf,
}

/// What had to be done to claim a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How it was recognised.
    pub recognised: Recognised,
    /// Files of another tool that stood in the place of our links, under their new names. The database's journal moves with it.
    pub set_aside: Vec<PathBuf>,
}

impl Layout {
    /// The paths of the project at `root`, a canonical path, if it has ever been claimed. Writes nothing.
    pub fn find(root: &Path, state_home: &Path) -> Result<Option<Self>, LayoutError> {
        let (id, how) = identity::recognise(root, state_home).map_err(failed(root))?;
        let is_ours = matches!(how, Recognised::Known | Recognised::Moved { .. });
        Ok(is_ours.then(|| Self { root: root.to_owned(), state: state_home.join(id.as_str()), id }))
    }

    /// Recognises the project at `root`, a canonical path, and makes all of its directories. May be repeated at any time.
    ///
    /// The caller makes sure that no other tool's daemon has the files in `.ve/` open.
    pub fn claim(root: &Path, state_home: &Path) -> Result<(Self, Claim), LayoutError> {
        if let Some(kind) = network_file_system(state_home).map_err(failed(state_home))? {
            return Err(LayoutError::Network { path: state_home.to_owned(), kind });
        }
        let ve = root.join(".ve");
        directory(&ve)?;
        // Two first starts at once must agree on one id. Held for the few writes below, and gone with the file.
        let lock = File::open(&ve).map_err(failed(&ve))?;
        rustix::fs::flock(&lock, FlockOperation::LockExclusive).map_err(|error| failed(&ve)(error.into()))?;
        let (id, recognised) = identity::recognise(root, state_home).map_err(failed(state_home))?;
        let layout = Self { root: root.to_owned(), state: state_home.join(id.as_str()), id };
        if matches!(recognised, Recognised::Copied { .. }) {
            layout.forget_original()?;
        }
        let set_aside = layout.ensure()?;
        Ok((layout, Claim { recognised, set_aside }))
    }

    /// Makes what is missing of the project's directories, links and marks. Returns the files it set aside, under their new names.
    pub fn ensure(&self) -> Result<Vec<PathBuf>, LayoutError> {
        private_directory(&self.state)?;
        for dir in [self.units(), self.ve(), self.chunk_links()] {
            directory(&dir)?;
        }
        identity::write(&self.root, &self.state, &self.id).map_err(failed(&self.ve()))?;
        self.protect()?;
        let mut set_aside = Vec::new();
        for (target, name) in [(self.database(), "orchestrator.db"), (self.log(), "orchestrator.log")] {
            set_aside.extend(link(&target, &self.ve().join(name))?);
        }
        Ok(set_aside)
    }

    /// Links `chunk` to the directory of its unit, for people who look for it in the project.
    pub fn link_chunk(&self, chunk: &ChunkName, unit: UnitId) -> Result<(), LayoutError> {
        directory(&self.chunk_links())?;
        let at = self.chunk_links().join(chunk.as_str());
        match fs::symlink_metadata(&at) {
            Ok(found) if !found.is_symlink() => {
                Err(LayoutError::Occupied { path: at, found: "a directory of another tool" })
            }
            _ => link(self.unit(unit).root(), &at).map(drop),
        }
    }

    /// Removes the link of `chunk`, if there is one. What is no link stays.
    pub fn unlink_chunk(&self, chunk: &ChunkName) -> Result<(), LayoutError> {
        let at = self.chunk_links().join(chunk.as_str());
        match fs::symlink_metadata(&at) {
            Ok(found) if found.is_symlink() => fs::remove_file(&at).map_err(failed(&at)),
            _ => Ok(()),
        }
    }

    /// Removes from a copied `.ve/` what leads to the original's daemon and units.
    fn forget_original(&self) -> Result<(), LayoutError> {
        for file in [self.pid(), self.socket(), self.port(), self.token()] {
            match fs::remove_file(&file) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&file)(error)),
            }
        }
        let links = self.chunk_links();
        let entries = match links.read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(&links)(error)),
        };
        for entry in entries {
            let at = entry.map_err(failed(&links))?.path();
            if at.is_symlink() {
                fs::remove_file(&at).map_err(failed(&at))?;
            }
        }
        Ok(())
    }

    /// Keeps git's hands off `.ve/`: `git clean` passes over a repository in the tree, and excluded names are never added.
    fn protect(&self) -> Result<(), LayoutError> {
        let git = self.ve().join(".git");
        for part in ["objects", "refs"] {
            let dir = git.join(part);
            fs::create_dir_all(&dir).map_err(failed(&dir))?;
        }
        let head = git.join("HEAD");
        if !head.exists() {
            fs::write(&head, "ref: refs/heads/main\n").map_err(failed(&head))?;
        }
        match host::common_dir(&self.root).map_err(failed(&self.root))? {
            Some(common) => host::exclude(&common).map_err(failed(&common.join("info/exclude"))),
            None => Ok(()),
        }
    }

    /// The project's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The project's id.
    pub fn id(&self) -> &ProjectId {
        &self.id
    }

    /// `.ve/` in the checkout.
    pub fn ve(&self) -> PathBuf {
        self.root.join(".ve")
    }

    /// The daemon's process id.
    pub fn pid(&self) -> PathBuf {
        self.ve().join("orchestrator.pid")
    }

    /// The daemon's Unix socket; the path may be too long to bind, see [`super::socket::SocketAddress`].
    pub fn socket(&self) -> PathBuf {
        self.ve().join("orchestrator.sock")
    }

    /// The daemon's TCP port.
    pub fn port(&self) -> PathBuf {
        self.ve().join("orchestrator.port")
    }

    /// What a client over TCP must present.
    pub fn token(&self) -> PathBuf {
        self.ve().join("token")
    }

    /// The project's committed configuration.
    pub fn committed_config(&self) -> PathBuf {
        self.root.join("ve.toml")
    }

    /// The configuration of this checkout.
    pub fn local_config(&self) -> PathBuf {
        self.ve().join("config.toml")
    }

    /// Links from chunks to the directories of their units.
    pub fn chunk_links(&self) -> PathBuf {
        self.ve().join("chunks")
    }

    /// The state directory, out of the checkout.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.state.join("orchestrator.db")
    }

    /// The daemon's log.
    pub fn log(&self) -> PathBuf {
        self.state.join("orchestrator.log")
    }

    /// Locked by the daemon for its whole life.
    pub fn lock(&self) -> PathBuf {
        self.state.join("lock")
    }

    /// Holds a directory per unit.
    pub fn units(&self) -> PathBuf {
        self.state.join("units")
    }

    /// The directories of one unit.
    pub fn unit(&self, unit: UnitId) -> UnitPaths {
        UnitPaths::new(&self.state, unit)
    }
}

#[cfg(test)]
#[path = "layout/tests.rs"]
mod tests;
