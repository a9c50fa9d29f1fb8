//! A project of its own: a git repository with chunks, agents made of shell, the real program, and nothing left of it afterwards.
//!
//! Agents run in the jail. They and a test meet in the unit's home directory ([`Project::unit_home`], `$HOME` for the agent): there an agent
//! waits for a file (`await_file go`) and leaves traces.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// For everything that is waited for: generous, because the machine may be busy.
pub const BOUND: Duration = Duration::from_secs(90);

/// What every agent can do: one function per phase, to be replaced by the test's own.
const PHASES: &str = r#"set -eu
save() { git add -A; git diff --cached --quiet || git commit -q -m "$1"; }
say() { printf '%s\n' "$1"; }
await_file() { while [ ! -e "$HOME/$1" ]; do sleep 0.05; done; }
ask() { printf '{"ve":"question","header":"Q","question":"%s","options":[{"label":"left"},{"label":"right"}]}\n' "$1"; }
goal() { sed -i 's/^status: FUTURE/status: IMPLEMENTING/' "docs/chunks/$VE_CHUNK/GOAL.md"; save goal; }
plan() { printf '# Plan\n\n## Approach\n\nAs the goal says.\n' > "docs/chunks/$VE_CHUNK/PLAN.md"; save plan; }
implement() { mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; save implement; }
rebase() { echo "nobody resolves this" >&2; exit 1; }
review() { say '{"ve":"review","decision":"APPROVE","summary":"fine"}'; }
complete() { sed -i 's/^status: .*/status: ACTIVE/' "docs/chunks/$VE_CHUNK/GOAL.md"; save complete; }
"#;

/// Configuration that every project begins with.
const CONFIG: &str = r#"
[agents]
default = "script"
[agents.script]
kind = "command"
program = "sh"
args = ["./agent.sh"]
"#;

/// A project. Its daemon and all its processes end with this value; a process that does not fails the test.
pub struct Project {
    dir: TempDir,
    root: PathBuf,
}

impl Project {
    /// A project whose agents do what [`PHASES`] says, but for the functions that `script` defines anew.
    pub fn new(script: &str) -> Self {
        Self::with(script, "")
    }

    /// The same with lines before the tables of `ve.toml`, and tables after them.
    pub fn with(script: &str, config: &str) -> Self {
        let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let base = dir.path().canonicalize().unwrap();
        let project = Self { root: base.join("project"), dir };
        for path in [project.root(), &project.home(), &project.state_home()] {
            fs::create_dir(path).unwrap();
        }
        let first_table = config.find("\n[").map_or(config.len(), |end| end + 1);
        let (keys, tables) = config.split_at(if config.starts_with('[') { 0 } else { first_table });
        project.write("ve.toml", &format!("{keys}{CONFIG}{tables}"));
        project.write("README.md", "# A project\n");
        project.script(script);
        project.git(&["init", "-q", "-b", "main"]);
        project.git(&["config", "user.name", "Operator"]);
        project.git(&["config", "user.email", "operator@example.org"]);
        project.commit("a project");
        project
    }

    /// A task over the repositories `docs`, which holds documents and agent, `web` and `acme/api`. Agents start above them.
    pub fn task(script: &str, config: &str) -> Self {
        let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let base = dir.path().canonicalize().unwrap();
        let project = Self { root: base.join("project"), dir };
        for path in [project.root(), &project.home(), &project.state_home()] {
            fs::create_dir(path).unwrap();
        }
        project.write("ve.toml", &format!("{}{config}", CONFIG.replace("./agent.sh", "docs/agent.sh")));
        let task = "external_artifact_repo: acme/docs\nprojects:\n- acme/web\n- acme/api\n";
        project.write(".ve-task.yaml", task);
        project.write("CLAUDE.md", "be kind\n");
        for repo in ["docs", "web", "acme/api"] {
            project.write(&format!("{repo}/README.md"), "# A repository\n");
            project.git(&["init", "-q", "-b", "main", repo]);
            project.git_in(repo, &["config", "user.name", "Operator"]);
            project.git_in(repo, &["config", "user.email", "operator@example.org"]);
            project.commit_in(repo, "a repository");
        }
        let agent = format!("{PHASES}cd docs\n{script}\ncat > \"$HOME/prompt.$VE_PHASE\"\n\"$VE_PHASE\"\n");
        project.write("docs/agent.sh", &agent);
        project.commit_in("docs", "an agent");
        project
    }

