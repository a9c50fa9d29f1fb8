//! What the sandbox can promise on this machine, found out by going the whole way once.

use super::bounded::{Bounds, run};
use super::confined::Confined;
use super::guarantee::{Guarantee, HasNamespaces};
use super::policy::{JailPolicy, Mode, Namespaces};
use super::sys;
use std::io;
use std::path::Path;
use std::time::Duration;

/// A helper that does nothing takes milliseconds.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(10), output: 64 * 1024 };

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarantees {
    /// Promises that hold.
    pub held: Vec<Guarantee>,
    /// Promises that do not, each with what would help.
    pub missing: Vec<Gap>,
    /// Whether programs may use Unix sockets inside. Where foreign ones could be reached, they may not.
    pub unix_sockets: bool,
    /// What policies must say about namespaces for a program to start here.
    pub namespaces: Namespaces,
    /// The Landlock ABI of the kernel; 0 for none.
    pub landlock_abi: u8,
}

/// A promise that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which one.
    pub guarantee: Guarantee,
    /// Why, as the jail said it.
    pub why: String,
    /// What would help.
    pub cure: &'static str,
}

/// Runs `true` in a jail, with policy files in `scratch`, and says which guarantees hold. `base` is a policy for the system
/// (see [`JailPolicy::for_system`]); its switches for namespaces and Landlock are honoured.
pub fn probe(ve: &Path, scratch: &Path, base: &JailPolicy) -> io::Result<Guarantees> {
    let landlock_abi = sys::landlock_abi().min(base.landlock_cap.unwrap_or(u8::MAX));
    let attempt = |namespaces| -> io::Result<Result<(), String>> {
        let policy = JailPolicy { mode: Mode::Enforced, namespaces, accept: Guarantee::ALL.to_vec(), ..base.clone() };
        let mut command = Confined::new(ve, &policy, &scratch.join("probe.json"))?.command("/bin/true");
        command.current_dir("/");
        Ok(match run(command, b"", BOUNDS) {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(format!("failed to {error}")),
        })
    };
    let full = match base.namespaces {
        Namespaces::Required => attempt(Namespaces::Required)?,
        Namespaces::Unused => Err("namespaces are switched off".to_owned()),
    };
    let Err(why) = full else {
        return Ok(found(HasNamespaces::Yes, landlock_abi, ""));
    };
    Ok(match attempt(Namespaces::Unused)? {
        Ok(()) => found(HasNamespaces::No, landlock_abi, &why),
        Err(other) => nothing(landlock_abi, &other),
    })
}

fn found(namespaces: HasNamespaces, landlock_abi: u8, why: &str) -> Guarantees {
    let missing = Guarantee::missing(namespaces, landlock_abi);
    Guarantees {
        held: Guarantee::ALL.into_iter().filter(|guarantee| !missing.contains(guarantee)).collect(),
        missing: gaps(missing, why),
        unix_sockets: Guarantee::lets_unix_sockets_in(namespaces, landlock_abi),
        namespaces: match namespaces {
            HasNamespaces::Yes => Namespaces::Required,
            HasNamespaces::No => Namespaces::Unused,
        },
        landlock_abi,
    }
}

fn nothing(landlock_abi: u8, why: &str) -> Guarantees {
    Guarantees {
        held: Vec::new(),
        missing: gaps(Guarantee::ALL.to_vec(), why),
        unix_sockets: true,
        namespaces: Namespaces::Unused,
        landlock_abi,
    }
}

fn gaps(missing: Vec<Guarantee>, why: &str) -> Vec<Gap> {
    missing.into_iter().map(|guarantee| Gap { guarantee, why: why.to_owned(), cure: guarantee.cure() }).collect()
}
