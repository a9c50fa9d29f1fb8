//! Submodules of the host in a unit's worktree, and units that see nothing of the host but what their base reaches.

use super::lab::{Lab, main, put};
use crate::domain::ids::ObjectId;
use crate::domain::workspace::Base;
use crate::git::checkout::{Advance, Advanced};
use crate::git::error::GitError;
use crate::git::preserve::Safe;
use crate::git::private::lent::{Objects, readable};
use crate::git::private::prepare::Origin;
use std::fs;
use std::path::{Path, PathBuf};

/// A host with the submodule `vendor/lib`, which has the submodule `inner`, both checked out.
fn lab() -> Lab {
    let lab = Lab::new();
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q"];
    for (name, below) in [("inner", None), ("lib", Some("inner"))] {
        lab.git(lab.path(), &["init", "-q", "-b", "main", name]);
        let dir = lab.path().join(name);
        for (key, value) in [("user.name", "Up Stream"), ("user.email", "up@localhost")] {
            lab.git(&dir, &["config", key, value]);
        }
        put(&dir, "text", &format!("{name}\n"));
        if let Some(below) = below {
            lab.git(&dir, &[&add[..], &[&format!("../{below}"), below]].concat());
        }
        lab.commit_in(&dir, "first");
    }
    lab.git(&lab.host_dir(), &[&add[..], &["../lib", "vendor/lib"]].concat());
    lab.git(
        &lab.host_dir(),
        &["-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init", "--recursive"],
    );
    lab.commit("a submodule");
    lab
}

fn text(worktree: &Path, path: &str) -> String {
    fs::read_to_string(worktree.join(path)).unwrap()
}

#[test]
fn submodules_are_found_where_the_operator_has_them() {
    let lab = lab();
    let modules = lab.host().modules(&lab.base().commit).unwrap();
    let paths: Vec<&Path> = modules.iter().map(|module| module.path.as_path()).collect();
    assert_eq!(paths, [Path::new("vendor/lib"), Path::new("vendor/lib/inner")]);
    assert!(modules.iter().all(|module| module.home.is_some()), "{modules:?}");
    fs::remove_dir_all(lab.host_dir().join(".git/modules/vendor/lib/modules/inner")).unwrap();
    let modules = lab.host().modules(&lab.base().commit).unwrap();
    assert!(modules[0].home.is_some() && modules[1].home.is_none(), "{modules:?}");
}

#[test]
fn work_in_submodules_comes_home_and_is_safe_when_the_unit_goes() {
    let lab = lab();
    let (host, unit, base) = (lab.host(), lab.unit(1), lab.base());
    let (private, worktree) = (lab.private(&host, &unit), unit.paths.worktree());
    private.prepare(&base).unwrap();
    assert_eq!(private.make_modules(&base.commit).unwrap(), Vec::<PathBuf>::new());
    assert_eq!(text(&worktree, "vendor/lib/inner/text"), "inner\n");
    assert_eq!(lab.git(&worktree, &["status", "--porcelain"]), "");
    let clean = private.snapshot(&base, "nothing").unwrap();
    assert_eq!(clean.head, base.commit, "to have submodules is no work");

    put(&worktree, "vendor/lib/inner/text", "changed\n");
    put(&worktree, "vendor/lib/new", "new\n");
    private.snapshot(&base, "work").unwrap();
    let tip = private.import().unwrap();
    let landed = host.module_moves(&base.commit, &tip).unwrap();
    assert_eq!((landed.behind, landed.nowhere), (vec![PathBuf::from("vendor/lib")], Vec::new()));
    let lib = lab.git(&lab.host_dir(), &["rev-parse", &format!("{tip}:vendor/lib")]);
    let lib_home = lab.host_dir().join(".git/modules/vendor/lib");
    assert_eq!(lab.git(&lib_home, &["show", &format!("{lib}:new")]), "new");
    let inner = lab.git(&lib_home, &["rev-parse", &format!("{lib}:inner")]);
    assert_eq!(lab.git(&lib_home.join("modules/inner"), &["show", &format!("{inner}:text")]), "changed");

    private.check_out_landing(&tip).unwrap();
    assert_eq!(text(&unit.paths.landing(), "vendor/lib/inner/text"), "changed\n");

    put(&worktree, "vendor/lib/unsaved", "precious\n");
    let Safe::Preserved(refs) = private.remove().unwrap() else { panic!("it was work") };
    let kept = refs.split(", ").find_map(|told| told.strip_suffix(" in the submodule vendor/lib")).unwrap();
    assert_eq!(lab.git(&lib_home, &["show", &format!("{kept}:unsaved")]), "precious");
    assert!(!worktree.exists());
}

#[test]
fn submodules_follow_the_base_and_a_review_leaves_them_as_they_were() {
    let lab = lab();
    let (host, unit, base) = (lab.host(), lab.unit(1), lab.base());
    let (private, worktree) = (lab.private(&host, &unit), unit.paths.worktree());
    private.prepare(&base).unwrap();
    private.make_modules(&base.commit).unwrap();
    let theirs = lab.host_dir().join("vendor/lib");
    lab.git(&theirs, &["config", "user.email", "op@localhost"]);
    lab.git(&theirs, &["config", "user.name", "Op"]);
    put(&theirs, "text", "newer\n");
    lab.commit_in(&theirs, "newer");
    let newer = lab.commit("a newer library");
    private.fast_forward(&newer).unwrap();
    assert_eq!(text(&worktree, "vendor/lib/text"), "newer\n");
    put(&worktree, "vendor/lib/text", "a reviewer's\n");
    private.restore_code(&newer, &[]).unwrap();
    let moved = Base { branch: main(), commit: newer.clone() };
    assert_eq!(private.snapshot(&moved, "review").unwrap().head, newer);

    // A merge of the agent's own moves the entry and not the files: those follow, the entry is not taken back.
    lab.git(&worktree, &["checkout", "-q", "-B", "orch/chunk-1", base.commit.as_str()]);
    lab.git(
        &worktree,
        &["submodule", "--quiet", "foreach", &format!("git checkout -q --detach {}", lib_at(&lab, &base.commit))],
    );
    private.snapshot(&base, "back").unwrap();
    lab.git(&worktree, &["merge", "-q", "--ff-only", newer.as_str()]);
    assert_eq!(private.snapshot(&moved, "merged").unwrap().head, newer);
    assert_eq!(text(&worktree, "vendor/lib/text"), "newer\n");
}

