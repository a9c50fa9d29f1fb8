//! The pid, port and token files in `.ve/`, through which clients find the daemon. They say where it is, never that it runs.

use super::DaemonError;
use super::lock;
use crate::project::layout::Layout;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a client over TCP must present: 64 hexadecimal digits. Never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token as text.
    pub fn secret(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let is_token = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_token.then(|| Self(text.to_owned()))
    }

    /// A new one: two random uuids are 244 bits from the kernel.
    fn random() -> Self {
        Self(format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The project's token: the one of earlier daemons, or a new one if that is missing or others could have read or written it.
pub(crate) fn token(layout: &Layout) -> Result<Token, DaemonError> {
    let path = layout.token();
    if let Some(token) = trusted(&path).and_then(|text| Token::parse(text.trim_end())) {
        return Ok(token);
    }
    let token = Token::random();
    write_token(layout, &token)?;
    Ok(token)
}

/// Writes the token.
pub(crate) fn write_token(layout: &Layout, token: &Token) -> Result<(), DaemonError> {
    replace(&layout.token(), &format!("{}\n", token.secret()))
}

/// Content of a file that only its owner, this user, can open.
fn trusted(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    let is_private = found.is_file() && found.mode() & 0o077 == 0 && found.uid() == rustix::process::geteuid().as_raw();
    is_private.then(|| fs::read_to_string(path).ok()).flatten()
}

/// Writes the daemon's process id.
pub(crate) fn write_pid(layout: &Layout) -> Result<(), DaemonError> {
    replace(&layout.pid(), &format!("{}\n", std::process::id()))
}

/// Writes the port that is being listened on, for clients and for the next daemon.
pub(crate) fn write_port(layout: &Layout, port: u16) -> Result<(), DaemonError> {
    replace(&last_port_file(layout), &format!("{port}\n"))?;
    replace(&layout.port(), &format!("{port}\n"))
}

/// The port of the daemon before.
pub(crate) fn last_port(layout: &Layout) -> Option<u16> {
    fs::read_to_string(last_port_file(layout)).ok()?.trim_end().parse().ok()
}

/// Kept where it outlives `.ve/`.
fn last_port_file(layout: &Layout) -> PathBuf {
    layout.state().join("port")
}

/// Removes what leads to a daemon. The caller holds its lock, or knows that nobody does.
pub(crate) fn remove(layout: &Layout) {
    for path in [layout.port(), layout.socket(), layout.pid()] {
        match fs::remove_file(&path) {
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                tracing::warn!("failed to remove {}: {error}", path.display());
            }
            _ => {}
        }
    }
}

/// Removes what a daemon left that did not end cleanly, if none runs.
pub(crate) fn remove_stale(layout: &Layout) {
    lock::while_free(layout, || remove(layout));
}

/// Replaces a file in one step, so that a reader sees the old or the new; readable by its owner only.
pub(crate) fn replace(path: &Path, content: &str) -> Result<(), DaemonError> {
    let write = || -> io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("/")))?;
        new.write_all(content.as_bytes())?;
        new.persist(path)?;
        Ok(())
    };
    write().map_err(DaemonError::io(path))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    fn project() -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("project");
        fs::create_dir(&root).unwrap();
        let (layout, _) = Layout::claim(&root, &dir.path().join("state")).unwrap();
        (dir, layout)
    }

    #[test]
    fn the_token_is_kept_and_is_private() {
        let (_dir, layout) = project();
        let first = token(&layout).unwrap();
        assert_eq!(token(&layout).unwrap(), first);
        assert_eq!(layout.token().metadata().unwrap().mode() & 0o777, 0o600);
        assert!(!format!("{first:?}").contains(first.secret()));
    }

    #[test]
    fn a_token_that_others_know_or_that_is_none_is_replaced() {
        let (_dir, layout) = project();
        let first = token(&layout).unwrap();
        fs::set_permissions(layout.token(), Permissions::from_mode(0o644)).unwrap();
        let second = token(&layout).unwrap();
        assert_ne!(second, first);
        fs::write(layout.token(), "").unwrap();
        assert_ne!(token(&layout).unwrap(), second);
    }

    #[test]
    fn files_of_a_dead_daemon_go_and_those_of_a_living_one_stay() {
        let (_dir, layout) = project();
        write_pid(&layout).unwrap();
        write_port(&layout, 7).unwrap();
        let held = lock::Lock::daemon(&layout, lock::Mode::Kept).unwrap();
        remove_stale(&layout);
        assert!(layout.pid().exists() && layout.port().exists());
        drop(held);
        remove_stale(&layout);
        assert!(!layout.pid().exists() && !layout.port().exists());
        assert_eq!(last_port(&layout), Some(7));
    }
}
