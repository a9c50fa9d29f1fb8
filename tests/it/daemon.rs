//! Starting, keeping and ending the daemon, from the outside.

use rustix::process::Signal;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use ve::daemon::crash::last_crash;
use ve::daemon::lock::{Running, probe, probe_keeper};
use ve::daemon::process::{Process, ProcessId, Wait};
use ve::daemon::stop::{Stopped, stop};
use ve::project::layout::Layout;
use ve::project::socket::SocketAddress;

/// A busy machine takes its time.
const BOUND: Duration = Duration::from_secs(60);

const STOPPED: &str = "Orchestrator daemon stopped";
const NOT_RUNNING: &str = "Orchestrator daemon is not running";
/// What a daemon says that was made to refuse.
const REFUSED: &str = "is detached";

/// A project of its own, with its own home. Whatever runs for it ends with this value.
struct Project {
    root: PathBuf,
    state_home: PathBuf,
    base: PathBuf,
    _dir: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        Self::named("project")
    }

    fn named(name: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let root = base.join(name);
        fs::create_dir(&root).unwrap();
        let project = Self { root, state_home: base.join("state/ve"), base, _dir: dir };
        project.git(&["init", "-q", "-b", "main"]);
        project.git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
        project
    }

    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=operator", "-c", "user.email=operator@localhost"];
        let mut git = self.own(Command::new("git"));
        let output = git.arg("-C").arg(&self.root).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// From now on every daemon refuses to start: it cannot know where work is to land.
    fn refuse(&self) {
        self.git(&["checkout", "-q", "--detach"]);
    }

    /// From now on daemons start again.
    fn accept(&self) {
        self.git(&["checkout", "-q", "main"]);
    }

    /// The command, at home in this project and nowhere else.
    fn own(&self, mut command: Command) -> Command {
        command.env("HOME", &self.base).env("XDG_STATE_HOME", self.base.join("state"));
        command.env_remove("VE_LOG").env_remove("RUST_LOG").env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    fn command(&self, program: impl AsRef<Path>, subcommand: &str) -> Command {
        let mut command = self.own(Command::new(program.as_ref()));
        command.args(["orch", subcommand, "--project-dir"]).arg(&self.root);
        if matches!(subcommand, "start" | "restart") {
            command.args(["--port", "0"]);
        }
        command
    }

    /// A daemon that is this process's child, and serves.
    fn foreground(&self, log: impl Into<Stdio>) -> (Child, Running) {
        let mut command = self.command(env!("CARGO_BIN_EXE_ve"), "start");
        let mut child = command.arg("--foreground").stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let running = wait_until("daemon", || {
            assert_eq!(child.try_wait().unwrap(), None);
            let layout = Layout::find(&self.root, &self.state_home).unwrap()?;
            probe(&layout).unwrap().filter(|running| running.port.is_some())
        });
        (child, running)
    }

    fn ve(&self, subcommand: &str) -> Answer {
        Answer::from(self.command(env!("CARGO_BIN_EXE_ve"), subcommand).output().unwrap())
    }

    fn start(&self) -> Running {
        self.ve("start").succeeded();
        self.daemon()
    }

    fn layout(&self) -> Layout {
        Layout::find(&self.root, &self.state_home).unwrap().unwrap()
    }

    fn daemon(&self) -> Running {
        probe(&self.layout()).unwrap().unwrap()
    }

    fn keeper(&self) -> Running {
        probe_keeper(&self.layout()).unwrap().unwrap()
    }

    fn is_running(&self) -> bool {
        probe(&self.layout()).unwrap().is_some()
    }

    fn is_kept(&self) -> bool {
        probe_keeper(&self.layout()).unwrap().is_some()
    }

    /// Waits for a serving daemon other than `old`.
    fn successor(&self, old: &Running) -> Running {
        wait_until("a new daemon", || {
            probe(&self.layout()).unwrap().filter(|new| new.process != old.process && new.port.is_some())
        })
    }

    fn answers(&self) -> bool {
        UnixStream::connect(SocketAddress::new(&self.layout().socket()).unwrap().path()).is_ok()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.root.join(".ve/orchestrator.log")).unwrap()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let Ok(Some(layout)) = Layout::find(&self.root, &self.state_home) else {
            return;
        };
        // The keeper first: it would start another daemon.
        for find in [probe_keeper, probe] {
            if let Ok(Some(running)) = find(&layout)
                && let Ok(Some(process)) = running.process.find()
            {
                process.signal(Signal::KILL).ok();
                process.wait(BOUND).ok();
            }
        }
    }
}

