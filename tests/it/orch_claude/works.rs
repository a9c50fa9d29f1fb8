//! A clone of this very repository under a daemon of its own, with Claude Code as its agent and a scripted model behind it.

use crate::model::{Model, Script};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use ve::project::socket::SocketAddress;

/// Long enough for a busy machine; nothing waits as long where all is well.
const BOUND: Duration = Duration::from_secs(120);
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// One project. Whatever runs for it ends with this value.
pub struct Works {
    pub model: Model,
    program: String,
    base: PathBuf,
    _dir: tempfile::TempDir,
}

impl Works {
    /// The project with `chunks` committed, nothing started yet. `None`, said aloud, where something that it is made of is missing.
    pub fn set(scripts: Vec<Script>, chunks: &[Chunk]) -> Option<Self> {
        let Ok(program) = std::env::var("VE_E2E_CLAUDE") else {
            println!(
                "skipped: VE_E2E_CLAUDE names no program; scripts/install-agents.sh DIR installs one and prints its path"
            );
            return None;
        };
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !source.join(".git").exists() {
            println!("skipped: {} is no clone of the repository", source.display());
            return None;
        }
        // The state of units must not lie below /tmp, which is another one inside their jails.
        let dir = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let base = dir.path().canonicalize().unwrap();
        let works = Self { model: Model::start(scripts), program, base, _dir: dir };
        works.clone_from(source);
        works.lend_toolchain();
        for chunk in chunks {
            works.write(&format!("docs/chunks/{}/GOAL.md", chunk.name), &chunk.goal());
        }
        works.commit("chunks");
        Some(works)
    }

    fn clone_from(&self, source: &Path) {
        fs::create_dir(self.home()).unwrap();
        let identity = "[user]\nname = Operator\nemail = operator@localhost\n[safe]\ndirectory = *\n";
        fs::write(self.home().join(".gitconfig"), identity).unwrap();
        let (source, project) = (source.to_str().unwrap(), self.project());
        self.run(&self.base, "git", &["clone", "-q", source, project.to_str().unwrap()]);
        self.git(&["checkout", "-q", "-B", "main"]);
    }

    /// The operator's compilers stand in the operator's home, and this project has another one.
    fn lend_toolchain(&self) {
        let Some(home) = std::env::var_os("HOME").map(PathBuf::from) else { return };
        for name in [".cargo", ".rustup"] {
            if home.join(name).is_dir() {
                std::os::unix::fs::symlink(home.join(name), self.home().join(name)).unwrap();
            }
        }
    }

