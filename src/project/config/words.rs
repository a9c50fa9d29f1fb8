//! The words that lists of the sandbox may hold: one that is misspelt would mean nothing, and be believed.

use super::Sandbox;
use super::error::{Invalid, unknown_name};
use super::permissions::ACCEPTED;

/// What `sandbox.accept` may name of the sandbox's guarantees.
pub const GUARANTEES: [&str; 8] =
    ["files", "metadata", "processes", "sockets", "terminals", "shared-memory", "privilege", "reaping"];

/// What `sandbox.toolchains` may name beside `auto`.
pub const TOOLCHAINS: [&str; 4] = ["rust", "node", "python", "go"];

/// Refuses words that mean nothing.
pub(super) fn check(sandbox: &Sandbox) -> Result<(), Invalid> {
    let accepted: Vec<&str> = GUARANTEES.into_iter().chain([ACCEPTED]).collect();
    let toolchains: Vec<&str> = ["auto"].into_iter().chain(TOOLCHAINS).collect();
    for (key, what, written, known) in [
        ("accept", "unknown guarantee", &sandbox.accept, accepted),
        ("toolchains", "unknown toolchain", &sandbox.toolchains, toolchains),
    ] {
        if let Some(word) = written.iter().find(|word| !known.contains(&word.as_str())) {
            return Err(Invalid::new(&["sandbox", key], unknown_name(what, word, &known)));
        }
    }
    Ok(())
}
