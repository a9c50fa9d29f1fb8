//! The jail, judged by what happened outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::place::{Place, Who};
use std::fs;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use ve::shim::bounded::{Bounds, Output, run};
use ve::shim::confined::Confined;
use ve::shim::guarantee::Guarantee;
use ve::shim::policy::{JailPolicy, Namespaces};
use ve::shim::presets::{Operator, Toolchain};
use ve::shim::probe::probe;

const BOUNDS: Bounds = Bounds { time: Duration::from_secs(60), output: 8 << 20 };
const PYTHON: &str = "/usr/bin/python3";

fn confined(place: &Place, policy: &JailPolicy, program: &str) -> Command {
    let file = place.root().join("policy.json");
    let confined = Confined::new(&place.ve, policy, &file).unwrap();
    place.give(&file);
    let mut command = confined.command(program);
    command
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", place.unit.home())
        .current_dir(place.unit.worktree());
    command
}

fn shell(place: &Place, policy: &JailPolicy, script: &str) -> Output {
    let mut command = confined(place, policy, "sh");
    command.args(["-c", script]);
    run(command, b"", BOUNDS).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every kind of jail that this machine can make.
fn jails(place: &Place) -> Vec<JailPolicy> {
    let capped = |cap| JailPolicy { landlock_cap: Some(cap), ..place.policy() };
    let alone = JailPolicy { namespaces: Namespaces::Unused, accept: Guarantee::ALL.to_vec(), ..place.policy() };
    vec![place.policy(), capped(0), capped(5), alone]
}

#[test]
fn nothing_outside_is_read_or_written() {
    for who in Who::all() {
        let place = Place::new(who);
        for policy in jails(&place) {
            let secrets = ["secret", "home/.ssh/id", "units/2/worktree/file"].map(|name| place.write(name, "hidden"));
            for secret in &secrets {
                let path = secret.display();
                let script =
                    format!("cat {path}; echo x >> {path}; : > {path}; rm -f {path}; ln {path} link; cat link");
                let output = shell(&place, &policy, &script);
                assert!(!text(&output.stdout).contains("hidden"), "{who:?} {policy:?}");
                assert_eq!(fs::read_to_string(secret).unwrap(), "hidden", "{who:?} {policy:?}");
            }
        }
    }
}

#[test]
fn nothing_outside_is_seen_or_changed_in_mode() {
    for who in Who::all() {
        let place = Place::new(who);
        let secret = place.write("secret", "hidden");
        let (path, dir) = (secret.display(), place.root().display());
        let output =
            shell(&place, &place.policy(), &format!("chmod 000 {path}; test -e {path} && echo seen; ls {dir}"));
        assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o666, "{who:?}");
        assert_eq!(text(&output.stdout), "units\n", "{who:?}: {}", text(&output.stderr));
    }
}

#[test]
fn what_is_granted_works() {
    for who in Who::all() {
        let place = Place::new(who);
        for policy in jails(&place) {
            let script = "set -e; echo w > file; echo h > $HOME/file; cat /etc/hostname /etc/resolv.conf > /dev/null; \
                          id -u > /dev/null; exec 3> /dev/null; cat < /proc/self/status > /dev/null; echo fine";
            let output = shell(&place, &policy, script);
            assert_eq!(text(&output.stdout), "fine\n", "{who:?} {}", text(&output.stderr));
            assert_eq!(fs::read_to_string(place.unit.home().join("file")).unwrap(), "h\n");
        }
    }
}

#[test]
fn temporary_files_are_private() {
    for who in Who::all() {
        let place = Place::new(who);
        let foreign = tempfile::NamedTempFile::new_in("/tmp").unwrap();
        let path = foreign.path().display();
        let output = shell(&place, &place.policy(), &format!("test -e {path} && echo seen; echo mine > /tmp/ve-mine"));
        assert_eq!(text(&output.stdout), "", "{who:?}");
        assert!(!Path::new("/tmp/ve-mine").exists());
        assert_eq!(fs::read_to_string(place.unit.tmp().join("ve-mine")).unwrap(), "mine\n", "{who:?}");
    }
}

#[test]
fn foreign_processes_are_not_signalled() {
    for who in Who::all() {
        let place = Place::new(who);
        let mut foreign = Command::new(if who == Who::Me { "sleep" } else { "setpriv" });
        if who == Who::Ordinary {
            foreign.args(["--reuid", "12345", "--regid", "12345", "--clear-groups", "sleep"]);
        }
        let mut foreign = foreign.arg("60").spawn().unwrap();
        for policy in jails(&place) {
            let script = format!("kill -9 {0}; cat /proc/{0}/environ", foreign.id());
            shell(&place, &policy, &script);
            assert!(foreign.try_wait().unwrap().is_none(), "{who:?} {policy:?}");
        }
        foreign.kill().unwrap();
        foreign.wait().unwrap();
    }
}

