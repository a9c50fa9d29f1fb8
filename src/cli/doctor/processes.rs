//! Processes that belong to units: they name the directory of their unit.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The processes of this user that name a unit's directory on their command line, by the unit's number.
pub(super) fn of_units(units: &Path) -> BTreeMap<i64, Vec<i32>> {
    let mut found: BTreeMap<i64, Vec<i32>> = BTreeMap::new();
    let Ok(processes) = fs::read_dir("/proc") else { return found };
    for entry in processes.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that has ended meanwhile has no command line.
        let cmdline = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if let Some(unit) = named(&cmdline, units) {
            found.entry(unit).or_default().push(pid);
        }
    }
    found
}

/// The unit whose directory below `units` a command line names.
fn named(cmdline: &[u8], units: &Path) -> Option<i64> {
    let mut prefix = units.as_os_str().as_bytes().to_vec();
    prefix.push(b'/');
    let at = cmdline.windows(prefix.len()).position(|part| part == prefix)?;
    let rest = &cmdline[at + prefix.len()..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_whole = rest.get(digits).is_some_and(|next| *next == b'/');
    std::str::from_utf8(&rest[..digits]).ok().filter(|_| is_whole)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_directories_of_units_count() {
        let units = Path::new("/state/units");
        assert_eq!(named(b"ve\0__shim\0/state/units/12/run/spec.json\0", units), Some(12));
        for other in [&b"vi\0/state/units/README\0"[..], b"ls\0/state/units\0", b"x\0/other/units/3/run\0", b""] {
            assert_eq!(named(other, units), None);
        }
    }
}
