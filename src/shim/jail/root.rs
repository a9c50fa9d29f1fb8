//! The own root: a file tree that holds exactly what the policy lists, made in a private mount namespace.
//!
//! All sources are taken as detached copies before anything is covered. Mount points are made step by step through
//! descriptors that follow no symbolic link, because a previous agent may have left links in its `/tmp`.

use super::landlock::DEVICES;
use super::{JailError, Step};
use crate::shim::policy::{CopyOnWrite, JailPolicy};
use crate::shim::sys::{MountAttributes, set_mount_attributes};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags,
    UnmountFlags,
};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

const PLAIN: MountAttributes = MountAttributes::NO_SUID.and(MountAttributes::NO_DEVICES);
const READ_ONLY: MountAttributes = PLAIN.and(MountAttributes::READ_ONLY);

/// Where the new root is put together: any directory that is there. Its content is never looked up again.
const SCAFFOLD: &str = "/usr";

/// Parts of `/proc` through which an owner could change the machine.
const FROZEN: [&str; 4] = ["proc/sys", "proc/sysrq-trigger", "proc/irq", "proc/bus"];

/// What is to be seen where.
#[derive(Debug, PartialEq, Eq)]
struct Grant {
    source: PathBuf,
    attributes: MountAttributes,
}

/// What the policy asks for, with every link resolved.
#[derive(Debug, Default)]
struct Plan {
    grants: BTreeMap<PathBuf, Grant>,
    /// Names that were given as links, and what they lead to.
    links: Vec<(PathBuf, PathBuf)>,
}

/// Replaces the root of the calling process by its own. It must be alone in its mount namespace and hold its capabilities.
pub(super) fn build(policy: &JailPolicy) -> Result<(), JailError> {
    let cwd = std::env::current_dir().step(|| "read the working directory".to_owned())?;
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(|source| JailError::Namespaces { step: "make the mounts private", source: source.into() })?;
    let plan = plan(policy)?;
    let sources = plan
        .grants
        .iter()
        .map(|(at, grant)| Ok((at, clone_tree(&grant.source, grant.attributes)?, grant.source.is_dir())))
        .collect::<Result<Vec<_>, JailError>>()?;
    let masks = masks(policy)?;
    let overlays = policy.cow.iter().map(overlay).collect::<Result<Vec<_>, _>>()?;
    let accounts = accounts(policy);

    let root = scaffold()?;
    furnish(root.as_fd())?;
    for (at, tree, is_dir) in sources {
        let kind = if is_dir { Kind::Directory } else { Kind::File };
        let point = mount_point(root.as_fd(), at, kind).step(|| format!("make a mount point for {at:?}"))?;
        attach(&tree, &point).step(|| format!("mount {at:?}"))?;
    }
    for (cow, tree) in policy.cow.iter().zip(overlays) {
        let at = &cow.lower;
        let point = mount_point(root.as_fd(), at, Kind::Directory).step(|| format!("make a mount point for {at:?}"))?;
        attach(&tree, &point).step(|| format!("mount {at:?}"))?;
    }
    for (name, target) in &plan.links {
        link(root.as_fd(), name, target)?;
    }
    for (at, tree) in masks {
        if let Some(point) = existing(root.as_fd(), &at) {
            attach(&tree, &point).step(|| format!("mask {at:?}"))?;
        }
    }
    for (name, text) in accounts {
        replace_account_file(root.as_fd(), name, &text)?;
    }
    enter(root.as_fd())?;
    rustix::process::chdir(&cwd).map_err(|_| JailError::WorkingDirectory { path: cwd })
}

fn plan(policy: &JailPolicy) -> Result<Plan, JailError> {
    let mut plan = Plan::default();
    for (list, attributes) in [(&policy.read, READ_ONLY), (&policy.write, PLAIN)] {
        for path in list {
            let real = path.canonicalize().step(|| format!("find {path:?}, which the policy lists"))?;
            if real != *path {
                plan.links.push((path.clone(), real.clone()));
            }
            plan.grants.insert(real.clone(), Grant { source: real, attributes });
        }
    }
    // Listed before, but always fresh inside.
    plan.grants.remove(Path::new("/proc"));
    if let Some(tmp) = &policy.tmp {
        for at in ["/tmp", "/var/tmp"] {
            plan.grants.insert(at.into(), Grant { source: tmp.clone(), attributes: PLAIN });
        }
    }
    for device in DEVICES {
        plan.grants.insert(device.into(), Grant { source: device.into(), attributes: MountAttributes::NO_SUID });
    }
    drop_redundant(&mut plan.grants);
    Ok(plan)
}

/// Leaves out what its nearest listed ancestor grants in the same way.
fn drop_redundant(grants: &mut BTreeMap<PathBuf, Grant>) {
    let redundant = |at: &PathBuf, grant: &Grant| {
        let nearest = at.ancestors().skip(1).find_map(|dir| grants.get_key_value(dir));
        nearest.is_some_and(|(dir, above)| above.source == *dir && above.attributes == grant.attributes)
            && grant.source == *at
    };
    let gone: Vec<PathBuf> =
        grants.iter().filter(|(at, grant)| redundant(at, grant)).map(|(at, _)| at.clone()).collect();
    for at in gone {
        grants.remove(&at);
    }
}

