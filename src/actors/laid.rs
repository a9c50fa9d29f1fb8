//! What is laid before an agent when it starts, and again whenever a daemon finds it: where the daemon is, its settings, and what is remembered of
//! how it began.

use super::reach::Reach;
use crate::agent::launch::{DAEMON, Launch};
use crate::agent::spec::SessionSpec;
use crate::domain::agent::AgentConfig;
use crate::domain::ids::{AttemptId, SessionId};
use crate::domain::report::Usage;
use crate::shim::spec::was_started;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A path, and why it could not be read or written.
pub(super) type Trouble = (PathBuf, io::Error);

/// The conversation that an attempt begins with. It is remembered beside the attempt, for meanwhile the agent may have named the one that it opened,
/// and been charged for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    /// The one that goes on; none where it opens its own.
    pub(super) session: Option<SessionId>,
    /// What that one had used before.
    pub(super) used: Usage,
}

impl Begun {
    /// What `attempt` began with, where it has begun already; else what is known now, of which the usage counts only for what goes on.
    pub(super) fn remembered(self, run_dir: &Path, attempt: &AttemptId) -> Result<Self, Trouble> {
        let file = run_dir.join("resumes");
        if !was_started(run_dir) {
            let used = self.session.as_ref().map_or_else(Usage::default, |_| self.used);
            let begun = Self { used, ..self };
            write(&file, &begun.text())?;
            return Ok(begun);
        }
        match fs::read_to_string(&file) {
            Ok(text) => Ok(self.parse(&text)),
            // A daemon started it that did not write this down; all its agents bore the attempt's name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self { session: self.session.filter(|session| session.as_str() != attempt.as_str()), ..self })
            }
            Err(error) => Err((file, error)),
        }
    }

    /// The session, and below it the figures of what it had used.
    fn text(&self) -> String {
        let session = self.session.as_ref().map_or("", SessionId::as_str);
        let Usage { input, output, cache_read, cache_write, cost } = self.used;
        format!("{session}\n{input} {output} {cache_read} {cache_write} {cost}\n")
    }

    /// What `text` says. A daemon that knew of no figures wrote none: then they are those of now.
    fn parse(&self, text: &str) -> Self {
        let mut lines = text.lines();
        let session = lines.next().and_then(|session| SessionId::parse(session).ok());
        let figures: Vec<u64> =
            lines.next().unwrap_or_default().split(' ').map_while(|word| word.parse().ok()).collect();
        let used = match figures[..] {
            [input, output, cache_read, cache_write, cost] => Usage { input, output, cache_read, cache_write, cost },
            _ => self.used,
        };
        Self { session, used }
    }
}

/// Writes the files that the agent reads and cannot write.
pub(super) fn before_agent(spec: &SessionSpec, launch: &Launch, reach: &Reach) -> Result<(), Trouble> {
    let daemon = reach.admit(&spec.place.attempt, spec.tools);
    let file = spec.link.dir.join(DAEMON);
    let text = daemon.text().map_err(|error| (file.clone(), error.into()))?;
    write(&file, &text)?;
    launch.files.iter().try_for_each(|(name, text)| write(&spec.link.dir.join(name), text))
}

/// The login directory that the units of this machine share for `agent`, where the operator made one.
pub(super) fn login(logins: &Path, agent: &AgentConfig) -> Option<PathBuf> {
    Some(logins.join(agent.name.as_str())).filter(|dir| dir.is_dir())
}

/// Whole or not at all, for its owner only.
fn write(file: &Path, text: &str) -> Result<(), Trouble> {
    let new = file.with_extension("new");
    let written = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut out| out.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&new, file));
    written.map_err(|error| (file.to_owned(), error))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_are_replaced_whole_and_read_by_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("daemon.json");
        for text in ["a longer text", "short"] {
            write(&file, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_an_attempt_began_with_is_kept_whatever_becomes_of_it_later() {
        let dir = tempfile::tempdir().unwrap();
        let attempt = AttemptId::parse("0b7f6d6e-58e1-4c5d-9d0e-000000000001").unwrap();
        let used = |cost| Usage { input: 1, output: 2, cache_read: 3, cache_write: 4, cost };
        let known = |session: Option<&str>, cost| Begun {
            session: session.map(|session| SessionId::parse(session).unwrap()),
            used: used(cost),
        };
        let begun = |now: Begun| now.remembered(dir.path(), &attempt).unwrap();
        assert_eq!(begun(known(None, 5)), Begun { session: None, used: Usage::default() });
        assert_eq!(begun(known(Some("s-1"), 5)), known(Some("s-1"), 5));
        fs::write(dir.path().join("spec.json"), "{}").unwrap();
        assert_eq!(begun(known(Some("s-2"), 9)), known(Some("s-1"), 5));
        fs::write(dir.path().join("resumes"), "s-1").unwrap();
        assert_eq!(begun(known(Some("s-2"), 9)), known(Some("s-1"), 9));
        fs::remove_file(dir.path().join("resumes")).unwrap();
        assert_eq!(begun(known(Some(attempt.as_str()), 9)).session, None);
    }
}
