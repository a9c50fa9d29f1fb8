//! The note that a daemon is being stopped on purpose. While it lies there, no keeper starts a daemon.

use super::DaemonError;
use super::files;
use crate::project::layout::Layout;
use std::fs;
use std::path::PathBuf;

/// Lays the note down, before anything is signalled.
pub(super) fn ask(layout: &Layout) -> Result<(), DaemonError> {
    files::replace(&file(layout), "")
}

/// Whether it lies there.
pub(super) fn is_asked(layout: &Layout) -> bool {
    file(layout).exists()
}

/// Takes it away, for a new start.
pub(super) fn forget(layout: &Layout) {
    // Mostly there is none.
    fs::remove_file(file(layout)).ok();
}

fn file(layout: &Layout) -> PathBuf {
    layout.state().join("stopping")
}