#[test]
fn foreign_sockets_are_not_reached() {
    if !Path::new(PYTHON).exists() {
        println!("skipped: there is no {PYTHON}");
        return;
    }
    for who in Who::all() {
        let place = Place::new(who);
        let path = place.root().join("daemon.sock");
        let by_path = UnixListener::bind(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        let name = format!("ve-test-{}-{who:?}", std::process::id());
        let abstract_name = SocketAddr::from_abstract_name(&name).unwrap();
        let by_name = UnixListener::bind_addr(&abstract_name).unwrap();
        for policy in jails(&place) {
            for address in [format!("{:?}", path), format!("\"\\0{name}\"")] {
                let script = format!("import socket; socket.socket(socket.AF_UNIX).connect({address})");
                let mut command = confined(&place, &policy, PYTHON);
                command.args(["-c", &script]);
                assert!(!run(command, b"", BOUNDS).unwrap().status.success(), "{who:?} {policy:?} {address}");
            }
        }
        for listener in [by_path, by_name] {
            listener.set_nonblocking(true).unwrap();
            assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{who:?}");
        }
    }
}

#[test]
fn python_semaphores_and_own_sockets_work() {
    if !Path::new(PYTHON).exists() {
        println!("skipped: there is no {PYTHON}");
        return;
    }
    for who in Who::all() {
        let place = Place::new(who);
        let script = "import multiprocessing, socket, pwd, os\n\
                      multiprocessing.Lock().acquire()\n\
                      pwd.getpwuid(os.getuid())\n\
                      s = socket.socket(socket.AF_UNIX); s.bind('/tmp/s'); s.listen()\n\
                      socket.socket(socket.AF_UNIX).connect('/tmp/s')\n";
        let mut command = confined(&place, &place.policy(), PYTHON);
        command.args(["-c", script]);
        let output = run(command, b"", BOUNDS).unwrap();
        assert!(output.status.success(), "{who:?} {}", text(&output.stderr));
    }
}

#[test]
fn secrets_of_the_system_are_masked() {
    for who in Who::all() {
        let place = Place::new(who);
        for policy in jails(&place) {
            let output = shell(&place, &policy, "cat /etc/shadow /etc/gshadow; echo 1 > /proc/sys/vm/stat_interval");
            assert_eq!(text(&output.stdout), "", "{who:?} {policy:?}");
            assert!(!output.status.success(), "{who:?} {policy:?}");
        }
    }
}

#[test]
fn no_privilege_is_held_or_gained() {
    for who in Who::all() {
        let place = Place::new(who);
        for policy in jails(&place) {
            let script = "grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t ' ' '; \
                          unshare -U true 2>/dev/null && echo new namespace; mount -t tmpfs x /tmp 2>/dev/null && echo mounted";
            let none = "0000000000000000";
            let expected =
                format!("CapInh: {none}\nCapPrm: {none}\nCapEff: {none}\nCapAmb: {none}\nNoNewPrivs: 1\nSeccomp: 2\n");
            assert_eq!(text(&shell(&place, &policy, script).stdout), expected, "{who:?}");
        }
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn system_calls_that_go_round_the_walls_are_refused() {
    if !Path::new(PYTHON).exists() {
        println!("skipped: there is no {PYTHON}");
        return;
    }
    // io_uring_setup, keyctl, bpf, perf_event_open, userfaultfd, clone3, getpid of x32; then a foreign socket family,
    // a keystroke into an own terminal, and a datagram pair.
    let script = "import ctypes, errno, fcntl, os, pty, socket\n\
                  c = ctypes.CDLL(None, use_errno=True)\n\
                  for n in 425, 250, 321, 298, 323, 435, 0x40000027:\n\
                  \x20   print(c.syscall(n, 0, 0, 0, 0, 0) == -1 and errno.errorcode[ctypes.get_errno()])\n\
                  def tried(call):\n\
                  \x20   try: call(); print('done')\n\
                  \x20   except OSError as e: print(errno.errorcode[e.errno])\n\
                  tried(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))\n\
                  tried(lambda: fcntl.ioctl(0, 0x5412, b'x'))\n\
                  tried(lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))\n";
    for who in Who::all() {
        let place = Place::new(who);
        for (policy, pair) in jails(&place).iter().zip(["done", "EPERM", "EPERM", "EPERM"]) {
            let mut command = confined(&place, policy, PYTHON);
            command.args(["-c", script]);
            let output = run(command, b"", BOUNDS).unwrap();
            let expected = format!("{}EPERM\nEPERM\n{pair}\n", "ENOSYS\n".repeat(7));
            assert_eq!(text(&output.stdout), expected, "{who:?} {}", text(&output.stderr));
        }
    }
}

#[test]
fn a_commit_in_a_linked_worktree_reaches_the_private_repository() {
    let git = |place: &Place, args: &[&str]| {
        let mut command = Command::new("git");
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", place.unit.home()).args(args);
        let output = run(command, b"", BOUNDS).unwrap();
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    for who in Who::all() {
        let place = Place::new(who);
        let (repository, worktree) = (place.unit.git(), place.unit.worktree());
        let (repository, worktree) = (repository.to_str().unwrap(), worktree.to_str().unwrap());
        let setup = format!(
            "set -e; git init -q --bare {repository}; cd {repository}; git config user.name a; git config user.email a@b; \
             c=$(git commit-tree -m base $(git hash-object -t tree -w /dev/null)); \
             git worktree add -q -b orch/x {worktree} $c"
        );
        assert_eq!(text(&shell(&place, &place.policy(), &setup).stderr), "", "{who:?}");
        let work = "echo x > file && git add file && git commit -qm work && git gc -q && git log --format=%s";
        let output = shell(&place, &place.policy(), work);
        assert_eq!(text(&output.stdout), "work\nbase\n", "{who:?} {}", text(&output.stderr));
        let directory = format!("--git-dir={repository}");
        let safe = format!("safe.directory={repository}");
        assert_eq!(git(&place, &["-c", &safe, &directory, "log", "-1", "--format=%s", "orch/x"]), "work\n");

        let host = place.root().join("host");
        let host = host.to_str().unwrap();
        git(&place, &["init", "-q", host]);
        let file = place.root().join("policy.json");
        let confined = Confined::new(&place.ve, &place.policy(), &file).unwrap();
        place.give(&file);
        let pack = format!("--upload-pack={}", confined.upload_pack_command());
        git(&place, &["-C", host, "fetch", "-q", &pack, repository, "orch/x:refs/heads/orch/x"]);
        assert_eq!(git(&place, &["-C", host, "log", "-1", "--format=%s", "orch/x"]), "work\n");
    }
}

#[test]
fn a_crate_is_built_inside() {
    let operator = Operator {
        home: std::env::var_os("HOME").unwrap().into(),
        path: std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect(),
    };
    let Some(cargo) = operator.find("cargo") else {
        println!("skipped: there is no cargo");
        return;
    };
    let place = Place::new(Who::Me);
    let mut policy = place.policy();
    let tools = operator.toolchains(&[Toolchain::Rust]);
    let login = operator.home.join(".cargo/credentials.toml");
    assert!(!tools.read.iter().any(|path| login.starts_with(path)), "{:?}", tools.read);
    policy.read.extend(tools.read.iter().cloned());
    // The same manifest above, where it cannot be read, must not confuse the build.
    for dir in [place.root().to_owned(), place.unit.worktree()] {
        fs::create_dir_all(dir.join("src")).unwrap();
        fs::write(dir.join("Cargo.toml"), "[package]\nname = \"small\"\nedition = \"2021\"\n").unwrap();
        fs::write(dir.join("src/main.rs"), "fn main() { println!(\"built\"); }\n").unwrap();
    }
    let mut command = confined(&place, &policy, cargo.to_str().unwrap());
    for (name, value) in &tools.env {
        command.env(name, value);
    }
    let bin = cargo.parent().unwrap();
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display())).args(["run", "-q", "--offline"]);
    let output = run(command, b"", BOUNDS).unwrap();
    assert_eq!(text(&output.stdout), "built\n", "{}", text(&output.stderr));
}

#[test]
fn the_end_of_the_program_is_passed_on_exactly() {
    let place = Place::new(Who::Me);
    for policy in jails(&place).into_iter().chain([JailPolicy::off()]) {
        let code = |script: &str| shell(&place, &policy, script).status.code();
        let signal =
            |script: &str| std::os::unix::process::ExitStatusExt::signal(&shell(&place, &policy, script).status);
        assert_eq!(code("exit 42"), Some(42));
        for number in [2, 9, 13, 15] {
            assert_eq!(signal(&format!("kill -{number} $$")), Some(number), "{policy:?}");
        }
        let output = run(confined(&place, &policy, "no-such-program"), b"", BOUNDS).unwrap();
        assert_eq!(output.status.code(), Some(127));
    }
}

#[test]
fn signals_reach_the_program() {
    use std::io::{BufRead, BufReader};
    let place = Place::new(Who::Me);
    for policy in jails(&place) {
        let mut command = confined(&place, &policy, "sh");
        command.args(["-c", "trap 'kill $!; echo got; exit 7' TERM; sleep 60 & echo ready; wait"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), "got");
        assert_eq!(child.wait().unwrap().code(), Some(7));
    }
}

#[test]
fn a_gap_is_refused_by_name_unless_accepted() {
    let place = Place::new(Who::Me);
    let refused = JailPolicy { namespaces: Namespaces::Unused, ..place.policy() };
    let output = shell(&place, &refused, "echo ran");
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(text(&output.stdout), "");
    let said = text(&output.stderr);
    assert!(said.starts_with("ve: jail: failed to keep the guarantee \"metadata\""), "{said}");
}

#[test]
fn a_path_that_is_not_there_is_refused_by_name() {
    let place = Place::new(Who::Me);
    let mut policy = place.policy();
    policy.read.push("/no/such/path".into());
    let output = shell(&place, &policy, "echo ran");
    assert_eq!(output.status.code(), Some(125));
    assert!(text(&output.stderr).contains("/no/such/path"), "{}", text(&output.stderr));
}

#[test]
fn a_link_left_in_the_private_tmp_does_not_lead_mounts_out() {
    let place = Place::new(Who::Me);
    let shared = tempfile::tempdir_in("/tmp").unwrap();
    let trap = place.root().join("trap");
    fs::create_dir(&trap).unwrap();
    std::os::unix::fs::symlink(&trap, place.unit.tmp().join(shared.path().file_name().unwrap())).unwrap();
    let inner = shared.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let mut policy = place.policy();
    policy.read.push(inner);
    assert_eq!(shell(&place, &policy, "true").status.code(), Some(125));
    assert_eq!(fs::read_dir(&trap).unwrap().count(), 0);
}

#[test]
fn shared_caches_keep_writes_private() {
    let place = Place::new(Who::Me);
    let cached = place.write("cache/item", "shared");
    let upper = place.root().join("upper");
    place.make_dir(&upper);
    let mut policy = place.policy();
    policy.cow.push(ve::shim::policy::CopyOnWrite { lower: place.root().join("cache"), upper });
    let path = cached.display();
    let output = shell(&place, &policy, &format!("cat {path}; echo mine > {path}; cat {path}"));
    assert_eq!(text(&output.stdout), "sharedmine\n", "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&cached).unwrap(), "shared");
}

#[test]
fn the_probe_tells_what_holds() {
    for who in Who::all() {
        let place = Place::new(who);
        let scratch = place.root().join("scratch");
        place.make_dir(&scratch);
        let probe = |base: &JailPolicy| {
            // What the probe writes must be readable for whoever runs the jail.
            place.write("scratch/probe.new", "");
            probe(&place.ve, &scratch, base).unwrap()
        };
        let found = probe(&JailPolicy::for_system());
        assert_eq!(found.held.len() + found.missing.len(), Guarantee::ALL.len());
        println!("held by {who:?}: {:?}; missing: {:?}", found.held, found.missing);
        // The promise of the probe is the one that the jail keeps.
        let policy = JailPolicy { namespaces: found.namespaces, ..place.policy() };
        let runs = shell(&place, &policy, "true").status.success();
        assert_eq!(runs, found.missing.is_empty());

        let without = JailPolicy { namespaces: Namespaces::Unused, ..JailPolicy::for_system() };
        let found = probe(&without);
        let gap = found.missing.iter().find(|gap| gap.guarantee == Guarantee::Processes).unwrap();
        assert!(gap.cure.contains("namespaces") && !found.unix_sockets);
    }
}

#[test]
fn a_machine_without_namespaces_is_found_out() {
    let place = Place::new(Who::Me);
    // A user namespace in which no other may be made, without capabilities: what a hardened machine looks like.
    let script = format!(
        "#!/bin/sh\nexec unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && \
         exec setpriv --inh-caps=-all --bounding-set=-all \"$@\"' sh {} \"$@\"\n",
        place.ve.display()
    );
    let ve = place.write("hardened", &script);
    fs::set_permissions(&ve, fs::Permissions::from_mode(0o755)).unwrap();
    if !Command::new("unshare").args(["-Ur", "true"]).status().is_ok_and(|status| status.success()) {
        println!("skipped: this machine has no user namespaces to simulate it");
        return;
    }
    let file = place.root().join("policy.json");
    let mut command = Confined::new(&ve, &place.policy(), &file).unwrap().command("true");
    command.env("PATH", "/usr/bin:/bin").current_dir(place.unit.worktree());
    let output = run(command, b"", BOUNDS).unwrap();
    assert_eq!(output.status.code(), Some(125), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("failed to make namespaces"), "{}", text(&output.stderr));
}