fn lib_at(lab: &Lab, commit: &ObjectId) -> String {
    lab.git(&lab.host_dir(), &["rev-parse", &format!("{commit}:vendor/lib")])
}

#[test]
fn a_checkout_follows_a_landing_that_moves_a_submodule_and_its_files_stay() {
    let lab = lab();
    let (from, path) = (lab.base().commit, lab.host_dir().join("vendor/lib"));
    let old = lib_at(&lab, &from);
    let to = lab.elsewhere(|dir| {
        let who = ["-c", "user.name=Op", "-c", "user.email=op@localhost"];
        let newer = ["commit-tree", "-m", "newer", "-p", &old, &format!("{old}^{{tree}}")];
        let newer = lab.git(&path, &[&who[..], &newer].concat());
        lab.git(dir, &["update-index", "--cacheinfo", &format!("160000,{newer},vendor/lib")]);
        put(dir, "a.txt", "moved\n");
    });
    let advance = Advance { branch: &main(), from: &from, to: &to, reason: "land", journal: &lab.journal() };
    assert_eq!(lab.host().advance(&advance).unwrap(), Advanced::Moved { kept: Vec::new() });
    assert_eq!((lab.text("a.txt"), lab.git(&path, &["rev-parse", "HEAD"])), ("moved\n".to_owned(), old));
    assert_eq!(lab.git(&lab.host_dir(), &["diff", "--cached", "--name-only"]), "");
}

#[test]
fn what_is_not_there_stays_empty_and_a_submodule_that_somebody_checked_out_is_no_work() {
    let lab = lab();
    fs::remove_dir_all(lab.host_dir().join(".git/modules/vendor/lib/modules/inner")).unwrap();
    let (host, unit, base) = (lab.host(), lab.unit(1), lab.base());
    let (private, worktree) = (lab.private(&host, &unit), unit.paths.worktree());
    private.prepare(&base).unwrap();
    assert_eq!(private.make_modules(&base.commit).unwrap(), [Path::new("vendor/lib/inner")]);
    let inner = worktree.join("vendor/lib/inner");
    assert_eq!(fs::read_dir(&inner).unwrap().count(), 0);
    assert_eq!(private.snapshot(&base, "nothing").unwrap().head, base.commit);
    fs::remove_dir_all(&worktree).unwrap();
    assert_eq!(private.prepare(&base).unwrap().origin, Origin::Reused(crate::git::private::heal::Healed::Worktree));
    assert_eq!(text(&worktree, "vendor/lib/text"), "lib\n", "a worktree that is made again has its submodules");
}

#[test]
fn a_unit_with_objects_of_its_own_reads_what_its_base_reaches_and_works_like_all_others() {
    let lab = lab();
    lab.git(&lab.host_dir(), &["tag", "-m", "here", "here"]);
    let secret = lab.child_with(&lab.base().commit, "secret", "theirs\n");
    lab.git(&lab.host_dir(), &["branch", "unrelated", secret.as_str()]);
    lab.git(&lab.host_dir(), &["tag", "secret", secret.as_str()]);
    let (host, unit, base) = (lab.host(), lab.unit(1), lab.base());
    let (private, worktree) = (lab.private(&host, &unit), unit.paths.worktree());
    private.set_objects(Objects::Own).unwrap();
    private.prepare(&base).unwrap();
    private.make_modules(&base.commit).unwrap();
    assert_eq!(text(&worktree, "vendor/lib/inner/text"), "inner\n");
    let shared = host.object_dirs().unwrap();
    assert!(readable(&unit.paths, &shared).iter().all(|dir| dir.starts_with(unit.paths.root())));
    let sees = |commit: &ObjectId| lab.try_git(&worktree, &["cat-file", "-e", commit.as_str()]).status.success();
    assert!(sees(&base.commit) && !sees(&secret));
    assert_eq!(lab.git(&worktree, &["tag"]), "", "only what it can read is named");

    put(&worktree, "a.txt", "own\n");
    private.snapshot(&base, "work").unwrap();
    let tip = private.import().unwrap();
    let landed = lab.child_with(&base.commit, "landed", "since\n");
    let newer = Base { branch: main(), commit: landed.clone() };
    private.update_refs(&newer).unwrap();
    assert!(sees(&landed), "a rebase finds its base");
    private.check_out_landing(&landed).unwrap();
    assert!(unit.paths.landing().join("landed").exists());
    let merged = lab.child_with(&tip, "b2.txt", "the operator's\n");
    private.fast_forward(&merged).unwrap();
    assert_eq!(private.remove().unwrap(), Safe::Preserved(host.refs().preserved(unit.id, 1)));
    let unprepared: Result<(), GitError> = lab.private(&host, &lab.unit(2)).set_objects(Objects::Shared);
    unprepared.unwrap();
}
