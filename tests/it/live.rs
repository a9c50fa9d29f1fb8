//! A plain driver of one agent session over pipes: the codec does the talking, as under the shim but without it.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use ve::agent::launch::{self as launching, Launch};
use ve::agent::spec::{Link, Permissions, Place, Session, SessionSpec, Tools};
use ve::agent::{Codec, Command, Input, codec, launch};
use ve::domain::agent::{AgentConfig, AgentKind};
use ve::domain::ids::{AgentName, AttemptId, ChunkName, SessionId};
use ve::domain::report::{Outcome, ProcessExit, Report, Usage};
use ve::domain::time::Timestamp;

/// Nothing a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A session that begins in `root`, with a scripted model's login.
pub fn spec(root: &Path, program: &str, prompt: &str) -> SessionSpec {
    SessionSpec {
        place: Place {
            attempt: AttemptId::parse(uuid::Uuid::new_v4().to_string()).unwrap(),
            chunk: ChunkName::parse("chunk").unwrap(),
            phase: "implement".into(),
            cwd: root.join("worktree"),
            home: root.join("home"),
            tmp: root.join("tmp"),
            path: "/usr/local/bin:/usr/bin:/bin".into(),
            timezone: "UTC".into(),
            inherited: Vec::new(),
        },
        session: Session::New(SessionId::parse(uuid::Uuid::new_v4().to_string()).unwrap()),
        used: Usage::default(),
        prompt: prompt.into(),
        answer: None,
        reason: None,
        tools: Tools::Work,
        permissions: Permissions::AllowAll,
        max_turns: 100,
        config: AgentConfig {
            name: AgentName::parse("claude").unwrap(),
            kind: AgentKind::Claude,
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
        },
        link: Link { dir: root.join("link"), program: env!("CARGO_BIN_EXE_ve").into() },
        login: None,
        started: Timestamp::from_seconds(1_795_184_400),
    }
}

/// A running session. Dropping it kills its process.
pub struct Live {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    stderr: Option<JoinHandle<String>>,
    codec: Box<dyn Codec>,
    sent: HashSet<String>,
    root: PathBuf,
    /// All lines so far.
    pub log: Vec<Vec<u8>>,
    /// All reports so far.
    pub reports: Vec<Report>,
}

/// A session that is over.
pub struct Ended {
    pub outcome: Outcome,
    pub exit: ProcessExit,
    pub reports: Vec<Report>,
    log: Vec<Vec<u8>>,
    root: PathBuf,
}

impl Live {
    /// Starts a session below `root`.
    pub fn start(root: &Path, spec: &SessionSpec) -> Self {
        Self::spawn(root, launch(spec), codec(spec))
    }

    /// Starts a process as launched, in `root`'s worktree.
    pub fn spawn(root: &Path, launch: Launch, codec: Box<dyn Codec>) -> Self {
        for (name, text) in &launch.files {
            std::fs::write(root.join("link").join(name), text).unwrap();
        }
        let mut child = std::process::Command::new(&launch.argv[0])
            .args(&launch.argv[1..])
            .env_clear()
            .envs(launch.env)
            .current_dir(root.join("worktree"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            // A closed channel is a test that has ended.
            stdout.split(b'\n').map_while(Result::ok).try_for_each(|line| sender.send(line)).ok()
        });
        let mut errors = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            // What was read so far is all there is.
            errors.read_to_end(&mut text).ok();
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut live = Self {
            stdin: child.stdin.take(),
            child,
            lines,
            stderr: Some(stderr),
            codec,
            sent: HashSet::new(),
            root: root.to_owned(),
            log: Vec::new(),
            reports: Vec::new(),
        };
        live.send(live.codec.start());
        if launch.stdin == launching::Stdin::Close {
            drop(live.stdin.take());
        }
        live
    }

    /// Gives an order.
    pub fn order(&mut self, command: &Command) {
        let inputs = self.codec.command(command);
        assert!(!inputs.is_empty(), "{command:?} has nothing to say");
        self.send(inputs);
    }

    /// Writes each key once, as the shim does. An agent that is gone reads nothing.
    fn send(&mut self, inputs: Vec<Input>) {
        for input in inputs {
            if let (true, Some(stdin)) = (self.sent.insert(input.key), &mut self.stdin) {
                stdin.write_all(input.text.as_bytes()).and_then(|()| stdin.flush()).ok();
            }
        }
    }

    /// Reads the next line; `None` when there is no more.
    fn step(&mut self, deadline: Instant) -> Option<()> {
        use std::sync::mpsc::RecvTimeoutError;
        let line = match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => panic!("the agent is silent; so far: {:#?}", self.reports),
        };
        let decoded = self.codec.on_line(&line);
        self.log.push(line);
        self.reports.extend(decoded.reports);
        self.send(decoded.inputs);
        Some(())
    }

    /// Reads until a report is `wanted`.
    pub fn until(&mut self, wanted: impl Fn(&Report) -> bool) -> Report {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = 0;
        loop {
            if let Some(report) = self.reports[seen..].iter().find(|report| wanted(report)) {
                return report.clone();
            }
            seen = self.reports.len();
            assert!(self.step(deadline).is_some(), "the agent ended; so far: {:#?}", self.reports);
        }
    }

    /// Reads until the session has nothing left to do, closes its input and waits for its end.
    pub fn finish(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        while !self.codec.activity().is_finished() {
            if self.step(deadline).is_none() {
                break;
            }
        }
        self.leave()
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(self) -> Ended {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        self.leave()
    }

    /// Closes standard input, whatever is open, and waits for the end.
    pub fn leave(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        drop(self.stdin.take());
        while self.step(deadline).is_some() {}
        let status = self.child.wait().unwrap();
        let exit = match (status.code(), status.signal()) {
            (Some(code), _) => ProcessExit::Code(code),
            (None, signal) => ProcessExit::Signal(signal.unwrap()),
        };
        let stderr = self.stderr.take().unwrap().join().unwrap();
        Ended {
            outcome: self.codec.on_exit(exit, &stderr),
            exit,
            reports: std::mem::take(&mut self.reports),
            log: std::mem::take(&mut self.log),
            root: self.root.clone(),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Gone already where the session ended as it should.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Ended {
    /// Writes the stream as a fixture when `VE_RECORD` names a directory: paths made neutral, the vendor's long lists left out.
    pub fn record(&self, name: &str) {
        let Some(directory) = std::env::var_os("VE_RECORD") else { return };
        let root = self.root.to_str().unwrap();
        // Claude names directories after paths in this way.
        let mangled = root.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let lines = self.log.iter().map(|line| {
            let mut event: serde_json::Value = serde_json::from_slice(line).unwrap();
            if event["type"] == "control_response" && event["response"]["request_id"] == "init" {
                event["response"]["response"] = serde_json::json!({});
            }
            for list in ["tools", "slash_commands", "terminal_slash_commands", "agents", "skills", "plugins"] {
                if event["subtype"] == "init" && event.get(list).is_some() {
                    event[list] = serde_json::json!([]);
                }
            }
            format!("{event}\n").replace(&mangled, "-unit").replace(root, "/unit")
        });
        let path = Path::new(&directory).join(format!("{name}.ndjson"));
        std::fs::write(path, lines.collect::<String>()).unwrap();
    }
}
