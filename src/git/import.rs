//! Brings an agent's commits into the host's objects. The agent's repository is read by a confined `git-upload-pack`; what comes out is
//! checked object by object before any ref points at it.

use super::error::GitError;
use super::private::Private;
use crate::domain::ids::ObjectId;
use std::ffi::OsString;

impl Private<'_> {
    /// Fetches the unit's branch into the unit's incoming ref and returns its commit. Malformed objects are an error, and no ref moves.
    pub fn import(self) -> Result<ObjectId, GitError> {
        self.fetch(&self.unit.branch())
    }

    /// As [`Private::import`], for any ref of the private repository.
    pub(crate) fn fetch(self, from: &str) -> Result<ObjectId, GitError> {
        let incoming = self.host.refs().incoming(self.unit.id);
        let jail = self.jail.upload_pack(&self.unit.paths);
        let jail = jail.map_err(|source| GitError::Run { command: "git-upload-pack".to_owned(), source })?;
        let mut upload_pack = OsString::from("--upload-pack=");
        upload_pack.push(jail);
        self.host
            .git()
            .args(["-c", "fetch.fsckObjects=true", "-c", "protocol.allow=never", "-c", "protocol.file.allow=always"])
            .args(["fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"])
            .args(["--no-recurse-submodules", "--negotiation-tip"])
            .arg(self.host.refs().base(self.unit.id))
            .arg(upload_pack)
            .arg(self.unit.paths.git())
            .arg(format!("+{from}:{incoming}"))
            .output()?;
        self.host
            .reference(&incoming)?
            .ok_or(GitError::Output { command: "git fetch".to_owned(), why: "the fetched ref does not exist" })
    }
}
