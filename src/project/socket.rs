//! Addresses of Unix sockets at paths of any length: the kernel takes 107 bytes, projects lie deeper.

use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Longest path that bind(2) and connect(2) take, in bytes.
const MAX: usize = 107;

/// A path to bind or connect to. It is valid as long as this value lives, and only in this process.
#[derive(Debug)]
pub struct SocketAddress {
    path: PathBuf,
    /// Held open because a long path goes through its number.
    _dir: Option<OwnedFd>,
}

impl SocketAddress {
    /// The address of the socket at `path`, whose directory exists.
    pub fn new(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_bytes().len() <= MAX {
            return Ok(Self { path: path.to_owned(), _dir: None });
        }
        let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a socket needs a directory and a name"));
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::open(dir, flags, Mode::empty())?;
        let path = Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string()).join(name);
        Ok(Self { path, _dir: Some(dir) })
    }

    /// What to bind or connect to.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};

    #[test]
    fn sockets_work_below_a_path_of_200_bytes() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("x".repeat(200));
        std::fs::create_dir(&dir).unwrap();
        let path = dir.join("orchestrator.sock");
        assert!(UnixListener::bind(&path).is_err());

        let listener = UnixListener::bind(SocketAddress::new(&path).unwrap().path()).unwrap();
        let mut client = UnixStream::connect(SocketAddress::new(&path).unwrap().path()).unwrap();
        client.write_all(b"hello").unwrap();
        drop(client);
        let mut heard = String::new();
        listener.accept().unwrap().0.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "hello");
        assert!(path.exists());
    }

    #[test]
    fn short_paths_stay_as_they_are() {
        let address = SocketAddress::new(Path::new("/run/x.sock")).unwrap();
        assert_eq!(address.path(), Path::new("/run/x.sock"));
    }
}
