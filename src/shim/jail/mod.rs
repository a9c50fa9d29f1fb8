//! The jail: how a policy becomes a confinement. The only place that knows namespaces, Landlock and seccomp.
//!
//! *Theory of operation.* `ve __jail` is executed three times, always as a fresh process with one thread:
//!
//! 1. **outer**, whose process id its starter knows: leaves the namespaces and starts the second; passes signals on and
//!    ends exactly as the program did. It dies with its parent.
//! 2. **init**, process 1 of the new namespace: builds the own root, gives up every privilege, starts the third, reaps
//!    orphans. It dies with the first, and everything in the namespace with it.
//! 3. **confine**: applies Landlock and seccomp to itself and becomes the program.
//!
//! The policy travels as an open descriptor, since its file has no name inside the own root.

mod confine;
mod error;
mod init;
mod landlock;
mod outer;
mod root;
mod seccomp;
mod signals;

use error::{JailError, Step};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Ends with this code when the jail cannot be set up.
pub(crate) const SETUP_FAILED: u8 = 125;

/// What the arguments of `ve __jail` ask for.
enum Stage {
    Outer { policy: PathBuf },
    Init { policy: PathBuf, status: PathBuf },
    Confine { policy: PathBuf },
}

/// Runs the stage that the arguments ask for.
pub(super) fn run(args: Vec<OsString>) -> ExitCode {
    match stage(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ve: jail: failed to {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn stage(args: &[OsString]) -> Result<ExitCode, JailError> {
    let (stage, program) = parse(args)?;
    match stage {
        Stage::Outer { policy } => outer::run(&policy, program),
        Stage::Init { policy, status } => init::run(&policy, &status, program),
        Stage::Confine { policy } => confine::run(&policy, program),
    }
}

fn parse(args: &[OsString]) -> Result<(Stage, &[OsString]), JailError> {
    let split = args.iter().position(|arg| arg == "--").ok_or(JailError::Usage)?;
    let (before, program) = (&args[..split], &args[split + 1..]);
    if program.is_empty() {
        return Err(JailError::Usage);
    }
    let stage = match before {
        [policy] => Stage::Outer { policy: policy.into() },
        [stage, policy] if stage == "--confine" => Stage::Confine { policy: policy.into() },
        [stage, policy, status] if stage == "--init" => Stage::Init { policy: policy.into(), status: status.into() },
        _ => return Err(JailError::Usage),
    };
    Ok((stage, program))
}

/// A command that executes this program again as the next stage.
fn next_stage(stage: &str, descriptors: &[&Path], program: &[OsString]) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("/proc/self/exe");
    command.arg0("ve").arg("__jail").arg(stage).args(descriptors).arg(OsStr::new("--")).args(program);
    command
}