    /// Writes the agent; not committed.
    pub fn script(&self, script: &str) {
        self.write("agent.sh", &format!("{PHASES}{script}\ncat > \"$HOME/prompt.$VE_PHASE\"\n\"$VE_PHASE\"\n"));
    }

    /// The operator's checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Renames the project.
    pub fn move_to(&mut self, name: &str) {
        let new = self.base().join(name);
        fs::rename(&self.root, &new).unwrap();
        self.root = new;
    }

    fn base(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    fn home(&self) -> PathBuf {
        self.base().join("home")
    }

    fn state_home(&self) -> PathBuf {
        self.base().join("state")
    }

    /// Holds the login directories that all units share, by agent.
    pub fn logins(&self) -> PathBuf {
        self.state_home().join("ve/logins")
    }

    /// Directory of the project's state.
    pub fn state(&self) -> PathBuf {
        let states = fs::read_dir(self.state_home().join("ve")).unwrap();
        let mut found: Vec<PathBuf> = states.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        found.retain(|path| path.join("units").is_dir() || path.join("orchestrator.db").is_file());
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// Writes a file of the checkout; not committed.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A file of the checkout.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A chunk with goal and plan, committed. `depends_on` is YAML: `null`, `[]` or `["other"]`.
    pub fn chunk(&self, name: &str, depends_on: &str) {
        self.chunk_in(name, "IMPLEMENTING", depends_on, Some(&[]));
    }

    /// A chunk in any state, committed; with a plan that names `locations`, or none.
    pub fn chunk_in(&self, name: &str, status: &str, depends_on: &str, locations: Option<&[&str]>) {
        let goal = format!(
            "---\nstatus: {status}\nticket: null\nparent_chunk: null\ncode_paths: []\ncode_references: []\ndepends_on: {depends_on}\n---\n\n\
             # Chunk {name}\n\n## Minor Goal\n\nDo {name}.\n"
        );
        self.write(&format!("docs/chunks/{name}/GOAL.md"), &goal);
        if let Some(locations) = locations {
            let lines: String = locations.iter().map(|place| format!("Location: {place}\n")).collect();
            self.write(
                &format!("docs/chunks/{name}/PLAN.md"),
                &format!("# Plan\n\n## Approach\n\nJust do it.\n\n{lines}"),
            );
        }
        self.commit(&format!("chunk {name}"));
    }

    /// Commits all of the checkout.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// Commits all of one repository of a task.
    pub fn commit_in(&self, repo: &str, message: &str) {
        self.git_in(repo, &["add", "-A"]);
        self.git_in(repo, &["commit", "-q", "-m", message]);
    }

    /// The output of git in one repository of a task.
    #[track_caller]
    pub fn git_in(&self, repo: &str, args: &[&str]) -> String {
        self.git(&[&["-C", repo], args].concat())
    }

    /// The output of git in the checkout.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Runs git in the checkout.
    pub fn try_git(&self, args: &[&str]) -> Output {
        self.command("git").args(args).output().unwrap()
    }

    /// A program in the operator's place: in the checkout, with the operator's environment and nothing else.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.home()).env("XDG_STATE_HOME", self.state_home()).env("LANG", "C.UTF-8");
        command.current_dir(&self.root);
        command
    }

    /// `ve orch` with these arguments, not yet started.
    pub fn orch(&self, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_ve"));
        command.arg("orch").args(args);
        command
    }

    /// Runs `ve orch` with these arguments.
    pub fn ve(&self, args: &[&str]) -> Output {
        self.orch(args).output().unwrap()
    }

    /// What `ve orch` prints; it must succeed.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.ve(args);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "ve orch {args:?}: {:?}\n{out}{err}", output.status.code());
        out.into_owned()
    }

