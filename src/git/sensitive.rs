//! Which changed paths an operator should look at before they trust a landing: what runs by itself, or changes how agents behave.

use super::diff::How;
use super::error::GitError;
use super::host::Host;
use super::refs::oid;
use crate::domain::ids::ObjectId;
use std::path::{Component, Path, PathBuf};

/// Why a path is sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Runs in continuous integration.
    Ci,
    /// Is, or configures, a hook that git or a hook manager runs.
    Hook,
    /// Tells git how to treat files, or where to fetch them from.
    GitSettings,
    /// Instructs or configures coding agents.
    AgentSettings,
    /// Is loaded by a shell or an editor that enters the directory.
    Environment,
    /// Configures this program.
    OurSettings,
    /// A link whose target is outside the repository.
    LinkOutside,
}

impl Host {
    /// The sensitive ones among the paths that differ between two commits, with the reason, sorted by path.
    pub fn sensitive_changes(&self, from: &ObjectId, to: &ObjectId) -> Result<Vec<(PathBuf, Why)>, GitError> {
        let repo = self.repository()?;
        let tree = repo.find_object(oid(to)?, None)?.peel_to_tree()?;
        let mut found = Vec::new();
        for change in self.changes(from, to)? {
            if let Some(why) = by_name(&change.path) {
                found.push((change.path, why));
                continue;
            }
            if change.how == How::Removed {
                continue;
            }
            let entry = tree.get_path(&change.path)?;
            const LINK: i32 = 0o120_000;
            if entry.filemode() == LINK
                && leaves(
                    &change.path,
                    Path::new(&String::from_utf8_lossy(repo.find_blob(entry.id())?.content()).as_ref()),
                )
            {
                found.push((change.path, Why::LinkOutside));
            }
        }
        Ok(found)
    }
}

fn by_name(path: &Path) -> Option<Why> {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().to_lowercase()).collect();
    let name = parts.last()?.as_str();
    let has_dir = |dir: &str| parts.iter().any(|part| part == dir);
    Some(match name {
        ".gitattributes" | ".gitmodules" | ".lfsconfig" | ".worktreeinclude" => Why::GitSettings,
        "claude.md" | "claude.local.md" | "agents.md" | "gemini.md" | ".mcp.json" | ".cursorrules" => {
            Why::AgentSettings
        }
        ".envrc" | ".tool-versions" | "mise.toml" => Why::Environment,
        "ve.toml" | ".ve-task.yaml" => Why::OurSettings,
        ".pre-commit-config.yaml" | "lefthook.yml" => Why::Hook,
        ".gitlab-ci.yml" | ".travis.yml" | "jenkinsfile" | "azure-pipelines.yml" => Why::Ci,
        _ if has_dir(".claude") || has_dir(".codex") || has_dir(".cursor") => Why::AgentSettings,
        _ if has_dir(".husky") || has_dir(".githooks") => Why::Hook,
        _ if has_dir(".vscode") || has_dir(".devcontainer") => Why::Environment,
        _ if has_dir(".circleci") || has_dir(".buildkite") || has_dir(".ci") => Why::Ci,
        _ if parts[0] == ".github" => Why::Ci,
        _ if parts[0] == ".ve" || path.starts_with("docs/trunk/prompts") => Why::OurSettings,
        _ => return None,
    })
}

/// Whether a link at `path` to `target` leads out of the tree, or to git's own directory.
fn leaves(path: &Path, target: &Path) -> bool {
    if target.is_absolute() {
        return true;
    }
    let mut at: Vec<_> = path.parent().map(|dir| dir.iter().collect()).unwrap_or_default();
    for part in target.components() {
        match part {
            Component::ParentDir if at.pop().is_none() => return true,
            Component::Normal(name) => at.push(name),
            _ => {}
        }
    }
    at.first().is_some_and(|top| top.eq_ignore_ascii_case(".git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_by_itself_is_sensitive() {
        for (path, why) in [
            (".github/workflows/x.yml", Why::Ci),
            ("sub/.gitattributes", Why::GitSettings),
            ("sub/CLAUDE.md", Why::AgentSettings),
            (".claude/settings.json", Why::AgentSettings),
            (".envrc", Why::Environment),
            (".husky/pre-push", Why::Hook),
            ("ve.toml", Why::OurSettings),
        ] {
            assert_eq!(by_name(Path::new(path)), Some(why), "{path}");
        }
        for path in ["src/main.rs", "docs/github/x", "environment.rs"] {
            assert_eq!(by_name(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn links_are_followed_on_paper() {
        let leaves = |path: &str, target: &str| leaves(Path::new(path), Path::new(target));
        assert!(leaves("a/b", "/etc/passwd"));
        assert!(leaves("a/b", "../../x"));
        assert!(leaves("a", ".git/hooks"));
        assert!(!leaves("a/b", "../c"));
        assert!(!leaves("a/b", "c/../d"));
    }
}
