//! Running a short program to its end, with its input given, its output kept, and neither longer nor larger than allowed.

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a run may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From start to end.
    pub time: Duration,
    /// Bytes of standard output, and of standard error.
    pub output: usize,
}

/// What a run left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

/// Why a run has no output.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The program did not start, or its pipes failed.
    #[error("run {program}: {source}")]
    Io {
        /// The program.
        program: String,
        /// What happened.
        source: io::Error,
    },
    /// It took too long and was killed.
    #[error("run {program} within {}s", limit.as_secs_f32())]
    TimedOut {
        /// The program.
        program: String,
        /// What was allowed.
        limit: Duration,
    },
    /// It said too much and was killed.
    #[error("run {program}: it printed more than {limit} bytes")]
    TooMuchOutput {
        /// The program.
        program: String,
        /// What was allowed.
        limit: usize,
    },
}

/// Runs `command` with `input` on its standard input. Blocks, but never beyond its bounds: what is late or loud is killed,
/// and all that it started with it.
pub fn run(mut command: Command, input: &[u8], bounds: Bounds) -> Result<Output, RunError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |source| RunError::Io { program: program.clone(), source };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(failed)?;
    let copied = copy(&mut child, input, bounds);
    if !matches!(copied, Ok((Stop::Ended, ..))) {
        // The whole group, and the child alone for the moment before it has a group.
        rustix::process::kill_process_group(Pid::from_child(&child), Signal::KILL).ok();
        child.kill().map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    match copied.map_err(failed)? {
        (Stop::Ended, stdout, stderr) => Ok(Output { status, stdout, stderr }),
        (Stop::Late, ..) => Err(RunError::TimedOut { program, limit: bounds.time }),
        (Stop::Loud, ..) => Err(RunError::TooMuchOutput { program, limit: bounds.output }),
    }
}

/// What ended the copying.
enum Stop {
    Ended,
    Late,
    Loud,
}

fn copy(child: &mut Child, mut input: &[u8], bounds: Bounds) -> io::Result<(Stop, Vec<u8>, Vec<u8>)> {
    let until = Instant::now() + bounds.time;
    let (mut stdin, mut stdout, mut stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let pipes = [stdin.as_ref().map(AsFd::as_fd), stdout.as_ref().map(AsFd::as_fd), stderr.as_ref().map(AsFd::as_fd)];
    for pipe in pipes.into_iter().flatten() {
        rustix::io::ioctl_fionbio(pipe, true)?;
    }
    let ended = rustix::process::pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    loop {
        write(&mut stdin, &mut input)?;
        // Asked before the last read: what a program wrote before it ended is then in the pipe.
        let has_ended = wait(&[PollFd::new(&ended, PollFlags::IN)], Duration::ZERO)?;
        read(&mut stdout, &mut out, bounds.output)?;
        read(&mut stderr, &mut err, bounds.output)?;
        if out.len() > bounds.output || err.len() > bounds.output {
            return Ok((Stop::Loud, out, err));
        }
        if has_ended {
            return Ok((Stop::Ended, out, err));
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok((Stop::Late, out, err));
        }
        let mut fds = vec![PollFd::new(&ended, PollFlags::IN)];
        fds.extend(stdin.iter().map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        fds.extend(stdout.iter().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        fds.extend(stderr.iter().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        wait(&fds, left)?;
    }
}

/// Whether one of `fds` is ready before `at_most` has passed.
fn wait(fds: &[PollFd<'_>], at_most: Duration) -> io::Result<bool> {
    let timeout = Timespec::try_from(at_most).map_err(io::Error::other)?;
    match rustix::event::poll(&mut fds.to_vec(), Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Writes what the pipe takes now; closes it after the last byte, or when nobody reads.
fn write(pipe: &mut Option<impl Write>, input: &mut &[u8]) -> io::Result<()> {
    while let Some(open) = pipe {
        if input.is_empty() {
            *pipe = None;
            return Ok(());
        }
        match open.write(input) {
            Ok(count) => *input = &input[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => *pipe = None,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads what is there, a little beyond `limit` at most.
fn read(pipe: &mut Option<impl Read>, kept: &mut Vec<u8>, limit: usize) -> io::Result<()> {
    let mut buffer = [0; 64 * 1024];
    while let Some(open) = pipe
        && kept.len() <= limit
    {
        match open.read(&mut buffer) {
            Ok(0) => *pipe = None,
            Ok(count) => kept.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const BOUNDS: Bounds = Bounds { time: Duration::from_secs(20), output: 4 << 20 };

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn large_input_and_output_pass_through_at_once() {
        let input = vec![b'x'; 3 << 20];
        let output = run(Command::new("cat"), &input, BOUNDS).unwrap();
        assert!(output.status.success());
        assert_eq!(output.stdout.len(), input.len());
    }

    #[test]
    fn input_that_nobody_reads_is_no_error() {
        let output = run(shell("echo done >&2; exit 3"), &vec![0; 1 << 20], BOUNDS).unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(3), b"done\n".to_vec()));
    }

    #[test]
    fn a_child_that_holds_the_pipes_does_not_hold_the_run() {
        let output = run(shell("sleep 15 & echo out"), b"", BOUNDS).unwrap();
        assert_eq!(output.stdout, b"out\n");
    }

    #[test]
    fn what_is_late_or_loud_is_killed() {
        let late = Bounds { time: Duration::from_millis(50), ..BOUNDS };
        assert!(matches!(run(shell("sleep 15"), b"", late), Err(RunError::TimedOut { .. })));
        let quiet = Bounds { output: 1000, ..BOUNDS };
        assert!(matches!(run(shell("yes"), b"", quiet), Err(RunError::TooMuchOutput { limit: 1000, .. })));
    }
}
