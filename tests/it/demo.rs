//! The demo as a newcomer runs it: to the end, with an agent that does not do its work, kept, and interrupted.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// No demo takes longer, however busy the machine is.
const BOUND: Duration = Duration::from_secs(120);

/// A newcomer's machine: an empty home, and a temporary directory that can be looked through.
struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["home", "tmp"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir }
    }

    fn tmp(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("tmp")
    }

    fn demo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ve"));
        command.args(["orch", "demo"]).args(args).current_dir(self.dir.path());
        command.env("HOME", self.dir.path().join("home")).env("TMPDIR", self.tmp()).env_remove("XDG_STATE_HOME");
        command.env("GIT_DIR", "/nonexistent").env_remove("VE_LOG").env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What is left in the temporary directory, and processes that lead there.
    fn left(&self) -> Vec<String> {
        let files = fs::read_dir(self.tmp()).unwrap().map(|entry| entry.unwrap().path().display().to_string());
        files.chain(processes(&self.tmp())).collect()
    }
}

fn processes(path: &Path) -> Vec<String> {
    let wanted = path.as_os_str().as_encoded_bytes();
    let leads_there =
        |file: PathBuf| fs::read(file).is_ok_and(|text| text.windows(wanted.len()).any(|window| window == wanted));
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let found = entries.filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()));
    found
        .filter(|entry| leads_there(entry.path().join("cmdline")) || leads_there(entry.path().join("environ")))
        .map(|entry| format!("process {}", entry.file_name().display()))
        .collect()
}

/// A demo under way.
struct Running {
    child: Child,
    lines: Receiver<String>,
    text: String,
    deadline: Instant,
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        // A closed channel is a test that has ended.
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok());
        Self { child, lines, text: String::new(), deadline: Instant::now() + BOUND }
    }

    /// Reads a line; false at the end.
    fn step(&mut self) -> bool {
        match self.lines.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => self.text.push_str(&format!("{line}\n")),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => panic!("the demo does not end; so far:\n{}", self.text),
        }
        true
    }

    fn until(&mut self, part: &str) {
        while !self.text.contains(part) {
            assert!(self.step(), "it ended without {part:?}:\n{}", self.text);
        }
    }

    fn finish(mut self) -> Ended {
        while self.step() {}
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let code = self.child.wait().unwrap().code();
        Ended { code, out: std::mem::take(&mut self.text), err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A demo that is asked to end cleans up; one that has ended is not there to be asked.
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), Pid::from_raw(self.child.id() as i32)) {
            kill_process(pid, Signal::TERM).ok();
            self.child.wait().ok();
        }
    }
}

#[test]
fn a_newcomer_sees_every_promise_kept_and_nothing_is_left() {
    let machine = Machine::new();
    let ended = Running::start(machine.demo(&[])).finish();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.out, ended.err);
    for part in [
        "waits for words, on which it depends",
        "both plans change the same file",
        "Answered:  ve orch answer farewell --option 1",
        "The agent of checks died half-way",
        "A review sent version back; review 2 approved it",
        "account was used up half-way through daytime",
        "your answer, \"See you soon\", is what landed",
        "Merge chunk usage",
        "kept    no process is left",
    ] {
        assert!(ended.out.contains(part), "{part:?} is missing in:\n{}", ended.out);
    }
    assert!(!ended.out.contains("BROKEN") && !ended.out.contains('\u{1b}'), "{}", ended.out);
    assert_eq!(machine.left(), [""; 0]);
}

#[test]
fn an_agent_that_does_not_do_its_work_is_found_out() {
    let machine = Machine::new();
    let agent = machine.dir.path().join("agent");
    // One chunk is never completed, another lands something else than its work.
    let script = format!(
        "#!/bin/sh\ncase $VE_CHUNK/$VE_PHASE in\nversion/complete) exit 0 ;;\n\
         shout/implement) echo '# nothing' >> src/style.sh; git commit -qam done; exit ;;\nesac\nexec '{}' \"$@\"\n",
        env!("CARGO_BIN_EXE_ve")
    );
    fs::write(&agent, script).unwrap();
    fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = machine.demo(&["--json"]);
    command.env("VE_DEMO_AGENT", &agent);
    let ended = Running::start(command).finish();
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.out, ended.err);
    assert!(ended.err.contains("promises were broken"), "{}", ended.err);
    let account: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let broken = |promise: &str| {
        let all = account["promises"].as_array().unwrap();
        all.iter().find(|entry| entry["promise"] == promise).unwrap()["broken"].to_string()
    };
    let undone = broken("every chunk is done");
    assert!(undone.contains("version is NEEDS_ATTENTION in COMPLETE"), "{undone}");
    let without = broken("every landed commit contains the work");
    assert!(without.contains("src/style.sh of commit") && without.contains("shout"), "{without}");
    assert_eq!(account["kept"], false);
    assert_eq!(machine.left(), [""; 0]);
}

#[test]
fn an_interrupted_demo_cleans_up_and_a_kept_one_says_where_it_is() {
    let machine = Machine::new();
    let mut running = Running::start(machine.demo(&[]));
    running.until("an agent implements");
    kill_process(Pid::from_raw(running.child.id() as i32).unwrap(), Signal::INT).unwrap();
    let ended = running.finish();
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.out, ended.err);
    assert!(ended.err.contains("the demo was interrupted"), "{}", ended.err);
    assert_eq!(machine.left(), [""; 0]);

    let mut running = Running::start(machine.demo(&["--keep"]));
    running.until("an agent implements");
    kill_process(Pid::from_raw(running.child.id() as i32).unwrap(), Signal::TERM).unwrap();
    let ended = running.finish();
    let left = machine.left();
    let [kept] = left.as_slice() else { panic!("{left:?}") };
    assert!(ended.err.contains(&format!("Kept in {kept}")), "{}", ended.err);
    assert!(Path::new(kept).join("project/docs/chunks/words/GOAL.md").is_file());
}
