use super::lab::{Lab, put};
use crate::git::merge::{Merged, Merger};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn work_comes_home_through_the_confined_upload_pack() {
    let lab = Lab::new();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    put(&unit.paths.worktree(), "a.txt", "work");
    let made = lab.commit_in(&unit.paths.worktree(), "work");
    let hook = lab.host_dir().join(".git/hooks/reference-transaction");
    put(&lab.host_dir(), ".git/hooks/reference-transaction", "#!/bin/sh\nexit 1\n");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(private.import().unwrap(), made);
    assert_eq!(lab.upload_packs(), 1, "the agent's repository is read by nothing else");
    fs::remove_dir_all(unit.paths.root()).unwrap();
    lab.git(&lab.host_dir(), &["fsck", "--strict"]);
    assert!(!lab.host_dir().join(".git/FETCH_HEAD").exists());
}

/// Writes a tree object as an attacker would: not through git's checks.
fn odd_commit(lab: &Lab, git_dir: &std::path::Path, tree: &[u8]) {
    let store = |kind: &str, bytes: &[u8]| {
        let mut command = Command::new("git");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", lab.path());
        command.args(["hash-object", "--literally", "-w", "-t", kind, "--stdin"]).current_dir(git_dir);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
    };
    let tree = store("tree", tree);
    let who = "x <x@localhost> 1700000000 +0000";
    let commit = store("commit", format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nodd\n").as_bytes());
    fs::write(git_dir.join("refs/heads/orch/chunk-1"), format!("{commit}\n")).unwrap();
}

#[test]
fn malformed_trees_are_refused_and_no_ref_moves() {
    let lab = Lab::new();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    let blob = lab.git(&lab.host_dir(), &["rev-parse", "HEAD:a.txt"]);
    let raw: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&blob[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let entry = |name: &str| [b"100644 ", name.as_bytes(), b"\0", raw.as_slice()].concat();
    for tree in [entry(".git"), entry(".."), entry("a/b"), [entry("x"), entry("x")].concat()] {
        odd_commit(&lab, &unit.paths.git(), &tree);
        assert!(private.import().is_err());
        assert_eq!(host.reference(&host.refs().incoming(unit.id)).unwrap(), None);
    }
}

#[test]
fn a_commit_without_its_tree_is_refused() {
    let lab = Lab::new();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    put(&unit.paths.worktree(), "a.txt", "work");
    lab.commit_in(&unit.paths.worktree(), "work");
    let tree = lab.git(&unit.paths.worktree(), &["rev-parse", "HEAD^{tree}"]);
    fs::remove_file(unit.paths.git().join("objects").join(&tree[..2]).join(&tree[2..])).unwrap();
    assert!(private.import().is_err());
    assert_eq!(host.reference(&host.refs().incoming(unit.id)).unwrap(), None);
}

#[test]
fn a_shallow_host_works() {
    let deep = Lab::new();
    deep.write("a.txt", "second\n");
    deep.commit("second");
    let lab = Lab::empty();
    let url = format!("file://{}", deep.host_dir().display());
    lab.git(lab.path(), &["clone", "-q", "--depth", "1", &url, "host"]);
    lab.configure();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    put(&unit.paths.worktree(), "b.txt", "work");
    lab.commit_in(&unit.paths.worktree(), "work");
    let tip = private.import().unwrap();
    lab.write("a.txt", "third\n");
    let target = lab.commit("third");
    let merger = Merger::open(&host, &lab.path().join("state/merge")).unwrap();
    assert!(matches!(merger.merge(&target, &tip).unwrap(), Merged::Clean(_)));
}
