//! The temporary directory that holds all of a demo: project, state and home; and what is left of it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A demo's directory.
#[derive(Clone, Debug)]
pub(super) struct Place {
    root: PathBuf,
}

impl Place {
    /// The demo in `root`, a canonical path.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// All of it.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The operator's checkout.
    pub(super) fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// Where the daemon keeps its state.
    pub(super) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Lets a command live here and only here: an empty home, no settings of the operator's git, no other daemon's address.
    pub(super) fn settle(&self, command: &mut Command) {
        let of_git = |name: &OsString| name.to_string_lossy().starts_with("GIT_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| of_git(name)) {
            command.env_remove(name);
        }
        for name in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "VE_TOKEN"] {
            command.env_remove(name);
        }
        command.env("HOME", self.root.join("home")).env("GIT_CONFIG_NOSYSTEM", "1").current_dir(&self.root);
    }

    /// Other processes whose command line or environment leads here, as `pid name`. What belongs to other users cannot be looked at,
    /// and is none of ours.
    pub(super) fn processes(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let mut found: Vec<String> = entries
            .flatten()
            .filter_map(|entry| {
                let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
                let leads_here = |name: &str| {
                    fs::read(entry.path().join(name))
                        .is_ok_and(|text| contains(&text, self.root.as_os_str().as_encoded_bytes()))
                };
                if pid == std::process::id() || !(leads_here("cmdline") || leads_here("environ")) {
                    return None;
                }
                let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
                Some(format!("{pid} {}", name.trim()))
            })
            .collect();
        found.sort();
        found
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
