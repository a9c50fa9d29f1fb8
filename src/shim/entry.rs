//! Becoming a shim: own session, subreaper, lock, journal; then the loop.

use super::exit::{EXIT_VERSION, ExitRecord, ExitStatus, Why};
use super::journal::Journal;
use super::owner::Owner;
use super::run_dir::RunDir;
use super::spec::ShimSpec;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// What a shim prints once when its agent runs and its socket listens. Then its standard output is closed.
pub(super) const READY: &str = "ready\n";

/// Ends with this code when another shim owns the attempt, or one has.
const ALREADY_OWNED: u8 = 3;

/// Becomes the shim for the specification that the arguments name.
pub(super) fn run(args: Vec<OsString>) -> ExitCode {
    let [spec] = args.as_slice() else {
        eprintln!("ve: shim: failed to read the command line: it is one file");
        return ExitCode::from(2);
    };
    match own(Path::new(spec)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Owned(attempt)) => {
            eprintln!("ve: shim: failed to take attempt {attempt}: it was started before");
            ExitCode::from(ALREADY_OWNED)
        }
        Err(Failure::Io(step, error)) => {
            eprintln!("ve: shim: failed to {step}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why a shim ends without having done its work.
enum Failure {
    Owned(String),
    Io(&'static str, io::Error),
}

fn own(spec: &Path) -> Result<(), Failure> {
    let step = |step: &'static str| move |error: io::Error| Failure::Io(step, error);
    let spec = ShimSpec::read(spec).map_err(step("read its specification"))?;
    // Fails for a leader of its process group, which was given a group of its own and needs no session.
    rustix::process::setsid().ok();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(|error| Failure::Io("become a subreaper", error.into()))?;
    let run = RunDir::open(&spec.run_dir).map_err(step("open the run directory"))?;
    let Some(_held) = run.lock().map_err(step("lock the attempt"))? else {
        return Err(Failure::Owned(spec.attempt));
    };
    let journal = match Journal::create(&run.file("input.journal")) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(Failure::Owned(spec.attempt)),
        journal => journal.map_err(step("make the journal"))?,
    };
    let signals = watch_signals().map_err(step("watch signals"))?;
    let owner = start(spec, run, journal, signals)?;
    announce().map_err(step("announce itself"))?;
    owner.run().map_err(step("own the agent"))
}

/// Starts the agent; when that fails, the exit record says so.
fn start(spec: ShimSpec, run: RunDir, journal: Journal, signals: SignalFd) -> Result<Owner, Failure> {
    let (attempt, run_dir) = (spec.attempt.clone(), spec.run_dir.clone());
    Owner::start(spec, run, journal, signals).map_err(|error| {
        let record = ExitRecord {
            version: EXIT_VERSION,
            attempt,
            status: ExitStatus::Code(i32::from(super::jail::SETUP_FAILED)),
            why: Why::Failed { error: format!("start the agent: {error}") },
            started_at: 0,
            ended_at: 0,
            log_length: 0,
            stderr_length: 0,
            cpu_ms: 0,
            peak_memory: 0,
        };
        match RunDir::open(&run_dir).and_then(|run| run.write_exit(&record)) {
            Ok(()) => Failure::Io("start the agent", error),
            Err(second) => Failure::Io("record that the agent did not start", second),
        }
    })
}

fn watch_signals() -> io::Result<SignalFd> {
    let mut watched = SigSet::empty();
    for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        watched.add(signal);
    }
    watched.thread_block()?;
    Ok(SignalFd::with_flags(&watched, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?)
}

/// Says that the attempt runs, and lets go of the standard output of whoever started it.
fn announce() -> io::Result<()> {
    // The starter may have gone meanwhile; the attempt goes on without it.
    io::stdout().write_all(READY.as_bytes()).and_then(|()| io::stdout().flush()).ok();
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok(())
}
