//! `ve <anything else>`: handed to the next `ve` on PATH, so that another tool of that name goes on working.

use super::error::CommandError;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// First arguments that are ours.
const OURS: [&str; 6] = ["orch", "help", "--help", "-h", "--version", "-V"];

/// The arguments as `ve` takes them, when the program was called as `ve-orch`.
pub(super) fn with_family(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_short = arguments.first().is_some_and(|name| Path::new(name).file_name() == Some(OsStr::new("ve-orch")));
    if is_short {
        arguments.insert(1, "orch".into());
    }
    arguments
}

/// Becomes the next `ve` on PATH, if the arguments are not for us. Returns nothing when they are, else why it could not.
pub(super) fn to_next_program(arguments: &[OsString]) -> Option<CommandError> {
    let first = arguments.get(1)?;
    if OURS.iter().any(|ours| first == ours) {
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = std::env::current_exe().and_then(fs::metadata).ok();
    let Some(program) = next_program(&path, own.as_ref()) else {
        return Some(CommandError::UnknownCommand { command: first.to_string_lossy().into_owned() });
    };
    let source = Command::new(&program).args(&arguments[1..]).exec();
    Some(CommandError::Handover { program: program.display().to_string(), source })
}

/// The first `ve` on `path` behind this program, or the first one if this program is not on it. Looking only behind keeps two copies
/// of this program from handing a command to each other for ever.
fn next_program(path: &OsStr, own: Option<&Metadata>) -> Option<PathBuf> {
    let is_own = |found: &Metadata| own.is_some_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()));
    let found: Vec<(PathBuf, Metadata)> = std::env::split_paths(path)
        .filter_map(|dir| {
            let program = dir.join("ve");
            let metadata = fs::metadata(&program).ok()?;
            (metadata.is_file() && metadata.permissions().mode() & 0o111 != 0).then_some((program, metadata))
        })
        .collect();
    let behind = found.iter().rposition(|(_, metadata)| is_own(metadata)).map_or(0, |at| at + 1);
    found.into_iter().nth(behind).map(|(program, _)| program)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_short_name_is_a_family_of_its_own() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(with_family(words(&["/usr/bin/ve-orch", "ps"])), words(&["/usr/bin/ve-orch", "orch", "ps"]));
        assert_eq!(with_family(words(&["ve", "ps"])), words(&["ve", "ps"]));
    }

    #[test]
    fn the_next_program_is_behind_this_one() {
        let dir = tempfile::tempdir().unwrap();
        let program = |name: &str| {
            let at = dir.path().join(name);
            fs::create_dir(&at).unwrap();
            fs::write(at.join("ve"), "").unwrap();
            fs::set_permissions(at.join("ve"), fs::Permissions::from_mode(0o755)).unwrap();
            at
        };
        let (before, own, after, plain) = (program("before"), program("own"), program("after"), program("plain"));
        fs::set_permissions(plain.join("ve"), fs::Permissions::from_mode(0o644)).unwrap();
        let linked = dir.path().join("linked");
        fs::create_dir(&linked).unwrap();
        std::os::unix::fs::symlink(own.join("ve"), linked.join("ve")).unwrap();
        let me = fs::metadata(own.join("ve")).unwrap();
        let next = |dirs: &[&PathBuf]| next_program(&std::env::join_paths(dirs).unwrap(), Some(&me));

        assert_eq!(next(&[&before, &own, &linked, &plain, &after]), Some(after.join("ve")));
        assert_eq!(next(&[&before, &after]), Some(before.join("ve")), "this program was called by its path");
        assert_eq!(next(&[&before, &own]), None);
        assert_eq!(next(&[&plain]), None);
    }
}
