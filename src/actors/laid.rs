//! What is laid before an agent when it starts, and again whenever a daemon finds it: where the daemon is, its settings, and what is remembered of
//! how it began.

use super::reach::Reach;
use crate::agent::launch::{DAEMON, Launch};
use crate::agent::spec::SessionSpec;
use crate::domain::agent::AgentConfig;
use crate::domain::ids::{AttemptId, SessionId};
use crate::shim::spec::was_started;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A path, and why it could not be read or written.
pub(super) type Trouble = (PathBuf, io::Error);

/// The conversation that an attempt began with. It is remembered beside the attempt, for meanwhile the agent may have named the one that it opened.
pub(super) enum Begun {
    /// It goes on with this one.
    With(SessionId),
    /// It opened its own.
    Anew,
}

impl Begun {
    /// What `attempt` began with, or begins with now: `session`.
    pub(super) fn of(run_dir: &Path, attempt: &AttemptId, session: Option<&SessionId>) -> Result<Self, Trouble> {
        let file = run_dir.join("resumes");
        if !was_started(run_dir) {
            write(&file, session.map_or("", SessionId::as_str))?;
            return Ok(session.cloned().map_or(Begun::Anew, Begun::With));
        }
        match fs::read_to_string(&file) {
            Ok(text) => Ok(SessionId::parse(text).map_or(Begun::Anew, Begun::With)),
            // A daemon started it that did not write this down; all its agents bore the attempt's name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let before = session.filter(|session| session.as_str() != attempt.as_str());
                Ok(before.cloned().map_or(Begun::Anew, Begun::With))
            }
            Err(error) => Err((file, error)),
        }
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
    fn what_an_attempt_began_with_is_kept_whatever_it_is_called_later() {
        let dir = tempfile::tempdir().unwrap();
        let session = SessionId::parse("s-1").unwrap();
        let attempt = AttemptId::parse("0b7f6d6e-58e1-4c5d-9d0e-000000000001").unwrap();
        let begun = |session| Begun::of(dir.path(), &attempt, session).unwrap();
        assert!(matches!(begun(None), Begun::Anew));
        assert!(matches!(begun(Some(&session)), Begun::With(kept) if kept == session));
        fs::write(dir.path().join("spec.json"), "{}").unwrap();
        let other = SessionId::parse("s-2").unwrap();
        assert!(matches!(begun(Some(&other)), Begun::With(kept) if kept == session));
        fs::remove_file(dir.path().join("resumes")).unwrap();
        let own = SessionId::parse(attempt.as_str()).unwrap();
        assert!(matches!(begun(Some(&own)), Begun::Anew));
    }
}
