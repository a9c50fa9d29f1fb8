//! The jail for the short helpers that touch a unit's files: the shim's, under the same policy as the unit's agents.

use crate::actors::launch;
use crate::actors::settings::Settings;
use crate::domain::workspace::UnitPaths;
use crate::git::confined::{Call, Confinement};
use crate::git::process::{self, Finished};
use crate::shim::confined::Confined;
use std::ffi::OsString;
use std::fs;
use std::io;

/// Confines to one unit's directories.
pub(super) struct Jail {
    settings: Settings,
}

impl Jail {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// The unit's policy, written where the jail reads it.
    fn confined(&self, unit: &UnitPaths) -> io::Result<Confined> {
        for dir in [unit.tmp(), unit.home(), unit.git(), unit.worktree()] {
            fs::create_dir_all(dir)?;
        }
        let effective = self.settings.now();
        let policy = launch::helper_policy(unit, &effective);
        Confined::new(&effective.site.program, &policy, &launch::policy_file(unit))
    }
}

impl Confinement for Jail {
    fn run(&self, unit: &UnitPaths, call: Call<'_>) -> io::Result<Finished> {
        let mut command = self.confined(unit)?.command(call.program);
        command.args(call.args).current_dir(call.cwd).env("PATH", &self.settings.now().site.path);
        for (name, value) in call.env {
            command.env(name, value);
        }
        process::run(command, call.input, call.limits)
    }

    fn upload_pack(&self, unit: &UnitPaths) -> io::Result<OsString> {
        Ok(self.confined(unit)?.upload_pack_command().into())
    }
}
