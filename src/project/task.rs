//! A task over several repositories: what `.ve-task.yaml` says, and where in the task's directory the repositories are.

use super::root::TASK_FILE;
use crate::domain::each::Each;
use crate::domain::ids::RepoName;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of a task that its agents find above the repositories, where the task has them.
pub const SHARED: [&str; 5] = [TASK_FILE, "CLAUDE.md", "AGENTS.md", ".claude", ".agents"];

/// A repository of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    /// Its directory in the task; none where the project is no task, but lies in this repository.
    pub name: Option<RepoName>,
    /// Where the operator works on it.
    pub dir: PathBuf,
}

/// The repositories of the project at `root`: its own, or those of its task.
pub fn repositories(root: &Path, task: Option<&Task>) -> Each<Repo> {
    match task {
        None => Each::from(Repo { name: None, dir: root.to_owned() }),
        Some(task) => task.repos.map(|_, name| Repo { name: Some(name.clone()), dir: root.join(name.as_str()) }),
    }
}

/// The repositories of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Directory of each in the task. The lead is the one with the documents; it may be among the projects as well.
    pub repos: Each<RepoName>,
    /// Names that a chunk may give a repository, `org/repo`, and the directory it is in; the lead's name is among them.
    pub names: BTreeMap<String, RepoName>,
}

/// Why a task cannot be read. The hint says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The file cannot be read.
    #[error("read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The failure.
        source: std::io::Error,
    },
    /// The file does not say what it must.
    #[error("read {TASK_FILE}: {0}")]
    Yaml(String),
    /// A repository is not there.
    #[error("find {name} in the task: neither {} is a repository", tried.join(" nor "))]
    Missing {
        /// As the file has it.
        name: String,
        /// Directories looked at, from the task's.
        tried: Vec<String>,
    },
    /// One repository lies in another.
    #[error("use {inner} and {outer} as repositories of one task: one lies in the other")]
    Nested {
        /// The one that holds the other.
        outer: RepoName,
        /// The other.
        inner: RepoName,
    },
    /// A chunk names a repository that is none of the task's.
    #[error("find {name}, which the chunk's dependents name, among the task's repositories ({known})")]
    Unknown {
        /// As the chunk has it.
        name: String,
        /// What the task has.
        known: String,
    },
}

impl TaskError {
    /// What the operator can do.
    pub fn hint(&self) -> &'static str {
        match self {
            TaskError::Io { .. } => "check its permissions",
            TaskError::Yaml(_) => "it needs external_artifact_repo: org/repo and projects: [org/repo, …]",
            TaskError::Missing { .. } => "clone it there, or correct .ve-task.yaml, and start again",
            TaskError::Nested { .. } => "put the repositories of a task beside each other",
            TaskError::Unknown { .. } => {
                "correct `dependents` in its GOAL.md, or `projects` in .ve-task.yaml and restart"
            }
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    external_artifact_repo: String,
    projects: Vec<String>,
}

impl Task {
    /// The task at `dir`; none where there is no task file. Its repositories must be there.
    pub fn read(dir: &Path) -> Result<Option<Self>, TaskError> {
        let path = dir.join(TASK_FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &|name| dir.join(name).join(".git").exists()).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(TaskError::Io { path, source }),
        }
    }

    /// What the text of a task file says; `is_there` tells whether a directory of the task is a repository.
    pub fn parse(text: &str, is_there: &dyn Fn(&str) -> bool) -> Result<Self, TaskError> {
        let raw: Raw = serde_saphyr::from_str(text).map_err(|error| TaskError::Yaml(first_line(&error)))?;
        if raw.projects.is_empty() {
            return Err(TaskError::Yaml("projects names no repository".to_owned()));
        }
        let lead = locate(&raw.external_artifact_repo, is_there)?;
        let mut names = BTreeMap::from([(raw.external_artifact_repo, lead.clone())]);
        let mut others = BTreeMap::new();
        for name in raw.projects {
            let dir = locate(&name, is_there)?;
            if dir != lead {
                others.insert(dir.clone(), dir.clone());
            }
            names.insert(name, dir);
        }
        refuse_nested(others.keys().chain([&lead]))?;
        Ok(Self { repos: Each { lead, others }, names })
    }

