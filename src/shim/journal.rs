//! The journal of input: what was accepted for the agent, durably, before it is written to the agent. It makes a repeated
//! command harmless.

use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// One line of the journal.
#[derive(Serialize)]
struct Entry<'a> {
    seq: usize,
    key: &'a str,
    text: &'a str,
}

/// Whether an input is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// It is in the journal now and must be written to the agent.
    New,
    /// It was there before.
    Known,
}

/// An open journal. It belongs to one shim: there is none before it starts, and nobody appends after it.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    keys: Vec<String>,
}

impl Journal {
    /// Makes the journal. One that is there already is an error: the attempt has been started before.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { file, keys: Vec::new() })
    }

    /// Records an input, durably, unless its key is known.
    pub(crate) fn record(&mut self, key: &str, text: &str) -> io::Result<Recorded> {
        if self.keys.iter().any(|known| known == key) {
            return Ok(Recorded::Known);
        }
        let mut line = serde_json::to_vec(&Entry { seq: self.keys.len(), key, text })?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        self.keys.push(key.to_owned());
        Ok(Recorded::New)
    }

    /// All keys, in order.
    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_key_is_recorded_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("input.journal");
        let mut journal = Journal::create(&path).unwrap();
        assert_eq!(journal.record("a", "one\n").unwrap(), Recorded::New);
        assert_eq!(journal.record("b", "two").unwrap(), Recorded::New);
        assert_eq!(journal.record("a", "again").unwrap(), Recorded::Known);
        assert_eq!(journal.keys(), ["a", "b"]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"seq\":0,\"key\":\"a\",\"text\":\"one\\n\"}\n{\"seq\":1,\"key\":\"b\",\"text\":\"two\"}\n");
    }

    #[test]
    fn an_attempt_has_one_journal() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("input.journal");
        Journal::create(&path).unwrap();
        assert_eq!(Journal::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