    /// A build of the project's small crate, where this user has the compiler.
    pub fn gate(&self) -> &'static str {
        if self.home().join(".cargo/bin/cargo").exists() {
            "cargo build --offline --manifest-path small/Cargo.toml"
        } else {
            eprintln!("skipped: the gate that builds with cargo, for this user has no ~/.cargo/bin/cargo");
            "test -f small/Cargo.toml"
        }
    }

    pub fn project(&self) -> PathBuf {
        self.base.join("project")
    }

    fn home(&self) -> PathBuf {
        self.base.join("home")
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    pub fn git(&self, args: &[&str]) -> String {
        self.run(&self.project(), "git", args)
    }

    /// How the agent is configured, on this machine only: the login goes to the model of this test. `more` is further configuration.
    pub fn configure(&self, login: &[(&str, &str)], more: &str) {
        let mut env = format!("ANTHROPIC_BASE_URL = \"{}\"\n", self.model.url());
        for (name, value) in login {
            env += &format!("{name} = \"{value}\"\n");
        }
        self.write(
            ".ve/config.toml",
            &format!(
                "base = \"main\"\n{more}\n[agents.claude]\nprogram = \"{}\"\n[agents.claude.env]\n{env}",
                self.program
            ),
        );
    }

    fn command(&self, dir: &Path, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}/.cargo/bin:{PATH}", self.home().display());
        command.current_dir(dir).env_clear().env("PATH", path).env("HOME", self.home());
        command.env("XDG_STATE_HOME", self.base.join("state"));
        command
    }

    fn run(&self, dir: &Path, program: &str, args: &[&str]) -> String {
        let output = self.command(dir, program).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `ve orch` and gives its answer.
    pub fn ve(&self, args: &[&str]) -> Value {
        let args = [&["orch", "--json"], args].concat();
        let said = self.run(&self.project(), env!("CARGO_BIN_EXE_ve"), &args);
        serde_json::from_str(&said).unwrap_or(Value::Null)
    }

    /// Starts the daemon; gives its process id.
    pub fn start(&self) -> u64 {
        self.ve(&["start", "--port", "0"])["pid"].as_u64().unwrap()
    }

    /// Asks the daemon; `None` while there is none.
    pub fn get(&self, path: &str) -> Option<Value> {
        let socket = SocketAddress::new(&self.project().join(".ve/orchestrator.sock")).ok()?;
        let mut stream = UnixStream::connect(socket.path()).ok()?;
        stream.set_read_timeout(Some(BOUND)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    pub fn attempts(&self, chunk: &str) -> Vec<Value> {
        let answer = wait_until(|| self.get(&format!("/work-units/{chunk}/attempts")));
        answer.unwrap()["attempts"].as_array().unwrap().clone()
    }

    /// Waits until the unit is as wanted.
    #[track_caller]
    pub fn until(&self, chunk: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/work-units/{chunk}");
        if let Some(unit) = wait_until(|| self.get(&path).filter(&wanted)) {
            return unit;
        }
        self.model.check();
        let (unit, attempts) = (self.get(&path), self.get(&format!("{path}/attempts")));
        panic!("{chunk} is not {what} in time:\n{unit:#?}\n{attempts:#?}\n{}", self.log());
    }

    #[track_caller]
    pub fn until_status(&self, chunk: &str, status: &str) -> Value {
        // Waiting for the operator ends every other wait.
        let ended = |unit: &Value| unit["status"] == status || unit["status"] == "NEEDS_ATTENTION";
        let unit = self.until(chunk, status, ended);
        assert_eq!(unit["status"], status, "{unit:#?}\n{}", self.log());
        unit
    }

    /// Waits until the model has played this turn.
    #[track_caller]
    pub fn until_played(&self, prompt: &str, number: usize) {
        let played = || self.model.played().iter().any(|(_, which, turn)| *which == prompt && *turn == number);
        let seen = wait_until(|| played().then_some(()));
        assert!(
            seen.is_some(),
            "turn {number} of {prompt:?} is not played: {:#?}\n{}",
            self.model.played(),
            self.log()
        );
    }

    #[track_caller]
    pub fn until_logged(&self, text: &str) {
        assert!(wait_until(|| self.log().contains(text).then_some(())).is_some(), "{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.project().join(".ve/orchestrator.log")).unwrap_or_default()
    }

    /// Processes that bear the mark of this project and `more`, in their environment or on their command line: id and command line.
    pub fn processes(&self, more: &str) -> Vec<(i32, String)> {
        let base = self.base.to_str().unwrap();
        let has = |text: &[u8], mark: &str| text.windows(mark.len().max(1)).any(|window| window == mark.as_bytes());
        let holds = |text: &[u8]| has(text, base) && (more.is_empty() || has(text, more));
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter_map(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let command = fs::read(format!("/proc/{pid}/cmdline")).ok().filter(|command| !command.is_empty())?;
            let marked = holds(&environment) || holds(&command);
            marked.then(|| (pid, String::from_utf8_lossy(&command).replace('\0', " ")))
        })
        .collect()
    }

    /// Stops the daemon, and fails on whatever the model or the daemon left.
    pub fn finish(self) {
        self.ve(&["stop"]);
        self.model.check();
        let gone = wait_until(|| self.processes("").is_empty().then_some(()));
        assert!(gone.is_some(), "left: {:#?}", self.processes(""));
    }
}

impl Drop for Works {
    fn drop(&mut self) {
        // A test that failed may have left a daemon; one that did not has stopped it already.
        self.command(&self.project(), env!("CARGO_BIN_EXE_ve")).args(["orch", "stop"]).output().ok();
    }
}

/// Looks until there is something to see.
pub fn wait_until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + BOUND;
    while Instant::now() < deadline {
        if let Some(found) = look() {
            return Some(found);
        }
        rustix::event::poll(&mut [], Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 20_000_000 })).ok();
    }
    None
}

/// A chunk as an author writes it: frontmatter, the template's comment, and text.
pub struct Chunk {
    pub name: &'static str,
    pub after: &'static [&'static str],
}

impl Chunk {
    fn goal(&self) -> String {
        let sample = include_str!("../../fixtures/chunks/orch_foundation/GOAL.md");
        let (_, comment) = sample.split_once("<!--").unwrap();
        let (comment, _) = comment.split_once("-->").unwrap();
        let name = self.name;
        format!(
            "---\nstatus: FUTURE\nticket: null\nparent_chunk: null\ncode_paths:\n- small/src/{name}.rs\n\
             code_references:\n  - ref: small/src/{name}.rs#VALUE\n    implements: \"What {name} is about\"\n\
             narrative: null\ninvestigation: null\nsubsystems: []\ndepends_on: [{}]\ncreated_after:\n- jinja_backrefs\n---\n\
             <!--{comment}-->\n\n# Chunk Goal\n\n## Minor Goal\n\nThe small crate has a module `{name}` that says which way the operator chose.\n\n\
             ## Success Criteria\n\n- `small/src/{name}.rs` holds the operator's own words.\n",
            self.after.join(", ")
        )
    }
}
