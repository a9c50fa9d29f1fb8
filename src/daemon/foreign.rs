//! Recognises a running daemon of the tool that this one replaces. It uses the same names in `.ve/` and knows nothing of our lock.

use procfs::process::{FDTarget, Process};
use std::fs;
use std::path::Path;

/// Its process id, if one serves the project at `root`: the process that its pid file names has the project's files open.
pub(super) fn daemon(root: &Path) -> Option<i32> {
    let ve = root.join(".ve");
    let pid = fs::read_to_string(ve.join("orchestrator.pid")).ok()?.trim().parse().ok()?;
    let files = ["orchestrator.pid", "orchestrator.db", "orchestrator.log"].map(|name| ve.join(name));
    // A number that went to a process of another user cannot be looked into, and is not it.
    let open = Process::new(pid).ok()?.fd().ok()?.flatten();
    let is_its = |target: &FDTarget| matches!(target, FDTarget::Path(path) if files.contains(path));
    open.into_iter().any(|fd| is_its(&fd.target)).then_some(pid)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_number_alone_is_no_daemon() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        assert_eq!(daemon(&root), None);
        fs::create_dir(root.join(".ve")).unwrap();
        let own = i32::try_from(std::process::id()).unwrap();
        fs::write(root.join(".ve/orchestrator.pid"), own.to_string()).unwrap();
        assert_eq!(daemon(&root), None);
        let _open = fs::File::create(root.join(".ve/orchestrator.db")).unwrap();
        assert_eq!(daemon(&root), Some(own));
    }
}