struct Answer {
    code: Option<i32>,
    text: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self { code: output.status.code(), text: String::from_utf8(text).unwrap() }
    }
}

impl Answer {
    #[track_caller]
    fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.text);
        self.text
    }

    #[track_caller]
    fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{}", self.text);
        self.text
    }
}

#[track_caller]
fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + BOUND;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "no {what} in time");
        rustix::event::poll(&mut [], Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 5_000_000 })).ok();
    }
}

fn handle(running: &Running) -> Process {
    running.process.find().unwrap().unwrap()
}

#[track_caller]
fn kill(running: &Running) {
    let process = handle(running);
    process.signal(Signal::KILL).unwrap();
    assert_eq!(process.wait(BOUND).unwrap(), Wait::Ended);
}

#[test]
fn start_stop_and_start_again() {
    let project = Project::new();
    let first = project.start();
    assert!(project.answers());
    let read = |path: PathBuf| fs::read_to_string(path).unwrap().trim().to_owned();
    assert_eq!(read(project.layout().pid()), first.pid().to_string());
    assert_eq!(read(project.layout().port()), first.port.unwrap().to_string());
    let token = read(project.layout().token());
    for path in [project.layout().pid(), project.layout().port(), project.layout().token(), project.layout().socket()] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    let again = project.ve("start").failed();
    assert!(again.contains(&format!("already running with PID {}", first.pid())), "{again}");

    assert!(project.ve("stop").succeeded().contains(STOPPED));
    assert!(!project.is_running() && !project.is_kept());
    for path in [project.layout().pid(), project.layout().port(), project.layout().socket()] {
        assert!(!path.exists(), "{}", path.display());
    }
    assert!(project.ve("stop").succeeded().contains(NOT_RUNNING));

    let second = project.start();
    assert_ne!(second.process, first.process);
    assert_eq!(second.port, first.port);
    assert_eq!(read(project.layout().token()), token);
}

