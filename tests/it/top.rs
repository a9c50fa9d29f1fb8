//! `ve orch top` on a real terminal, driven by tmux. Where there is no tmux, nothing is tested, and that is said.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::project::Project;
use std::path::PathBuf;
use std::process::Command;

/// A terminal of its own, with a shell in it.
struct Terminal<'a> {
    project: &'a Project,
    socket: PathBuf,
}

impl<'a> Terminal<'a> {
    /// None, with a word, where tmux is not installed.
    fn open(project: &'a Project) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("skipped: tmux is not installed");
            return None;
        }
        let terminal = Self { project, socket: project.root().with_file_name("tmux") };
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", "PS1='shell> ' exec sh"]);
        Some(terminal)
    }

    fn tmux(&self, args: &[&str]) -> String {
        let mut command = self.project.command("tmux");
        let output = command.env("TERM", "screen").arg("-S").arg(&self.socket).args(args).output().unwrap();
        assert!(output.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen shows all of these.
    #[track_caller]
    fn shows(&self, parts: &[&str]) {
        let mut screen = String::new();
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            self.project.wait(&format!("{parts:?}"), || {
                screen = self.screen();
                parts.iter().all(|part| screen.contains(part)).then_some(())
            });
        }));
        assert!(seen.is_ok(), "{parts:?} in\n{screen}");
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let mut command = self.project.command("tmux");
        // One that has ended by itself cannot be ended once more.
        command.arg("-S").arg(&self.socket).arg("kill-server").output().ok();
    }
}

#[test]
fn a_screen_shows_units_answers_questions_and_outlives_the_daemon() {
    let project = Project::new(
        r#"implement() {
            if [ -z "${VE_ANSWER-}" ]; then ask "which way?"; exit 0; fi
            echo "going $VE_ANSWER"; await_file go; mkdir -p src; echo "$VE_ANSWER" > "src/$VE_CHUNK.txt"; save implement
        }"#,
    );
    project.chunk("alpha", "[]");
    project.chunk("beta", "[\"alpha\"]");
    project.start();
    let Some(terminal) = Terminal::open(&project) else { return };
    project.inject(&["alpha", "beta"]);
    project.wait_status("alpha", "NEEDS_ATTENTION");
    terminal.press(&[&format!("{} orch top; echo ended with $?", env!("CARGO_BIN_EXE_ve")), "Enter"]);
    terminal.shows(&[
        "Units",
        "alpha",
        "NEEDS_ATTENTION",
        "beta",
        "Attention (1)",
        "frees 1",
        "which way?",
        "1) left",
        "2) right",
    ]);

    // What destroys asks first; what was typed can be given up.
    terminal.press(&["c"]);
    terminal.shows(&["cancel alpha?", "[y/N]"]);
    terminal.press(&["n"]);
    terminal.shows(&["nothing was done"]);

    // The question is answered with the number of its option, and the agent's words come as they are said.
    terminal.press(&["2"]);
    terminal.shows(&["going right", "RUNNING"]);

    // The daemon goes and comes; the screen waits for it and goes on. So it does when the terminal gets another size.
    project.stop();
    terminal.shows(&["the daemon is away"]);
    terminal.tmux(&["resize-window", "-x", "70", "-y", "20"]);
    project.start();
    project.wait_status("alpha", "RUNNING");
    project.wait("the screen to find the daemon", || (!terminal.screen().contains("is away")).then_some(()));
    terminal.shows(&["alpha", "RUNNING", "beta"]);
    terminal.press(&["+"]);
    terminal.shows(&["alpha: priority 1"]);
    project.signal("alpha", "go");
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt").trim(), "right");

    // However it ends, the terminal is what it was.
    terminal.press(&["q"]);
    terminal.shows(&["shell>", "ended with 0"]);
    terminal.press(&[&format!("{} orch top; echo again with $?", env!("CARGO_BIN_EXE_ve")), "Enter"]);
    terminal.shows(&["Units", "alpha"]);
    let top = project.processes_naming(b"orch\0top");
    assert_eq!(top.len(), 1, "{top:?}");
    let pid = rustix::process::Pid::from_raw(top[0].0).unwrap_or_else(|| panic!("{top:?}"));
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    terminal.shows(&["shell>", "again with 0"]);
    terminal.press(&["echo typed", "Enter"]);
    terminal.shows(&["typed\n"]);
    project.ok(&["cancel", "beta"]);
}
