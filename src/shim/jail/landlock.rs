//! The policy's lists once more, as Landlock rules: a second wall inside an own root, the only one without.

use super::JailError;
use crate::shim::guarantee::{HasNamespaces, SCOPES};
use crate::shim::policy::JailPolicy;
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope, path_beneath_rules,
};
use std::fs;
use std::path::{Path, PathBuf};

/// Device nodes that every program may use.
pub(super) const DEVICES: [&str; 6] =
    ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

/// What the rules are made of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lists {
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    devices: Vec<PathBuf>,
    list_only: Vec<PathBuf>,
}

/// Restricts the calling process. Does nothing on ABI 0: whether that is acceptable was decided before.
pub(super) fn restrict(policy: &JailPolicy, namespaces: HasNamespaces, abi: u8) -> Result<(), JailError> {
    if abi == 0 {
        return Ok(());
    }
    let lists = match namespaces {
        HasNamespaces::Yes => within_own_root(policy),
        HasNamespaces::No => on_the_host(policy),
    };
    let version = ABI::from(i32::from(abi));
    let all = AccessFs::from_all(version);
    let device = AccessFs::from_file(version) & !AccessFs::Execute | AccessFs::ReadDir;
    let mut rules = Ruleset::default().set_compatibility(CompatLevel::BestEffort).handle_access(all)?;
    if abi >= SCOPES {
        rules = rules.scope(Scope::AbstractUnixSocket | Scope::Signal)?;
    }
    rules
        .create()?
        .add_rules(path_beneath_rules(&lists.read, AccessFs::from_read(version)))?
        .add_rules(path_beneath_rules(&lists.write, all))?
        .add_rules(path_beneath_rules(&lists.devices, device))?
        .add_rules(path_beneath_rules(&lists.list_only, AccessFs::ReadDir))?
        .restrict_self()?;
    Ok(())
}

/// Inside an own root nothing foreign has a name, so masked files need no rule and the root itself may be listed.
fn within_own_root(policy: &JailPolicy) -> Lists {
    let mut write = policy.write.clone();
    write.extend(policy.cow.iter().map(|cow| cow.lower.clone()));
    write.push("/dev/shm".into());
    if policy.tmp.is_some() {
        write.extend(["/tmp", "/var/tmp"].map(PathBuf::from));
    }
    let mut read = policy.read.clone();
    read.push("/proc".into());
    let devices = DEVICES.into_iter().chain(["/dev/ptmx", "/dev/pts"]).map(PathBuf::from).collect();
    Lists { read, write, devices, list_only: vec!["/".into(), "/dev".into()] }
}

/// On the host's own root a masked file is left out by listing its siblings.
fn on_the_host(policy: &JailPolicy) -> Lists {
    let mut lists = Lists {
        write: policy.write.iter().chain(&policy.tmp).cloned().collect(),
        devices: DEVICES.map(PathBuf::from).to_vec(),
        ..Lists::default()
    };
    for path in &policy.read {
        leave_out(path, &policy.mask, &mut lists);
    }
    lists.read.push("/proc".into());
    lists
}

fn leave_out(path: &Path, mask: &[PathBuf], lists: &mut Lists) {
    if mask.iter().any(|masked| masked == path) {
        return;
    }
    if !mask.iter().any(|masked| masked.starts_with(path)) {
        lists.read.push(path.to_owned());
        return;
    }
    lists.list_only.push(path.to_owned());
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        leave_out(&entry.path(), mask, lists);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_mask_is_cut_out_of_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "secret", "sub/b", "sub/secret"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let at = |name: &str| dir.path().join(name);
        let mut lists = Lists::default();
        leave_out(dir.path(), &[at("secret"), at("sub/secret")], &mut lists);
        lists.read.sort();
        assert_eq!(lists.read, [at("a"), at("sub/b")]);
        assert_eq!(lists.list_only, [dir.path().to_owned(), at("sub")]);
    }
}
