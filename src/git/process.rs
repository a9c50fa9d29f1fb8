//! Runs one child process to its end, bounded in time and output. Knows nothing of git.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may run and how much it may write to each of its outputs.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wall-clock time until it is killed with all it started.
    pub time: Duration,
    /// Bytes of standard output.
    pub output: usize,
}

/// How a program ended and what it wrote.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output, whole.
    pub stdout: Vec<u8>,
    /// Standard error, its first 64 KiB.
    pub stderr: Vec<u8>,
}

const STDERR_LIMIT: usize = 64 * 1024;

/// Runs `command` with `input` as its standard input. Beyond the time limit the error is [`io::ErrorKind::TimedOut`], beyond the
/// output limit [`io::ErrorKind::FileTooLarge`]. The child leads a process group, and the group does not outlive it.
pub fn run(mut command: Command, input: &[u8], limits: Limits) -> io::Result<Finished> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        // A child that does not read its input is no error: its exit code says what it thought.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
        let stdout = scope.spawn(move || read_bounded(stdout, limits.output));
        let stderr = scope.spawn(move || read_bounded(stderr, STDERR_LIMIT));
        let ended = wait(&mut child, limits.time);
        let (stdout, stdout_fits) = join(stdout)?;
        let (stderr, _) = join(stderr)?;
        let code = ended?;
        if !stdout_fits {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {} bytes", limits.output)));
        }
        Ok(Finished { code, stdout, stderr })
    })
}

/// Reads up to `limit` bytes, and whether that was all. Returning early closes the pipe, which ends a writer.
fn read_bounded(pipe: Option<impl Read>, limit: usize) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    }
    let fits = bytes.len() <= limit;
    bytes.truncate(limit);
    Ok((bytes, fits))
}

fn join<T>(reader: thread::ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    reader.join().unwrap_or_else(|_| Err(io::Error::other("the reading thread panicked")))
}

/// Waits for the child; afterwards nothing of its group is alive, so that its pipes are closed.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<i32>> {
    let pid = Pid::from_child(child);
    let in_time = ended_within(pid, limit);
    // The child is still unreaped, so the group id is its own; an empty group is fine.
    kill_process_group(pid, Signal::KILL).ok();
    let status = child.wait()?;
    if in_time? {
        return Ok(status.code());
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, format!("still running after {} s", limit.as_secs_f32())))
}

fn ended_within(pid: Pid, limit: Duration) -> io::Result<bool> {
    let handle = pidfd_open(pid, PidfdFlags::empty())?;
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const LIMITS: Limits = Limits { time: Duration::from_secs(20), output: 1000 };

    #[test]
    fn input_output_and_code_come_through() {
        let done = run(shell("cat; echo oops >&2; exit 3"), b"hello", LIMITS).unwrap();
        assert_eq!((done.code, done.stdout, done.stderr), (Some(3), b"hello".to_vec(), b"oops\n".to_vec()));
    }

    #[test]
    fn a_program_and_its_children_end_at_the_time_limit() {
        let limits = Limits { time: Duration::from_millis(50), output: 10 };
        let error = run(shell("sleep 600 & sleep 600"), b"", limits).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn output_is_bounded() {
        let error = run(shell("yes"), b"", LIMITS).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
