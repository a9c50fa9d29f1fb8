use super::lab::{Lab, put};
use crate::domain::ids::ObjectId;
use crate::git::diff::{How, Patch};
use crate::git::host::Host;
use crate::git::merge::{Merged, Merger, Style};
use crate::git::read::{Content, Distance, Kind};
use crate::git::sensitive::Why;
use std::path::{Path, PathBuf};

fn merger<'a>(lab: &Lab, host: &'a Host) -> Merger<'a> {
    Merger::open(host, &lab.path().join("state/merge")).unwrap()
}

#[test]
fn both_sides_changes_fit_together_and_are_committed() {
    let lab = Lab::new();
    let tip = lab.elsewhere(|dir| put(dir, "a.txt", "tip\n"));
    lab.write("b.txt", "target\n");
    let target = lab.commit("target");
    let host = lab.host();
    let merger = merger(&lab, &host);
    let Merged::Clean(tree) = merger.merge(&target, &tip).unwrap() else { panic!() };
    let commit = |style| merger.commit(style, &target, &tip, &tree, "land it\n").unwrap().unwrap();
    let dir = lab.host_dir();
    let shown = |id: &ObjectId| lab.git(&dir, &["log", "-1", "--format=%P|%an|%T", id.as_str()]);
    assert_eq!(shown(&commit(Style::Merge)), format!("{target} {tip}|Op Erator|{tree}"));
    assert_eq!(shown(&commit(Style::Squash)), format!("{target}|Op Erator|{tree}"));
    assert_eq!(merger.merge(&commit(Style::Merge), &tip).unwrap(), Merged::AlreadyIn);
}

#[test]
fn a_tip_on_top_of_the_target_is_a_fast_forward() {
    let lab = Lab::new();
    let tip = lab.elsewhere(|dir| put(dir, "a.txt", "tip\n"));
    let host = lab.host();
    let merged = merger(&lab, &host).merge(&lab.base().commit, &tip).unwrap();
    let tree = lab.id(&lab.host_dir(), &format!("{tip}^{{tree}}"));
    assert_eq!(merged, Merged::FastForward(tree.clone()));
    let commit = |target: &ObjectId| merger(&lab, &host).commit(Style::FastForward, target, &tip, &tree, "").unwrap();
    assert_eq!(commit(&lab.base().commit), Some(tip.clone()));
    lab.write("b.txt", "target\n");
    assert_eq!(commit(&lab.commit("target")), None);
}

#[test]
fn conflicts_are_paths() {
    let lab = Lab::new();
    let tip = lab.elsewhere(|dir| put(dir, "a.txt", "tip\n"));
    lab.write("a.txt", "target\n");
    let target = lab.commit("target");
    let host = lab.host();
    let merged = merger(&lab, &host).merge(&target, &tip).unwrap();
    assert_eq!(merged, Merged::Conflict(vec![PathBuf::from("a.txt")]));
}

#[test]
fn a_missing_commit_is_an_error_and_no_conflict() {
    let lab = Lab::new();
    let host = lab.host();
    let missing = ObjectId::parse("1".repeat(40)).unwrap();
    assert!(merger(&lab, &host).merge(&lab.base().commit, &missing).is_err());
}

#[test]
fn merge_drivers_of_the_operator_do_not_run() {
    let lab = Lab::new();
    let ran = lab.path().join("driver ran");
    lab.git(&lab.host_dir(), &["config", "merge.evil.driver", &format!("touch '{}'; true", ran.display())]);
    lab.write(".gitattributes", "a.txt merge=evil\n");
    lab.commit("attributes");
    let tip = lab.elsewhere(|dir| put(dir, "a.txt", "tip\n"));
    lab.write("a.txt", "target\n");
    let target = lab.commit("target");
    let host = lab.host();
    assert!(matches!(merger(&lab, &host).merge(&target, &tip).unwrap(), Merged::Conflict(_)));
    assert!(!ran.exists());
}

#[test]
fn attributes_of_the_target_count() {
    let lab = Lab::new();
    lab.write(".gitattributes", "a.txt merge=union\n");
    lab.commit("attributes");
    let tip = lab.elsewhere(|dir| put(dir, "a.txt", "a\ntip\n"));
    lab.write("a.txt", "a\ntarget\n");
    let target = lab.commit("target");
    let host = lab.host();
    assert!(matches!(merger(&lab, &host).merge(&target, &tip).unwrap(), Merged::Clean(_)));
}

