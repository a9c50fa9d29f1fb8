use super::lab::{Lab, main, put};
use crate::git::base::{BaseError, BaseSpec};

/// A lab whose `origin` is a bare clone, one commit ahead.
fn with_origin() -> Lab {
    let lab = Lab::new();
    lab.git(lab.path(), &["clone", "-q", "--bare", "host", "origin.git"]);
    lab.git(lab.path(), &["clone", "-q", "origin.git", "colleague"]);
    let colleague = lab.path().join("colleague");
    put(&colleague, "a.txt", "from a colleague\n");
    lab.git(&colleague, &["-c", "user.name=c", "-c", "user.email=c@localhost", "commit", "-qam", "news"]);
    lab.git(&colleague, &["push", "-q"]);
    lab.git(&lab.host_dir(), &["remote", "add", "origin", "../origin.git"]);
    lab
}

#[test]
fn local_bases_are_branches() {
    let lab = Lab::new();
    let host = lab.host();
    let resolved = host.base(&BaseSpec::Current, &lab.journal()).unwrap();
    assert_eq!(resolved.base, lab.base());
    let missing = BaseSpec::parse("nowhere").unwrap();
    assert!(matches!(host.base(&missing, &lab.journal()), Err(BaseError::NoBranch(_))));
}

#[test]
fn origin_is_fetched_and_the_local_branch_follows_with_its_checkout() {
    let lab = with_origin();
    let resolved = lab.host().base(&BaseSpec::Origin(main()), &lab.journal()).unwrap();
    assert_eq!(resolved.offline, None);
    assert_eq!(resolved.base.commit, lab.id(&lab.path().join("origin.git"), "main"));
    assert_eq!(lab.text("a.txt"), "from a colleague\n");
    assert_eq!(lab.git(&lab.host_dir(), &["status", "--porcelain"]), "");
}

#[test]
fn offline_is_a_warning_and_the_last_known_commit_serves() {
    let lab = with_origin();
    let host = lab.host();
    let known = host.base(&BaseSpec::Origin(main()), &lab.journal()).unwrap();
    lab.git(&lab.host_dir(), &["remote", "set-url", "origin", "../gone.git"]);
    let resolved = host.base(&BaseSpec::Origin(main()), &lab.journal()).unwrap();
    assert!(resolved.offline.is_some());
    assert_eq!(resolved.base, known.base);
}

#[test]
fn diverged_branches_are_for_the_operator() {
    let lab = with_origin();
    lab.write("b.txt", "mine\n");
    lab.commit("mine");
    let refused = lab.host().base(&BaseSpec::Origin(main()), &lab.journal());
    assert!(matches!(refused, Err(BaseError::Diverged(_))));
}
