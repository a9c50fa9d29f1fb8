//! What the sandbox promises, by name. A machine that cannot keep a promise is told which, and what would help.

use serde::{Deserialize, Serialize};

/// One promise of the sandbox about a confined process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guarantee {
    /// No file outside the lists is read, written or truncated.
    Files,
    /// No file outside the lists is looked at, or changed in mode, owner or times.
    Metadata,
    /// No process outside is seen or signalled.
    Processes,
    /// No Unix socket outside is reached.
    Sockets,
    /// No terminal outside is read or written.
    Terminals,
    /// No memory is shared with a process outside.
    SharedMemory,
    /// No privilege is held or can be gained.
    Privilege,
    /// Every process dies at once with the one that owns it, even when that one is killed.
    Reaping,
}

impl Guarantee {
    /// All of them, in the order they are shown.
    pub const ALL: [Guarantee; 8] = [
        Guarantee::Files,
        Guarantee::Metadata,
        Guarantee::Processes,
        Guarantee::Sockets,
        Guarantee::Terminals,
        Guarantee::SharedMemory,
        Guarantee::Privilege,
        Guarantee::Reaping,
    ];

    /// The name that configuration and messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Guarantee::Files => "files",
            Guarantee::Metadata => "metadata",
            Guarantee::Processes => "processes",
            Guarantee::Sockets => "sockets",
            Guarantee::Terminals => "terminals",
            Guarantee::SharedMemory => "shared-memory",
            Guarantee::Privilege => "privilege",
            Guarantee::Reaping => "reaping",
        }
    }

    /// The guarantee that is called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guarantee| guarantee.as_str() == name)
    }

    /// What would give it on a machine that lacks it.
    pub fn cure(self) -> &'static str {
        match self {
            Guarantee::Files => "a kernel with Landlock (6.2 or newer), or user namespaces for this user",
            Guarantee::Privilege => "a kernel with seccomp filters",
            _ => {
                "user namespaces for this user: in a container allow unshare and mount, on Ubuntu give `ve` an \
                 AppArmor profile with `userns` or set kernel.apparmor_restrict_unprivileged_userns=0"
            }
        }
    }

    /// What a jail cannot promise, given whether it has its own namespaces and which Landlock ABI the kernel has.
    ///
    /// With an own root nothing outside has a name, so Landlock is a second wall there and not a condition. Sockets are
    /// always guaranteed: where foreign ones could be reached, none can be made.
    pub(crate) fn missing(has_namespaces: HasNamespaces, landlock_abi: u8) -> Vec<Guarantee> {
        /// The first Landlock ABI that covers truncation.
        const TRUNCATE: u8 = 3;
        if has_namespaces == HasNamespaces::Yes {
            return Vec::new();
        }
        let files = (landlock_abi < TRUNCATE).then_some(Guarantee::Files);
        let always = [
            Guarantee::Metadata,
            Guarantee::Processes,
            Guarantee::Terminals,
            Guarantee::SharedMemory,
            Guarantee::Reaping,
        ];
        files.into_iter().chain(always).collect()
    }

    /// Whether a jail may let its program make Unix sockets: path sockets are out of reach by the own root, abstract ones
    /// by a Landlock scope. Without both, none may be made.
    pub(crate) fn lets_unix_sockets_in(has_namespaces: HasNamespaces, landlock_abi: u8) -> bool {
        has_namespaces == HasNamespaces::Yes && landlock_abi >= SCOPES
    }
}

/// The first Landlock ABI that keeps signals and abstract sockets inside.
pub(crate) const SCOPES: u8 = 6;

impl std::fmt::Display for Guarantee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a jail has an own root and own process and IPC namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HasNamespaces {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for guarantee in Guarantee::ALL {
            assert_eq!(Guarantee::parse(guarantee.as_str()), Some(guarantee));
            assert_eq!(serde_json::to_string(&guarantee).ok(), Some(format!("\"{guarantee}\"")));
        }
    }

    #[test]
    fn an_own_root_promises_everything_even_without_landlock() {
        assert!(Guarantee::missing(HasNamespaces::Yes, 0).is_empty());
    }

    #[test]
    fn landlock_alone_leaves_gaps_and_an_old_one_leaves_more() {
        let new = Guarantee::missing(HasNamespaces::No, 7);
        assert!(new.contains(&Guarantee::Processes) && !new.contains(&Guarantee::Files));
        assert!(Guarantee::missing(HasNamespaces::No, 2).contains(&Guarantee::Files));
    }
}
