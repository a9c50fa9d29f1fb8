//! The shim, judged by its files and by which processes are left.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::place::{Place, Who};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use ve::domain::ids::AttemptId;
use ve::shim::client::{Link, spawn};
use ve::shim::exit::{ExitRecord, ExitStatus, Limit, Why, read_exit};
use ve::shim::policy::JailPolicy;
use ve::shim::protocol::{Notice, StopLadder};
use ve::shim::run_dir::is_alive;
use ve::shim::spec::{Limits, MARKER, SPEC_VERSION, ShimSpec};
use ve::shim::sweep::sweep;

const LONG: Duration = Duration::from_secs(30);
/// No process of an attempt may be left this long after its end was asked for.
const PROMISE: Duration = Duration::from_secs(5);

/// One attempt in a place of its own.
struct Attempt {
    place: Place,
    spec: ShimSpec,
}

impl Attempt {
    fn new(who: Who, script: &str) -> Self {
        let place = Place::new(who);
        let attempt = uuid::Uuid::new_v4().to_string();
        let run_dir = place.unit.run(&AttemptId::parse(attempt.clone()).unwrap());
        place.make_dir(&run_dir);
        place.make_dir(&place.unit.logs());
        let spec = ShimSpec {
            version: SPEC_VERSION,
            log: place.unit.logs().join("out"),
            stderr: place.unit.logs().join("err"),
            run_dir,
            argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
            env: vec![("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())],
            cwd: place.unit.worktree(),
            policy: place.policy(),
            limits: Limits::default(),
            grace_seconds: ShimSpec::DEFAULT_GRACE_SECONDS,
            attempt,
        };
        Self { place, spec }
    }

    fn unconfined(script: &str) -> Self {
        let mut attempt = Self::new(Who::Me, script);
        attempt.spec.policy = JailPolicy::off();
        attempt
    }

    fn run_dir(&self) -> &Path {
        &self.spec.run_dir
    }

    async fn start(&self) -> u32 {
        self.place
            .write(self.spec.run_dir.join("spec.json").strip_prefix(self.place.root()).unwrap().to_str().unwrap(), "");
        self.place
            .write(self.spec.run_dir.join("shim.err").strip_prefix(self.place.root()).unwrap().to_str().unwrap(), "");
        spawn(&self.spec, &self.place.ve).await.unwrap()
    }

    async fn connect(&self, epoch: u64) -> Link {
        Link::connect(self.run_dir(), epoch).await.unwrap()
    }

    fn log(&self) -> Vec<u8> {
        fs::read(&self.spec.log).unwrap()
    }

    /// Waits for the end and for the record, which must be the same.
    async fn end(&self, link: &mut Link) -> ExitRecord {
        let told = tokio::time::timeout(LONG, link.receiver.exited()).await.unwrap().unwrap().unwrap();
        assert_eq!(read_exit(self.run_dir()).unwrap().as_ref(), Some(&told));
        assert_eq!(told.log_length, self.log().len() as u64);
        told
    }

    /// Waits for the end of an attempt that nobody talks to; it may be over already.
    async fn record(&self) -> ExitRecord {
        eventually("the attempt ends", LONG, || read_exit(self.run_dir()).unwrap().is_some()).await;
        read_exit(self.run_dir()).unwrap().unwrap()
    }

    /// Reads notices until the log has at least `length` bytes.
    async fn grown_to(&self, link: &mut Link, length: u64) {
        while self.log().len() < usize::try_from(length).unwrap() {
            tokio::time::timeout(LONG, link.receiver.next()).await.unwrap().unwrap().unwrap();
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let id = AttemptId::parse(self.spec.attempt.clone()).unwrap();
        sweep(&[id], LONG);
    }
}

async fn accepted(link: &mut Link, key: &str) {
    loop {
        match tokio::time::timeout(LONG, link.receiver.next()).await.unwrap().unwrap().unwrap() {
            Notice::Accepted { key: accepted } if accepted == key => return,
            Notice::Refused { why, .. } => panic!("refused: {why}"),
            _ => {}
        }
    }
}

/// Processes whose command line holds `text`, but for the sandbox's own.
fn running(text: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let has = |path: &PathBuf| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.starts_with("sleep") && line.contains(text)
    };
    entries.filter(has).collect()
}

async fn eventually(what: &str, within: Duration, test: impl Fn() -> bool) {
    let until = Instant::now() + within;
    while !test() {
        assert!(Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A number of seconds that no other test sleeps for.
fn unique_seconds() -> String {
    (100_000_000 + uuid::Uuid::new_v4().as_u128() % 800_000_000).to_string()
}

/// Five processes that do what they can to be forgotten, and the shell that waits for them.
fn zoo(seconds: &str) -> String {
    format!(
        "trap '' TERM; sleep {seconds} & \
         (setsid sh -c 'setsid sleep {seconds} &' &) ; \
         (setsid sh -c 'exec env -i setsid sleep {seconds}' &) ; \
         (cd / && setsid sh -c 'exec env -i setsid sleep {seconds}' &) ; \
         (trap '' HUP; setsid sleep {seconds} &) ; echo started; wait; sleep {seconds}"
    )
}

#[tokio::test]
async fn output_is_kept_byte_for_byte() {
    let script =
        "printf 'a\\377\\000b\\r\\n'; head -c 1048576 /dev/zero | tr '\\0' x; echo; printf 'no end'; printf err >&2";
    for attempt in [Attempt::new(Who::Me, script), Attempt::unconfined(script)] {
        attempt.start().await;
        let mut expected = b"a\xff\0b\r\n".to_vec();
        expected.extend(std::iter::repeat_n(b'x', 1 << 20));
        expected.extend_from_slice(b"\nno end");
        let record = attempt.record().await;
        assert!(attempt.log() == expected);
        assert_eq!(fs::read(&attempt.spec.stderr).unwrap(), b"err");
        assert_eq!((record.status, record.why), (ExitStatus::Code(0), Why::ByItself));
        assert_eq!((record.log_length, record.stderr_length), (expected.len() as u64, 3));
        assert!(record.started_at > 0 && record.ended_at >= record.started_at && record.peak_memory > 0);
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&attempt.spec.log).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn input_is_given_exactly_once() {
    let attempt = Attempt::new(Who::Me, "cat");
    attempt.start().await;
    let mut first = attempt.connect(1).await;
    first.sender.input("a", "one\n").await.unwrap();
    accepted(&mut first, "a").await;
    // The daemon dies with a command on the way, and does not know whether it arrived.
    first.sender.input("b", "two\n").await.unwrap();
    drop(first);
    let mut second = attempt.connect(2).await;
    for (key, text) in [("a", "one\n"), ("b", "two\n"), ("c", "three\n"), ("c", "three\n")] {
        second.sender.input(key, text).await.unwrap();
        accepted(&mut second, key).await;
    }
    second.sender.close_input().await.unwrap();
    let record = attempt.end(&mut second).await;
    assert_eq!(String::from_utf8(attempt.log()).unwrap(), "one\ntwo\nthree\n");
    assert_eq!((record.status, record.why), (ExitStatus::Code(0), Why::ByItself));
    let journal = fs::read_to_string(attempt.run_dir().join("input.journal")).unwrap();
    assert_eq!(journal.lines().count(), 3);
}

#[tokio::test]
async fn two_clients_see_the_same_and_an_old_daemon_is_fenced() {
    let attempt = Attempt::new(Who::Me, "cat");
    attempt.start().await;
    let mut old = attempt.connect(4).await;
    let mut new = attempt.connect(5).await;
    assert_eq!(new.welcome.attempt, attempt.spec.attempt);
    old.sender.input("x", "stale\n").await.unwrap();
    let refused = tokio::time::timeout(LONG, old.receiver.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(refused, Notice::Refused { key: Some(key), .. } if key == "x"));
    old.sender.stop(StopLadder::End).await.unwrap();
    new.sender.input("y", "fresh\n").await.unwrap();
    attempt.grown_to(&mut new, 6).await;
    attempt.grown_to(&mut old, 6).await;
    let third = attempt.connect(5).await;
    assert_eq!((third.welcome.log_length, third.welcome.keys), (6, vec!["y".to_owned()]));
    new.sender.close_input().await.unwrap();
    assert_eq!(attempt.end(&mut new).await, attempt.end(&mut old).await);
    assert_eq!(attempt.log(), b"fresh\n");
}

#[tokio::test]
async fn an_attempt_is_owned_once() {
    let attempt = Attempt::new(Who::Me, "echo ran; cat");
    attempt.start().await;
    assert!(is_alive(attempt.run_dir()).unwrap());
    let again = spawn(&attempt.spec, &attempt.place.ve).await.unwrap_err();
    assert!(again.to_string().contains("started before"), "{again}");
    let mut link = attempt.connect(1).await;
    link.sender.close_input().await.unwrap();
    attempt.end(&mut link).await;
    eventually("the lock is free", LONG, || !is_alive(attempt.run_dir()).unwrap()).await;
    spawn(&attempt.spec, &attempt.place.ve).await.unwrap_err();
    assert_eq!(attempt.log(), b"ran\n");
}

#[tokio::test]
async fn the_length_of_the_path_does_not_matter() {
    let mut attempt = Attempt::new(Who::Me, "cat");
    attempt.spec.run_dir = attempt.place.root().join("x".repeat(200));
    attempt.place.make_dir(attempt.run_dir());
    attempt.start().await;
    let mut link = attempt.connect(1).await;
    link.sender.close_input().await.unwrap();
    attempt.end(&mut link).await;
}

#[tokio::test]
async fn the_end_ladder_leaves_no_process() {
    let mut attempts = Vec::new();
    for who in Who::all() {
        let seconds = unique_seconds();
        attempts.push((Attempt::new(who, &zoo(&seconds)), seconds));
    }
    let seconds = unique_seconds();
    attempts.push((Attempt::unconfined(&zoo(&seconds)), seconds));
    let mut ends = Vec::new();
    for (attempt, seconds) in attempts {
        ends.push(async move {
            attempt.start().await;
            eventually("the zoo runs", LONG, || running(&seconds).len() == 5).await;
            let mut link = attempt.connect(1).await;
            link.sender.stop(StopLadder::End).await.unwrap();
            let asked = Instant::now();
            let record = attempt.end(&mut link).await;
            assert!(asked.elapsed() < PROMISE, "{:?}", asked.elapsed());
            assert_eq!(running(&seconds), Vec::<PathBuf>::new());
            assert_eq!((record.status, record.why), (ExitStatus::Signal(9), Why::Ended));
        });
    }
    futures_util::future::join_all(ends).await;
}

#[tokio::test]
async fn leftovers_end_with_the_agent() {
    for confined in [true, false] {
        let seconds = unique_seconds();
        let script = format!("(setsid sh -c 'setsid sleep {seconds} &' &); sleep 0.2; exit 5");
        let attempt = if confined { Attempt::new(Who::Me, &script) } else { Attempt::unconfined(&script) };
        attempt.start().await;
        let record = attempt.record().await;
        assert_eq!((record.status, record.why), (ExitStatus::Code(5), Why::ByItself));
        assert_eq!(running(&seconds), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
async fn a_killed_shim_takes_everything_with_it() {
    for who in Who::all() {
        let seconds = unique_seconds();
        let attempt = Attempt::new(who, &zoo(&seconds));
        let pid = attempt.start().await;
        eventually("the zoo runs", LONG, || running(&seconds).len() == 5).await;
        kill(pid);
        eventually("nothing is left", PROMISE, || running(&seconds).is_empty()).await;
        assert_eq!(read_exit(attempt.run_dir()).unwrap(), None);
    }
}

#[tokio::test]
async fn the_sweep_ends_what_a_killed_shim_left_and_nothing_else() {
    let seconds = unique_seconds();
    let script = format!("setsid sleep {seconds} & trap '' TERM; setsid sh -c 'sleep {seconds}; true' & wait");
    let attempt = Attempt::unconfined(&script);
    let other = uuid::Uuid::new_v4().to_string();
    let foreign = |marker: Option<&str>| {
        let mut command = Command::new("sleep");
        command.arg("60").env_remove(MARKER).current_dir(attempt.place.unit.worktree());
        if let Some(marker) = marker {
            command.env(MARKER, marker);
        }
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let mut survivors = [foreign(None), foreign(Some(&other))];
    let pid = attempt.start().await;
    eventually("it runs", LONG, || running(&seconds).len() == 2).await;
    kill(pid);
    eventually("the shim is gone", LONG, || !is_alive(attempt.run_dir()).unwrap()).await;
    assert_eq!(running(&seconds).len(), 2);
    let id = AttemptId::parse(attempt.spec.attempt.clone()).unwrap();
    let swept = sweep(&[id], PROMISE);
    assert!(swept.killed.len() >= 3 && swept.left.is_empty(), "{swept:?}");
    assert_eq!(running(&seconds), Vec::<PathBuf>::new());
    for survivor in &mut survivors {
        assert!(survivor.try_wait().unwrap().is_none());
        survivor.kill().unwrap();
        survivor.wait().unwrap();
    }
}

#[tokio::test]
async fn the_suspend_ladder_is_polite_first() {
    let by_input = Attempt::new(Who::Me, "cat; echo end of input; exit 3");
    by_input.start().await;
    let mut link = by_input.connect(1).await;
    link.sender.stop(StopLadder::Suspend).await.unwrap();
    let record = by_input.end(&mut link).await;
    assert_eq!((record.status, record.why), (ExitStatus::Code(3), Why::Suspended));
    assert_eq!(by_input.log(), b"end of input\n");

    let by_signal = Attempt::new(Who::Me, "trap 'kill $!; echo terminated; exit 4' TERM; sleep 60 & echo ready; wait");
    by_signal.start().await;
    let mut link = by_signal.connect(1).await;
    by_signal.grown_to(&mut link, 6).await;
    let asked = Instant::now();
    link.sender.stop(StopLadder::Suspend).await.unwrap();
    let record = by_signal.end(&mut link).await;
    assert!(asked.elapsed() >= Duration::from_secs(3));
    assert_eq!((record.status, record.why), (ExitStatus::Code(4), Why::Suspended));
    assert_eq!(by_signal.log(), b"ready\nterminated\n");
}

#[tokio::test]
async fn a_limit_that_is_passed_ends_the_attempt_with_evidence() {
    let mut output = Attempt::new(Who::Me, "yes");
    output.spec.limits.output_bytes = Some(100_000);
    let mut wall = Attempt::new(Who::Me, "exec sleep 60");
    wall.spec.limits.wall_seconds = Some(1);
    let mut processes = Attempt::new(Who::Me, "for i in 1 2 3 4 5 6; do sleep 60 & done; wait");
    processes.spec.limits.processes = Some(5);
    let mut memory = Attempt::new(Who::Me, "(head -c 80000000 /dev/zero; exec sleep 60) | tail -c 80000000");
    memory.spec.limits.memory_bytes = Some(40_000_000);
    let ends = [output, wall, processes, memory].map(|attempt| async move {
        attempt.start().await;
        attempt.record().await
    });
    let ends = futures_util::future::join_all(ends).await;
    assert_eq!(ends[0].log_length, 100_000);
    let limit = |record: &ExitRecord| match record.why {
        Why::Limit { limit, allowed, seen } if seen > allowed || limit == Limit::Wall => limit,
        _ => panic!("{record:?}"),
    };
    assert_eq!(
        ends.iter().map(limit).collect::<Vec<_>>(),
        [Limit::Output, Limit::Wall, Limit::Processes, Limit::Memory]
    );
}

#[tokio::test]
async fn without_a_daemon_the_agent_ends_politely() {
    let mut attempt = Attempt::new(Who::Me, "sleep 1.3; echo late; cat; echo polite");
    attempt.spec.grace_seconds = 1;
    attempt.start().await;
    let mut link = attempt.connect(1).await;
    // As long as a daemon is connected, nothing ends.
    attempt.grown_to(&mut link, 5).await;
    drop(link);
    assert_eq!(attempt.record().await.why, Why::GraceOver);
    assert_eq!(attempt.log(), b"late\npolite\n");
}

#[tokio::test]
async fn the_environment_is_the_given_one_and_the_marker() {
    let mut attempt = Attempt::new(Who::Me, "env | sort; umask");
    attempt.spec.env.push(("GIVEN".to_owned(), "a b\nc".to_owned()));
    attempt.start().await;
    attempt.record().await;
    let log = String::from_utf8(attempt.log()).unwrap();
    let names: Vec<&str> = log.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert_eq!(names, ["GIVEN", "PATH", "PWD", MARKER], "{log}");
    assert!(log.contains(&format!("{MARKER}={}", attempt.spec.attempt)));
}

#[tokio::test]
async fn an_agent_that_cannot_start_says_why() {
    let mut attempt = Attempt::new(Who::Me, "true");
    attempt.spec.policy.read.push("/no/such/path".into());
    attempt.start().await;
    assert_eq!(attempt.record().await.status, ExitStatus::Code(125));
    let errors = fs::read_to_string(&attempt.spec.stderr).unwrap();
    assert!(errors.contains("ve: jail: failed to find \"/no/such/path\""), "{errors}");
}

#[tokio::test]
async fn a_large_input_does_not_wait_for_a_slow_agent() {
    let attempt = Attempt::new(Who::Me, "read -r first; echo got; cat | wc -c");
    attempt.start().await;
    let mut link = attempt.connect(1).await;
    let large = "y".repeat(3 << 20);
    for (key, text) in [("large", large.as_str()), ("newline", "\n"), ("rest", large.as_str())] {
        link.sender.input(key, text).await.unwrap();
        accepted(&mut link, key).await;
    }
    link.sender.close_input().await.unwrap();
    attempt.end(&mut link).await;
    assert_eq!(String::from_utf8(attempt.log()).unwrap(), format!("got\n{}\n", 3 << 20));
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
