//! The project: its repository, its configuration, and where its state is.

use super::finding::Finding;
use crate::git::host::Host;
use crate::git::names::ProjectRefs;
use crate::project::config::Config;
use crate::project::config::error::ConfigError;
use crate::project::config::layers::{self, Texts};
use crate::project::config::sensitive::SensitiveContent;
use crate::project::layout::Layout;
use crate::project::layout::home::state_home;
use crate::shim::presets::Operator;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The repository, with the version of git.
pub(super) fn git(root: &Path, operator: &Operator) -> Vec<Finding> {
    let opened = ProjectRefs::new("doctor").map(|refs| Host::open(root, refs, &operator.home));
    let host = match opened {
        Ok(Ok(host)) => host,
        Ok(Err(refusal)) => return vec![Finding::fail("git", format!("failed to {refusal}"), refusal.hint())],
        Err(error) => return vec![Finding::fail("git", format!("failed to {error}"), "please report it")],
    };
    let branch = match host.current_branch() {
        Ok(branch) => Finding::ok("branch", branch.to_string()),
        Err(refusal) => Finding::warn("branch", format!("failed to {refusal}"), refusal.hint()),
    };
    vec![Finding::ok("git", root.display().to_string()), branch]
}

/// What the project's files say, and where its state is, if it has any.
pub(super) struct Project {
    /// As the files say, all of it accepted.
    pub(super) config: Result<Config, ConfigError>,
    /// Its directories, once a daemon has run.
    pub(super) layout: Option<Layout>,
    state_home: PathBuf,
}

impl Project {
    /// Reads the files of the project at `root`.
    pub(super) fn of(root: &Path) -> Self {
        let config = config(root);
        let configured = config.as_ref().ok().and_then(|config| config.state_dir.as_deref());
        let state_home = state_home(configured, |name| std::env::var_os(name));
        let state_home = state_home.unwrap_or_else(|_| PathBuf::from("/"));
        // One that cannot be recognised is refused at start, by its name.
        let layout = Layout::find(root, &state_home).ok().flatten();
        Self { config, layout, state_home }
    }

    /// The directory that holds, or will hold, its state.
    pub(super) fn state(&self) -> &Path {
        self.layout.as_ref().map_or(&self.state_home, |layout| layout.state())
    }

    /// Whether its files are valid.
    pub(super) fn configuration(&self) -> Finding {
        match &self.config {
            Err(problem) => {
                let cure = "correct that line; agents and sandbox are examined once it is valid";
                Finding::fail("configuration", format!("failed to {problem}"), cure)
            }
            Ok(_) => Finding::ok("configuration", "valid; ve orch config --sources shows all of it"),
        }
    }
}

fn config(root: &Path) -> Result<Config, ConfigError> {
    let (committed, local) = (read(root, "ve.toml")?, read(root, ".ve/config.toml")?);
    let accepted = SensitiveContent::of(committed.as_deref(), &BTreeMap::new(), None);
    let texts = Texts {
        committed: committed.as_deref(),
        accepted: Some(&accepted),
        local: local.as_deref(),
        stored: &BTreeMap::new(),
    };
    // What the daemon's environment holds is not known here.
    layers::load(texts, &|name| Some(std::env::var(name).unwrap_or_default()))
}

fn read(root: &Path, name: &str) -> Result<Option<String>, ConfigError> {
    match fs::read_to_string(root.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(ConfigError { file: name.to_owned(), position: None, key: None, problem: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn a_file_that_is_not_valid_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Project::of(dir.path()).configuration().level, Level::Ok);
        fs::write(dir.path().join("ve.toml"), "[limits]\nmax_agent = 3\n").unwrap();
        let found = Project::of(dir.path()).configuration();
        assert_eq!(found.level, Level::Fail);
        assert!(found.text.contains("ve.toml:2:1"), "{}", found.text);
    }

    #[test]
    fn what_is_no_repository_is_said_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        let found = git(dir.path(), &Operator { home: dir.path().to_owned(), path: vec![] });
        assert_eq!((found.len(), found[0].level), (1, Level::Fail));
        assert!(found[0].cure.is_some());
    }
}
