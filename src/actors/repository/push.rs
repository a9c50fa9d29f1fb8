//! What has landed and is to be at `origin`: noted before the landing counts as done, crossed off when it is there. A restart goes on with the note.

use super::home::Home;
use super::place::{Outcome, Place};
use crate::domain::ids::{BranchName, ObjectId};
use crate::domain::landing::Merge;
use crate::git::push::Pushed;
use crate::project::config::BaseSpec;
use crate::project::task::Repo;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is to be pushed: a commit for each branch.
type Noted = BTreeMap<BranchName, ObjectId>;

/// A branch that could not be pushed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unpushed {
    /// Its repository in a task, with a slash, and its name.
    pub branch: String,
    /// What git said.
    pub why: String,
}

/// Notes what a landing is to bring to `origin`, where the operator wants that.
pub(super) fn note(home: &Home, place: &Place, merge: &Merge) -> Outcome<()> {
    let effective = home.effective();
    if !effective.config.push || effective.config.base != BaseSpec::Origin(merge.target.clone()) {
        return Ok(());
    }
    let landed = |noted: &mut Noted| drop(noted.insert(merge.target.clone(), merge.commit.clone()));
    Ok(change(home.notes(), &place.unpushed, landed)?)
}

/// Pushes all that is noted, and returns what is left.
pub(super) fn push_all(home: &Home) -> Vec<Unpushed> {
    let site = home.effective().site.clone();
    let mut left = Vec::new();
    for repo in site.repos.values() {
        let name = repo.name.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
        match push(home, repo) {
            Ok(refused) => {
                left.extend(
                    refused.into_iter().map(|(branch, why)| Unpushed { branch: format!("{name}{branch}"), why }),
                );
            }
            Err(error) => left.push(Unpushed { branch: format!("{name}(all)"), why: format!("failed to {error}") }),
        }
    }
    left
}

fn push(home: &Home, repo: &Repo) -> Outcome<Vec<(BranchName, String)>> {
    let file = home.effective().site.unpushed(repo);
    let noted = read(&file)?;
    if noted.is_empty() {
        return Ok(Vec::new());
    }
    if !home.effective().config.push {
        // Not wanted any more.
        return Ok(change(home.notes(), &file, Noted::clear).map(|()| Vec::new())?);
    }
    let host = home.open(repo)?;
    let mut refused = Vec::new();
    for (branch, commit) in &noted {
        match host.push(branch, commit)? {
            Pushed::There => {}
            Pushed::Refused(why) => refused.push((branch.clone(), why)),
        }
    }
    let is_refused = |branch: &BranchName| refused.iter().any(|(left, _)| left == branch);
    // What landed meanwhile is noted with another commit, and stays.
    let pushed = |now: &mut Noted| now.retain(|branch, commit| is_refused(branch) || noted.get(branch) != Some(commit));
    change(home.notes(), &file, pushed)?;
    Ok(refused)
}

/// Changes what is noted, one change at a time: a landing notes while the one before is being pushed.
fn change(alone: &Mutex<()>, file: &Path, change: impl FnOnce(&mut Noted)) -> io::Result<()> {
    // Nothing is held in it that a panic could have left half done.
    let _alone = alone.lock().unwrap_or_else(PoisonError::into_inner);
    let mut noted = read(file)?;
    change(&mut noted);
    write(file, &noted)
}

/// A line per branch: commit, blank, name.
fn read(file: &Path) -> io::Result<Noted> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        text => text?,
    };
    let line = |line: &str| {
        let (commit, branch) = line.split_once(' ')?;
        Some((BranchName::parse(branch).ok()?, ObjectId::parse(commit).ok()?))
    };
    let unknown = |text: &str| io::Error::other(format!("{}: {text:?} is no commit and branch", file.display()));
    text.lines().map(|text| line(text).ok_or_else(|| unknown(text))).collect()
}

/// Durable, whole or not at all.
fn write(file: &Path, noted: &Noted) -> io::Result<()> {
    let new: PathBuf = file.with_extension("new");
    let lines: String = noted.iter().map(|(branch, commit)| format!("{commit} {branch}\n")).collect();
    let mut out = File::create(&new)?;
    out.write_all(lines.as_bytes())?;
    out.sync_all()?;
    fs::rename(&new, file)?;
    File::open(file.parent().unwrap_or(Path::new("/")))?.sync_all()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_noted_is_read_back() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("unpushed");
        assert!(read(&file).unwrap().is_empty());
        let noted = BTreeMap::from([(BranchName::parse("dev/x").unwrap(), ObjectId::parse("a".repeat(40)).unwrap())]);
        write(&file, &noted).unwrap();
        assert_eq!(read(&file).unwrap(), noted);
        fs::write(&file, "half a li").unwrap();
        assert!(
            read(&file).unwrap_err().to_string().contains("half a li"),
            "what is to be pushed is not forgotten silently"
        );
    }

    #[test]
    fn a_note_that_comes_while_another_is_crossed_off_stays() {
        let temp = tempfile::tempdir().unwrap();
        let (file, alone) = (temp.path().join("unpushed"), Mutex::new(()));
        let commit = ObjectId::parse("a".repeat(40)).unwrap();
        let name = |number: usize| BranchName::parse(format!("b{number}")).unwrap();
        let (file, alone, commit) = (&file, &alone, &commit);
        std::thread::scope(|scope| {
            for half in 0..2 {
                scope.spawn(move || {
                    for number in (half..40).step_by(2) {
                        change(alone, file, |noted| drop(noted.insert(name(number), commit.clone()))).unwrap();
                    }
                });
            }
        });
        assert_eq!(read(file).unwrap().len(), 40);
    }
}
