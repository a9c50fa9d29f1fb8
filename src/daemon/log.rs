//! The log: plain lines in a file of bounded size, or on standard error in the foreground.
//!
//! A full file becomes `….log.1`, the one before `….log.2`, and so on; the name itself never goes missing, so links to it and whoever follows
//! it stay right.

use rustix::stdio;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// A file that grew beyond this is put aside: 8 MiB, days of an ordinary project.
const MAX_BYTES: u64 = 8 << 20;
/// So many are kept beside the one in use: 40 MiB in all.
const KEPT: u32 = 4;

/// Which lines are written when neither `VE_LOG` nor `RUST_LOG` says.
/// The server of the sockets tells each worker's comings and goings, which nobody needs.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// Opens a log to append raw lines to it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Logs to the file at `path`, and rotates it. For the one daemon.
pub(crate) fn to_file(path: &Path) -> io::Result<()> {
    install(Mutex::new(LogFile::open(path, MAX_BYTES, KEPT, FollowedBy::StandardError)?), Colour::Off)
}

/// Logs to the file that somebody else rotates. For the keeper, which has little to say.
pub(crate) fn beside(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    install(move || Appender(path.clone()), Colour::Off)
}

/// Logs to standard error.
pub(crate) fn to_stderr() -> io::Result<()> {
    let wants = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    install(io::stderr, if wants { Colour::On } else { Colour::Off })
}

enum Colour {
    On,
    Off,
}

fn install<W>(writer: W, colour: Colour) -> io::Result<()>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = env::var("VE_LOG").or_else(|_| env::var("RUST_LOG")).unwrap_or_else(|_| DEFAULT_FILTER.to_owned());
    let parsed = EnvFilter::try_new(&wanted);
    let refused = parsed.as_ref().err().map(ToString::to_string);
    let filter = parsed.unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(matches!(colour, Colour::On));
    // A line that cannot be written is lost. To say so on standard error, which is the same full disk, would be a panic.
    let subscriber = lines.with_writer(writer).log_internal_errors(false).finish();
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    if let Some(error) = refused {
        tracing::warn!("failed to use log filter {wanted:?}: {error}; using {DEFAULT_FILTER:?}");
    }
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        tracing::error!(target: "panic", thread, "{panic}");
    }));
    Ok(())
}

/// Opens the file for each line, so that it is always the right one.
struct Appender(PathBuf);

impl Write for Appender {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        open(&self.0)?.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether what the process writes past the log goes where the log goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FollowedBy {
    StandardError,
    #[cfg(test)]
    Nobody,
}

struct LogFile {
    path: PathBuf,
    file: File,
    max_bytes: u64,
    kept: u32,
    followed_by: FollowedBy,
}

impl LogFile {
    fn open(path: &Path, max_bytes: u64, kept: u32, followed_by: FollowedBy) -> io::Result<Self> {
        let log = Self { file: open(path)?, path: path.to_owned(), max_bytes, kept, followed_by };
        log.lead()?;
        Ok(log)
    }

    /// Points standard error to the file.
    fn lead(&self) -> io::Result<()> {
        match self.followed_by {
            FollowedBy::StandardError => Ok(stdio::dup2_stderr(&self.file)?),
            #[cfg(test)]
            FollowedBy::Nobody => Ok(()),
        }
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.kept).rev() {
            // A gap is no reason not to go on.
            fs::rename(self.aside(number), self.aside(number + 1)).ok();
        }
        let last = self.aside(1);
        fs::remove_file(&last).or_else(|error| if last.exists() { Err(error) } else { Ok(()) })?;
        // A second name first, then a new file in place of the old one: there is a log at every moment.
        fs::hard_link(&self.path, &last)?;
        let new = self.named(".new");
        self.file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new)
            .and_then(|_| open(&new))?;
        fs::rename(&new, &self.path)?;
        self.lead()
    }

    fn aside(&self, number: u32) -> PathBuf {
        self.named(&format!(".{number}"))
    }

    fn named(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(suffix);
        name.into()
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // Asked each time: the keeper writes here too.
        let size = self.file.metadata()?.len();
        if size > 0 && size + line.len() as u64 > self.max_bytes {
            // A log that cannot be put aside is still better than none.
            self.rotate().ok();
        }
        self.file.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_newest_lines_stay_the_size_is_bounded_and_a_link_stays_right() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orchestrator.log");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut log = LogFile::open(&path, 100, 2, FollowedBy::Nobody).unwrap();
        for number in 0..50 {
            writeln!(log, "a line with number {number:02}").unwrap();
            assert!(fs::read_to_string(&link).unwrap().ends_with(&format!("{number:02}\n")));
        }
        let mut files: Vec<_> = dir.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["link", "orchestrator.log", "orchestrator.log.1", "orchestrator.log.2"]);
        let all: String = ["orchestrator.log.2", "orchestrator.log.1", "orchestrator.log"]
            .map(|name| fs::read_to_string(dir.path().join(name)).unwrap())
            .concat();
        assert!(all.len() <= 300);
        let numbers: Vec<usize> = all.lines().map(|line| line[line.len() - 2..].parse().unwrap()).collect();
        assert_eq!(numbers, (50 - numbers.len()..50).collect::<Vec<_>>());
    }

    #[test]
    fn an_existing_log_is_continued_by_both_writers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, "earlier\n").unwrap();
        let mut log = LogFile::open(&path, 1000, 2, FollowedBy::Nobody).unwrap();
        log.write_all(b"daemon\n").unwrap();
        Appender(path.clone()).write_all(b"keeper\n").unwrap();
        log.write_all(b"daemon\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "earlier\ndaemon\nkeeper\ndaemon\n");
    }
}
