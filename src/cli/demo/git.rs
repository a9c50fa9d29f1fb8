//! Runs the `git` program on the demo's own repository.

use crate::cli::error::CommandError;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs git in `dir` and returns what it printed.
pub(super) fn git(dir: &Path, args: &[&str]) -> Result<String, CommandError> {
    let failed = |why: String| CommandError::Git { command: args.join(" "), why };
    let output = Command::new("git")
        .current_dir(dir)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
