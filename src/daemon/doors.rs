//! What leads clients to a running daemon, and how it comes back when somebody removes `.ve/` under it.

use super::DaemonError;
use super::files::{self, Token};
use super::listen;
use super::lock::Lock;
use crate::project::layout::Layout;
use std::os::unix::net::UnixListener;
use std::sync::Arc;

/// The socket and the files beside it.
#[derive(Clone, Debug)]
pub struct Doors {
    layout: Layout,
    lock: Arc<Lock>,
    token: Token,
    port: u16,
}

impl Doors {
    pub(super) fn new(layout: Layout, lock: Arc<Lock>, token: Token, port: u16) -> Self {
        Self { layout, lock, token, port }
    }

    /// Makes all of it again if the socket is gone, and returns the new one to be served beside the old. Cheap when all is well.
    pub fn reopen(&self) -> Result<Option<UnixListener>, DaemonError> {
        if self.layout.socket().symlink_metadata().is_ok() {
            return Ok(None);
        }
        self.layout.ensure()?;
        files::write_token(&self.layout, &self.token)?;
        files::write_pid(&self.layout)?;
        let socket = listen::unix(&self.layout, &self.lock)?;
        files::write_port(&self.layout, self.port)?;
        Ok(Some(socket))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::daemon::lock::Mode;
    use std::fs;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_removed_directory_comes_back_with_the_same_token_and_port() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("project");
        fs::create_dir(&root).unwrap();
        let (layout, _) = Layout::claim(&root, &dir.path().join("state")).unwrap();
        let lock = Arc::new(Lock::daemon(&layout, Mode::Kept).unwrap());
        let _first = listen::unix(&layout, &lock).unwrap();
        let token = files::token(&layout).unwrap();
        let doors = Doors::new(layout.clone(), lock, token.clone(), 7);
        assert!(doors.reopen().unwrap().is_none());

        fs::remove_dir_all(layout.ve()).unwrap();
        let _second = doors.reopen().unwrap().unwrap();
        UnixStream::connect(layout.socket()).unwrap();
        assert_eq!(files::token(&layout).unwrap(), token);
        assert_eq!(fs::read_to_string(layout.port()).unwrap(), "7\n");
        assert_eq!(fs::read_to_string(layout.pid()).unwrap(), format!("{}\n", std::process::id()));
        assert_eq!(Layout::find(&root, &dir.path().join("state")).unwrap(), Some(layout));
    }
}
