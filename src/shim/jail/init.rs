//! The second stage: process 1 of the namespace. Builds the root, gives up every privilege, reaps.

use super::confine::drop_privileges;
use super::signals::{babysit, block};
use super::{JailError, Step, next_stage, root};
use crate::shim::policy::JailPolicy;
use rustix::process::{DumpableBehavior, Pid, Signal};
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(policy_fd: &Path, status_fd: &Path, program: &[OsString]) -> Result<ExitCode, JailError> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .step(|| "tie the namespace to its owner".to_owned())?;
    // Fails when the first stage has ended already: nobody reads the pipe then, and nobody sees its process id from here.
    let mut status = File::options()
        .write(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(status_fd)
        .step(|| "open the status pipe".to_owned())?;
    block()?;
    rustix::process::setsid().step(|| "begin a session".to_owned())?;
    let policy = File::open(policy_fd).step(|| "open the policy".to_owned())?;
    let policy = JailPolicy::read_from(&policy).step(|| "read the policy".to_owned())?;
    root::build(&policy)?;
    drop_privileges()?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .step(|| "hide the first process".to_owned())?;
    let null = File::options().read(true).write(true).open("/dev/null").step(|| "open /dev/null".to_owned())?;
    let child = next_stage("--confine", &[policy_fd], program).spawn().step(|| "start the last stage".to_owned())?;
    // Else the program's pipes would stay open for as long as this process lives.
    rustix::stdio::dup2_stdin(&null).step(|| "close standard input".to_owned())?;
    rustix::stdio::dup2_stdout(&null).step(|| "close standard output".to_owned())?;
    rustix::stdio::dup2_stderr(&null).step(|| "close standard error".to_owned())?;
    let ending = babysit(Pid::from_child(&child))?;
    status.write_all(&ending.to_bytes()).step(|| "report the status".to_owned())?;
    Ok(ExitCode::SUCCESS)
}
