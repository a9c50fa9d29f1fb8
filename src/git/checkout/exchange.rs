//! Brings the files of a checkout up to date, each in one atomic step, and compares what was displaced with what was seen: an edit that slipped
//! in is put back. Where a step stands is read from the stage, so that doing all of it again, after a crash or for a second look, is harmless.

use super::changes::Kind;
use super::journal::Step;
use super::print::Print;
use super::site::Site;
use super::stage::Stage;
use crate::git::error::{GitError, at};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs;
use std::path::{Path, PathBuf};

/// Whether a path is up to date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The operator's version stays.
    Kept,
}

/// Exchanges all files and returns the paths where the operator's version stays.
pub(super) fn exchange(site: &Site, stage: &Stage, steps: &[Step]) -> Result<Vec<PathBuf>, GitError> {
    let work = Work { site, stage };
    let mut kept = Vec::new();
    let mut todo: Vec<(usize, &Step)> = steps.iter().enumerate().collect();
    // Twice: the second look finds what a program wrote through a file it had open when the first one displaced it.
    for _ in 0..2 {
        let mut done = Vec::new();
        // What leaves goes first: a directory may become a file, and a file a directory.
        todo.sort_by_key(|(_, step)| step.kind != Kind::Removed);
        for (number, step) in todo {
            match work.step(number, step)? {
                Outcome::Done => done.push((number, step)),
                Outcome::Kept => kept.push(step.path.clone()),
            }
        }
        todo = done;
    }
    Ok(kept)
}

struct Work<'a> {
    site: &'a Site,
    stage: &'a Stage,
}

impl Work<'_> {
    fn step(&self, number: usize, step: &Step) -> Result<Outcome, GitError> {
        match step.kind {
            Kind::Removed => self.remove(number, step),
            Kind::Added | Kind::Replaced => self.put(step),
        }
    }

    fn remove(&self, number: usize, step: &Step) -> Result<Outcome, GitError> {
        let (file, old) = (self.site.work_dir.join(&step.path), self.stage.old_file(number));
        if step.seen.is_none() {
            return Ok(Outcome::Done);
        }
        if Print::of(&old)?.is_none() {
            match move_to_free(&file, &old) {
                Ok(()) => {}
                Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Outcome::Done),
                Err(_) => return Ok(Outcome::Kept),
            }
        }
        if Print::of(&old)? == step.seen {
            self.remove_empty_parents(&step.path);
            return Ok(Outcome::Done);
        }
        if move_to_free(&old, &file).is_err() {
            self.rescue(&old, &step.path)?;
        }
        Ok(Outcome::Kept)
    }

    fn put(&self, step: &Step) -> Result<Outcome, GitError> {
        let (file, staged) = (self.site.work_dir.join(&step.path), self.stage.new_file(&step.path));
        let Some(waiting) = Print::of(&staged)? else { return Ok(Outcome::Done) };
        if step.kind == Kind::Added || step.seen.is_none() {
            let put = make_parent(&file).and_then(|()| move_to_free(&staged, &file));
            return Ok(put.map_or(Outcome::Kept, |()| Outcome::Done));
        }
        if Some(waiting) == step.new && swap(&staged, &file).is_err() {
            return Ok(Outcome::Kept);
        }
        if Print::of(&staged)? == step.seen {
            return Ok(Outcome::Done);
        }
        // What was displaced is an edit: back with it.
        if swap(&staged, &file).is_err() {
            self.rescue(&staged, &step.path)?;
        } else if Print::of(&staged)? != step.new {
            // Meanwhile there was a newer one.
            swap(&staged, &file).map_err(|error| at(&file)(error.into()))?;
            self.rescue(&staged, &step.path)?;
        }
        Ok(Outcome::Kept)
    }

    /// Keeps bytes that have lost their place where no later move clears them away.
    fn rescue(&self, bytes: &Path, path: &Path) -> Result<(), GitError> {
        let dir = self.site.git_dir.join("ve-rescued");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut number = 1;
        loop {
            let place = dir.join(format!("{number}-{name}"));
            match make_parent(&place).and_then(|()| move_to_free(bytes, &place)) {
                Ok(()) => {
                    tracing::warn!(path = %path.display(), place = %place.display(), "a concurrent edit was set aside");
                    return Ok(());
                }
                Err(Errno::EXIST) => number += 1,
                Err(error) => return Err(at(&place)(error.into())),
            }
        }
    }

    fn remove_empty_parents(&self, path: &Path) {
        let parents = path.ancestors().skip(1).filter(|dir| !dir.as_os_str().is_empty());
        for dir in parents {
            // The first one that holds something, or is gone, ends it.
            if fs::remove_dir(self.site.work_dir.join(dir)).is_err() {
                return;
            }
        }
    }
}

fn swap(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

fn move_to_free(from: &Path, to: &Path) -> Result<(), Errno> {
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)
}

fn make_parent(path: &Path) -> Result<(), Errno> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}
