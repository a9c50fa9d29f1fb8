use super::lab::{Lab, main, put};
use crate::git::checkout::{Advance, Advanced};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const FILES: usize = 60;

/// While branch and checkout move, an editor saves file after file, each at first in its old place: what it saved last is what is there.
#[test]
fn no_save_of_an_editor_is_lost() {
    let lab = Lab::new();
    let name = |number: usize| format!("many/{number}");
    (0..FILES).for_each(|number| lab.write(&name(number), "0\n"));
    lab.commit("many");
    let (host, branch, journal) = (lab.host(), main(), lab.journal());
    let mut slipped_in = 0;
    for round in 1..=6 {
        let from = lab.base().commit;
        let text = format!("{round}\n");
        let to = lab.elsewhere(|dir| (0..FILES).for_each(|number| put(dir, &name(number), &text)));
        let stop = AtomicBool::new(false);
        let (outcome, saved) = thread::scope(|scope| {
            // The journal appears after the check and goes when all is in place: the editor is busy in between.
            let editor = scope.spawn(|| {
                while !journal.exists() && !stop.load(Ordering::Relaxed) {
                    thread::yield_now();
                }
                let mut saved = HashMap::new();
                for save in 0..2000 {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let (number, text) = (save * 7 % FILES, format!("round {round} save {save}\n"));
                    write_as_an_editor(&lab.host_dir().join(name(number)), &text, save % 2 == 0);
                    saved.insert(number, text);
                }
                saved
            });
            let advance = Advance { branch: &branch, from: &from, to: &to, reason: "ve: test", journal: &journal };
            let outcome = host.advance(&advance).unwrap();
            stop.store(true, Ordering::Relaxed);
            (outcome, editor.join().unwrap())
        });
        let Advanced::Moved { kept } = outcome else { panic!("{outcome:?}") };
        slipped_in += kept.len();
        for number in 0..FILES {
            assert_eq!(&lab.text(&name(number)), saved.get(&number).unwrap_or(&text), "{number} of {kept:?}");
        }
        lab.git(&lab.host_dir(), &["checkout", "-q", "--", "many"]);
    }
    assert!(slipped_in > 0, "the race was never run");
}

/// Saves as editors do: a new file renamed over the old one, or the old one written anew.
fn write_as_an_editor(file: &Path, text: &str, rename: bool) {
    if !rename {
        fs::write(file, text).unwrap();
        return;
    }
    let new = file.with_extension("swp");
    fs::write(&new, text).unwrap();
    fs::rename(&new, file).unwrap();
}

/// The operator commits in a loop while branches land: nobody's commits are lost, and none of theirs takes back what landed.
#[test]
fn an_operator_who_commits_meanwhile_reverts_nothing() {
    let lab = Lab::new();
    let host = lab.host();
    let (branch, journal) = (main(), lab.journal());
    let stop = AtomicBool::new(false);
    let mut landed = 0;
    let commits = thread::scope(|scope| {
        let operator = scope.spawn(|| {
            let mut commits = 0;
            for number in 0..60 {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                lab.write("operator", &format!("{number}\n"));
                lab.try_git(&lab.host_dir(), &["add", "operator"]);
                commits +=
                    usize::from(lab.try_git(&lab.host_dir(), &["commit", "-q", "-m", "operator"]).status.success());
            }
            commits
        });
        for number in 0..60 {
            if landed == 5 {
                break;
            }
            let from = host.tip(&branch).unwrap().unwrap();
            let to = lab.child_with(&from, &format!("landed-{landed}"), &number.to_string());
            let advance = Advance { branch: &branch, from: &from, to: &to, reason: "ve: test", journal: &journal };
            landed += usize::from(matches!(host.advance(&advance).unwrap(), Advanced::Moved { .. }));
        }
        stop.store(true, Ordering::Relaxed);
        operator.join().unwrap()
    });
    let log = lab.git(&lab.host_dir(), &["log", "--format=%s", "main"]);
    assert_eq!(log.lines().filter(|line| *line == "operator").count(), commits);
    for number in 0..landed {
        lab.git(&lab.host_dir(), &["cat-file", "-e", &format!("main:landed-{number}")]);
        assert!(lab.host_dir().join(format!("landed-{number}")).exists());
    }
    assert!(landed > 0);
}