#[test]
fn of_two_starts_at_once_one_runs_and_the_other_says_so() {
    let project = Project::new();
    let spawn = || {
        let mut command = project.command(env!("CARGO_BIN_EXE_ve"), "start");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let starts: Vec<_> = (0..4).map(|_| spawn()).collect();
    let answers: Vec<_> = starts.into_iter().map(|start| Answer::from(start.wait_with_output().unwrap())).collect();
    let (started, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.code == Some(0));
    assert_eq!(started.len(), 1);
    let expected = format!("already running with PID {}", project.daemon().pid());
    for answer in refused {
        let text = answer.failed();
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn a_killed_daemon_is_started_again_on_its_port() {
    let project = Project::new();
    let first = project.start();
    kill(&first);
    let second = project.successor(&first);
    assert_eq!(second.port, first.port);
    assert!(project.answers());
    assert!(project.log().contains("was killed by signal 9"));
}

#[test]
fn a_crash_loop_is_given_up_with_its_reason() {
    let project = Project::new();
    let first = project.start();
    project.refuse();
    kill(&first);
    wait_until("end of the keeper", || (!project.is_kept()).then_some(()));
    let crash = last_crash(&project.layout()).unwrap();
    assert_eq!(crash.crashes, 5);
    assert!(crash.last.contains(REFUSED), "{crash:?}");
    let log = project.log();
    assert!(log.lines().last().unwrap().contains("gave up after 5 crashes"), "{log}");
    project.accept();
    project.start();
    assert_eq!(last_crash(&project.layout()), None);
}

#[test]
fn stop_between_two_attempts_is_final() {
    let project = Project::new();
    let first = project.start();
    project.refuse();
    kill(&first);
    // By the fourth crash the waits are long against a stop.
    wait_until("third wait", || project.log().contains("again in 400 ms").then_some(()));
    let keeper = handle(&project.keeper());
    project.ve("stop").succeeded();
    assert_eq!(keeper.wait(Duration::ZERO).unwrap(), Wait::Ended);
    assert!(!project.is_running() && !project.is_kept());
    assert_eq!(last_crash(&project.layout()), None);
}

#[test]
fn a_killed_keeper_takes_nothing_with_it() {
    let project = Project::new();
    let daemon = project.start();
    kill(&project.keeper());
    assert!(project.answers());
    assert!(project.ve("start").failed().contains(&format!("PID {}", daemon.pid())));
    project.ve("restart").succeeded();
    let next = project.daemon();
    assert_ne!(next.process, daemon.process);
    assert_eq!(next.port, daemon.port);
    kill(&project.keeper());
    assert!(project.ve("stop").succeeded().contains(STOPPED));
    assert!(!project.is_running());
}

#[test]
fn a_number_that_another_process_has_is_not_running_and_not_signalled() {
    let project = Project::new();
    let daemon = project.start();
    project.ve("stop").succeeded();
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    let pid = i32::try_from(stranger.id()).unwrap();
    let id = ProcessId::of(pid).unwrap().unwrap();
    fs::write(project.layout().pid(), pid.to_string()).unwrap();
    // The description in the lock too, as a killed daemon leaves it: same number, other start.
    let mut left = daemon;
    left.process = ProcessId { start: id.start.saturating_sub(1), ..id };
    fs::write(project.layout().lock(), serde_json::to_string(&left).unwrap()).unwrap();

    let status = project.ve("status").succeeded();
    let stop = project.ve("stop").succeeded();
    let lives = stranger.try_wait().unwrap().is_none();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(status.contains("Status: Stopped"), "{status}");
    assert!(stop.contains(NOT_RUNNING), "{stop}");
    assert!(lives);
    assert!(!project.layout().pid().exists());
    project.start();
}

#[test]
fn a_zombie_is_not_running() {
    let project = Project::new();
    let (mut daemon, running) = project.foreground(Stdio::null());
    kill(&running);
    // Not awaited yet, so it is a zombie now.
    assert!(!project.is_running());
    assert!(project.ve("stop").succeeded().contains(NOT_RUNNING));
    daemon.wait().unwrap();
}

#[test]
fn the_foreground_is_ended_by_its_owner_and_not_restarted() {
    let project = Project::new();
    let (mut daemon, running) = project.foreground(Stdio::null());
    assert!(project.ve("restart").failed().contains("runs in the foreground"));
    assert!(project.ve("start").failed().contains("already running"));
    handle(&running).signal(Signal::INT).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
    for path in [project.layout().pid(), project.layout().port(), project.layout().socket()] {
        assert!(!path.exists(), "{}", path.display());
    }
}

#[test]
fn a_log_that_takes_nothing_does_not_end_the_daemon() {
    let project = Project::new();
    let (mut daemon, running) = project.foreground(File::options().write(true).open("/dev/full").unwrap());
    handle(&running).signal(Signal::TERM).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}

#[test]
fn the_end_of_the_terminal_is_not_the_end_of_the_daemon() {
    let project = Project::new();
    let line = {
        let command = project.command(env!("CARGO_BIN_EXE_ve"), "start");
        let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().unwrap());
        let words: Vec<_> = command.get_args().map(quoted).collect();
        // The shell leads the terminal's session; its end hangs up on everybody in it.
        format!("echo \"leader $$.\"; '{}' {}; exit 0", env!("CARGO_BIN_EXE_ve"), words.join(" "))
    };
    let terminal =
        project.own(Command::new("script")).args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).output().unwrap();
    assert!(terminal.status.success(), "{terminal:?}");
    let output = String::from_utf8(terminal.stdout).unwrap();
    assert!(output.contains(&format!("(PID {})", project.daemon().pid())), "not the one that was started: {output}");
    assert!(project.answers());
    for running in [project.daemon(), project.keeper()] {
        let stat = procfs::process::Process::new(running.pid()).unwrap().stat().unwrap();
        assert_eq!(stat.tty_nr, 0);
        assert!(!output.contains(&format!("leader {}.", stat.session)), "still in the terminal's session");
        assert_ne!(stat.session, stat.pid, "leads a session and may get a terminal");
        assert_eq!(fs::read_link(format!("/proc/{}/cwd", running.pid())).unwrap(), Path::new("/"));
    }
}

#[test]
fn what_the_callers_left_open_is_let_go() {
    let project = Project::new();
    let held = project.base.join("held");
    let command = project.command(env!("CARGO_BIN_EXE_ve"), "start");
    let mut shell = project.own(Command::new("sh"));
    shell.args(["-c", "exec 9>\"$0\"; shift 0; \"$@\""]).arg(&held).arg(command.get_program()).args(command.get_args());
    Answer::from(shell.output().unwrap()).succeeded();
    for running in [project.daemon(), project.keeper()] {
        let open = procfs::process::Process::new(running.pid()).unwrap().fd().unwrap().flatten();
        let is_held = |target| matches!(target, procfs::process::FDTarget::Path(path) if path == held);
        assert!(!open.into_iter().any(|fd| is_held(fd.target)));
    }
}

#[test]
fn a_deep_project_is_served() {
    let project = Project::named(&"x".repeat(200));
    project.start();
    assert!(project.answers());
}

#[test]
fn restart_brings_a_new_daemon_on_the_same_port() {
    let project = Project::new();
    let first = project.start();
    let keeper = project.keeper();
    project.ve("restart").succeeded();
    let second = project.daemon();
    assert_ne!(second.process, first.process);
    assert_eq!(second.port, first.port);
    assert_eq!(project.keeper().process, keeper.process);
    assert!(project.answers());
}

#[test]
fn restart_goes_on_as_the_new_program_and_a_crash_does_not() {
    let project = Project::new();
    let program = project.base.join("ve");
    fs::copy(env!("CARGO_BIN_EXE_ve"), &program).unwrap();
    let start = project.command(&program, "start").output().unwrap();
    Answer::from(start).succeeded();
    let first = project.daemon();
    let keeper = project.keeper();
    let new = program.with_file_name("new");
    fs::copy(env!("CARGO_BIN_EXE_ve"), &new).unwrap();
    fs::rename(&new, &program).unwrap();
    let image = |running: &Running| fs::read_link(format!("/proc/{}/exe", running.pid())).unwrap();

    kill(&first);
    let second = project.successor(&first);
    assert_ne!(image(&second), program);

    project.ve("restart").succeeded();
    let third = project.daemon();
    assert_eq!(image(&third), program);
    assert_eq!(project.keeper().process, keeper.process);
    assert_eq!(image(&keeper), program);
    kill(&third);
    project.successor(&third);
    assert!(project.ve("stop").succeeded().contains(STOPPED));
}

#[test]
fn a_restart_that_fails_says_why() {
    let project = Project::new();
    project.start();
    project.refuse();
    let text = project.ve("restart").failed();
    assert!(text.contains(REFUSED) && text.contains("Hint: "), "{text}");
    wait_until("end of the keeper", || (!project.is_kept()).then_some(()));
    assert!(!project.is_running());
}

#[test]
fn a_configuration_that_is_not_valid_costs_no_daemon() {
    let project = Project::new();
    let first = project.start();
    fs::write(project.layout().local_config(), "[limits]\nmax_agent = 3\n").unwrap();
    let text = project.ve("restart").failed();
    assert!(text.contains(".ve/config.toml:2:1: limits.max_agent: unknown key"), "{text}");
    assert_eq!(project.daemon().process, first.process);
}

#[test]
fn a_failing_start_is_told_and_leaves_nothing_behind() {
    let project = Project::new();
    project.refuse();
    let text = project.ve("start").failed();
    assert!(text.starts_with("Error: failed to ") && text.contains(REFUSED) && text.contains("\nHint: "), "{text}");
    wait_until("end of the keeper", || (!project.is_kept()).then_some(()));
    assert!(!project.is_running() && !project.layout().pid().exists() && !project.layout().socket().exists());
}

#[test]
fn a_project_that_is_no_project_is_refused_by_name() {
    let project = Project::new();
    fs::remove_dir_all(project.root.join(".git")).unwrap();
    let text = project.ve("start").failed();
    assert!(text.contains("git") && text.contains("\nHint: "), "{text}");
    project.git(&["init", "-q", "-b", "main"]);
    let text = project.ve("start").failed();
    assert!(text.contains("commit") && text.contains("\nHint: "), "{text}");
    project.git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
    project.start();
}

#[test]
fn a_daemon_that_dies_at_once_is_told_with_its_signal() {
    let project = Project::new();
    let start = project.command(env!("CARGO_BIN_EXE_ve"), "start");
    // Enough for what `start` itself writes, and a signal for whoever makes a database.
    let mut limited = project.own(Command::new("sh"));
    limited.args(["-c", "ulimit -f 16; exec \"$0\" \"$@\""]).arg(start.get_program()).args(start.get_args());
    let text = Answer::from(limited.output().unwrap()).failed();
    let signal = format!("was killed by signal {}", Signal::XFSZ.as_raw());
    assert!(text.contains(&signal) && text.contains("Hint: see .ve/orchestrator.log"), "{text}");
    wait_until("end of the keeper", || (!project.is_kept()).then_some(()));
    assert!(!project.layout().pid().exists() && !project.layout().socket().exists());
}

#[test]
fn a_place_that_is_taken_is_told() {
    let project = Project::new();
    File::create(project.root.join(".ve")).unwrap().write_all(b"mine").unwrap();
    let text = project.ve("start").failed();
    assert!(text.contains("a file is in its place") && text.contains("Hint: "), "{text}");
}

#[test]
fn a_wanted_port_that_is_taken_is_told() {
    let project = Project::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = project.own(Command::new(env!("CARGO_BIN_EXE_ve")));
    command.args(["orch", "start", "--project-dir"]).arg(&project.root);
    let text = Answer::from(command.args(["--port", &port]).output().unwrap()).failed();
    assert!(text.contains(&format!("127.0.0.1:{port}")) && text.contains("--port"), "{text}");
}

#[test]
fn a_deaf_daemon_is_killed_and_its_files_removed() {
    let project = Project::new();
    handle(&project.start()).signal(Signal::STOP).unwrap();
    assert_eq!(stop(&project.layout(), Duration::from_millis(200)).unwrap(), Stopped::Killed);
    assert!(!project.is_running() && !project.is_kept() && !project.layout().socket().exists());
}

#[test]
fn a_keeper_that_hangs_does_not_keep_the_daemon_from_ending() {
    let project = Project::new();
    let daemon = handle(&project.start());
    handle(&project.keeper()).signal(Signal::STOP).unwrap();
    assert_eq!(stop(&project.layout(), Duration::from_secs(4)).unwrap(), Stopped::Killed);
    assert_eq!(daemon.wait(Duration::ZERO).unwrap(), Wait::Ended);
    assert!(project.log().lines().last().unwrap().contains("stopped"), "{}", project.log());
    assert!(!project.is_running() && !project.is_kept());
}

#[test]
fn a_daemon_that_is_asked_to_leave_is_followed_by_a_new_one() {
    let project = Project::new();
    let first = project.start();
    handle(&first).signal(Signal::HUP).unwrap();
    project.successor(&first);
    assert!(!project.log().contains("ERROR"), "{}", project.log());
}

#[test]
fn the_keeper_ends_with_its_daemon_when_it_is_terminated() {
    let project = Project::new();
    let daemon = handle(&project.start());
    let keeper = handle(&project.keeper());
    keeper.signal(Signal::TERM).unwrap();
    assert_eq!(keeper.wait(BOUND).unwrap(), Wait::Ended);
    assert_eq!(daemon.wait(Duration::ZERO).unwrap(), Wait::Ended);
    assert!(!project.layout().port().exists());
}

#[test]
fn a_vanished_directory_in_the_project_hides_no_daemon() {
    let project = Project::new();
    let daemon = project.start();
    fs::remove_dir_all(project.root.join(".ve")).unwrap();
    assert!(project.ve("start").failed().contains(&format!("PID {}", daemon.pid())));
    assert!(project.ve("stop").succeeded().contains(STOPPED));
    project.start();
    assert!(project.answers());
}