    /// The repositories that a chunk spans beside the lead: those its `dependents` name, in either spelling, or all of the task.
    pub fn spanned(&self, dependents: &[String]) -> Result<Vec<RepoName>, TaskError> {
        if dependents.is_empty() {
            return Ok(self.repos.others.keys().cloned().collect());
        }
        let mut spanned: Vec<RepoName> = Vec::new();
        for name in dependents {
            let known = self.names.get(name).or_else(|| self.names.values().find(|dir| dir.as_str() == name));
            let Some(dir) = known else {
                let known = self.names.keys().cloned().collect::<Vec<_>>().join(", ");
                return Err(TaskError::Unknown { name: name.clone(), known });
            };
            if *dir != self.repos.lead && !spanned.contains(dir) {
                spanned.push(dir.clone());
            }
        }
        Ok(spanned)
    }
}

/// The directory of `org/repo`: `repo`, else `org/repo`.
fn locate(name: &str, is_there: &dyn Fn(&str) -> bool) -> Result<RepoName, TaskError> {
    let named = |text: &str| RepoName::parse(text).map_err(|error| TaskError::Yaml(error.to_string()));
    let whole = named(name)?;
    let short = named(name.rsplit_once('/').map_or(name, |(_, repo)| repo))?;
    let mut tried = Vec::new();
    for dir in [short, whole] {
        if is_there(dir.as_str()) {
            return Ok(dir);
        }
        tried.push(format!("{dir}/"));
    }
    tried.dedup();
    Err(TaskError::Missing { name: name.to_owned(), tried })
}

fn refuse_nested<'a>(dirs: impl Iterator<Item = &'a RepoName>) -> Result<(), TaskError> {
    let mut dirs: Vec<&RepoName> = dirs.collect();
    dirs.sort();
    for pair in dirs.windows(2) {
        if let [outer, inner] = pair
            && inner.as_str().strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with('/'))
        {
            return Err(TaskError::Nested { outer: (*outer).clone(), inner: (*inner).clone() });
        }
    }
    Ok(())
}

fn first_line(error: &serde_saphyr::Error) -> String {
    error.without_snippet().to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const TASK: &str = "external_artifact_repo: acme/docs\nprojects:\n- acme/web\n- acme/api\n- other/api\n";

    fn parse(text: &str, there: &[&str]) -> Result<Task, TaskError> {
        Task::parse(text, &|dir| there.contains(&dir))
    }

    fn name(text: &str) -> RepoName {
        RepoName::parse(text).unwrap()
    }

    #[test]
    fn repositories_are_found_by_either_layout() {
        let task = parse(&TASK.replace("- other/api\n", ""), &["docs", "web", "acme/api"]).unwrap();
        assert_eq!(task.repos.lead, name("docs"));
        assert_eq!(task.repos.others.keys().map(RepoName::as_str).collect::<Vec<_>>(), ["acme/api", "web"]);
        assert_eq!(task.names["acme/api"], name("acme/api"));
    }

    #[test]
    fn a_chunk_spans_what_it_names_or_everything() {
        let task = parse(
            "external_artifact_repo: acme/docs\nprojects: [acme/web, acme/api, acme/docs]\n",
            &["docs", "web", "api"],
        )
        .unwrap();
        assert_eq!(task.spanned(&[]).unwrap(), [name("api"), name("web")]);
        let named = |names: &[&str]| task.spanned(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(named(&["acme/web", "web"]).unwrap(), [name("web")]);
        assert_eq!(named(&["acme/docs"]).unwrap(), []);
        let error = named(&["acme/gone"]).unwrap_err().to_string();
        assert!(error.contains("acme/gone") && error.contains("acme/api, acme/docs, acme/web"), "{error}");
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        let error = |text: &str, there: &[&str]| parse(text, there).unwrap_err().to_string();
        assert!(error("projects: [a/b]\n", &["b"]).contains("external_artifact_repo"));
        assert!(error("external_artifact_repo: a/b\nprojects: []\n", &["b"]).contains("names no repository"));
        assert_eq!(
            error("external_artifact_repo: a/b\nprojects: [a/c]\n", &["b"]),
            "find a/c in the task: neither c/ nor a/c/ is a repository"
        );
        assert!(
            error("external_artifact_repo: ../b\nprojects: [a/c]\n", &["b", "c"]).contains("invalid repository name")
        );
        assert!(error("external_artifact_repo: x/b\nprojects: [b/c]\n", &["b", "b/c"]).contains("lies in the other"));
    }
}