fn clone_tree(source: &Path, attributes: MountAttributes) -> Result<OwnedFd, JailError> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = rustix::mount::open_tree(CWD, source, flags).step(|| format!("take {source:?}"))?;
    set_mount_attributes(tree.as_fd(), attributes).step(|| format!("restrict {source:?}"))?;
    Ok(tree)
}

/// A new file system that is mounted nowhere yet.
fn new_filesystem(kind: &str, options: &[(&str, &OsStr)], flags: &[&str]) -> Result<OwnedFd, JailError> {
    let make = || -> Result<OwnedFd, Errno> {
        let context = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
        for (key, value) in options {
            rustix::mount::fsconfig_set_string(context.as_fd(), *key, *value)?;
        }
        for flag in flags {
            rustix::mount::fsconfig_set_flag(context.as_fd(), *flag)?;
        }
        rustix::mount::fsconfig_create(context.as_fd())?;
        let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID;
        rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
    };
    make().step(|| format!("make a file system of type {kind}"))
}

fn tmpfs(mode: &str, size: &str) -> Result<OwnedFd, JailError> {
    new_filesystem("tmpfs", &[("mode", OsStr::new(mode)), ("size", OsStr::new(size))], &[])
}

fn overlay(cow: &CopyOnWrite) -> Result<OwnedFd, JailError> {
    let (upper, work) = (cow.upper.join("upper"), cow.upper.join("work"));
    for path in [&cow.lower, &cow.upper] {
        if path.as_os_str().as_bytes().iter().any(|byte| b":,\\".contains(byte)) {
            return Err(JailError::Overlay { path: path.clone() });
        }
    }
    for dir in [&upper, &work] {
        std::fs::create_dir_all(dir).step(|| format!("make {dir:?}"))?;
    }
    let options = [("lowerdir", cow.lower.as_os_str()), ("upperdir", upper.as_os_str()), ("workdir", work.as_os_str())];
    let flags: &[&str] = if rustix::process::getuid().is_root() { &[] } else { &["userxattr"] };
    new_filesystem("overlay", &options, flags)
}

/// The masks that cover something, each with what it shows instead.
fn masks(policy: &JailPolicy) -> Result<Vec<(PathBuf, OwnedFd)>, JailError> {
    let mut masks = Vec::new();
    for path in &policy.mask {
        let Ok(found) = path.symlink_metadata() else { continue };
        let cover = if found.is_dir() {
            let empty = tmpfs("755", "4k")?;
            set_mount_attributes(empty.as_fd(), READ_ONLY).step(|| format!("mask {path:?}"))?;
            empty
        } else {
            clone_tree(Path::new("/dev/null"), MountAttributes::NO_SUID.and(MountAttributes::READ_ONLY))?
        };
        masks.push((path.clone(), cover));
    }
    Ok(masks)
}

/// Account files with an entry for a user that the system does not know: without one, many programs fail.
fn accounts(policy: &JailPolicy) -> Vec<(&'static str, String)> {
    let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let known = |text: &str, id: u32| text.lines().any(|line| line.split(':').nth(2) == Some(&id.to_string()));
    let (users, groups) = (read("/etc/passwd"), read("/etc/group"));
    let mut files = Vec::new();
    if !known(&users, uid) {
        let home = policy.home.display();
        files.push(("passwd", format!("{users}agent:x:{uid}:{gid}::{home}:/bin/sh\n")));
    }
    if !known(&groups, gid) {
        files.push(("group", format!("{groups}agent:x:{gid}:\n")));
    }
    files
}

