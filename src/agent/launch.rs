//! How a process is started: its command line and its whole environment, made from an allow-list.

use super::spec::Place;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// What the shim needs to start a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Program and arguments.
    pub argv: Vec<OsString>,
    /// The complete environment, sorted by name.
    pub env: Vec<(OsString, OsString)>,
    /// What becomes of standard input.
    pub stdin: Stdin,
    /// Files that must be in the directory of its [`Link`](super::spec::Link): name and text.
    pub files: Vec<(&'static str, String)>,
}

/// The file of a [`Link`](super::spec::Link)'s directory that says where the daemon is.
pub const DAEMON: &str = "daemon.json";

/// What becomes of standard input after [`Codec::start`](super::Codec::start) was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin {
    /// It stays open; closing it ends the session.
    Open,
    /// It is closed.
    Close,
}

/// Variables that every process may take from the daemon: proxies and the certificates they need.
const NETWORK: [&str; 11] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The environment of a process in `place`. Later sources win: what is inherited by the allow-list (`NETWORK`, then `login`),
/// what the adapter sets, what the operator configured, and last what tells the process who and where it is.
///
/// `GIT_*` never passes, not even when configured: it would point git at another repository.
pub(super) fn environment(
    place: &Place,
    login: &[&str],
    adapter: &[(&str, &str)],
    configured: &[(String, String)],
) -> Vec<(OsString, OsString)> {
    let mut env = BTreeMap::<OsString, OsString>::new();
    env.insert("LANG".into(), "C.UTF-8".into());
    env.insert("PATH".into(), place.path.clone().into());
    for (name, value) in &place.inherited {
        let allowed = NETWORK.contains(&name.as_str()) || login.contains(&name.as_str());
        if allowed && !value.is_empty() {
            env.insert(name.into(), value.into());
        }
    }
    for (name, value) in adapter {
        env.insert(name.into(), value.into());
    }
    for (name, value) in configured.iter().filter(|(name, _)| !name.starts_with("GIT_")) {
        env.insert(name.into(), value.into());
    }
    env.insert("TZ".into(), place.timezone.clone().into());
    env.insert("PWD".into(), place.cwd.clone().into());
    env.insert("HOME".into(), place.home.clone().into());
    env.insert("TMPDIR".into(), place.tmp.clone().into());
    env.insert("VE_CHUNK".into(), place.chunk.as_str().into());
    env.insert("VE_PHASE".into(), place.phase.clone().into());
    env.insert("VE_ATTEMPT".into(), place.attempt.as_str().into());
    env.into_iter().collect()
}

#[cfg(test)]
pub(super) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::agent::spec::{Link, Permissions, Session, SessionSpec, Tools};
    use crate::domain::agent::{AgentConfig, AgentKind};
    use crate::domain::ids::{AgentName, AttemptId, ChunkName, SessionId};
    use crate::domain::report::Usage;
    use crate::domain::time::Timestamp;

    /// A new session of the vendor's own program, with one argument of the operator.
    pub(in crate::agent) fn spec(kind: AgentKind, inherited: &[(&str, &str)]) -> SessionSpec {
        SessionSpec {
            place: place(inherited),
            session: Session::New(SessionId::parse("0b7f6d6e-58e1-4c5d-9d0e-000000000002").unwrap()),
            used: Usage::default(),
            prompt: "the prompt".into(),
            answer: None,
            reason: None,
            tools: Tools::Work,
            permissions: Permissions::AllowAll,
            max_turns: 100,
            config: AgentConfig {
                name: AgentName::parse(kind.as_str()).unwrap(),
                kind,
                program: kind.program().unwrap_or("agent").into(),
                args: vec!["--extra".into()],
                env: Vec::new(),
            },
            link: Link { dir: "/link".into(), program: "/bin/ve".into() },
            login: None,
            started: Timestamp::default(),
        }
    }

    pub(in crate::agent) fn place(inherited: &[(&str, &str)]) -> Place {
        Place {
            attempt: AttemptId::parse("0b7f6d6e-58e1-4c5d-9d0e-000000000001").unwrap(),
            chunk: ChunkName::parse("auth").unwrap(),
            phase: "plan".into(),
            cwd: "/w".into(),
            home: "/h".into(),
            tmp: "/t".into(),
            path: "/usr/bin".into(),
            timezone: "UTC".into(),
            inherited: inherited.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        }
    }

    fn names(env: &[(OsString, OsString)]) -> Vec<&str> {
        env.iter().map(|(name, _)| name.to_str().unwrap()).collect()
    }

    #[test]
    fn only_listed_variables_pass() {
        let place = place(&[
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("GIT_DIR", "/host/.git"),
            ("CLAUDECODE", "1"),
            ("https_proxy", "http://proxy"),
            ("TOKEN", "t"),
            ("NO_PROXY", ""),
        ]);
        let env = environment(&place, &["TOKEN"], &[], &[]);
        assert_eq!(
            names(&env),
            [
                "HOME",
                "LANG",
                "PATH",
                "PWD",
                "TMPDIR",
                "TOKEN",
                "TZ",
                "VE_ATTEMPT",
                "VE_CHUNK",
                "VE_PHASE",
                "https_proxy"
            ]
        );
    }

    #[test]
    fn configuration_wins_over_the_adapter_but_not_over_identity_and_never_reaches_git() {
        let configured = [("MODE", "b"), ("VE_ATTEMPT", "forged"), ("GIT_DIR", "/x"), ("PATH", "/opt")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let env = environment(&place(&[]), &[], &[("MODE", "a")], &configured);
        let get = |wanted: &str| env.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.to_str().unwrap());
        assert_eq!(get("MODE"), Some("b"));
        assert_eq!(get("PATH"), Some("/opt"));
        assert_eq!(get("VE_ATTEMPT"), Some("0b7f6d6e-58e1-4c5d-9d0e-000000000001"));
        assert_eq!(get("GIT_DIR"), None);
    }
}
