//! Standard streams that carry something for this process alone. Taken at once, so that no child inherits them.

use std::fs::File;
use std::io;

/// Takes standard output; what is printed from now on goes to the log, with standard error.
pub(super) fn take_stdout() -> io::Result<File> {
    let taken = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(taken.into())
}

/// Takes standard input, and leaves an empty one.
pub(super) fn take_stdin() -> io::Result<File> {
    let taken = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(taken.into())
}
