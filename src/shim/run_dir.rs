//! The directory of one attempt: lock, socket, journal, exit record. Reached through a descriptor, so that the length of
//! its path does not matter to sockets.

use super::exit::ExitRecord;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// An open run directory.
#[derive(Debug)]
pub(crate) struct RunDir {
    dir: OwnedFd,
    path: PathBuf,
}

impl RunDir {
    pub(crate) const EXIT: &str = "exit.json";
    const LOCK: &str = "lock";
    const SOCKET: &str = "sock";

    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { dir: rustix::fs::open(path, flags, Mode::empty())?, path: path.to_owned() })
    }

    /// The path of the file called `name`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Takes the attempt's lock, which the kernel frees when this process ends; `None` when another one holds it.
    pub(crate) fn lock(&self) -> io::Result<Option<File>> {
        let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(self.file(Self::LOCK))?;
        match fcntl(&file, FcntlArg::F_OFD_SETLK(&whole_file())) {
            Ok(_) => Ok(Some(file)),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A name for the socket that is short whatever the directory's path; good while `self` lives.
    pub(crate) fn socket(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{}", self.dir.as_raw_fd(), Self::SOCKET))
    }

    /// Listens on the socket, for this user only.
    pub(crate) fn listen(&self) -> io::Result<UnixListener> {
        self.remove_socket()?;
        let previous = rustix::process::umask(Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(self.socket());
        rustix::process::umask(previous);
        let listener = listener?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// Removes the socket if it is there.
    pub(crate) fn remove_socket(&self) -> io::Result<()> {
        match std::fs::remove_file(self.file(Self::SOCKET)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes the exit record, whole or not at all, and durably.
    pub(crate) fn write_exit(&self, record: &ExitRecord) -> io::Result<()> {
        let new = self.file("exit.new");
        let mut out = File::options().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        out.write_all(&serde_json::to_vec(record)?)?;
        out.sync_all()?;
        std::fs::rename(&new, self.file(Self::EXIT))?;
        Ok(rustix::fs::fsync(&self.dir)?)
    }
}

/// Whether the shim of the attempt in `run_dir` lives: whether its lock is held.
pub fn is_alive(run_dir: &Path) -> io::Result<bool> {
    let file = match File::open(run_dir.join(RunDir::LOCK)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // A question, not an attempt to lock: it cannot get in the way of a shim that starts just now.
    let mut lock = whole_file();
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock))?;
    Ok(i32::from(lock.l_type) != libc::F_UNLCK)
}

/// An exclusive lock that belongs to an open file, not to a process.
fn whole_file() -> libc::flock {
    // Both constants are small numbers, whatever type the C library gives them.
    libc::flock { l_type: libc::F_WRLCK as i16, l_whence: libc::SEEK_SET as i16, l_start: 0, l_len: 0, l_pid: 0 }
}
