//! The place beside a checkout where its new index and contents are made ready, and where displaced files wait until the next move.

use super::Advance;
use super::blocker::Blocker;
use super::changes::Kind;
use super::check::{Plan, Seen};
use super::journal::Step;
use super::print::Print;
use super::site::Site;
use crate::domain::ids::ObjectId;
use crate::git::command::{Git, tail};
use crate::git::error::{GitError, at};
use crate::git::remove::remove_tree;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The staging directory of one checkout.
pub(super) struct Stage {
    dir: PathBuf,
}

impl Stage {
    /// The stage as a crash left it.
    pub(super) fn existing(site: &Site) -> Self {
        Self { dir: site.git_dir.join("ve-stage") }
    }

    /// Clears the stage, displaced files of the last move included, and copies the index into it.
    pub(super) fn begin(site: &Site) -> Result<Self, GitError> {
        let stage = Self::existing(site);
        remove_tree(&stage.dir)?;
        for dir in [stage.dir.join("new"), stage.dir.join("old")] {
            fs::create_dir_all(&dir).map_err(at(&dir))?;
        }
        match copy_index(&site.index(), &stage.index()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(at(&site.index())(error)),
            _ => Ok(stage),
        }
    }

    /// The index in preparation.
    pub(super) fn index(&self) -> PathBuf {
        self.dir.join("index")
    }

    /// The new content of a path; after the exchange, the old one.
    pub(super) fn new_file(&self, path: &Path) -> PathBuf {
        self.dir.join("new").join(path)
    }

    /// Where the file that step `number` removes goes.
    pub(super) fn old_file(&self, number: usize) -> PathBuf {
        self.dir.join("old").join(number.to_string())
    }

    /// Whether files can be exchanged between the stage and all places of the plan: one file system, and one that can do it.
    pub(super) fn can_exchange(&self, site: &Site, plan: &Plan) -> Result<bool, GitError> {
        let device = fs::metadata(&self.dir).map_err(at(&self.dir))?.dev();
        let elsewhere = |seen: &Seen| {
            let path = site.work_dir.join(&seen.path);
            let nearest = path.ancestors().skip(1).find_map(|dir| fs::metadata(dir).ok());
            nearest.is_none_or(|dir| dir.dev() != device)
        };
        if plan.seen.iter().any(elsewhere) {
            return Ok(false);
        }
        let (one, other) = (self.dir.join("probe-1"), self.dir.join("probe-2"));
        for probe in [&one, &other] {
            fs::write(probe, "").map_err(at(probe))?;
        }
        Ok(renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).is_ok())
    }

    /// Makes new index and contents; git may refuse, and then nothing has changed.
    pub(super) fn fill(
        &self,
        site: &Site,
        plan: Plan,
        advance: &Advance<'_>,
    ) -> Result<Result<Vec<Step>, Blocker>, GitError> {
        let read = self.read_tree(site, advance.from, advance.to).finish()?;
        if read.code != Some(0) {
            return Ok(Err(Blocker::Refused(tail(&read.stderr))));
        }
        self.write_contents(site, &plan, advance.to)?;
        let mut steps = Vec::new();
        for Seen { path, kind, print } in plan.seen {
            let new = if kind == Kind::Removed { None } else { Print::of(&self.new_file(&path))? };
            steps.push(Step { path, kind, seen: print, new });
        }
        let hidden = self.hidden(site)?;
        let lost =
            steps.iter().find(|step| step.kind != Kind::Removed && step.new.is_none() && !hidden.contains(&step.path));
        match lost {
            Some(step) => Err(at(&self.new_file(&step.path))(ErrorKind::NotFound.into())),
            None => Ok(Ok(steps)),
        }
    }

    /// The two-tree merge that carries an index from one commit to the other, local changes of other paths included. It looks at no file: after a
    /// crash some are ahead of the index.
    pub(super) fn read_tree(&self, site: &Site, from: &ObjectId, to: &ObjectId) -> Git {
        site.git(&self.index()).args(["read-tree", "-m", "-i", from.as_str(), to.as_str()])
    }

    /// Contents as the operator's settings want them: line ends, filters.
    fn write_contents(&self, site: &Site, plan: &Plan, to: &ObjectId) -> Result<(), GitError> {
        let mut prefix = OsString::from("--prefix=");
        prefix.push(self.dir.join("new"));
        prefix.push("/");
        let wanted = plan.seen.iter().filter(|seen| seen.kind != Kind::Removed);
        let list: Vec<u8> = wanted.flat_map(|seen| [seen.path.as_os_str().as_bytes(), b"\0"].concat()).collect();
        // Paths outside a sparse checkout are not written, which makes its exit code useless; what is missing is found afterwards.
        site.git(&self.index())
            .arg(format!("--attr-source={to}"))
            .args(["checkout-index", "-q", "-f", "-z", "--stdin"])
            .arg(prefix)
            .input(list)
            .finish()
            .map(drop)
    }

    /// Paths of the staged index that are not to be in the checkout.
    fn hidden(&self, site: &Site) -> Result<Vec<PathBuf>, GitError> {
        Ok(super::check::flags(site, &self.index())?.skipped.into_iter().collect())
    }
}

/// Copies an index with its time: by it git knows which files may have changed in the second they were written.
pub(super) fn copy_index(from: &Path, to: &Path) -> io::Result<()> {
    let written = fs::metadata(from)?.modified()?;
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.set_modified(written)
}
