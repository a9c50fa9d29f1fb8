//! What the project's files say, as read; what was good before, as stored.

use super::Site;
use crate::domain::phase::Phase;
use crate::project::config::error::ConfigError;
use crate::project::config::sensitive::SensitiveContent;
use crate::project::prompts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// All that is read from the project's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) committed: Option<String>,
    pub(super) local: Option<String>,
    prompts: BTreeMap<Phase, String>,
    include: Option<String>,
}

impl Files {
    pub(super) fn read(site: &Site) -> Result<Self, ConfigError> {
        let root = site.layout.root();
        let mut prompts = BTreeMap::new();
        for phase in Phase::ALL {
            for path in prompts::override_paths(phase) {
                if let Some(text) = read(&root.join(path))? {
                    prompts.entry(phase).or_insert(text);
                }
            }
        }
        Ok(Self {
            committed: read(&site.layout.committed_config())?,
            local: read(&site.layout.local_config())?,
            prompts,
            include: read(&root.join(".worktreeinclude"))?,
        })
    }

    /// What they say about everything sensitive.
    pub(super) fn sensitive(&self) -> SensitiveContent {
        SensitiveContent::of(self.committed.as_deref(), &self.prompts, self.include.as_deref())
    }
}

/// The text of a file; none where there is no such file.
fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => {
            let file = path.display().to_string();
            Err(ConfigError { file, position: None, key: None, problem: error.to_string() })
        }
    }
}

/// Key of the last good configuration among the stored settings.
pub(super) const LAST_GOOD: &str = "last_good_configuration";

/// The texts of a configuration that was in effect, for a start that finds one that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastGood {
    committed: Option<String>,
    local: Option<String>,
}

impl LastGood {
    pub(super) fn of(files: &Files) -> Self {
        Self { committed: files.committed.clone(), local: files.local.clone() }
    }

    pub(super) fn stored(stored: &BTreeMap<String, String>) -> Option<Self> {
        serde_json::from_str(stored.get(LAST_GOOD)?).ok()
    }

    pub(super) fn into_files(self) -> Files {
        Files { committed: self.committed, local: self.local, prompts: BTreeMap::new(), include: None }
    }
}
