//! Arguments of a start, and how they travel to the processes it makes.

use crate::project::layout::Layout;
use crate::project::layout::error::LayoutError;
use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::Command;

/// Name of the hidden subcommand that keeps a daemon running.
pub const KEEPER: &str = "__keeper";
/// Name of the hidden subcommand that is the daemon.
pub const DAEMON: &str = "__daemon";

/// Which project to serve, and where.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Launch {
    /// Canonical path of the project's root.
    pub root: PathBuf,
    /// Directory that holds the state of all projects, absolute.
    #[arg(long)]
    pub state_home: PathBuf,
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// TCP port that must be had, 0 for the last or any free one; without it the last one, else the default, else a free one.
    #[arg(long)]
    pub port: Option<u16>,
}

/// Arguments of the hidden subcommand [`KEEPER`].
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct KeeperArgs {
    /// What to keep running.
    #[command(flatten)]
    pub launch: Launch,
    /// How far the keeper has come.
    #[arg(long, value_enum, default_value_t = Stage::Detach)]
    pub stage: Stage,
}

/// How far a keeper has come, told to the next program it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Stage {
    /// Leaves the caller's terminal.
    Detach,
    /// Takes the keeper's lock and starts the first daemon.
    Keep,
    /// Goes on as another version of the program; the lock comes as standard input.
    Resume,
}

impl Launch {
    /// Serves the project at `root` where the defaults say.
    pub fn new(root: PathBuf, state_home: PathBuf) -> Self {
        Self { root, state_home, host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: None }
    }

    /// Claims the project and makes its directories.
    pub(crate) fn claim(&self) -> Result<Layout, LayoutError> {
        Layout::claim(&self.root, &self.state_home).map(|(layout, _)| layout)
    }

    fn arguments(&self, subcommand: &str) -> Vec<OsString> {
        let mut args: Vec<OsString> = vec!["orch".into(), subcommand.into(), self.root.clone().into()];
        args.extend(["--state-home".into(), self.state_home.clone().into()]);
        args.extend(["--host".into(), self.host.to_string().into()]);
        if let Some(port) = self.port {
            args.extend(["--port".into(), port.to_string().into()]);
        }
        args
    }

    /// The daemon, as this very program whatever has become of its file.
    pub(crate) fn daemon(&self) -> Command {
        let mut command = Command::new(OWN_IMAGE);
        command.args(self.arguments(DAEMON)).current_dir("/");
        command
    }

    /// A keeper in `stage`, as the program at `program`.
    pub(crate) fn keeper(&self, program: &std::path::Path, stage: Stage) -> Command {
        let name = match stage {
            Stage::Detach => "detach",
            Stage::Keep => "keep",
            Stage::Resume => "resume",
        };
        let mut command = Command::new(program);
        command.args(self.arguments(KEEPER)).args(["--stage", name]).current_dir("/");
        command
    }
}

/// Leads to the program that runs, even after its file was replaced.
const OWN_IMAGE: &str = "/proc/self/exe";

/// The program's file, and a way to notice that it was replaced.
#[derive(Debug)]
pub(crate) struct ProgramFile {
    path: PathBuf,
    seen: Option<FileMark>,
}

#[derive(Debug, PartialEq, Eq)]
struct FileMark {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl ProgramFile {
    /// The file of the running program, as it is now.
    pub(crate) fn own() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        Ok(Self { seen: mark(&path), path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Whether another program has taken its place. A program that was removed has no successor.
    pub(crate) fn was_replaced(&self) -> bool {
        let now = mark(&self.path);
        now.is_some() && now != self.seen
    }
}

fn mark(path: &std::path::Path) -> Option<FileMark> {
    use std::os::unix::fs::MetadataExt;
    let found = path.metadata().ok()?;
    Some(FileMark {
        device: found.dev(),
        inode: found.ino(),
        size: found.size(),
        modified: (found.mtime(), found.mtime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Orch {
        #[command(subcommand)]
        command: Hidden,
    }

    #[derive(clap::Subcommand)]
    enum Hidden {
        #[command(name = KEEPER)]
        Keeper(KeeperArgs),
    }

    #[test]
    fn what_is_sent_is_what_arrives() {
        let mut launch = Launch::new("/a b/-c".into(), "/state".into());
        launch.port = Some(7);
        launch.host = "::1".parse().unwrap();
        let command = launch.keeper("ve".as_ref(), Stage::Resume);
        let parsed = Orch::try_parse_from(command.get_args()).unwrap();
        let Hidden::Keeper(args) = parsed.command;
        assert_eq!(args, KeeperArgs { launch, stage: Stage::Resume });
    }

    #[test]
    fn a_replaced_file_is_noticed_and_a_removed_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ve");
        std::fs::write(&path, "old").unwrap();
        let program = ProgramFile { seen: mark(&path), path: path.clone() };
        assert!(!program.was_replaced());
        std::fs::write(&path, "newer").unwrap();
        assert!(program.was_replaced());
        std::fs::remove_file(&path).unwrap();
        assert!(!program.was_replaced());
    }
}
