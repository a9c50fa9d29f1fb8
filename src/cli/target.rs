//! Where a command goes: which project, and over which way its daemon is reached.

use super::Globals;
use super::error::CommandError;
use crate::project::root::{self, Root};
use std::path::{Path, PathBuf};

/// A daemon's address over TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// `host:port`.
    pub(crate) authority: String,
    /// What to present.
    pub(crate) token: Option<String>,
}

/// The project, and its daemon's address if one was given.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The project's root.
    pub(crate) root: PathBuf,
    /// Where to go instead of the project's socket.
    pub(crate) address: Option<Address>,
}

impl Target {
    /// What the arguments and the environment say.
    pub(crate) fn of(globals: &Globals) -> Result<Self, CommandError> {
        let Root { path, .. } = root::resolve(globals.project_dir.as_deref(), &std::env::current_dir()?)?;
        let token = || globals.token.clone().or_else(|| std::env::var("VE_TOKEN").ok());
        let address = match &globals.url {
            Some(url) => Some(Address { authority: authority(url)?, token: token() }),
            None => None,
        };
        Ok(Self { root: path, address })
    }

    /// The daemon's Unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.ve("orchestrator.sock")
    }

    /// The daemon's address over TCP as it wrote it down; none unless both port and token are there.
    pub(crate) fn recorded_address(&self) -> Option<Address> {
        let read = |path: PathBuf| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
        let port: u16 = read(self.ve("orchestrator.port"))?.parse().ok()?;
        Some(Address { authority: format!("127.0.0.1:{port}"), token: Some(read(self.ve("token"))?) })
    }

    fn ve(&self, name: &str) -> PathBuf {
        Path::new(&self.root).join(".ve").join(name)
    }
}

/// The `host:port` of an address as people paste it.
fn authority(url: &str) -> Result<String, CommandError> {
    let refused = |hint| CommandError::Usage { message: format!("{url} is no address of a daemon"), hint };
    if url.starts_with("https://") {
        return Err(refused("the daemon speaks http; reach another machine's through ssh -L"));
    }
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let authority = rest.split(['/', '#', '?']).next().unwrap_or_default();
    let port = authority.rsplit_once(':').map(|(host, port)| (!host.is_empty(), port.parse::<u16>().is_ok()));
    match port {
        Some((true, true)) => Ok(authority.to_owned()),
        _ => Err(refused("write it as http://HOST:PORT")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn addresses_are_read_as_people_paste_them() {
        for (url, expected) in [
            ("http://127.0.0.1:7845", "127.0.0.1:7845"),
            ("http://127.0.0.1:7845/#token=abc", "127.0.0.1:7845"),
            ("localhost:80/x", "localhost:80"),
            ("http://[::1]:7845/", "[::1]:7845"),
        ] {
            assert_eq!(authority(url).unwrap(), expected, "{url}");
        }
        for url in ["https://a:1", "http://host", "http://:80", "", "http://host:port"] {
            assert_eq!(authority(url).unwrap_err().exit_code(), 2, "{url}");
        }
    }

    #[test]
    fn a_recorded_address_needs_its_token() {
        let dir = tempfile::tempdir().unwrap();
        let ve = dir.path().join(".ve");
        std::fs::create_dir(&ve).unwrap();
        let target = Target { root: dir.path().to_owned(), address: None };
        std::fs::write(ve.join("orchestrator.port"), "7845\n").unwrap();
        assert_eq!(target.recorded_address(), None);
        std::fs::write(ve.join("token"), "secret\n").unwrap();
        let expected = Address { authority: "127.0.0.1:7845".into(), token: Some("secret".into()) };
        assert_eq!(target.recorded_address(), Some(expected));
    }
}
