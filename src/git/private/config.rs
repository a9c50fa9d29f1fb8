//! Which of the operator's settings a private repository gets: those that decide about bytes and names, none that run or reach something.

use crate::git::error::GitError;
use git2::{Config, Repository};

/// Whether a setting may be known inside. Names as libgit2 gives them: section and last part in lower case.
fn allowed(name: &str) -> bool {
    const CORE: [&str; 7] = ["autocrlf", "eol", "filemode", "symlinks", "ignorecase", "precomposeunicode", "longpaths"];
    let Some((section, rest)) = name.split_once('.') else { return false };
    match section {
        "user" | "filter" | "diff" | "lfs" => true,
        "core" => CORE.contains(&rest),
        "merge" => rest.ends_with(".driver") || rest.ends_with(".name"),
        _ => false,
    }
}

/// Copies the operator's effective settings that are allowed; whoever has no name commits as `ve`.
pub(super) fn copy(from: &Repository, to: &mut Config) -> Result<(), GitError> {
    let settings = from.config()?.snapshot()?;
    let mut entries = Vec::new();
    settings.entries(None)?.for_each(|entry| {
        // Settings that are not UTF-8, or a bare `[section] name`, have no effect on bytes.
        if let (Ok(name), true, Ok(value)) = (entry.name(), entry.has_value(), entry.value())
            && allowed(name)
        {
            entries.push((name.to_owned(), value.to_owned()));
        }
    })?;
    // Later files override earlier ones, and so does setting a name again.
    for (name, value) in entries {
        to.set_str(&name, &value)?;
    }
    for (name, fallback) in [("user.name", "ve"), ("user.email", "ve@localhost")] {
        if settings.get_string(name).is_err() {
            to.set_str(name, fallback)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_run_or_reach_something_stay_outside() {
        for inside in
            ["user.email", "core.autocrlf", "core.eol", "filter.lfs.clean", "merge.ours.driver", "diff.x.textconv"]
        {
            assert!(allowed(inside), "{inside}");
        }
        for outside in [
            "credential.helper",
            "include.path",
            "alias.st",
            "url.x.insteadof",
            "core.fsmonitor",
            "core.hookspath",
            "core.sshcommand",
            "core.worktree",
            "core.bare",
            "merge.tool",
            "remote.origin.url",
            "commit.gpgsign",
        ] {
            assert!(!allowed(outside), "{outside}");
        }
    }
}