#[test]
fn committed_conflict_markers_are_found() {
    let lab = Lab::new();
    let tip = lab.elsewhere(|dir| put(dir, "a.txt", "<<<<<<< ours\nx\n=======\ny\n>>>>>>> theirs\n"));
    let found = lab.host().conflict_markers(&lab.base().commit, &tip).unwrap();
    assert_eq!(found, [PathBuf::from("a.txt")]);
}

#[test]
fn commits_are_compared_and_read() {
    let lab = Lab::new();
    let base = lab.base().commit;
    let tip = lab.elsewhere(|dir| {
        put(dir, "a.txt", "changed\n");
        put(dir, ".github/workflows/ci.yml", "on: push\n");
        std::fs::remove_file(dir.join("b.txt")).unwrap();
        std::os::unix::fs::symlink("../../etc", dir.join("dir/out")).unwrap();
    });
    let host = lab.host();
    let changes = host.changes(&base, &tip).unwrap();
    let found: Vec<_> = changes.iter().map(|change| (change.path.to_str().unwrap(), change.how)).collect();
    let expected = [
        (".github/workflows/ci.yml", How::Added),
        ("a.txt", How::Modified),
        ("b.txt", How::Removed),
        ("dir/out", How::Added),
    ];
    assert_eq!(found, expected);
    let sensitive = host.sensitive_changes(&base, &tip).unwrap();
    assert_eq!(sensitive.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Why::Ci, Why::LinkOutside]);
    let Patch::Whole(text) = host.patch(&base, &tip, 10_000).unwrap() else { panic!() };
    assert!(text.contains("-a\n+changed\n"), "{text}");
    assert!(matches!(host.patch(&base, &tip, 50).unwrap(), Patch::Beginning(text) if text.len() == 50));
    let contents = host.contents(&tip).unwrap();
    assert_eq!(contents.content(Path::new("a.txt"), 8).unwrap(), Content::File(b"changed\n".to_vec()));
    assert_eq!(contents.content(Path::new("a.txt"), 7).unwrap(), Content::TooLarge(8));
    assert_eq!(contents.content(Path::new("b.txt"), 7).unwrap(), Content::Missing);
    let listed = contents.list(Path::new("dir")).unwrap().unwrap();
    assert_eq!(listed.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["c.txt", "out"]);
    assert_eq!(contents.list(Path::new("")).unwrap().unwrap()[0].kind, Kind::Directory);
    assert_eq!(contents.list(Path::new("a.txt")).unwrap(), None);
    assert_eq!(host.distance(&tip, &base).unwrap(), Distance { ahead: 1, behind: 0 });
    assert_eq!(host.merge_base(&tip, &base).unwrap(), Some(base));
}

#[test]
fn operators_who_sign_get_signed_commits() {
    let lab = Lab::new();
    let gpg = lab.path().join("gpg");
    let says = "cat >/dev/null; echo '[GNUPG:] SIG_CREATED ' >&2; echo '-----BEGIN PGP SIGNATURE-----'";
    put(lab.path(), "gpg", &format!("#!/bin/sh\n{says}\n"));
    std::fs::set_permissions(&gpg, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let tip = lab.elsewhere(|dir| put(dir, "a.txt", "tip\n"));
    for (name, value) in [("commit.gpgsign", "true"), ("gpg.program", gpg.to_str().unwrap())] {
        lab.git(&lab.host_dir(), &["config", name, value]);
    }
    let (host, target) = (lab.host(), lab.base().commit);
    let tree = lab.id(&lab.host_dir(), &format!("{tip}^{{tree}}"));
    let made = merger(&lab, &host).commit(Style::Merge, &target, &tip, &tree, "land it").unwrap().unwrap();
    let raw = lab.git(&lab.host_dir(), &["cat-file", "commit", made.as_str()]);
    assert!(raw.contains("gpgsig -----BEGIN PGP SIGNATURE-----") && raw.contains("author Op Erator"), "{raw}");
}

#[test]
fn two_that_merge_for_the_first_time_at_once_share_one_directory() {
    let lab = Lab::new();
    let host = lab.host();
    for round in 0..20 {
        let shadow = lab.path().join(format!("state/merge-{round}"));
        std::thread::scope(|scope| {
            let open = || Merger::open(&host, &shadow).map(drop);
            let both = [scope.spawn(open), scope.spawn(open)];
            both.into_iter().for_each(|opened| opened.join().unwrap().unwrap());
        });
        assert!(shadow.join("HEAD").is_file());
    }
    assert!(
        std::fs::read_dir(lab.path().join("state"))
            .unwrap()
            .all(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with("merge-") })
    );
}
