//! A project of its own, with a daemon that ends with it.

#![expect(clippy::disallowed_methods, reason = "looks again after a pause; every wait has a bound")]

use crate::http::Connection;
use crate::machine::{self, Process};
use crate::raw;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use ve::wire::times::Moment;

/// Says when it started and asks, so that its unit parks and leaves the machine to the next one.
pub const ASKS: &str =
    r#"echo "at $EPOCHREALTIME"; echo '{"ve":"question","question":"Go on?","options":[{"label":"yes"}]}'"#;

/// Stays, and uses nothing.
pub const SLEEPS: &str = "exec sleep 3600";

/// Anything that takes longer is broken, not slow.
pub const BOUND: Duration = Duration::from_secs(120);

/// See the module. On the disk of the build directory: a `/tmp` in memory would make every commit free.
pub struct Project {
    dir: TempDir,
}

/// The name of a chunk.
pub fn chunk(number: usize) -> String {
    format!("chunk-{number}")
}

/// Now, in microseconds since the epoch.
pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// The time between two moments in microseconds since the epoch.
pub fn between(from: i64, to: i64) -> Duration {
    Duration::from_micros(u64::try_from(to - from).unwrap_or(0))
}

impl Project {
    /// A repository of 200 files and that many chunks, whose agent is a line of shell.
    pub fn new(chunks: usize, agent: &str, limits: &str) -> Self {
        let project = Self { dir: TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap() };
        fs::create_dir(project.dir.path().join("home")).unwrap();
        for number in 0..200 {
            let text = format!("//! File {number}.\n{}", "pub fn nothing() {}\n".repeat(40));
            project.write(&format!("src/part{}/file{number}.rs", number % 10), &text);
        }
        for number in 0..chunks {
            let documents = format!("docs/chunks/{}", chunk(number));
            project.write(&format!("{documents}/GOAL.md"), "---\nstatus: IMPLEMENTING\n---\n\n# Goal\n\nSomething.\n");
            project.write(&format!("{documents}/PLAN.md"), "# Implementation Plan\n\n## Approach\n\nSomehow.\n");
        }
        project.git(&["init", "-q", "-b", "main"]);
        project.git(&["config", "user.name", "Operator"]);
        project.git(&["config", "user.email", "operator@localhost"]);
        project.git(&["add", "."]);
        project.git(&["commit", "-q", "-m", "start"]);
        let scripted = format!("kind = \"command\"\nprogram = \"bash\"\nargs = [\"-c\", '''{agent}''']");
        let agents = format!("[agents]\ndefault = \"scripted\"\n[agents.scripted]\n{scripted}");
        project.write(".ve/config.toml", &format!("base = \"main\"\n{agents}\n[limits]\n{limits}\n"));
        project
    }

    /// The checkout.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    /// A path beside the checkout that nothing else uses.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs git in the checkout.
    pub fn git(&self, args: &[&str]) {
        let status = self.command("git").args(args).status().unwrap();
        assert!(status.success(), "git {args:?}");
    }

    /// A program that sees this project and nothing of who measures.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root()).env("HOME", self.dir.path().join("home"));
        for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "RUST_LOG", "VE_LOG"] {
            command.env_remove(name);
        }
        command
    }

    /// `ve orch <args>`.
    pub fn ve(&self, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_ve"));
        command.arg("orch").args(args).stdin(Stdio::null());
        command
    }

    /// Starts the daemon.
    pub fn start(&self, args: &[&str]) {
        self.ok(&[&["start"], args].concat());
    }

    /// What `ve orch <args>` prints; it must succeed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.ve(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits for `found`.
    pub fn wait<T>(&self, what: &str, found: impl FnMut() -> Option<T>) -> T {
        within(what, found)
    }

    /// The daemon.
    pub fn daemon(&self) -> Process {
        let text = fs::read_to_string(self.root().join(".ve/orchestrator.pid")).unwrap();
        Process(text.trim().parse().unwrap())
    }

    /// A connection to the daemon, waited for.
    pub fn connect(&self) -> Connection {
        let socket = self.root().join(".ve/orchestrator.sock");
        within("the daemon answers", || {
            let mut connection = Connection::open(&socket)?;
            connection.get("/healthz")?;
            Some(connection)
        })
    }

    /// What is at `path`.
    pub fn get(&self, path: &str) -> Value {
        serde_json::from_slice(&self.connect().get(path).unwrap()).unwrap()
    }

    /// The number of the journal's last entry.
    pub fn newest(&self) -> i64 {
        raw::newest(&self.root().join(".ve/orchestrator.db").canonicalize().unwrap())
    }

    /// Memory of all processes that were started for this project except the daemon and its keeper, each shared page counted once.
    pub fn agents_memory(&self) -> u64 {
        let daemon = self.daemon();
        let own = [daemon.0, daemon.parent().0, std::process::id()];
        let mark = self.dir.path().to_str().unwrap();
        machine::all().filter(|process| !own.contains(&process.0) && process.mentions(mark)).map(Process::share).sum()
    }
}

/// The moment of a journal's entry, in microseconds since the epoch.
pub fn at(entry: &Value) -> i64 {
    Moment::parse(entry["at"].as_str().unwrap()).unwrap().0.0
}

/// Waits for `found`, looking often.
pub fn within<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < BOUND, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // Without a daemon this is an answer, not a failure.
        self.ve(&["stop"]).output().ok();
    }
}
