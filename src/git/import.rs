//! Brings an agent's commits into the host's objects. The agent's repository is read by a confined `git-upload-pack`; what comes out is
//! checked object by object before any ref points at it.

use super::error::GitError;
use super::host::Host;
use super::private::Private;
use crate::domain::ids::ObjectId;
use std::ffi::OsString;
use std::path::Path;

/// One fetch out of what an agent can write.
pub(crate) struct Fetch<'a> {
    /// The host it comes to.
    pub(crate) into: &'a Host,
    /// The agent's repository.
    pub(crate) repository: &'a Path,
    /// A ref there.
    pub(crate) from: &'a str,
    /// The ref here that it is brought to, whatever that was.
    pub(crate) to: &'a str,
    /// A ref here whose history is common, to say so early.
    pub(crate) common: Option<&'a str>,
}

impl Private<'_> {
    /// Fetches the unit's branch into the unit's incoming ref and returns its commit. Malformed objects are an error, and no ref moves.
    pub fn import(self) -> Result<ObjectId, GitError> {
        self.fetch(&self.unit.branch())
    }

    /// As [`Private::import`], for any ref of the private repository.
    pub(crate) fn fetch(self, from: &str) -> Result<ObjectId, GitError> {
        let (refs, id) = (self.host.refs(), self.unit.id);
        let (repository, to, base) = (self.unit.paths.git(), refs.incoming(id), refs.base(id));
        self.bring(&Fetch { into: self.host, repository: &repository, from, to: &to, common: Some(&base) })
    }

    /// Fetches from any repository inside the jail into any host.
    pub(crate) fn bring(self, fetch: &Fetch<'_>) -> Result<ObjectId, GitError> {
        let jail = self.jail.upload_pack(&self.unit.paths);
        let jail = jail.map_err(|source| GitError::Run { command: "git-upload-pack".to_owned(), source })?;
        let mut upload_pack = OsString::from("--upload-pack=");
        upload_pack.push(jail);
        let mut git = fetch
            .into
            .git()
            .args(["-c", "fetch.fsckObjects=true", "-c", "protocol.allow=never", "-c", "protocol.file.allow=always"])
            .args(["fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"])
            .arg("--no-recurse-submodules");
        if let Some(common) = fetch.common {
            git = git.args(["--negotiation-tip", common]);
        }
        git.arg(upload_pack).arg(fetch.repository).arg(format!("+{}:{}", fetch.from, fetch.to)).output()?;
        let none = GitError::Output { command: "git fetch".to_owned(), why: "the fetched ref does not exist" };
        fetch.into.reference(fetch.to)?.ok_or(none)
    }
}
