use super::lab::Lab;
use crate::git::host::{Host, Refusal};
use crate::git::names::ProjectRefs;
use std::fs;
use std::path::Path;

fn open(root: &Path) -> Result<Host, Refusal> {
    Host::open(root, ProjectRefs::new("p").unwrap(), Path::new("/nonexistent"))
}

#[test]
fn what_we_cannot_work_on_is_refused_by_name() {
    let lab = Lab::empty();
    let dir = lab.host_dir();
    assert!(matches!(open(&dir), Err(Refusal::NotARepository(_))));
    let kinds: [(&str, &[&str]); 3] =
        [("empty", &[]), ("reftable", &["--ref-format=reftable"]), ("sha256", &["--object-format=sha256"])];
    for (name, options) in kinds {
        lab.git(&dir, &[&["init", "-q", name], options].concat());
    }
    assert!(matches!(open(&dir.join("empty")), Err(Refusal::NoCommits(_))));
    assert!(matches!(open(&dir.join("reftable")), Err(Refusal::Reftable(_))));
    assert!(matches!(open(&dir.join("sha256")), Err(Refusal::Sha256(_))));
}

#[test]
fn a_branch_named_orch_is_refused() {
    let lab = Lab::new();
    lab.git(&lab.host_dir(), &["branch", "orch"]);
    assert!(matches!(open(&lab.host_dir()), Err(Refusal::OrchBranch(_))));
}

#[test]
fn a_detached_head_has_no_current_branch() {
    let lab = Lab::new();
    assert_eq!(lab.host().current_branch().unwrap().as_str(), "main");
    lab.git(&lab.host_dir(), &["checkout", "-q", "--detach"]);
    assert!(matches!(lab.host().current_branch(), Err(Refusal::DetachedHead(_))));
}

#[test]
fn a_project_may_be_a_subdirectory_of_a_linked_worktree() {
    let lab = Lab::new();
    let linked = lab.path().join("linked");
    lab.git(&lab.host_dir(), &["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    let host = open(&linked.join("dir")).unwrap();
    assert_eq!(host.prefix(), Path::new("dir"));
    assert_eq!(host.current_branch().unwrap().as_str(), "side");
    assert_eq!(host.common_dir(), lab.host_dir().join(".git").canonicalize().unwrap());
}

#[test]
fn borrowed_object_stores_are_found_through_each_other() {
    let lab = Lab::new();
    let (one, two) = (lab.path().join("one"), lab.path().join("two"));
    lab.git(lab.path(), &["clone", "-q", "--shared", "host", "one"]);
    lab.git(lab.path(), &["clone", "-q", "--shared", "one", "two"]);
    let dirs = open(&two).unwrap().object_dirs().unwrap();
    let expected = [two.join(".git/objects"), one.join(".git/objects"), lab.host_dir().join(".git/objects")];
    assert_eq!(dirs, expected.map(|dir| fs::canonicalize(dir).unwrap()));
}