/// An empty file system over the scaffold; its root.
fn scaffold() -> Result<OwnedFd, JailError> {
    let tree = tmpfs("755", "4m")?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    rustix::mount::move_mount(tree.as_fd(), "", CWD, SCAFFOLD, flags).step(|| "mount the new root".to_owned())?;
    rustix::fs::open(SCAFFOLD, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .step(|| "open the new root".to_owned())
}

/// What every root has: `/proc`, `/dev` with an own terminal system and shared memory.
fn furnish(root: BorrowedFd<'_>) -> Result<(), JailError> {
    let filesystems = [
        ("/proc", new_filesystem("proc", &[], &[])?),
        ("/dev/pts", new_filesystem("devpts", &[("ptmxmode", OsStr::new("0666")), ("mode", OsStr::new("620"))], &[])?),
        ("/dev/shm", tmpfs("1777", "50%")?),
    ];
    for (at, tree) in &filesystems {
        let point =
            mount_point(root, Path::new(at), Kind::Directory).step(|| format!("make a mount point for {at}"))?;
        attach(tree, &point).step(|| format!("mount {at}"))?;
    }
    for dir in ["/run", "/var"] {
        mount_point(root, Path::new(dir), Kind::Directory).step(|| format!("make {dir}"))?;
    }
    let links = [
        ("dev/fd", "/proc/self/fd"),
        ("dev/stdin", "/proc/self/fd/0"),
        ("dev/stdout", "/proc/self/fd/1"),
        ("dev/stderr", "/proc/self/fd/2"),
        ("dev/ptmx", "pts/ptmx"),
    ];
    for (name, target) in links {
        rustix::fs::symlinkat(target, root, name).step(|| format!("make /{name}"))?;
    }
    for name in FROZEN {
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let Ok(tree) = rustix::mount::open_tree(root, name, flags) else { continue };
        set_mount_attributes(tree.as_fd(), READ_ONLY).step(|| format!("freeze /{name}"))?;
        if let Some(point) = existing(root, &Path::new("/").join(name)) {
            attach(&tree, &point).step(|| format!("freeze /{name}"))?;
        }
    }
    Ok(())
}

fn attach(tree: &OwnedFd, point: &OwnedFd) -> Result<(), Errno> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    rustix::mount::move_mount(tree.as_fd(), "", point.as_fd(), "", flags)
}

/// What a mount point is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Directory,
    File,
}

/// Opens `at` below `root`, making what is missing.
fn mount_point(root: BorrowedFd<'_>, at: &Path, kind: Kind) -> Result<OwnedFd, Errno> {
    let Some(name) = at.file_name().filter(|_| kind == Kind::File) else {
        return directory(root, at);
    };
    let parent = directory(root, at.parent().unwrap_or(Path::new("/")))?;
    let make = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(&parent, name, make, Mode::from_raw_mode(0o644)) {
        Ok(_) | Err(Errno::EXIST | Errno::ROFS) => {}
        Err(error) => return Err(error),
    }
    rustix::fs::openat(&parent, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

fn directory(root: BorrowedFd<'_>, at: &Path) -> Result<OwnedFd, Errno> {
    let mut dir = root.try_clone_to_owned().map_err(|_| Errno::MFILE)?;
    for part in at.components() {
        let Component::Normal(name) = part else { continue };
        match rustix::fs::mkdirat(&dir, name, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST | Errno::ROFS) => {}
            Err(error) => return Err(error),
        }
        let open = OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
        dir = rustix::fs::openat(&dir, name, open, Mode::empty())?;
    }
    Ok(dir)
}

/// Opens `at` below `root` if it is there.
fn existing(root: BorrowedFd<'_>, at: &Path) -> Option<OwnedFd> {
    let mut found = root.try_clone_to_owned().ok()?;
    for part in at.components() {
        let Component::Normal(name) = part else { continue };
        let open = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        found = rustix::fs::openat(&found, name, open, Mode::empty()).ok()?;
    }
    Some(found)
}

/// Makes the link `name`, unless the tree that is mounted above it has it already.
fn link(root: BorrowedFd<'_>, name: &Path, target: &Path) -> Result<(), JailError> {
    let make = || -> Result<(), Errno> {
        let Some(last) = name.file_name() else { return Ok(()) };
        let parent = directory(root, name.parent().unwrap_or(Path::new("/")))?;
        rustix::fs::symlinkat(target, &parent, last)
    };
    match make() {
        Ok(()) | Err(Errno::EXIST | Errno::ROFS | Errno::NOTDIR | Errno::LOOP) => Ok(()),
        Err(error) => Err(error).step(|| format!("make the link {name:?}")),
    }
}

fn replace_account_file(root: BorrowedFd<'_>, name: &str, text: &str) -> Result<(), JailError> {
    let Some(point) = existing(root, &Path::new("/etc").join(name)) else { return Ok(()) };
    let own = format!(".{name}");
    let make = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let step = || format!("write the entry of this user for /etc/{name}");
    let file = rustix::fs::openat(root, own.as_str(), make, Mode::from_raw_mode(0o644)).step(step)?;
    std::io::Write::write_all(&mut std::fs::File::from(file), text.as_bytes()).step(step)?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = rustix::mount::open_tree(root, own.as_str(), flags).step(step)?;
    set_mount_attributes(tree.as_fd(), READ_ONLY).step(step)?;
    attach(&tree, &point).step(step)
}

/// Makes `root` the root, drops the old one and freezes the new one.
fn enter(root: BorrowedFd<'_>) -> Result<(), JailError> {
    rustix::process::fchdir(root).step(|| "enter the new root".to_owned())?;
    rustix::process::pivot_root(".", ".").step(|| "change the root".to_owned())?;
    rustix::mount::unmount(".", UnmountFlags::DETACH).step(|| "drop the old root".to_owned())?;
    rustix::process::chdir("/").step(|| "enter the new root".to_owned())?;
    let frozen = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount_remount("/", frozen, "").step(|| "freeze the new root".to_owned())
}
