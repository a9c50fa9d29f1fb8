//! The Unix socket and the TCP port of the daemon.

use super::DaemonError;
use super::lock::Lock;
use crate::project::layout::Layout;
use crate::project::socket::SocketAddress;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

/// Tried first in a project that has not been served yet.
pub const DEFAULT_PORT: u16 = 7845;

/// Binds the project's socket, for its owner only. Replaces a stale one: who holds the lock is the only daemon.
pub(crate) fn unix(layout: &Layout, _held: &Lock) -> Result<UnixListener, DaemonError> {
    let path = layout.socket();
    let bind = || -> io::Result<UnixListener> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let address = SocketAddress::new(&path)?;
        let listener = UnixListener::bind(address.path())?;
        fs::set_permissions(address.path(), Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    bind().map_err(DaemonError::io(&path))
}

/// Listens on a TCP port of `host`: on `wanted` or not at all; without it on the `last` one, else the default, else a free one.
/// Port 0 is as good as no wish, except that the default is not tried.
pub(crate) fn tcp(host: IpAddr, wanted: Option<u16>, last: Option<u16>) -> Result<TcpListener, DaemonError> {
    let default = match wanted {
        None => Some(DEFAULT_PORT),
        Some(0) => None,
        Some(port) => return bind(host, port),
    };
    for port in last.into_iter().chain(default) {
        match bind(host, port) {
            Err(DaemonError::Listen { source, .. })
                if matches!(source.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {}
            outcome => return outcome,
        }
    }
    bind(host, 0)
}

fn bind(host: IpAddr, port: u16) -> Result<TcpListener, DaemonError> {
    let bind = || -> io::Result<TcpListener> {
        let listener = TcpListener::bind((host, port))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    bind().map_err(|source| DaemonError::Listen { host, port, source })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::net::Ipv4Addr;

    const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn port(listener: &TcpListener) -> u16 {
        listener.local_addr().unwrap().port()
    }

    #[test]
    fn the_last_port_is_had_again_and_a_taken_one_gives_way() {
        let first = tcp(HOST, Some(0), None).unwrap();
        let last = port(&first);
        assert_ne!(port(&tcp(HOST, None, Some(last)).unwrap()), last);
        drop(first);
        assert_eq!(port(&tcp(HOST, None, Some(last)).unwrap()), last);
    }

    #[test]
    fn a_wanted_port_is_had_or_refused() {
        let first = tcp(HOST, Some(0), None).unwrap();
        let refused = tcp(HOST, Some(port(&first)), None).unwrap_err();
        assert!(matches!(&refused, DaemonError::Listen { port: wanted, .. } if *wanted == port(&first)), "{refused}");
        assert!(refused.hint().contains("--port"));
    }

    #[test]
    fn a_stale_socket_is_replaced_and_only_its_owner_can_open_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("x".repeat(200));
        fs::create_dir(&root).unwrap();
        let (layout, _) = Layout::claim(&root, &dir.path().join("state")).unwrap();
        let lock = Lock::daemon(&layout, super::super::lock::Mode::Kept).unwrap();
        drop(unix(&layout, &lock).unwrap());
        let _listener = unix(&layout, &lock).unwrap();
        assert_eq!(layout.socket().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::os::unix::net::UnixStream::connect(SocketAddress::new(&layout.socket()).unwrap().path()).unwrap();
    }
}