    /// What `ve orch … --json` answers; it must succeed.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.ok(&[args, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// Starts the daemon.
    #[track_caller]
    pub fn start(&self) {
        self.ok(&["start", "--port", "0"]);
    }

    /// Starts the daemon with these environment variables.
    #[track_caller]
    pub fn start_with(&self, env: &[(&str, &str)]) {
        let output = self.orch(&["start", "--port", "0"]).envs(env.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Stops the daemon.
    #[track_caller]
    pub fn stop(&self) {
        self.ok(&["stop"]);
    }

    /// Injects chunks.
    #[track_caller]
    pub fn inject(&self, chunks: &[&str]) {
        self.ok(&[&["inject"], chunks].concat());
    }

    /// The unit of a chunk.
    #[track_caller]
    pub fn unit(&self, chunk: &str) -> Value {
        self.json(&["work-unit", "show", chunk])
    }

    /// The attempts of a chunk, the oldest first.
    #[track_caller]
    pub fn attempts(&self, chunk: &str) -> Vec<Value> {
        self.api(&format!("/work-units/{chunk}/attempts"))["attempts"].as_array().unwrap().clone()
    }

    /// The answer to a GET on the daemon's socket.
    #[track_caller]
    pub fn api(&self, path: &str) -> Value {
        let output = self
            .command("curl")
            .args(["-sS", "--max-time", "20", "--unix-socket", ".ve/orchestrator.sock"])
            .arg(format!("http://localhost{path}"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{path}: {error} in {text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// The raw log of an attempt, byte for byte.
    #[track_caller]
    pub fn log(&self, chunk: &str, attempt: i64) -> String {
        self.ok(&["logs", chunk, "--attempt", &attempt.to_string()])
    }

    /// Directory of a unit.
    #[track_caller]
    pub fn unit_dir(&self, chunk: &str) -> PathBuf {
        let id = self.unit(chunk)["unit_id"].as_i64().unwrap();
        self.state().join("units").join(id.to_string())
    }

    /// What the unit's agent knows as `$HOME`.
    #[track_caller]
    pub fn unit_home(&self, chunk: &str) -> PathBuf {
        self.unit_dir(chunk).join("home")
    }

    /// Lets an agent go on that waits with `await_file`.
    #[track_caller]
    pub fn signal(&self, chunk: &str, file: &str) {
        let home = self.unit_home(chunk);
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join(file), "").unwrap();
    }

    /// Waits for a trace that an agent leaves in its `$HOME`.
    #[track_caller]
    pub fn wait_trace(&self, chunk: &str, file: &str) {
        let mut path = None;
        self.wait(&format!("{file} of {chunk}"), || {
            let path = path.get_or_insert_with(|| self.unit_home(chunk).join(file));
            path.exists().then_some(())
        });
    }

    /// Waits until `look` finds something.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let until = Instant::now() + BOUND;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < until, "waited {BOUND:?} for {what}");
            between_looks();
        }
    }

    /// Waits until the unit has this status, and returns it.
    #[track_caller]
    pub fn wait_status(&self, chunk: &str, status: &str) -> Value {
        let until = Instant::now() + BOUND;
        loop {
            let unit = self.unit(chunk);
            if unit["status"] == status {
                return unit;
            }
            let asks = unit["status"] == "NEEDS_ATTENTION" && status == "DONE";
            assert!(!asks && Instant::now() < until, "{chunk} does not become {status}: {unit:#}");
            between_looks();
        }
    }

    /// Waits until these units are done.
    #[track_caller]
    pub fn wait_done(&self, chunks: &[&str]) {
        for chunk in chunks {
            self.wait_status(chunk, "DONE");
        }
    }

    /// Waits until these units are done, as long as one of many may take.
    #[track_caller]
    pub fn wait_all(&self, chunks: &[&str], bound: Duration) {
        let until = Instant::now() + bound;
        loop {
            let answer = self.ve(&["ps", "--json"]);
            if !answer.status.success() && Instant::now() < until {
                // A part of the daemon is being restarted.
                between_looks();
                continue;
            }
            let units: Value = serde_json::from_slice(&answer.stdout).unwrap();
            let status = |chunk: &&&str| {
                let of = |unit: &&Value| unit["chunk"] == ***chunk;
                units["work_units"].as_array().unwrap().iter().find(of).unwrap()["status"].clone()
            };
            let open: Vec<_> = chunks.iter().filter(|chunk| status(chunk) != "DONE").collect();
            if open.is_empty() {
                return;
            }
            let asks = open.iter().find(|chunk| status(chunk) == "NEEDS_ATTENTION");
            assert!(asks.is_none(), "{:#}", self.unit(asks.unwrap()));
            assert!(Instant::now() < until, "waited {bound:?}: {:#}", self.unit(open[0]));
            between_looks();
        }
    }

    /// Process id of the running daemon, if one answers.
    pub fn daemon_pid(&self) -> Option<i32> {
        let output = self.ve(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).ok()?;
        i32::try_from(status["pid"].as_i64()?).ok()
    }

    /// Waits for a daemon that answers and is not `old`.
    #[track_caller]
    pub fn successor(&self, old: i32) -> i32 {
        self.wait("a new daemon", || self.daemon_pid().filter(|new| *new != old))
    }

    /// Process id of the unit's live shim.
    #[track_caller]
    pub fn shim_pid(&self, chunk: &str) -> i32 {
        self.wait(&format!("a process of {chunk}"), || {
            let attempts = self.attempts(chunk);
            let pid = attempts.last()?["pid"].as_i64()?;
            i32::try_from(pid).ok()
        })
    }

    /// Processes whose command line, environment or directory names this project, with what they are: daemon, shims, agents and all below.
    pub fn processes(&self) -> Vec<(i32, String)> {
        let base = self.base();
        self.processes_naming(base.as_os_str().as_bytes())
    }

    /// Those among them that name `text`.
    pub fn processes_naming(&self, text: &[u8]) -> Vec<(i32, String)> {
        let own = std::process::id().to_string();
        let names = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            let Ok(pid) = name.parse::<i32>() else { continue };
            if name == own {
                continue;
            }
            let read = |file: &str| fs::read(entry.path().join(file)).unwrap_or_default();
            let cmdline = read("cmdline");
            let cwd = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
            if names(&cmdline) || names(&read("environ")) || names(cwd.as_os_str().as_bytes()) {
                found.push((pid, String::from_utf8_lossy(&cmdline).replace('\0', " ")));
            }
        }
        found
    }

    /// Processes of one unit: they name its directory.
    pub fn processes_of(&self, unit_dir: &Path) -> Vec<(i32, String)> {
        let mut prefix = unit_dir.as_os_str().as_bytes().to_vec();
        prefix.push(b'/');
        self.processes_naming(&prefix)
    }

    /// What the daemon has written.
    pub fn daemon_log(&self) -> String {
        let logs = fs::read_dir(self.state_home().join("ve")).into_iter().flatten().flatten();
        let read = |dir: PathBuf| fs::read_to_string(dir.join("orchestrator.log")).ok();
        logs.filter_map(|entry| read(entry.path())).collect()
    }
}

/// The time between two looks at something that is waited for.
#[expect(clippy::disallowed_methods, reason = "a test looks from the outside; nothing tells it of a change")]
fn between_looks() {
    std::thread::sleep(Duration::from_millis(50));
}

impl Drop for Project {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let ps = self.ve(&["ps"]);
            eprintln!(
                "---- ve orch ps\n{}{}",
                String::from_utf8_lossy(&ps.stdout),
                String::from_utf8_lossy(&ps.stderr)
            );
            eprintln!("---- {}", self.daemon_log());
        }
        let stopped = self.ve(&["stop"]);
        let until = Instant::now() + Duration::from_secs(10);
        let mut left = self.processes();
        while !left.is_empty() && Instant::now() < until {
            between_looks();
            left = self.processes();
        }
        for (pid, _) in &left {
            let pid = rustix::process::Pid::from_raw(*pid).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
        }
        if std::thread::panicking() {
            return;
        }
        assert!(stopped.status.success(), "stop: {}", String::from_utf8_lossy(&stopped.stderr));
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}
