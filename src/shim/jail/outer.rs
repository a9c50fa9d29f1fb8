//! The first stage: the process that its starter knows. Leaves the namespaces, stands in for the program outside.

use super::signals::{Ending, babysit, block};
use super::{JailError, Step, confine, next_stage};
use crate::shim::guarantee::{Guarantee, HasNamespaces};
use crate::shim::policy::{JailPolicy, Mode, Namespaces};
use crate::shim::sys;
use caps::CapSet;
use nix::sys::signal::{SigSet, Signal};
use rustix::io::FdFlags;
use rustix::process::{Pid, Resource, Rlimit};
use rustix::thread::UnshareFlags;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn run(policy_file: &Path, program: &[OsString]) -> Result<ExitCode, JailError> {
    let file = File::open(policy_file).step(|| format!("open the policy {policy_file:?}"))?;
    let policy = JailPolicy::read_from(&file).step(|| format!("read the policy {policy_file:?}"))?;
    die_with_parent()?;
    match (policy.mode, policy.namespaces) {
        (Mode::Off, _) => Err(confine::become_program(program)),
        (Mode::Enforced, Namespaces::Unused) => {
            let abi = confine::landlock_abi(&policy);
            let missing = Guarantee::missing(HasNamespaces::No, abi);
            if let Some(missing) = missing.into_iter().find(|gap| !policy.accept.contains(gap)) {
                return Err(JailError::Guarantee { missing });
            }
            // Fails only for a leader of its process group, which then has no terminal to lose either.
            rustix::process::setsid().ok();
            confine::confine(&policy, HasNamespaces::No)?;
            Err(confine::become_program(program))
        }
        (Mode::Enforced, Namespaces::Required) => run_in_namespaces(&file, program),
    }
}

/// Asks to be killed when the parent ends, unless that has happened already.
fn die_with_parent() -> Result<(), JailError> {
    let parent = rustix::process::getppid();
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .step(|| "tie the process to its parent".to_owned())?;
    if rustix::process::getppid() == parent {
        return Ok(());
    }
    Err(io::Error::other("the parent has ended")).step(|| "tie the process to its parent".to_owned())
}

fn run_in_namespaces(policy: &File, program: &[OsString]) -> Result<ExitCode, JailError> {
    leave_namespaces()?;
    block()?;
    let (mut ours, theirs) = io::pipe().step(|| "make the status pipe".to_owned())?;
    for inherited in [policy.as_fd(), theirs.as_fd()] {
        rustix::io::fcntl_setfd(inherited, FdFlags::empty()).step(|| "pass a descriptor on".to_owned())?;
    }
    let descriptors = [descriptor_path(policy), descriptor_path(&theirs)];
    let child = next_stage("--init", &[&descriptors[0], &descriptors[1]], program)
        .spawn()
        .step(|| "start the first process of the namespace".to_owned())?;
    drop(theirs);
    babysit(Pid::from_child(&child))?;
    let mut status = [0; 4];
    match ours.read_exact(&mut status) {
        Ok(()) => end_like(Ending::from_bytes(status)),
        Err(_) => Err(io::Error::other("it ended without a status")).step(|| "run the sandbox".to_owned()),
    }
}

fn descriptor_path(fd: &impl AsRawFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()))
}

/// Own mounts, processes and IPC: as root directly, else as owner of a new user namespace that maps only this user.
fn leave_namespaces() -> Result<(), JailError> {
    let own = UnshareFlags::NEWNS | UnshareFlags::NEWPID | UnshareFlags::NEWIPC;
    if sys::unshare(own).is_ok() {
        return Ok(());
    }
    let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    sys::unshare(own | UnshareFlags::NEWUSER)
        .map_err(|source| JailError::Namespaces { step: "make namespaces", source })?;
    let maps = [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("{uid} {uid} 1")),
        ("/proc/self/gid_map", format!("{gid} {gid} 1")),
    ];
    for (file, text) in maps {
        fs::write(file, text).map_err(|source| JailError::Namespaces { step: "map the user", source })?;
    }
    // The next stage needs the capabilities over its own namespaces; only ambient ones survive its exec.
    let held = caps::read(None, CapSet::Permitted)?;
    caps::set(None, CapSet::Inheritable, &held)?;
    caps::set(None, CapSet::Ambient, &held)?;
    Ok(())
}

/// Ends this process as the program ended: with its code, or by its signal.
fn end_like(ending: Ending) -> Result<ExitCode, JailError> {
    let number = match ending {
        Ending::Code(code) => return Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))),
        Ending::Signal(number) => number,
    };
    let end = |error: io::Error| JailError::Step { step: format!("end by signal {number}"), source: error };
    let signal = Signal::try_from(number).map_err(|error| end(error.into()))?;
    rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
        .map_err(|error| end(error.into()))?;
    if !matches!(signal, Signal::SIGKILL | Signal::SIGSTOP) {
        sys::default_action(signal).map_err(end)?;
        let mut only = SigSet::empty();
        only.add(signal);
        only.thread_unblock().map_err(|error| end(error.into()))?;
    }
    nix::sys::signal::raise(signal).map_err(|error| end(error.into()))?;
    Ok(ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX)))
}
