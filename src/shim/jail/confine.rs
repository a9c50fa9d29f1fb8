//! The last stage: a process confines itself and becomes the program.

use super::{JailError, Step, landlock, seccomp, signals};
use crate::shim::guarantee::HasNamespaces;
use crate::shim::policy::JailPolicy;
use crate::shim::sys;
use caps::CapSet;
use rustix::process::{Resource, Rlimit};
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

pub(super) fn run(policy_fd: &Path, program: &[OsString]) -> Result<ExitCode, JailError> {
    let policy = File::open(policy_fd).step(|| "open the policy".to_owned())?;
    let policy = JailPolicy::read_from(&policy).step(|| "read the policy".to_owned())?;
    confine(&policy, HasNamespaces::Yes)?;
    Err(become_program(program))
}

/// The Landlock ABI that a jail with this policy counts on.
pub(super) fn landlock_abi(policy: &JailPolicy) -> u8 {
    sys::landlock_abi().min(policy.landlock_cap.unwrap_or(u8::MAX))
}

/// Confines the calling process, for good.
pub(super) fn confine(policy: &JailPolicy, namespaces: HasNamespaces) -> Result<(), JailError> {
    let abi = landlock_abi(policy);
    rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
        .step(|| "forbid core files".to_owned())?;
    landlock::restrict(policy, namespaces, abi)?;
    drop_privileges()?;
    seccomp::restrict(namespaces, abi)
}

/// Gives up every capability and the ability to gain one.
pub(super) fn drop_privileges() -> Result<(), JailError> {
    rustix::thread::set_no_new_privs(true).step(|| "forbid new privileges".to_owned())?;
    caps::clear(None, CapSet::Ambient)?;
    // An ordinary user may not narrow the bounding set, and needs not: no exec gains anything any more.
    if caps::has_cap(None, CapSet::Effective, caps::Capability::CAP_SETPCAP)? {
        caps::clear(None, CapSet::Bounding)?;
    }
    for set in [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable] {
        caps::clear(None, set)?;
    }
    Ok(())
}

/// Becomes the program; answers only when that fails.
pub(super) fn become_program(program: &[OsString]) -> JailError {
    let prepared =
        signals::unblock_all().and_then(|()| sys::close_on_exec_from_three().step(|| "close descriptors".to_owned()));
    if let Err(error) = prepared {
        return error;
    }
    let [name, args @ ..] = program else { return JailError::Usage };
    let source = Command::new(name).args(args).exec();
    JailError::Program { program: name.clone(), source }
}
